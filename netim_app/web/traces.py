"""Gives each request and each socket a trace id for its log lines."""

from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.infra.trace import begin_trace


class Traces:
    """ASGI middleware that sets the id of each request and each socket. The Gate sets one for each event."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            begin_trace()
        await self._app(scope, receive, send)
