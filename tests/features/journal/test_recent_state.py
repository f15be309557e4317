import math
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.journal.service import recent
from netim_app.features.journal.state.activity import ActivityState
from netim_app.features.journal.state.journal import MAX_SHOWN
from netim_app.identity import facts
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import HERE, Tab, logged_in_actor, visitor_of
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


def fill(units: Units, clock: FakeClock, caller: Actor, count: int) -> None:
    with units.write() as unit:
        for number in range(count):
            unit.record(facts.LoggedOut(account_id=caller.account_id, at=clock(), origin=HERE, session_id=number))
            clock.advance(minutes=1)


async def opened() -> tuple[Tab, ActivityState]:
    tab = Tab(SECURITY)
    await tab.run(ShellState, "open_account_page")
    return tab, await tab.state(ActivityState)


async def test_the_newest_ten_are_shown_then_more(sqlite_units: Units, clock: FakeClock, caller: Actor) -> None:
    fill(sqlite_units, clock, caller, 39)
    tab, card = await opened()
    assert (len(card.entries), card.more, card.full) == (10, True, False)

    await tab.run(ActivityState, "show_more")
    assert (len(card.entries), card.more) == (30, True)
    await tab.run(ActivityState, "show_more")
    assert (len(card.entries), card.more) == (40, False)
    assert card.entries[-1].what == "Logged in"
    await tab.run(ActivityState, "show_more")

    assert len({entry.number for entry in card.entries}) == len(card.entries) == 40


async def test_a_choice_stays_for_the_visit_and_ends_with_it(
    sqlite_units: Units, clock: FakeClock, caller: Actor
) -> None:
    fill(sqlite_units, clock, caller, 3)
    with sqlite_units.write() as unit:
        unit.record(facts.LoginFailed(account_id=caller.account_id, at=unit.now, origin=HERE, reason="wrong"))
    tab, card = await opened()
    assert len(card.entries) == 5

    await tab.run(ActivityState, "choose", "failures")
    assert [entry.what for entry in card.entries] == ["Login failed"]
    await tab.run(ShellState, "set_language", "en")  # refreshes the page
    assert len(card.entries) == 1
    await tab.run(ActivityState, "choose", "logins")
    assert len(card.entries) == 4

    tab.visit("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    card = await tab.state(ActivityState)
    assert (len(card.entries), card.shown) == (5, "all")


@pytest.mark.parametrize("value", [None, True, 1, math.nan, "", "ALL", "all' OR 1=1", "logged_in", [], ["all"], {}])
async def test_what_is_no_choice_changes_nothing(caller: Actor, value: Any) -> None:
    tab, card = await opened()
    before = card.entries

    await tab.run(ActivityState, "choose", value)

    assert (card.entries, card.shown, card._visit) == (before, "all", "")


async def test_a_page_has_an_end(sqlite_units: Units, clock: FakeClock, caller: Actor) -> None:
    fill(sqlite_units, clock, caller, MAX_SHOWN + 30)
    tab, card = await opened()

    for _ in range(20):
        await tab.run(ActivityState, "show_more")

    assert (len(card.entries), card.more, card.full) == (MAX_SHOWN, False, True)
    assert (MAX_SHOWN - recent.FIRST_PAGE) % recent.NEXT_PAGE == 0


async def test_nobody_reads_without_a_session(caller: Actor) -> None:
    tab, _ = await opened()
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await tab.run(ActivityState, "choose", "failures")
