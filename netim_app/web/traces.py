"""Gives each request and each socket an id for its lines in the log."""

from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.infra.trace import begin_trace


class Traces:
    """ASGI middleware: each request has an id, and each socket. An event gets one of its own from the Gate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            begin_trace()
        await self._app(scope, receive, send)
