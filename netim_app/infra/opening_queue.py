"""Opens sockets and pages one after the other, so that a hundred of them do not delay all other events.

Opening a page takes about 20 ms of the event loop, in a dozen steps; a third of it is the handshake of its socket. If
a hundred pages interleaved their steps, each step of another event would wait for a hundred of theirs.
"""

import asyncio
import contextlib

AT_ONCE = 1
PAGE_SECONDS = 0.05
"""The longest that one page keeps the others waiting. One that takes longer waits for the database."""
MAX_PAGE_WAIT = 2
"""Seconds. With Redis, the lock of a tab must outlast this wait and the wait for its turn."""
SOCKET_SECONDS = 0.035
"""How long one socket keeps the others waiting, because it stays open. Sockets come no faster than their pages open."""
MAX_SOCKET_WAIT = 6
"""Seconds: time for 170 sockets. In a longer queue, a socket opens after that anyway."""


class OpeningQueue:
    """The queue of one worker.

    Args:
        held_seconds: the longest that one opening keeps the others waiting. It is less if its task ends sooner.
        longest_wait: seconds. After that, an opening begins anyway.
    """

    def __init__(self, held_seconds: float, longest_wait: float) -> None:
        self.held_seconds = held_seconds
        self.longest_wait = longest_wait
        self._place = asyncio.Semaphore(AT_ONCE)

    async def wait(self) -> bool:
        """Waits until the current task may open its page or socket. Returns whether it had to wait."""
        waited = self._place.locked()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.longest_wait):
                await self._place.acquire()
            self._release_after(asyncio.current_task())
        return waited

    def _release_after(self, opening: "asyncio.Task[object] | None") -> None:
        held = contextlib.ExitStack()
        held.callback(self._place.release)  # once, whichever comes first
        asyncio.get_running_loop().call_later(self.held_seconds, held.close)
        if opening is not None:
            opening.add_done_callback(lambda _: held.close())
