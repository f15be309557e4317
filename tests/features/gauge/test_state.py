from collections.abc import Callable

from netim_app.core.actor import set_caller
from netim_app.feature import Feature, Hint, Protection
from netim_app.features.gauge.state import GaugeState
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.identity.facts import PasswordChanged
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install, offers
from tests.kit.factories import Tab, logged_in_actor
from tests.kit.fakes import FakeClock
from tests.kit.gauge import gauge, in_force


async def test_both_pages_show_what_is_stored(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    stored = gauge(sqlite_units, caller.account_id)
    with sqlite_units.read() as unit:
        done = in_force(unit, caller.account_id)

    for page in ("/account/personal-information", "/account/connection-and-security"):
        tab = Tab(page)
        await tab.run(ShellState, "open_account_page")
        shown = await tab.state(GaugeState)

        assert (shown.percent, shown.level) == (stored.percent, stored.level)
        assert (shown.order, shown.gains) == (stored.order, stored.gains)
        assert shown.order[0] == "totp"
        assert shown.gains.keys() == {key for key, active in done.items() if not active}
        assert "password" not in shown.gains
        assert shown.steps_left == len(shown.gains)


async def test_an_open_page_shows_the_fall_when_it_is_refreshed(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    with sqlite_units.write() as unit:
        choose(unit, caller, "every")
    tab = Tab("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    shown = await tab.state(GaugeState)
    before, steps_left = shown.percent, shown.steps_left
    assert "password" not in shown.gains

    clock.advance(days=365)
    await tab.run(ShellState, "open_account_page")

    assert 0 < shown.percent < before
    assert ("password" in shown.gains, shown.steps_left) == (True, steps_left + 1)


async def test_a_change_asks_no_protection_and_no_hint_that_it_does_not_concern(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    set_caller(caller)
    answers = {"other": True, "old": True, "alerted": True}

    def answer(name: str) -> Callable[[UnitOfWork, int], bool]:
        return lambda _unit, _account_id: answers[name]

    other = Feature(
        name="other",
        protections=(
            Protection(key="other", points=10, active=answer("other"), changed_by=(PasswordChanged,), href="/"),
        ),
        hints=(
            Hint(key="old", applies=answer("old"), changed_by=(PasswordChanged,), href="/"),
            Hint(key="alerted", applies=answer("alerted"), changed_by=(AlertsSwitched,), href="/"),
        ),
    )
    install((*offers().features, other))
    tab = Tab("/account/connection-and-security")
    await tab.run(ShellState, "open_account_page")
    shown = await tab.state(GaugeState)
    percent, steps_left = shown.percent, shown.steps_left
    assert "other" not in shown.gains
    assert sorted(shown.hints) == ["alerted", "old"]

    answers.update(dict.fromkeys(answers, False))
    await tab.run(LoginAlertsState, "switch", True)

    shown = await tab.state(GaugeState)
    assert "other" not in shown.gains, "nothing asked again"
    assert shown.hints == ["old"]
    assert shown.percent > percent
    assert shown.steps_left == steps_left - 1


def test_no_event_writes_the_gauge() -> None:
    assert set(GaugeState.event_handlers) == {"setvar"}
