import math
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.gauge.state import GaugeState
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, Tab, logged_in_actor, mailed, visitor_of


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


async def test_the_switch_is_stored_shown_and_said(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab("/account/connection-and-security")
    await tab.run(ShellState, "open_account_page")
    shell, gauge = await tab.state(ShellState), await tab.state(GaugeState)
    before = gauge.percent

    card, _ = await tab.run(LoginAlertsState, "switch", True)

    assert (card.on, card.chosen, card.since) == (True, "every", "1 Mar 2026")
    assert (shell.notice_kind, shell.notice) == ("success", "Email alerts are on for every login.")
    assert gauge.percent > before
    assert "login_alerts" not in gauge.gains

    card, _ = await tab.run(LoginAlertsState, "switch", False)

    assert (card.on, card.chosen) == (False, "")
    assert shell.notice == "Email alerts are off. We have sent you an email about it."
    assert gauge.percent == before
    assert mailed(sqlite_units) == [("alerts_off", EMAIL)]


@pytest.mark.parametrize("first", ["off", "new"])
async def test_undo_leads_back_to_what_was_chosen_before(caller: Actor, first: str) -> None:
    tab = Tab("/account/connection-and-security")
    await tab.run(ShellState, "open_account_page")
    card = await tab.state(LoginAlertsState)
    assert (card.on, card.chosen, card.since) == (True, "new", ""), "as a new account has it"
    if first == "off":
        await tab.run(LoginAlertsState, "switch", False)
    await tab.run(LoginAlertsState, "switch", True)
    assert (await tab.state(ShellState)).notice_undo == "login_alerts"

    await tab.run(LoginAlertsState, "undo")

    assert (card.on, card.chosen) == (first == "new", "new" if first == "new" else "")
    assert (await tab.state(ShellState)).notice_undo == ""


async def test_the_choice_is_stored(caller: Actor) -> None:
    tab = Tab("/account/connection-and-security")
    for setting in ("every", "new"):
        card, _ = await tab.run(LoginAlertsState, "choose", setting)
        assert (card.on, card.chosen) == (True, setting)


async def test_another_tab_shows_the_switch_when_it_is_refreshed(caller: Actor) -> None:
    await Tab("/").run(LoginAlertsState, "switch", True)
    other = Tab("/account/connection-and-security")

    await other.run(ShellState, "open_account_page")

    assert (await other.state(LoginAlertsState)).on


@pytest.mark.parametrize("value", [None, 0, 1, "true", "", "off", math.nan, [], [True], {}, {"on": True}])
async def test_what_is_no_setting_changes_nothing(caller: Actor, value: Any) -> None:
    tab = Tab("/")

    for handler in ("switch", "choose"):
        await tab.run(LoginAlertsState, handler, value)

    assert not (await tab.state(LoginAlertsState)).on
    assert (await tab.state(ShellState)).notice == ""


async def test_nobody_switches_without_a_session(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await Tab("/").run(LoginAlertsState, "switch", True)
