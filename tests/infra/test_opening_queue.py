"""infra.opening_queue: pages open one after the other, and none keeps the others waiting for long."""

import asyncio

from netim_app.infra.opening_queue import OpeningQueue


class Pages:
    """Pages that open until they are told to stop."""

    def __init__(self, held_seconds: float = 60, longest_wait: float = 60) -> None:
        self.queue = OpeningQueue(held_seconds, longest_wait)
        self.entered: list[tuple[int, bool]] = []
        self.done = [asyncio.Event() for _ in range(4)]

    def open(self, number: int) -> "asyncio.Task[None]":
        return asyncio.create_task(self._open(number))

    async def _open(self, number: int) -> None:
        self.entered.append((number, await self.queue.wait()))
        await self.done[number].wait()


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_page_opens_at_a_time_in_the_order_of_their_coming() -> None:
    pages = Pages()
    tasks = [pages.open(number) for number in range(3)]
    await soon()
    assert pages.entered == [(0, False)]
    pages.done[0].set()
    await soon()
    assert pages.entered == [(0, False), (1, True)]
    tasks[1].cancel()
    await soon()
    assert pages.entered == [(0, False), (1, True), (2, True)]
    pages.done[2].set()
    await tasks[2]
    pages.open(3)
    await soon()
    assert pages.entered[-1] == (3, False)
    pages.done[3].set()


async def test_a_page_that_was_closed_while_it_waited_takes_no_place() -> None:
    pages = Pages()
    pages.open(0)
    waiting = pages.open(1)
    await soon()
    waiting.cancel()
    pages.done[0].set()
    await soon()
    pages.open(2)
    await soon()
    assert pages.entered == [(0, False), (2, False)]
    pages.done[2].set()


async def test_a_page_that_hangs_keeps_the_others_for_a_moment_only() -> None:
    pages = Pages(held_seconds=0)
    hanging = pages.open(0)
    await soon()
    pages.open(1)
    await soon()
    assert [number for number, _ in pages.entered] == [0, 1]
    pages.done[0].set()
    await hanging
    pages.queue.held_seconds = 60
    pages.done[1].set()
    await soon()
    pages.open(2)
    pages.open(3)
    await soon()
    assert [number for number, _ in pages.entered] == [0, 1, 2], "a place is free once, whatever ended it"
    pages.done[2].set()
    await soon()
    pages.done[3].set()


async def test_a_page_opens_all_the_same_when_its_place_does_not_come() -> None:
    pages = Pages(longest_wait=0)
    pages.open(0)
    await soon()
    late = pages.open(1)
    await soon()
    assert pages.entered == [(0, False), (1, True)]
    pages.done[1].set()
    await late
    pages.queue.longest_wait = 60
    pages.open(2)
    await soon()
    assert len(pages.entered) == 2, "who had no place frees none"
    pages.done[0].set()
    await soon()
    assert pages.entered[-1] == (2, True)
    pages.done[2].set()
