"""infra.cost_budget: what is paid for in time, and who waits."""

import asyncio

import pytest

from netim_app.infra.cost_budget import (
    ADVANCE,
    AT_ONCE,
    AT_ONCE_OF_ADDRESS,
    BURST_SECONDS,
    MOST_OF_ONE,
    SHARE,
    CostBudgets,
)

ANNA, OTHER = 1, 2


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_costly_events_that_come_in_wait_when_the_budget_is_spent() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    at_once = sum(budgets.advance(ANNA) == 0 for _ in range(1_000))
    assert at_once == pytest.approx(BURST_SECONDS / ADVANCE, abs=1)
    assert budgets.advance(OTHER) == 0
    assert budgets.advance("192.0.2.7") == 0
    clock.now += (1_000 * ADVANCE + ADVANCE) / SHARE
    assert budgets.advance(ANNA) == 0


@pytest.mark.parametrize(("seconds", "cost"), [(0.1, 0.1), (0.001, 0.001), (60.0, MOST_OF_ONE)])
async def test_costly_events_cost_what_they_take(seconds: float, cost: float) -> None:
    """Those that they beget, too, which have not come in by a socket."""
    clock = Clock()
    budgets = CostBudgets(clock)
    budgets.advance(ANNA)
    for _ in range(3):
        done = await budgets.take_turn(ANNA)
        clock.now += seconds
        budgets._of(ANNA).counted_at = clock.now  # nothing comes back meanwhile
        done()
    assert budgets._of(ANNA).spent == pytest.approx(3 * cost)


@pytest.mark.parametrize(("payer", "most"), [(ANNA, AT_ONCE), ("192.0.2.7", AT_ONCE_OF_ADDRESS)])
async def test_costly_events_of_one_are_few_at_once(payer: int | str, most: int) -> None:
    budgets = CostBudgets()
    turns = [asyncio.create_task(budgets.take_turn(payer)) for _ in range(most + 3)]
    await soon()
    assert [turn.done() for turn in turns] == [True] * most + [False] * 3
    await asyncio.wait_for(budgets.take_turn(OTHER), 5)
    turns[most].cancel()  # as when its tab has gone
    turns[0].result()()
    await soon()
    assert turns[most + 1].done()
    assert not turns[most + 2].done()
    turns[-1].cancel()


async def test_costly_events_leave_nothing_to_remember() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    done = await budgets.take_turn(ANNA)
    clock.now += 60
    budgets.advance(OTHER)
    assert ANNA in budgets._budgets
    done()
    clock.now += 60
    budgets.advance(OTHER)
    assert budgets._budgets.keys() == {OTHER}
