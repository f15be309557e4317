from netim_app.core.actor import set_caller
from netim_app.features.gauge.service import read_gauge
from netim_app.features.gauge.state import GaugeState
from netim_app.features.login_alerts.service import switch_alerts
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import Tab, logged_in_actor
from tests.kit.fakes import FakeClock


async def test_both_pages_show_what_is_stored(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    with sqlite_units.read() as unit:
        stored = read_gauge(unit, caller.account_id)

    for page in ("/account/personal-information", "/account/connection-and-security"):
        tab = Tab(page)
        await tab.run(ShellState, "open_account_page")
        shown = await tab.state(GaugeState)

        assert (shown.percent, shown.level) == (stored.percent, stored.level)
        assert (shown.points, shown.possible) == (stored.points, stored.possible)
        assert shown.done == {item.key: item.done for item in stored.items}
        assert shown.next_step == stored.next_step == "totp"
        assert shown.steps_left == sum(not item.done for item in stored.items)


async def test_an_open_page_shows_the_fall_when_it_is_refreshed(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    with sqlite_units.write() as unit:
        switch_alerts(unit, caller, True)
    tab = Tab("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    shown = await tab.state(GaugeState)
    before, steps_left = shown.percent, shown.steps_left
    assert shown.done["password"]

    clock.advance(days=365)
    await tab.run(ShellState, "open_account_page")

    assert 0 < shown.percent < before
    assert (shown.done["password"], shown.steps_left) == (False, steps_left + 1)


def test_no_event_writes_the_gauge() -> None:
    assert set(GaugeState.event_handlers) == {"setvar"}
