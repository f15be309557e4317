"""Limits the open sockets of a session, lets sockets open in turn, and sets the budgets that pay for their events."""

import contextlib
import logging
from collections import Counter

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.core.actor import Actor
from netim_app.identity import sessions
from netim_app.identity.callers import caller_digests, origin_of, payers_of
from netim_app.identity.open_sockets import OpenSockets, PaidSocket
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.log import log_event
from netim_app.infra.opening_queue import MAX_SOCKET_WAIT, SOCKET_SECONDS, OpeningQueue
from netim_app.infra.unit_of_work import in_read_unit
from reflex_guard.asgi import TRY_LATER, client_of, refuse_socket

logger = logging.getLogger(__name__)

MAX_SOCKETS_PER_SESSION = 50
"""Open at once, one for each tab of a browser: more tabs than anybody uses."""
MAX_SOCKETS_OF_STRANGERS = 3_000
"""Open at once by all callers without a session together, such as everybody who is about to log in."""
_STRANGERS = 0
"""No session has this number."""


class SessionSockets:
    """Refuses a session's sockets beyond its limit, from any IP address. It runs behind `CookieDigests`.

    (ASVS 2.4.1.) Together with the limit of sessions, this limits the sockets of an account. A limit per account would
    let a stolen cookie use up the owner's sockets.
    The newest socket is refused: if the oldest were closed, its tab would reconnect and displace another. It counts
    per process, as `SocketLimits` does for IP addresses: each worker has its own limit.
    Callers without a session share one limit, below that of all sockets, so they cannot lock out logged-in customers.
    Sockets open one after the other. Customers do not wait for strangers. A socket that waits counts as open.

    Args:
        budgets: pay for the events of each socket.
        sockets: registers the sockets of customers.
    """

    def __init__(self, app: ASGIApp, budgets: CostBudgets, sockets: OpenSockets) -> None:
        self._app = app
        self._budgets = budgets
        self._sockets = sockets
        self._open: Counter[int] = Counter()
        self._customers = OpeningQueue(SOCKET_SECONDS, MAX_SOCKET_WAIT)
        self._strangers = OpeningQueue(SOCKET_SECONDS, MAX_SOCKET_WAIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = client_of(scope)
        actor = await self._actor(scope)
        session = actor.session_id if actor else _STRANGERS
        if self._open[session] >= (MAX_SOCKETS_PER_SESSION if actor else MAX_SOCKETS_OF_STRANGERS):
            whose = {"account_id": actor.account_id, "session_id": session} if actor else {}
            reason = "too many of one session" if actor else "too many of strangers"
            log_event(logger, "socket.refused", level=logging.WARNING, **whose, ip=address, reason=reason)
            await refuse_socket(receive, send, TRY_LATER)
            return
        socket = PaidSocket(self._budgets, address, payers_of(None, address), payers_of(actor, address))
        cookie = caller_digests(Headers(scope=scope).get("authorization", "")).session
        self._open[session] += 1
        try:
            with self._sockets.holding(cookie, socket) if actor else contextlib.nullcontext():
                await (self._customers if actor else self._strangers).wait()
                await self._app(scope, lambda: socket.receive(receive), send)
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    async def _actor(self, scope: Scope) -> Actor | None:
        """The customer whose session cookie the handshake carries."""
        headers = Headers(scope=scope)
        digests = caller_digests(headers.get("authorization", ""))
        if not digests.session:
            return None
        origin = origin_of(scope.get("client"), headers.get("user-agent", ""))
        try:
            return (await in_read_unit(sessions.look_up, digests.session, digests.browser, origin)).actor
        except SQLAlchemyError:
            return None  # without a database, its events are refused anyway, and the page can show that
