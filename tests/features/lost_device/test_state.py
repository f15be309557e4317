import pytest

from netim_app.core.actor import set_caller
from netim_app.features.lost_device.state import LostDeviceState
from netim_app.identity.facts import LoggedIn
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import Tab, logged_in_actor, visitor_of
from tests.kit.pages import PERSONAL


async def test_the_panel_goes_in_all_tabs_when_the_device_is_there(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    with sqlite_units.write() as unit:
        fact = LoggedIn(
            account_id=caller.account_id, at=unit.now, session_id=1, known_browser=True, factor="backup_codes"
        )
        unit.record(fact)
    tab = Tab(PERSONAL)
    await tab.run(ShellState, "open_account_page")
    panel = await tab.state(LostDeviceState)
    assert panel.steps == ["backup_codes.lost"]

    await tab.run(LostDeviceState, "keep")

    assert panel.steps == []
    other = Tab(PERSONAL)
    await other.run(ShellState, "open_account_page")
    assert (await other.state(LostDeviceState)).steps == []


async def test_nobody_takes_the_panel_away_without_a_session(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await Tab(PERSONAL).run(LostDeviceState, "keep")
