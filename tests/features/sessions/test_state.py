import math
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.sessions.state import LogOutOthersState, SessionsState
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import OTHER_BROWSER, Tab, logged_in_actor, mailed, make_session, visitor_of
from tests.kit.pages import SECURITY


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    with sqlite_units.write() as unit:
        make_session(unit, found.account_id, browser_digest=OTHER_BROWSER)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    made = Tab(SECURITY)
    await made.run(ShellState, "open_account_page")
    return made


async def notice(tab: Tab) -> tuple[str, str]:
    shell = await tab.state(ShellState)
    return shell.notice_kind, shell.notice


async def test_the_present_session_stands_apart(caller: Actor, tab: Tab) -> None:
    card = await tab.state(SessionsState)

    assert [row.id for row in card.here] == [caller.session_id]
    assert len(card.others) == 1
    assert card.others[0].id != caller.session_id


async def test_another_one_is_logged_out_and_gone_from_the_list(sqlite_units: Units, tab: Tab) -> None:
    card = await tab.state(SessionsState)
    other = card.others[0].id

    await tab.run(SessionsState, "log_out", other)

    assert (len(card.here), card.others) == (1, [])
    assert await notice(tab) == ("success", "That browser has been logged out. We have sent you an email about it.")
    await tab.run(SessionsState, "log_out", other)
    assert await notice(tab) == ("info", "That browser is no longer logged in.")
    assert [event for event, _ in mailed(sqlite_units)] == ["logged_in", "other_sessions_revoked"]


@pytest.mark.parametrize("value", [None, True, "2", 2.0, math.nan, 0, -1, 2**31, 10**30, [2], {"id": 2}])
async def test_what_is_no_id_ends_nothing(caller: Actor, tab: Tab, value: Any) -> None:
    card, _ = await tab.run(SessionsState, "log_out", value)

    assert len(card.others) == 1
    assert await notice(tab) == ("info", "")


async def test_all_others_are_logged_out_after_a_question(sqlite_units: Units, tab: Tab) -> None:
    card = await tab.state(SessionsState)
    await tab.run(LogOutOthersState, "confirm")
    assert len(card.others) == 1, "nobody has asked"
    await tab.run(LogOutOthersState, "begin")
    dialog, _ = await tab.run(LogOutOthersState, "close")
    assert (dialog.open, len(card.others)) == (False, 1)

    await tab.run(LogOutOthersState, "begin")
    dialog, _ = await tab.run(LogOutOthersState, "confirm")

    assert (dialog.open, card.others) == (False, [])
    assert await notice(tab) == ("success", "You are now logged in on this browser only.")
    assert [event for event, _ in mailed(sqlite_units)] == ["logged_in", "other_sessions_revoked"]


async def test_nobody_ends_anything_without_a_session(caller: Actor, tab: Tab) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await tab.run(SessionsState, "log_out", caller.session_id + 1)
