"""The HTTP side of identity: the only routes that set or clear the session cookie, and what a handshake tells.

A state cannot set an HttpOnly cookie. It hands out a ticket (see `sessions`), a hidden form posts it here, and the
answer carries the cookie.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.core.events import Origin
from netim_app.core.tokens import digest, new_token
from netim_app.identity import sessions
from netim_app.identity.security_log import log_refusal
from netim_app.infra import user_agent
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.redaction import log_event
from netim_app.infra.socket_limits import TRY_LATER
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.settings import Settings, get_settings

logger = logging.getLogger(__name__)

DEVICE_COOKIE_LIFE = timedelta(days=365)
MAX_FORM_BYTES = 4096
MAX_SOCKETS_PER_SESSION = 50
"""Open at once, one for each tab of a browser: more tabs than anybody works in."""
MAX_SOCKETS_OF_STRANGERS = 3_000
"""Open at once, all together. Whoever is about to sign in is one."""
_STRANGERS = 0
"""The number of no session."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_HANDSHAKE = re.compile(r"Session ([0-9a-f]{64})?; Device ([0-9a-f]{64})?")


class CookieNames(NamedTuple):
    """`__Host-` ties a cookie to this host over TLS; development has no TLS."""

    session: str
    device: str


def cookie_names(settings: Settings) -> CookieNames:
    """What the cookies are called in this environment."""
    prefix = "__Host-" if settings.production else ""
    return CookieNames(f"{prefix}netim_session", f"{prefix}netim_device")


class CallerDigests(NamedTuple):
    """What a handshake carried, as digests; empty where it carried nothing."""

    session: str = ""
    device: str = ""


def caller_digests(authorization: str) -> CallerDigests:
    """Reads what `HandshakeCookies` wrote."""
    found = _HANDSHAKE.fullmatch(authorization)
    return CallerDigests(found[1] or "", found[2] or "") if found else CallerDigests()


def _token_digest(value: str | None) -> str:
    return digest(value) if value and _TOKEN.fullmatch(value) else ""


def origin_of(client: object, agent: str) -> Origin:
    """From where a request comes. `client` is the ASGI pair that `client_address` has made trustworthy."""
    address = str(client[0]) if isinstance(client, (tuple, list)) and client else ""
    browser, system = user_agent.describe(agent)
    return Origin(address=address, browser=browser, system=system)


def _origin_of_request(request: HTTPConnection) -> Origin:
    return origin_of(request.scope.get("client"), request.headers.get("user-agent", ""))


def payer_at(address: str) -> str:
    """Who pays for the events of somebody who is not signed in: the address, or its /64."""
    return network_keys(address)[0]


class HandshakeCookies:
    """Takes the cookies out of a websocket handshake and leaves their digests.

    So nothing behind it (log line, state, pickle) holds anything that signs in. Refuses a handshake that carries a
    session but names no origin of ours.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        settings = get_settings()
        headers = Headers(scope=scope)
        names = cookie_names(settings)
        cookies = HTTPConnection(scope).cookies
        session = _token_digest(cookies.get(names.session))
        device = _token_digest(cookies.get(names.device))
        if session and headers.get("origin") not in settings.allowed_origins:
            set_caller(Visitor(origin=_origin_of_request(HTTPConnection(scope))))
            log_refusal("socket.refused", reason="foreign origin")
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"authorization")]
        kept.append((b"authorization", f"Session {session}; Device {device}".encode()))
        await self._app({**scope, "headers": kept}, receive, send)


class SessionSockets:
    """Refuses one socket too many of one session, from wherever it comes. It stands behind `HandshakeCookies`.

    (ASVS 2.4.1.) With the limit of sessions, it is one for the account. Counted by account alone, a stolen cookie could
    use up the owner's sockets, even after its session was ended: nothing makes a client hang up.
    The newest is refused: closing the oldest would only make its tab come back for another one's place. It counts in
    this process, as `SocketLimits` does for addresses: each worker has the limit for itself.
    Strangers have a limit for all together, below that of all sockets: they keep no customer out who is signed in.

    Args:
        budgets: from which the events of each socket are paid.
    """

    def __init__(self, app: ASGIApp, budgets: CostBudgets) -> None:
        self._app = app
        self._budgets = budgets
        self._open: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = str((scope.get("client") or ("",))[0])
        actor = await self._actor(scope)
        session = actor.session_id if actor else _STRANGERS
        if self._open[session] >= (MAX_SOCKETS_PER_SESSION if actor else MAX_SOCKETS_OF_STRANGERS):
            whose = {"account_id": actor.account_id, "session_id": session} if actor else {}
            reason = "too many of one session" if actor else "too many of strangers"
            log_event(logger, "socket.refused", level=logging.WARNING, **whose, ip=address, reason=reason)
            await receive()
            await send({"type": "websocket.close", "code": TRY_LATER})
            return
        self._open[session] += 1
        try:
            await self._app(scope, self._paid(actor.account_id if actor else payer_at(address), receive), send)
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    def _paid(self, payer: int | str, receive: Receive) -> Receive:
        async def paid() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (wait := self._budgets.advance(payer)):
                await asyncio.sleep(wait)  # the socket is not read meanwhile: what is sent piles up at the sender
            return message

        return paid

    async def _actor(self, scope: Scope) -> Actor | None:
        """Whose session the handshake carries."""
        headers = Headers(scope=scope)
        digests = caller_digests(headers.get("authorization", ""))
        if not digests.session:
            return None
        origin = origin_of(scope.get("client"), headers.get("user-agent", ""))
        try:
            return (await in_read_unit(sessions.look_up, digests.session, digests.device, origin)).actor
        except SQLAlchemyError:
            return None  # without a database its events are refused anyway, and the page can say so


class DeviceCookie:
    """Gives each browser its device cookie with the first page it loads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        settings = get_settings()
        name = cookie_names(settings).device
        known = _token_digest(HTTPConnection(scope).cookies.get(name))

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known:
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = Response()
                    _set_cookie(cookie, name, new_token(), DEVICE_COOKIE_LIFE, settings)
                    headers.append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        await self._app(scope, receive, with_cookie)


def _set_cookie(response: Response, name: str, value: str, lifetime: timedelta | None, settings: Settings) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()) if lifetime else None,
        path="/",
        secure=settings.production,
        httponly=True,
        samesite="lax",
    )


def _from_our_pages(request: Request) -> bool:
    """Whether a form was posted by one of our own pages (ASVS 3.5.1).

    Our pages send no referrer, which makes browsers send `Origin: null` with a form; all that do also say
    `Sec-Fetch-Site`, which no page can forge.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") in get_settings().allowed_origins


def _guarded(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def guard(request: Request) -> Response:
        set_caller(Visitor(origin=_origin_of_request(request)))
        if not _from_our_pages(request):
            log_refusal("request.refused", path=request.url.path, reason="not from our pages")
            return Response(status_code=403)
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            return Response(status_code=411)  # a form always says how long it is
        if int(length) > MAX_FORM_BYTES:
            return Response(status_code=413)
        try:
            return await handler(request)
        except SQLAlchemyError:
            logger.exception("the database did not answer")
            return RedirectResponse("/login?fault=1", status_code=303)

    return guard


async def open_session(request: Request) -> Response:
    """POST /auth/session: redeems a ticket, sets the cookie, goes on to the page that the ticket names."""
    settings = get_settings()
    names = cookie_names(settings)
    form = await request.form(max_files=0, max_fields=2, max_part_size=MAX_FORM_BYTES)
    ticket = form.get("ticket")
    device = _token_digest(request.cookies.get(names.device))
    origin = _origin_of_request(request)
    opened = None
    # Asked in reading first: what somebody has made up takes no turn to write.
    if (
        isinstance(ticket, str)
        and _TOKEN.fullmatch(ticket)
        and device
        and await in_read_unit(sessions.is_ticket, ticket)
    ):
        opened = await in_unit(sessions.redeem_ticket, ticket, device, origin)
    if opened is None:
        log_refusal("ticket_refused")
        return RedirectResponse("/login?again=1", status_code=303)
    # What the browser held before is dead from now on, whoever's it was (ASVS 7.2.4).
    if old := _token_digest(request.cookies.get(names.session)):
        await in_unit(sessions.end_session, old, origin, replaced=True)
    response = RedirectResponse(opened.return_to, status_code=303)
    _set_cookie(response, names.session, opened.token, opened.lifetime, settings)
    return response


async def close_session(request: Request) -> Response:
    """POST /auth/logout: ends the session and clears the cookie."""
    settings = get_settings()
    name = cookie_names(settings).session
    token_digest = _token_digest(request.cookies.get(name))
    if await in_read_unit(sessions.is_open, token_digest):
        await in_unit(sessions.end_session, token_digest, _origin_of_request(request))
    response = RedirectResponse("/login?bye=1", status_code=303)
    response.delete_cookie(name, path="/", secure=settings.production, httponly=True, samesite="lax")
    return response


def routes(*extra: Route) -> Starlette:
    """The application of all HTTP routes beside the pages."""
    return Starlette(
        routes=[
            Route("/auth/session", _guarded(open_session), methods=["POST"]),
            Route("/auth/logout", _guarded(close_session), methods=["POST"]),
            *extra,
        ]
    )
