"""Our cookies: their names, how they are set, and how they are replaced by digests before anything else reads them."""

import re
from datetime import timedelta
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.core.actor import Visitor, set_caller
from netim_app.core.tokens import digest, new_token
from netim_app.identity.callers import CallerDigests, authorization_of
from netim_app.identity.security_log import log_refusal
from netim_app.settings import Settings, get_settings
from netim_app.web.asgi import POLICY_VIOLATION, digests_of, origin_of_request, refuse_socket
from netim_app.web.cookie_header import CookieGivenTwice, read_cookies

BROWSER_COOKIE_LIFE = timedelta(days=365)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""The format of a cookie's value, of a ticket, and of the secret of a pending login."""


class CookieNames(NamedTuple):
    """The names of the cookies. `__Host-` ties a cookie to this host over TLS; development has no TLS."""

    session: str
    browser: str
    pending: str


def cookie_names(settings: Settings) -> CookieNames:
    """The names of the cookies in this environment."""
    prefix = "__Host-" if settings.production else ""
    return CookieNames(*(f"{prefix}netim_{kind}" for kind in CookieNames._fields))


def _digests_of_cookies(scope: Scope, names: CookieNames) -> CallerDigests:
    wanted = [name.encode() for name in names]
    found = read_cookies((value for name, value in scope["headers"] if name == b"cookie"), wanted)
    return CallerDigests(*(_token_digest(found.get(name, b"").decode("latin-1")) for name in wanted))


def _token_digest(value: str) -> str:
    return digest(value) if TOKEN.fullmatch(value) else ""


class CookieDigests:
    """Takes the cookies out of every request and handshake, and leaves the digests of ours.

    So nothing behind it (log line, state, pickle) holds anything that logs in, and nothing else reads cookies. Refuses
    what carries one of ours twice, and a handshake that carries a session or a pending login and no origin of ours.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        settings = get_settings()
        try:
            digests = _digests_of_cookies(scope, cookie_names(settings))
        except CookieGivenTwice:
            await _refuse(scope, receive, send, "a cookie twice")
            return
        origin = Headers(scope=scope).get("origin")
        if (
            scope["type"] == "websocket"
            and (digests.session or digests.pending)
            and origin not in settings.allowed_origins
        ):
            await _refuse(scope, receive, send, "foreign origin")
            return
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"authorization")]
        kept.append((b"authorization", authorization_of(digests).encode()))
        await self._app({**scope, "headers": kept}, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    set_caller(Visitor(origin=origin_of_request(HTTPConnection(scope))))
    if scope["type"] == "http":
        log_refusal("request.refused", path=scope["path"], reason=reason)
        await Response(status_code=400)(scope, receive, send)
        return
    log_refusal("socket.refused", reason=reason)
    await refuse_socket(receive, send, POLICY_VIOLATION)


class BrowserCookie:
    """Gives each browser its browser cookie with the first page it loads."""

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
    """Sets a cookie that no script can read. `lifetime`: None for as long as the browser is open."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()) if lifetime else None,
        path="/",
        secure=settings.production,
        httponly=True,
        samesite="lax",
    )


def delete_cookie(response: Response, name: str, settings: Settings) -> None:
    """Takes a cookie away from the browser."""
    response.delete_cookie(name, path="/", secure=settings.production, httponly=True, samesite="lax")
