"""The HTTP side of identity: the only routes that set or clear the session cookie, and what a handshake tells.

A state cannot set an HttpOnly cookie. It hands out a ticket (see `sessions`), a hidden form posts it here, and the
answer carries the cookie.
"""

import contextlib
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
from netim_app.core.facts import Origin
from netim_app.core.tokens import digest, new_token
from netim_app.identity import second_factor, sessions, tickets
from netim_app.identity.open_sockets import OpenSockets, PaidSocket
from netim_app.identity.security_log import log_refusal
from netim_app.infra import user_agent
from netim_app.infra.cookie_header import CookieGivenTwice, read_cookies
from netim_app.infra.cost_budget import CostBudgets, Payer
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.redaction import log_event
from netim_app.infra.socket_limits import TRY_LATER
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.settings import Settings, get_settings

logger = logging.getLogger(__name__)

BROWSER_COOKIE_LIFE = timedelta(days=365)
MAX_FORM_BYTES = 4096
MAX_SOCKETS_PER_SESSION = 50
"""Open at once, one for each tab of a browser: more tabs than anybody works in."""
MAX_SOCKETS_OF_STRANGERS = 3_000
"""Open at once, all together. Everybody who is about to log in counts."""
_STRANGERS = 0
"""The number of no session."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGESTS = re.compile(r"Session ([0-9a-f]{64})?; Browser ([0-9a-f]{64})?; Pending ([0-9a-f]{64})?")


class CookieNames(NamedTuple):
    """What the cookies are called. `__Host-` ties a cookie to this host over TLS; development has no TLS."""

    session: str
    browser: str
    pending: str


def cookie_names(settings: Settings) -> CookieNames:
    """What the cookies are called in this environment."""
    prefix = "__Host-" if settings.production else ""
    return CookieNames(*(f"{prefix}netim_{kind}" for kind in CookieNames._fields))


class CallerDigests(NamedTuple):
    """The cookies that a request carried, as digests; empty where it carried none."""

    session: str = ""
    browser: str = ""
    pending: str = ""


def caller_digests(authorization: str) -> CallerDigests:
    """Reads what `CookieDigests` wrote."""
    found = _DIGESTS.fullmatch(authorization)
    return CallerDigests(*(value or "" for value in found.groups())) if found else CallerDigests()


def _digests_of_request(request: HTTPConnection) -> CallerDigests:
    return caller_digests(request.headers.get("authorization", ""))


def _digests_of_cookies(scope: Scope, names: CookieNames) -> CallerDigests:
    wanted = [name.encode() for name in names]
    found = read_cookies((value for name, value in scope["headers"] if name == b"cookie"), wanted)
    return CallerDigests(*(_token_digest(found.get(name, b"").decode("latin-1")) for name in wanted))


def _token_digest(value: str) -> str:
    return digest(value) if _TOKEN.fullmatch(value) else ""


def origin_of(client: object, agent: str) -> Origin:
    """From where a request comes. `client` is the ASGI pair that `client_address` has made trustworthy."""
    address = str(client[0]) if isinstance(client, (tuple, list)) and client else ""
    browser, system = user_agent.describe(agent)
    return Origin(address=address, browser=browser, system=system)


def _origin_of_request(request: HTTPConnection) -> Origin:
    return origin_of(request.scope.get("client"), request.headers.get("user-agent", ""))


def payers_of(actor: Actor | None, address: str) -> tuple[Payer, ...]:
    """The payer of an event: the session and its account; for a visitor, the address or its /64."""
    if actor is None:
        return (Payer("address", network_keys(address)[0]),)
    return Payer("session", actor.session_id), Payer("account", actor.account_id)


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
        told = f"Session {digests.session}; Browser {digests.browser}; Pending {digests.pending}"
        kept.append((b"authorization", told.encode()))
        await self._app({**scope, "headers": kept}, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    set_caller(Visitor(origin=_origin_of_request(HTTPConnection(scope))))
    if scope["type"] == "http":
        log_refusal("request.refused", path=scope["path"], reason=reason)
        await Response(status_code=400)(scope, receive, send)
        return
    log_refusal("socket.refused", reason=reason)
    await receive()
    await send({"type": "websocket.close", "code": 1008})


class SessionSockets:
    """Refuses one socket too many of one session, from wherever it comes. It stands behind `CookieDigests`.

    (ASVS 2.4.1.) With the limit of sessions, it is one for the account. Counted by account alone, a stolen cookie could
    use up the owner's sockets.
    The newest is refused: closing the oldest would only make its tab come back for another one's place. It counts in
    this process, as `SocketLimits` does for addresses: each worker has the limit for itself.
    Strangers have a limit for all together, below that of all sockets: they keep no customer out who is logged in.

    Args:
        budgets: from which the events of each socket are paid.
        sockets: gets those of customers.
    """

    def __init__(self, app: ASGIApp, budgets: CostBudgets, sockets: OpenSockets) -> None:
        self._app = app
        self._budgets = budgets
        self._sockets = sockets
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
        socket = PaidSocket(self._budgets, address, payers_of(None, address), payers_of(actor, address))
        cookie = caller_digests(Headers(scope=scope).get("authorization", "")).session
        self._open[session] += 1
        try:
            with self._sockets.holding(cookie, socket) if actor else contextlib.nullcontext():
                await self._app(scope, lambda: socket.receive(receive), send)
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    async def _actor(self, scope: Scope) -> Actor | None:
        """Whose session the handshake carries."""
        headers = Headers(scope=scope)
        digests = caller_digests(headers.get("authorization", ""))
        if not digests.session:
            return None
        origin = origin_of(scope.get("client"), headers.get("user-agent", ""))
        try:
            return (await in_read_unit(sessions.look_up, digests.session, digests.browser, origin)).actor
        except SQLAlchemyError:
            return None  # without a database its events are refused anyway, and the page can say so


class BrowserCookie:
    """Gives each browser its browser cookie with the first page it loads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        settings = get_settings()
        known = _digests_of_request(HTTPConnection(scope)).browser

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known:
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = Response()
                    _set_cookie(cookie, cookie_names(settings).browser, new_token(), BROWSER_COOKIE_LIFE, settings)
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


def _delete_cookie(response: Response, name: str, settings: Settings) -> None:
    response.delete_cookie(name, path="/", secure=settings.production, httponly=True, samesite="lax")


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
    form = await request.form(max_files=0, max_fields=2, max_part_size=MAX_FORM_BYTES)
    ticket = form.get("ticket")
    held = _digests_of_request(request)
    origin = _origin_of_request(request)
    opened = None
    # Asked in reading first: what somebody has made up takes no turn to write.
    if (
        isinstance(ticket, str)
        and _TOKEN.fullmatch(ticket)
        and held.browser
        and await in_read_unit(tickets.is_ticket, ticket)
    ):
        opened = await in_unit(tickets.redeem_ticket, ticket, held.browser, origin)
    if opened is None:
        log_refusal("ticket_refused")
        return RedirectResponse("/login?again=1", status_code=303)
    # The session that this browser held before ends (ASVS 7.2.4).
    if held.session:
        await in_unit(sessions.end_session, held.session, origin, replaced=True)
    response = RedirectResponse(opened.return_to, status_code=303)
    _set_cookie(response, cookie_names(settings).session, opened.token, opened.lifetime, settings)
    if held.pending:
        _delete_cookie(response, cookie_names(settings).pending, settings)
    return response


async def keep_pending(request: Request) -> Response:
    """POST /auth/pending: sets the cookie with which all tabs of the browser go on with a login that owes its code."""
    settings = get_settings()
    form = await request.form(max_files=0, max_fields=2, max_part_size=MAX_FORM_BYTES)
    secret, browser = form.get("secret"), _digests_of_request(request).browser
    if not isinstance(secret, str) or not _TOKEN.fullmatch(secret):
        log_refusal("request.refused", path=request.url.path, reason="no secret")
        return Response(status_code=403)
    cookie = None
    # Check in a reading unit first, so that a forged secret never takes the write lock.
    visitor = Visitor(browser_digest=browser, pending_digests=(digest(secret),))
    if await in_read_unit(second_factor.is_pending, visitor):
        cookie = await in_unit(second_factor.give_cookie, browser, secret)
    response = Response(status_code=204)
    if cookie is None:
        # No error for the page: a quick customer may have given the code before this request came.
        log_refusal("request.refused", path=request.url.path, reason="no code is asked for")
        return response
    _set_cookie(response, cookie_names(settings).pending, cookie, second_factor.PENDING_LIFE, settings)
    return response


async def close_session(request: Request) -> Response:
    """POST /auth/logout: ends the session and clears the cookie."""
    settings = get_settings()
    name = cookie_names(settings).session
    token_digest = _digests_of_request(request).session
    if await in_read_unit(sessions.is_open, token_digest):
        await in_unit(sessions.end_session, token_digest, _origin_of_request(request))
    response = RedirectResponse("/login?bye=1", status_code=303)
    _delete_cookie(response, name, settings)
    return response


def routes(*extra: Route) -> Starlette:
    """The application of all HTTP routes beside the pages."""
    return Starlette(
        routes=[
            Route("/auth/session", _guarded(open_session), methods=["POST"]),
            Route("/auth/pending", _guarded(keep_pending), methods=["POST"]),
            Route("/auth/logout", _guarded(close_session), methods=["POST"]),
            *extra,
        ]
    )
