"""Our cookies: their names, how they are set, and how they are replaced by digests before anything else reads them."""

from datetime import timedelta
from typing import NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from netim_app.core.actor import Visitor, set_caller
from netim_app.identity.callers import KINDS
from netim_app.identity.security_log import log_refusal
from netim_app.settings import Settings
from netim_app.web.asgi import origin_of_request
from reflex_guard import cookies


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


def set_cookie(response: Response, name: str, value: str, lifetime: timedelta | None, settings: Settings) -> None:
    """Sets a cookie that no script can read. With a `lifetime` of None it expires when the browser closes."""
    cookies.set_cookie(response, name, value, lifetime, secure=settings.production)


def delete_cookie(response: Response, name: str, settings: Settings) -> None:
    """Deletes a cookie in the browser."""
    cookies.delete_cookie(response, name, secure=settings.production)
