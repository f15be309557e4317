"""The long-lived cookie of each browser."""

from datetime import timedelta

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.settings import get_settings
from netim_app.web.asgi import digests_of
from netim_app.web.cookies import cookie_names, set_cookie
from reflex_guard.tokens import new_token

BROWSER_COOKIE_LIFE = timedelta(days=365)


class BrowserCookie:
    """Sets the browser cookie with the first page that a browser loads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        settings = get_settings()
        known = digests_of(HTTPConnection(scope)).browser

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known:
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = Response()
                    set_cookie(cookie, cookie_names(settings).browser, new_token(), BROWSER_COOKIE_LIFE, settings)
                    headers.append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        await self._app(scope, receive, with_cookie)
