"""What one address may ask of us over websockets: how many sockets, how large a message, how many in a second.

(ASVS 2.4.1, 15.2.2.) A customer never meets these limits; a program that does is slowed down, or shown the door.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.infra.rate_limit import SOCKETS_PER_ADDRESS, Limiter, network_keys
from netim_app.infra.redaction import log_event

logger = logging.getLogger(__name__)

MAX_SOCKETS = 200
"""Open at once from one address: an office behind one router is many people."""
MAX_MESSAGE_BYTES = 256 * 1024
"""The largest form that we have is a small part of that. Whoever types too much is to hear so at the field."""
MESSAGES_PER_SECOND = 100
BURST = 500
SWEEP_EVERY_SECONDS = 10
TOO_BIG, TRY_LATER = 1009, 1013
"""Codes of a closing websocket (RFC 6455 and its registry)."""


@dataclass
class _Client:
    """All sockets of one address: how many are open, and how many messages they may still send at once."""

    sockets: int = 0
    credit: float = BURST
    counted_at: float = field(default_factory=time.monotonic)

    def pay(self) -> float:
        """Takes one message from the credit; gives back the seconds to wait before it is handled."""
        self._refill()
        self.credit -= 1
        return max(0.0, -self.credit / MESSAGES_PER_SECOND)

    def is_forgotten(self) -> bool:
        """Whether nothing is left to remember of this address: who hangs up and comes back gets no new credit."""
        self._refill()
        return self.sockets == 0 and self.credit >= BURST

    def _refill(self) -> None:
        now = time.monotonic()
        self.credit = min(BURST, self.credit + (now - self.counted_at) * MESSAGES_PER_SECOND)
        self.counted_at = now


class SocketLimits:
    """ASGI middleware. It counts in this process: each worker has these limits for itself, new sockets aside.

    Args:
        limiter: gives the limiter that counts new sockets, for all workers together.
    """

    def __init__(self, app: ASGIApp, *, limiter: Callable[[], Limiter]) -> None:
        self._app = app
        self._limiter = limiter
        self._clients: dict[str, _Client] = {}
        self._swept_at = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = str((scope.get("client") or ("",))[0])
        key = network_keys(address)[0]
        client = self._clients.setdefault(key, _Client())
        client.sockets += 1
        try:
            if client.sockets > MAX_SOCKETS or not await self._limiter().hit_from(SOCKETS_PER_ADDRESS, address):
                log_event(logger, "socket.refused", level=logging.WARNING, ip=address, open=client.sockets)
                await receive()
                await send({"type": "websocket.close", "code": TRY_LATER})
                return
            await self._app(scope, _metered(client, address, receive, send), send)
        finally:
            client.sockets -= 1
            self._sweep()

    def _sweep(self) -> None:
        """Forgets idle addresses, now and then: an emptied credit is full again after a few seconds."""
        if time.monotonic() - self._swept_at >= SWEEP_EVERY_SECONDS:
            self._swept_at = time.monotonic()
            self._clients = {key: client for key, client in self._clients.items() if not client.is_forgotten()}


def _metered(client: _Client, address: str, receive: Receive, send: Send) -> Receive:
    async def metered() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        if _size(message) > MAX_MESSAGE_BYTES:
            log_event(logger, "socket.closed", level=logging.WARNING, ip=address, reason="message too large")
            await send({"type": "websocket.close", "code": TOO_BIG})
            return {"type": "websocket.disconnect", "code": TOO_BIG}
        if wait := client.pay():
            await asyncio.sleep(wait)  # the socket is not read meanwhile: what is sent piles up at the sender
        return message

    return metered


def _size(message: Message) -> int:
    text = message.get("text")
    return len(text.encode()) if text is not None else len(message.get("bytes") or b"")
