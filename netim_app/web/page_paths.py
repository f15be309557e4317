"""Serves a page at its own path, in the language that the browser requests."""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.reflex_port.built_pages import twin
from netim_app.texts.catalog import DEFAULT_LOCALE, choose_locale


class PagePaths:
    """ASGI middleware: serves `login/index.html` for `/login` at once, or its twin in another language.

    Starlette's static files would redirect instead: one more round trip, to a URL built from the Host header.
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
            path = f"{scope['path']}/{self._file(Headers(scope=scope))}"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)

    @staticmethod
    def _file(headers: Headers) -> str:
        language = choose_locale(headers.get("accept-language", ""))
        return "" if language == DEFAULT_LOCALE else twin(language)
