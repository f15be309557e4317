"""The open sockets of one worker that belong to a session: which budgets pay for their events, and when they close.

No client disconnects by itself when its session has ended. So its sockets are no longer charged to the account, and
they are closed. A browser reconnects at once, as a visitor.
"""

import asyncio
import contextlib
import math
import re
from collections.abc import Callable, Collection, Iterator

from starlette.types import Message, Receive

from netim_app.infra.cost_budget import CostBudgets, Payer

QUIET_SECONDS = 5
"""How long a socket must be silent before it is closed after its session ended. By then its page shows the login, and a
login submitted there has been answered."""
MOST_SECONDS = 30
"""When it is closed at the latest, even if it keeps sending."""
_WITHOUT_EVENT = re.compile(r'4[01]/_event,?|42/_event,\["(?:ping|client_error)".*', re.DOTALL)
_NORMAL_CLOSURE = 1000
_END: Message = {"type": "websocket.disconnect", "code": _NORMAL_CLOSURE}


def _now() -> float:
    return asyncio.get_running_loop().time()


class PaidSocket:
    """An open socket.

    Args:
        budgets: the budgets that its events are charged to.
        address: the client's address.
        visitor: pays for packets without an event, and for all packets after `charge_visitor`.
        payers: pay for its events until then.
    """

    def __init__(
        self, budgets: CostBudgets, address: str, visitor: tuple[Payer, ...], payers: tuple[Payer, ...]
    ) -> None:
        self.address = address
        self._budgets = budgets
        self._visitor = visitor
        self._payers = payers
        self._closes_at = math.inf
        self._pending: asyncio.Timeout | None = None

    def charge_visitor(self) -> None:
        """From now on, charges nothing that it sends to an account."""
        self._payers = self._visitor

    def end(self) -> None:
        """Closes the socket soon."""
        self.charge_visitor()
        if self._closes_at == math.inf:
            self._closes_at = _now() + MOST_SECONDS
            if self._pending is not None:
                self._pending.reschedule(self._deadline())

    def _deadline(self) -> float | None:
        """When to stop waiting for the next message; None for never."""
        return None if self._closes_at == math.inf else min(self._closes_at, _now() + QUIET_SECONDS)

    async def receive(self, receive: Receive) -> Message:
        """Returns the next message once it is paid for, or a disconnect if the socket is due to close."""
        if _now() >= self._closes_at:  # a client that sends without a pause never runs into the timeout
            return _END
        try:
            async with asyncio.timeout_at(self._deadline()) as self._pending:
                message = await receive()
                if wait := self._pay(str(message.get("text") or "")):
                    await asyncio.sleep(wait)  # the socket is not read meanwhile, so data piles up at the sender
                return message
        except TimeoutError:
            return _END
        finally:
            self._pending = None

    def _pay(self, frame: str) -> float:
        """Charges for a packet and returns the seconds to wait."""
        if not frame.startswith("4"):
            return 0  # a heartbeat costs nothing
        return self._budgets.advance(*(self._visitor if holds_no_event(frame) else self._payers))


class OpenSockets:
    """The sockets of one worker, by the digest of the session cookie in their handshake."""

    def __init__(self) -> None:
        self._sockets: dict[str, set[PaidSocket]] = {}

    @property
    def cookies(self) -> set[str]:
        return set(self._sockets)

    @contextlib.contextmanager
    def holding(self, cookie: str, socket: PaidSocket) -> Iterator[None]:
        """Registers the socket for the duration of a block."""
        self._sockets.setdefault(cookie, set()).add(socket)
        try:
            yield
        finally:
            self._sockets[cookie].remove(socket)
            if not self._sockets[cookie]:
                del self._sockets[cookie]

    def charge_visitors(self, cookies: Collection[str], address: str = "") -> None:
        """Stops charging accounts for the sockets of these sessions: all of them, or those from one address."""
        self._each(cookies, lambda socket: socket.charge_visitor() if address in ("", socket.address) else None)

    def end(self, cookies: Collection[str]) -> None:
        """Closes the sockets of these sessions soon."""
        self._each(cookies, PaidSocket.end)

    def _each(self, cookies: Collection[str], do: Callable[[PaidSocket], None]) -> None:
        for cookie in self._sockets.keys() & set(cookies):
            for socket in self._sockets[cookie]:
                do(socket)


def holds_no_event(frame: str) -> bool:
    """Whether a packet holds no event for the Gate. Any spelling that is not recognized counts as an event."""
    return _WITHOUT_EVENT.fullmatch(frame) is not None
