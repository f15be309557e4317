"""Runs slow work in its own threads: lanes have priorities, none starves, and no source takes all places.

In an unbounded queue the last one would wait for minutes. So a full queue refuses at once.
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
"""Turns in a row that other lanes may take while a lane waits. The next turn belongs to that lane."""


class QueueFull(Exception):
    """There is no place left, or none for this source."""


@dataclass
class Lane:
    """Callers with the same priority. Earlier lanes go first, but not forever: see `PASSES`.

    Args:
        threads: how much work of the lane may run at the same time.
        places: how many callers may wait or run.
        per_source: places for one source; a network that may be many people has more. With `per_owner`: places for
            one owner in one source.
        per_owner: places for one owner in all sources together; 0 when owners are not distinguished.
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
    """Turns that other lanes took while this one waited, since its own last turn."""

    def shares(self, source: str, owner: str) -> dict[str, int]:
        """The keys that a place counts for, and the limit of each."""
        if owner and self.per_owner:
            return {f"{owner} {source}": self.per_source, owner: self.per_owner}
        return {source: self.per_source * width(source)}

    def has_room(self, source: str, owner: str) -> bool:
        """Whether this source and owner may get a place."""
        shares = self.shares(source, owner)
        return self.held < self.places and all(self.taken[key] < most for key, most in shares.items())

    def is_ready(self) -> bool:
        """Whether a caller waits and may start now."""
        while self.waiting and self.waiting[0].done():
            self.waiting.popleft()  # its caller gave up
        return bool(self.waiting) and self.running < self.threads


class Place:
    """A place in a queue. It may be used for several pieces of work, one after the other."""

    def __init__(self, queue: "WorkQueue", lane: Lane) -> None:
        self._queue = queue
        self._lane = lane

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Waits for a turn, then runs the work in a thread."""
        return await self._queue._run(self._lane, partial(work, *args, **kwargs))  # noqa: SLF001  one module


class WorkQueue:
    """Runs work in turn. Belongs to one event loop.

    Args:
        name: the name of its threads.
        threads: how many all lanes share.
        lanes: ordered by priority, the highest first.
    """

    def __init__(self, name: str, threads: int, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._free = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_be_nice)

    def is_idle(self, lanes: Sequence[int]) -> bool:
        """Whether nobody has a place in these lanes."""
        return not any(self._lanes[number].held for number in lanes)

    def waiting(self) -> int:
        """How many callers wait for their turn."""
        return sum(len(lane.waiting) for lane in self._lanes)

    @contextmanager
    def place(self, lane: int, source: str, owner: str = "") -> Iterator[Place]:
        """Holds a place inside the block, in this lane, or in a later one when this lane has no room.

        Raises:
            QueueFull: none of these lanes has a place.
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
            found.taken += Counter()  # drops keys without places

    async def _run(self, lane: Lane, work: Callable[[], R]) -> R:
        await self._turn(lane)
        loop = asyncio.get_running_loop()
        # When a caller gives up, its thread continues: the turn ends when the work ends.
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
        """The first lane that is ready, unless another ready lane was passed `PASSES` times."""
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
