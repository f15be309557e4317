"""Opens pages one after the other, so that a hundred of them do not delay all other events.

Opening a page takes about 20 ms of the event loop, in a dozen steps. If a hundred pages interleaved their steps, each
step of another event would wait for a hundred of theirs.
"""

import asyncio
import contextlib

AT_ONCE = 1
HELD_SECONDS = 0.05
"""The longest that one opening keeps the others waiting. One that takes longer waits for the database."""
MAX_WAIT_SECONDS = 2
"""After that, a page opens anyway. With Redis, the lock of its tab must outlast this wait and the wait for its turn."""


class OpeningQueue:
    """The queue of one worker."""

    def __init__(self) -> None:
        self._place = asyncio.Semaphore(AT_ONCE)

    async def wait(self) -> bool:
        """Waits until the current task may open its page. Returns whether it had to wait.

        The place is released when the task ends, or after `HELD_SECONDS`.
        """
        waited = self._place.locked()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._place.acquire()
            self._release_after(asyncio.current_task())
        return waited

    def _release_after(self, opening: "asyncio.Task[object] | None") -> None:
        held = contextlib.ExitStack()
        held.callback(self._place.release)  # once, whichever comes first
        asyncio.get_running_loop().call_later(HELD_SECONDS, held.close)
        if opening is not None:
            opening.add_done_callback(lambda _: held.close())
