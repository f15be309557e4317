"""Serves a page under its own address, instead of sending the browser to the same address with a slash."""

from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send


class PagePaths:
    """ASGI: `/login` is answered with `login/index.html` at once.

    Starlette's static files would redirect there: a round trip more, to an address made from the Host header.
    """

    def __init__(self, app: ASGIApp, static_dir: Path) -> None:
        self._app = app
        self._pages = {
            f"/{index.parent.relative_to(static_dir).as_posix()}"
            for index in static_dir.rglob("index.html")
            if index.parent != static_dir
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._pages:
            scope = {**scope, "path": f"{scope['path']}/", "raw_path": scope["path"].encode() + b"/"}
        await self._app(scope, receive, send)
