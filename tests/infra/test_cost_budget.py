"""infra.cost_budget: what is paid for in time, and who waits."""

import asyncio

import pytest

from netim_app.infra import cost_budget
from netim_app.infra.cost_budget import (
    ADVANCE,
    AT_ONCE,
    AT_ONCE_OF_ACCOUNT,
    AT_ONCE_OF_ADDRESS,
    BURST_SECONDS,
    MOST_OF_ONE,
    SHARE,
    SHARE_OF_ACCOUNT,
    CostBudgets,
    Payer,
    Turn,
)

ANNA, OTHER = Payer("session", 1), Payer("session", 2)
THIEF, ACCOUNT = Payer("session", 3), Payer("account", 1)
OFFICE = Payer("address", "192.0.2.7")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def taken(budgets: CostBudgets, *payers: Payer) -> Turn:
    """A turn that comes at once."""
    turn = await budgets.take_turn(*payers)
    assert turn
    assert not turn.waited
    return turn


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_costly_events_that_come_in_wait_when_the_budget_is_spent() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    at_once = sum(budgets.advance(ANNA) == 0 for _ in range(1_000))
    assert at_once == pytest.approx(BURST_SECONDS / ADVANCE, abs=1)
    assert budgets.advance(OTHER) == 0
    assert budgets.advance(OFFICE) == 0
    clock.now += (1_000 * ADVANCE + ADVANCE) / SHARE
    assert budgets.advance(ANNA) == 0


@pytest.mark.parametrize(("seconds", "cost"), [(0.1, 0.1), (0.001, 0.001), (60.0, MOST_OF_ONE)])
async def test_costly_events_cost_what_they_take(seconds: float, cost: float) -> None:
    """Those that they beget, too, which have not come in by a socket."""
    clock = Clock()
    budgets = CostBudgets(clock)
    budgets.advance(ANNA)
    for _ in range(3):
        turn = await taken(budgets, ANNA)
        clock.now += seconds
        budgets._of(ANNA).counted_at = clock.now  # nothing comes back meanwhile
        turn.end()
    assert budgets._of(ANNA).spent == pytest.approx(3 * cost)


async def test_costly_events_do_not_cost_what_they_wait_for_others() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    turn = await taken(budgets, ANNA)
    clock.now += 0.05
    turn.restart()
    clock.now += 0.02
    budgets._of(ANNA).counted_at = clock.now  # nothing comes back meanwhile
    turn.end()
    assert budgets._of(ANNA).spent == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("payer", "most"), [(ANNA, AT_ONCE), (ACCOUNT, AT_ONCE_OF_ACCOUNT), (OFFICE, AT_ONCE_OF_ADDRESS)]
)
async def test_costly_events_of_one_are_few_at_once(payer: Payer, most: int) -> None:
    budgets = CostBudgets()
    turns = [asyncio.create_task(budgets.take_turn(payer)) for _ in range(most + 3)]
    await soon()
    assert [turn.done() for turn in turns] == [True] * most + [False] * 3
    await asyncio.wait_for(budgets.take_turn(OTHER), 5)
    turns[most].cancel()  # as when its tab has gone
    first = turns[0].result()
    assert first
    first.end()
    await soon()
    assert turns[most + 1].done()
    assert not turns[most + 2].done()
    turns[-1].cancel()


async def test_costly_events_leave_nothing_to_remember() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    turn = await taken(budgets, ANNA)
    clock.now += 60
    budgets.advance(OTHER)
    assert ANNA in budgets._budgets
    turn.end()
    clock.now += 60
    budgets.advance(OTHER)
    assert budgets._budgets.keys() == {OTHER}


async def test_costly_events_of_a_stolen_session_do_not_delay_its_owner() -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    for _ in range(60):  # seconds, in which it pays as much as it may
        while budgets.advance(THIEF, ACCOUNT) == 0:
            pass
        assert budgets.advance(ANNA, ACCOUNT) == 0
        clock.now += 1
    assert SHARE_OF_ACCOUNT >= 2 * SHARE
    thief = await taken(budgets, THIEF, ACCOUNT)
    waiting = [asyncio.create_task(budgets.take_turn(THIEF, ACCOUNT)) for _ in range(5)]
    await soon()
    (await taken(budgets, ANNA, ACCOUNT)).end()
    thief.end()
    await soon()
    [after] = [event.result() for event in waiting if event.done()]
    assert after
    assert after.waited
    for event in waiting:
        event.cancel()


async def test_costly_events_are_given_up_when_their_turn_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    budgets = CostBudgets(clock)
    budgets.advance(OTHER, ACCOUNT)
    turns = [await taken(budgets, payer, ACCOUNT) for payer in (ANNA, THIEF)]
    with monkeypatch.context() as patch:
        patch.setattr(cost_budget, "MAX_WAIT_SECONDS", 0.01)
        assert await budgets.take_turn(OTHER, ACCOUNT) is None
    turns[0].end()
    await taken(budgets, OTHER, ACCOUNT)
    assert budgets._of(OTHER).spent == ADVANCE
    assert budgets._of(OTHER).advances == 0
    assert [budgets._of(payer).handled for payer in (ANNA, OTHER, ACCOUNT)] == [0, 1, 2]
