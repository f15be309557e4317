"""Limits one IP address on websockets: the number of sockets, the size of messages, and messages per second.

(ASVS 2.4.1, 15.2.2.) Customers never reach these limits. A program that does is slowed down or disconnected.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.infra.log import log_event
from netim_app.infra.rate_limit import SOCKETS_PER_ADDRESS, Limiter, network_keys, width
from reflex_guard.asgi import TOO_BIG, TRY_LATER, client_of, refuse_socket

logger = logging.getLogger(__name__)

MAX_SOCKETS = 200
"""Open at once from one address: an office behind one router is many people."""
MAX_SOCKETS_WIDE = 500
"""Open at once from one IPv6 /48, which is what one customer of a provider can get."""
MAX_SOCKETS_IN_ALL = 4_000
"""Open at once in this process. An idle one takes 185 kB, so that is 740 MB."""
MAX_MESSAGE_BYTES = 256 * 1024
"""Our largest form needs a fraction of it. A field with a text that is too long shows its own message."""
BYTES_PER_MESSAGE = 16 * 1024
"""A larger message counts as several, because it takes as long to read."""
MESSAGES_PER_SECOND = 100
BURST = 500
SWEEP_EVERY_SECONDS = 10


@dataclass
class _Network:
    """The open sockets of one IP address, or of its network, and the messages that they have sent."""

    width: int = 1
    """Its limit of messages, as a multiple of that of one IP address."""
    sockets: int = 0
    spent: float = 0
    """In messages. It decreases to 0 with time."""
    counted_at: float = field(default_factory=time.monotonic)

    def pay(self, messages: int) -> float:
        """Charges this many messages. Returns the seconds to wait before the message is handled."""
        self._refill()
        self.spent += messages
        return max(0.0, (self.spent - BURST * self.width) / (MESSAGES_PER_SECOND * self.width))

    def is_forgotten(self) -> bool:
        """Whether it can be dropped: no socket, nothing charged. A client that reconnects gets no new credit."""
        self._refill()
        return self.sockets == 0 and self.spent <= 0

    def _refill(self) -> None:
        now = time.monotonic()
        self.spent = max(0.0, self.spent - (now - self.counted_at) * MESSAGES_PER_SECOND * self.width)
        self.counted_at = now


class SocketLimits:
    """ASGI middleware. It counts per process: each worker has its own limits, except that of new sockets.

    Args:
        limiter: returns the limiter that counts new sockets, for all workers together.
    """

    def __init__(self, app: ASGIApp, *, limiter: Callable[[], Limiter]) -> None:
        self._app = app
        self._limiter = limiter
        self._networks: dict[str, _Network] = {}
        self._open = 0
        self._swept_at = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = client_of(scope)
        networks = self._networks_of(address)
        self._count(networks, 1)
        try:
            reason = self._full(networks)
            if not reason and not await self._limiter().hit_from(SOCKETS_PER_ADDRESS, address):
                reason = "too many new ones"
            if reason:
                log_event(
                    logger, "socket.refused", level=logging.WARNING, ip=address, open=networks[0].sockets, reason=reason
                )
                await refuse_socket(receive, send, TRY_LATER)
                return
            await self._app(scope, _metered(networks, address, receive, send), send)
        finally:
            self._count(networks, -1)
            self._sweep()

    def _networks_of(self, address: str) -> list[_Network]:
        """The narrow network first, then the /48 if there is one."""
        return [self._networks.setdefault(key, _Network(width=width(key))) for key in network_keys(address)]

    def _count(self, networks: list[_Network], change: int) -> None:
        self._open += change
        for network in networks:
            network.sockets += change

    def _full(self, networks: list[_Network]) -> str:
        """The limit that is exceeded; empty for none."""
        narrow, *wide = networks
        if narrow.sockets > MAX_SOCKETS * narrow.width:
            return "too many of one address"
        if any(network.sockets > MAX_SOCKETS_WIDE for network in wide):
            return "too many of one network"
        return "too many in all" if self._open > MAX_SOCKETS_IN_ALL else ""

    def _sweep(self) -> None:
        """Drops idle networks from time to time: a used-up credit is full again after a few seconds."""
        if time.monotonic() - self._swept_at >= SWEEP_EVERY_SECONDS:
            self._swept_at = time.monotonic()
            self._networks = {key: network for key, network in self._networks.items() if not network.is_forgotten()}


def _metered(networks: list[_Network], address: str, receive: Receive, send: Send) -> Receive:
    async def metered() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        size = _size(message)
        if size > MAX_MESSAGE_BYTES:
            log_event(logger, "socket.closed", level=logging.WARNING, ip=address, reason="message too large")
            await send({"type": "websocket.close", "code": TOO_BIG})
            return {"type": "websocket.disconnect", "code": TOO_BIG}
        if wait := max(network.pay(1 + size // BYTES_PER_MESSAGE) for network in networks):
            await asyncio.sleep(wait)  # the socket is not read meanwhile, so messages pile up at the sender
        return message

    return metered


def _size(message: Message) -> int:
    text = message.get("text")
    return len(text.encode()) if text is not None else len(message.get("bytes") or b"")
