"""Our cookies: their names, how they are set, and how they are replaced by digests before anything else reads them."""

from datetime import timedelta
from typing import NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.core.actor import Visitor, set_caller
from netim_app.identity.callers import KINDS
from netim_app.identity.security_log import log_refusal
from netim_app.settings import Settings, get_settings
from netim_app.web.asgi import digests_of, origin_of_request
from reflex_guard import cookies
from reflex_guard.tokens import new_token

BROWSER_COOKIE_LIFE = timedelta(days=365)


class CookieNames(NamedTuple):
    """The names of the cookies."""

    session: str
    browser: str
    pending: str


def cookie_names(settings: Settings) -> CookieNames:
    """The names of the cookies in this environment."""
    return CookieNames(
        *(cookies.host_name(f"netim_{kind}", secure=settings.production) for kind in CookieNames._fields)
    )


class CookieDigests(cookies.CookieDigests):
    """Removes the cookies from every request and handshake. The browser cookie alone logs nobody in."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        names = dict(zip(KINDS.values(), cookie_names(settings), strict=True))
        super().__init__(app, names=names, origins=settings.allowed_origins, harmless=(KINDS["browser"],))

    def log_refusal(self, scope: Scope, name: str, **fields: str) -> None:
        """Logs a refusal and the origin of the request."""
        set_caller(Visitor(origin=origin_of_request(HTTPConnection(scope))))
        log_refusal(name, account_id=None, **fields)


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


def set_cookie(response: Response, name: str, value: str, lifetime: timedelta | None, settings: Settings) -> None:
    """Sets a cookie that no script can read. With a `lifetime` of None it expires when the browser closes."""
    cookies.set_cookie(response, name, value, lifetime, secure=settings.production)


def delete_cookie(response: Response, name: str, settings: Settings) -> None:
    """Deletes a cookie in the browser."""
    cookies.delete_cookie(response, name, secure=settings.production)
