"""Slow work in threads of its own: some go first, everybody gets a turn, and no source takes all places.

In a queue without an end the last one waits for minutes. So a queue that is full says so at once.
"""

import asyncio
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from netim_app.infra.rate_limit import width

P = ParamSpec("P")
R = TypeVar("R")


PASSES = 3
"""Turns in a row that others get while a lane waits. The next turn is its own."""


class QueueFull(Exception):
    """There is no place left, or none for this source."""


@dataclass
class Lane:
    """Those who are served alike. The lanes before it go first, and let it go after some turns: see `PASSES`.

    Args:
        threads: how many of the lane may be worked for at the same time.
        places: how many may wait or be worked for.
        per_source: how many of them for one source, unless it is a network that may be many people. With `per_owner`:
            for each owner in one source.
        per_owner: how many of them for one owner in all sources together; 0 where owners are not told apart.
    """

    threads: int
    places: int
    per_source: int
    per_owner: int = 0
    held: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    waiting: deque["asyncio.Future[None]"] = field(default_factory=deque)
    running: int = 0
    passed: int = 0
    """Turns that others got since its last one while it waited."""

    def shares(self, source: str, owner: str) -> dict[str, int]:
        """For whom a place is counted, and how many places each of them may have."""
        if owner and self.per_owner:
            return {f"{owner} {source}": self.per_source, owner: self.per_owner}
        return {source: self.per_source * width(source)}

    def has_room(self, source: str, owner: str) -> bool:
        """Whether there is a place for them."""
        shares = self.shares(source, owner)
        return self.held < self.places and all(self.taken[key] < most for key, most in shares.items())

    def is_ready(self) -> bool:
        """Whether somebody waits who may have a turn now."""
        while self.waiting and self.waiting[0].done():
            self.waiting.popleft()  # it has given up
        return bool(self.waiting) and self.running < self.threads


class Place:
    """A place in a queue. It may be used for several pieces of work, one after the other."""

    def __init__(self, queue: "WorkQueue", lane: Lane) -> None:
        self._queue = queue
        self._lane = lane

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Waits for its turn, and runs the work off the event loop."""
        return await self._queue._run(self._lane, partial(work, *args, **kwargs))  # noqa: SLF001  one module


class WorkQueue:
    """Runs work in turn. Belongs to one event loop.

    Args:
        name: of its threads.
        threads: how many work at the same time for all lanes together.
        lanes: the first one goes first.
    """

    def __init__(self, name: str, threads: int, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._free = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_be_nice)

    def is_idle(self, lanes: Sequence[int]) -> bool:
        """Whether nobody has a place in these lanes."""
        return not any(self._lanes[number].held for number in lanes)

    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(len(lane.waiting) for lane in self._lanes)

    @contextmanager
    def place(self, lane: int, source: str, owner: str = "") -> Iterator[Place]:
        """A place for the length of a block, in this lane, or in a later one when it has no room.

        Raises:
            QueueFull: no lane has a place for them.
        """
        found = next((later for later in self._lanes[lane:] if later.has_room(source, owner)), None)
        if found is None:
            raise QueueFull
        counted = found.shares(source, owner).keys()
        found.held += 1
        found.taken.update(counted)
        try:
            yield Place(self, found)
        finally:
            found.held -= 1
            found.taken.subtract(counted)
            found.taken += Counter()  # forgets the sources that have no place

    async def _run(self, lane: Lane, work: Callable[[], R]) -> R:
        await self._turn(lane)
        loop = asyncio.get_running_loop()
        # A caller that gives up stops no thread: its turn ends when the work ends.
        running = self._pool.submit(work)
        running.add_done_callback(lambda _: loop.call_soon_threadsafe(self._end_turn, lane))
        return await asyncio.wrap_future(running)

    async def _turn(self, lane: Lane) -> None:
        turn = asyncio.get_running_loop().create_future()
        lane.waiting.append(turn)
        self._begin_turns()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._end_turn(lane)
            raise

    def _begin_turns(self) -> None:
        while self._free and (lane := self._next_lane()):
            lane.running += 1
            self._free -= 1
            lane.waiting.popleft().set_result(None)

    def _next_lane(self) -> Lane | None:
        """The first lane that is ready, or one that was passed often enough."""
        ready = [lane for lane in self._lanes if lane.is_ready()]
        if not ready:
            return None
        chosen = max(ready, key=lambda lane: lane.passed >= PASSES)  # the first of equals
        for lane in ready:
            lane.passed += 1
        chosen.passed = 0
        return chosen

    def _end_turn(self, lane: Lane) -> None:
        lane.running -= 1
        self._free += 1
        self._begin_turns()


def _be_nice() -> None:
    """Lets the event loop go first when the work uses every core (Linux gives each thread its own priority)."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
