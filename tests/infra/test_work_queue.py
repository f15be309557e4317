import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from netim_app.infra.work_queue import Lane, QueueFull, WorkQueue
from tests.kit.fakes import until

FIRST, LATER, LAST = 0, 1, 2


class Gate:
    """Work that goes on until the test lets it, and the order in which work was begun."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun: list[str] = []

    def work(self, name: str) -> str:
        self.begun.append(name)
        assert self.open.wait(10)
        return name


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


async def until_begun(gate: Gate, count: int) -> None:
    await until(lambda: len(gate.begun) >= count)


def begin(queue: WorkQueue, stack: ExitStack, gate: Gate, lane: int, name: str) -> "asyncio.Task[str]":
    place = stack.enter_context(queue.place(lane, name))
    return asyncio.create_task(place.run(gate.work, name))


async def test_the_first_lane_goes_first_and_each_lane_in_its_order(gate: Gate) -> None:
    queue = WorkQueue("t", 1, (Lane(1, 10, 5), Lane(1, 10, 5)))
    with ExitStack() as stack:
        tasks = [begin(queue, stack, gate, LATER, "running")]
        await until_begun(gate, 1)
        tasks += [begin(queue, stack, gate, lane, name) for lane, name in ((LATER, "c"), (FIRST, "a"), (FIRST, "b"))]
        await asyncio.sleep(0)
        gate.open.set()
        assert await asyncio.gather(*tasks) == ["running", "c", "a", "b"]

    assert gate.begun == ["running", "a", "b", "c"]
    assert queue.is_idle((FIRST, LATER))


async def test_a_lane_that_waits_gets_the_fourth_turn(gate: Gate) -> None:
    queue = WorkQueue("t", 1, (Lane(1, 10, 1), Lane(1, 10, 1), Lane(1, 10, 1)))
    waiting = [(FIRST, f"a{number}") for number in range(1, 8)] + [(LATER, "x1"), (LATER, "x2"), (LAST, "z")]
    with ExitStack() as stack:
        tasks = [begin(queue, stack, gate, FIRST, "running")]
        await until_begun(gate, 1)
        tasks += [begin(queue, stack, gate, lane, name) for lane, name in waiting]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)

    assert gate.begun == ["running", "a1", "a2", "a3", "x1", "z", "a4", "a5", "x2", "a6", "a7"]


async def test_who_has_given_up_takes_no_turn_of_the_first_lane(gate: Gate) -> None:
    queue = WorkQueue("t", 1, (Lane(1, 10, 1), Lane(1, 10, 1)))
    with ExitStack() as stack:
        tasks = [begin(queue, stack, gate, FIRST, "running")]
        await until_begun(gate, 1)
        gone = begin(queue, stack, gate, LATER, "gone")
        tasks += [begin(queue, stack, gate, FIRST, f"a{number}") for number in range(1, 6)]
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        gate.open.set()
        await asyncio.gather(*tasks)

    assert gate.begun == ["running", "a1", "a2", "a3", "a4", "a5"]


async def test_a_lane_leaves_threads_to_the_one_before_it(gate: Gate) -> None:
    queue = WorkQueue("t", 2, (Lane(2, 10, 5), Lane(1, 10, 5)))
    with ExitStack() as stack:
        tasks = [begin(queue, stack, gate, LATER, name) for name in ("x", "y", "z")]
        await until_begun(gate, 1)
        tasks.append(begin(queue, stack, gate, FIRST, "a"))
        await until_begun(gate, 2)
        assert gate.begun == ["x", "a"]
        gate.open.set()
        await asyncio.gather(*tasks)


def test_a_full_queue_says_so_and_no_source_takes_all_places() -> None:
    queue = WorkQueue("t", 1, (Lane(1, 9, 1), Lane(1, 3, 2)))
    with ExitStack() as stack:
        stack.enter_context(queue.place(FIRST, "anna"))
        for _ in range(2):
            stack.enter_context(queue.place(LATER, "flood"))
        with pytest.raises(QueueFull):
            stack.enter_context(queue.place(LATER, "flood"))
        stack.enter_context(queue.place(FIRST, "anna"))  # in the later lane: her place in the first is taken
        with pytest.raises(QueueFull):
            stack.enter_context(queue.place(LATER, "bert"))
        stack.enter_context(queue.place(FIRST, "bert"))
    stack.enter_context(queue.place(LATER, "flood"))


def test_an_owner_has_a_part_of_a_lane_in_all_sources_together() -> None:
    queue = WorkQueue("t", 1, (Lane(1, 9, per_source=2, per_owner=3), Lane(1, 9, per_source=1)))
    with ExitStack() as stack:
        for source in ("home", "home", "phone"):
            stack.enter_context(queue.place(FIRST, source, "anna"))
        assert queue.is_idle([LATER])
        stack.enter_context(queue.place(FIRST, "bus", "anna"))
        assert not queue.is_idle([LATER]), "she has none left in the first lane"
        stack.enter_context(queue.place(FIRST, "bus", "bert"))  # he has, in the same network
        with pytest.raises(QueueFull):
            stack.enter_context(queue.place(LATER, "bus"))
    assert queue.is_idle([FIRST, LATER])
    with queue.place(FIRST, "bus", "anna"):
        assert queue.is_idle([LATER]), "places that were given back are free"


async def test_who_gives_up_leaves_the_turn_to_others_but_a_thread_that_works_is_busy(gate: Gate) -> None:
    queue = WorkQueue("t", 1, (Lane(1, 10, 5),))
    with ExitStack() as stack:
        works, waits, next_one = (begin(queue, stack, gate, FIRST, name) for name in ("works", "waits", "next"))
        await until_begun(gate, 1)
        for task in (works, waits):
            task.cancel()
        await asyncio.wait([works, waits])
        assert gate.begun == ["works"], "nobody has another turn while the thread works"
        gate.open.set()
        assert await next_one == "next"
    assert gate.begun == ["works", "next"]


async def test_a_turn_given_in_the_moment_of_giving_up_is_not_lost(gate: Gate) -> None:
    gate.open.set()
    queue = WorkQueue("t", 1, (Lane(1, 10, 5),))
    with ExitStack() as stack:
        task = begin(queue, stack, gate, FIRST, "a")
        await asyncio.sleep(0)  # its turn has come, and it does not know yet
        task.cancel()
        await asyncio.wait([task])
        assert await begin(queue, stack, gate, FIRST, "b") == "b"


async def test_a_failure_ends_the_turn() -> None:
    queue = WorkQueue("t", 1, (Lane(1, 1, 1),))

    def fail(*_: Any) -> None:
        raise ValueError("broken")

    for _ in range(2):
        with queue.place(FIRST, "a") as place, pytest.raises(ValueError, match="broken"):
            await place.run(fail)
