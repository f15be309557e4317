"""The pages for programs that show previews of links: chats, social networks, mail programs."""

import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.ui.document import PREVIEW

PREVIEWERS = re.compile(
    r"bot\b|preview|externalhit|facebot|whatsapp|mastodon|pinterest|slack|telegram|embed", re.IGNORECASE
)
"""Matches the User-Agent of such programs, which identify themselves."""


class LinkPreviews:
    """ASGI middleware: inserts the absolute URL of the preview picture, as Open Graph requires.

    One build serves any origin, so the built pages contain only its path. Browsers do not read it.
    """

    def __init__(self, app: ASGIApp, static_dir: Path, origin: str) -> None:
        self._app = app
        self._pages = {_path(index, static_dir): index for index in static_dir.rglob("index.html")}
        self._picture = f'content="{origin}{PREVIEW}"'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._pages.get(scope.get("path", "")) if scope["type"] == "http" and scope["method"] == "GET" else None
        if page and PREVIEWERS.search(Headers(scope=scope).get("user-agent", "")):
            html = page.read_text("utf-8").replace(f'content="{PREVIEW}"', self._picture)
            await HTMLResponse(html)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _path(index: Path, static_dir: Path) -> str:
    folder = index.parent.relative_to(static_dir).as_posix()
    return "/" if folder == "." else f"/{folder}"
