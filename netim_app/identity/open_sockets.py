"""The open sockets of one worker that carry a session: which budgets pay for their events, and when they are closed.

No client hangs up by itself when its session has ended. So the account no longer pays for its sockets, and they are
closed. A browser comes back at once, as a visitor.
"""

import asyncio
import contextlib
import math
import re
from collections.abc import Callable, Collection, Iterator

from starlette.types import Message, Receive

from netim_app.infra.cost_budget import CostBudgets, Payer

QUIET_SECONDS = 5
"""Without a message, until a socket is closed whose session has ended. Its page has gone to the login by then, and a
login that was sent from there has its answer."""
MOST_SECONDS = 30
"""Until it is closed, even if it goes on sending."""
_WITHOUT_EVENT = re.compile(r'4[01]/_event,?|42/_event,\["(?:ping|client_error)".*', re.DOTALL)
_NORMAL_CLOSURE = 1000
_END: Message = {"type": "websocket.disconnect", "code": _NORMAL_CLOSURE}


def _now() -> float:
    return asyncio.get_running_loop().time()


class PaidSocket:
    """An open socket.

    Args:
        budgets: from which its events are paid.
        address: from where it comes.
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
        """From now on no account pays for what it sends."""
        self._payers = self._visitor

    def end(self) -> None:
        """Closes it soon."""
        self.charge_visitor()
        if self._closes_at == math.inf:
            self._closes_at = _now() + MOST_SECONDS
            if self._pending is not None:
                self._pending.reschedule(self._deadline())

    def _deadline(self) -> float | None:
        """Until when the next message is waited for."""
        return None if self._closes_at == math.inf else min(self._closes_at, _now() + QUIET_SECONDS)

    async def receive(self, receive: Receive) -> Message:
        """The next message, once it is paid for; the end of the socket when it is to be closed."""
        if _now() >= self._closes_at:  # one that sends without a pause never waits, so no timeout ends it
            return _END
        try:
            async with asyncio.timeout_at(self._deadline()) as self._pending:
                message = await receive()
                if wait := self._pay(str(message.get("text") or "")):
                    await asyncio.sleep(wait)  # the socket is not read meanwhile: what is sent piles up at the sender
                return message
        except TimeoutError:
            return _END
        finally:
            self._pending = None

    def _pay(self, frame: str) -> float:
        """Returns the seconds to wait."""
        if not frame.startswith("4"):
            return 0  # a heartbeat costs nothing
        return self._budgets.advance(*(self._visitor if holds_no_event(frame) else self._payers))


class OpenSockets:
    """Those of one worker, by the digest of the session cookie that their handshake carried."""

    def __init__(self) -> None:
        self._sockets: dict[str, set[PaidSocket]] = {}

    @property
    def cookies(self) -> set[str]:
        return set(self._sockets)

    @contextlib.contextmanager
    def holding(self, cookie: str, socket: PaidSocket) -> Iterator[None]:
        """Knows the socket for the length of a block."""
        self._sockets.setdefault(cookie, set()).add(socket)
        try:
            yield
        finally:
            self._sockets[cookie].remove(socket)
            if not self._sockets[cookie]:
                del self._sockets[cookie]

    def charge_visitors(self, cookies: Collection[str], address: str = "") -> None:
        """Lets no account pay for the sockets of these sessions any more: for all, or for those from one address."""
        self._each(cookies, lambda socket: socket.charge_visitor() if address in ("", socket.address) else None)

    def end(self, cookies: Collection[str]) -> None:
        """Closes the sockets of these sessions soon."""
        self._each(cookies, PaidSocket.end)

    def _each(self, cookies: Collection[str], do: Callable[[PaidSocket], None]) -> None:
        for cookie in self._sockets.keys() & set(cookies):
            for socket in self._sockets[cookie]:
                do(socket)


def holds_no_event(frame: str) -> bool:
    """Whether a packet asks for nothing that the Gate will hear of. Written in any other way, it counts as an event."""
    return _WITHOUT_EVENT.fullmatch(frame) is not None
