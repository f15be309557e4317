"""Somebody who begins very many requests and never ends one."""

import asyncio
import contextlib
import resource
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

MANY = 1_100
"""More than the 1,024 connections that servers take unless configured otherwise."""
_FORM = (
    b"POST %b HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\nticket="
)
NO_ANSWER = b""


@dataclass
class SlowBodies:
    """Their connections, and the answer to each before it was closed: a status, or nothing."""

    ends: list[asyncio.Task[bytes]] = field(default_factory=list)

    async def answers(self, seconds: float, held: int = 0) -> Counter[bytes]:
        """Waits until all are closed, or all but so many."""
        async with asyncio.timeout(seconds):
            while sum(not end.done() for end in self.ends) > held:
                await asyncio.wait(self.ends, return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
        return Counter(end.result() for end in self.ends if end.done())


@contextlib.asynccontextmanager
async def slow_bodies(
    port: int, address: str, trust: ssl.SSLContext | None = None, path: bytes = b"/auth/session"
) -> AsyncIterator[SlowBodies]:
    """All of them from one address; each sends a byte now and then."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    writers: list[asyncio.StreamWriter] = []

    async def begin() -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(address, 0), ssl=trust, server_hostname="localhost" if trust else None
        )
        writers.append(writer)
        writer.write(_FORM % path)
        bodies.ends.append(asyncio.create_task(_status(reader)))

    async def drip() -> None:
        while True:
            await asyncio.sleep(1)
            for writer in writers:
                writer.write(b"x")

    bodies = SlowBodies()
    dripping = asyncio.create_task(drip())
    try:
        for _ in range(MANY // 100):  # a proxy may hang up on some at once
            refused = await asyncio.gather(*(begin() for _ in range(100)), return_exceptions=True)
            assert all(error is None or isinstance(error, OSError) for error in refused), refused
        yield bodies
    finally:
        for task in (dripping, *bodies.ends):
            task.cancel()
        for writer in writers:
            writer.transport.abort()


async def _status(reader: asyncio.StreamReader) -> bytes:
    heard = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := await reader.read(4096):
            heard += piece
    return heard[9:12]
