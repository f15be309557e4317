from netim_app.features.gauge.rules import FULL, points
from netim_app.features.gauge.state import counted
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.identity import passwords, stored_passwords
from netim_app.infra.unit_of_work import Units
from netim_app.offers import offers
from netim_app.registry import install_features
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock
from tests.kit.gauge import gauge, in_force


def done(units: Units, account_id: int) -> dict[str, bool]:
    with units.read() as unit:
        return in_force(unit, account_id)


def test_a_new_account_has_a_young_password_and_no_alerts(units: Units) -> None:
    caller = logged_in_actor(units)

    found = done(units, caller.account_id)

    assert {"login_alerts", "ip_restriction", "totp", "password"} <= found.keys()
    assert [key for key, active in found.items() if active] == ["password"]


def test_the_gauge_goes_up_and_down_with_the_switch(units: Units) -> None:
    caller = logged_in_actor(units)
    percents = [gauge(units, caller.account_id).percent]

    for on in (True, False):
        with units.write() as unit:
            choose(unit, caller, "every" if on else "off")
        percents.append(gauge(units, caller.account_id).percent)

    assert percents[0] < percents[1]
    assert percents[2] == percents[0]


def test_the_gauge_goes_down_by_itself_when_the_password_is_twelve_months_old(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    clock.advance(days=364, hours=23)
    young = gauge(units, caller.account_id)
    assert done(units, caller.account_id)["password"]

    clock.advance(hours=1)

    assert not done(units, caller.account_id)["password"]
    assert gauge(units, caller.account_id).percent < young.percent


def test_a_new_password_brings_the_gauge_back_up(units: Units, clock: FakeClock) -> None:
    from netim_app.identity.facts import PasswordChanged

    caller = logged_in_actor(units)
    clock.advance(days=400)

    with units.write() as unit:
        fact = PasswordChanged(account_id=caller.account_id, at=unit.now, way="changed")
        stored_passwords.replace_password(unit, fact, passwords.hash_password("x", 4))

    assert done(units, caller.account_id)["password"]


def test_what_one_customer_does_fills_nobody_elses_gauge(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")

    with units.write() as unit:
        choose(unit, caller, "every")

    assert not done(units, other.account_id)["login_alerts"]


def test_the_points_of_the_product_are_positive_and_lead_to_a_card() -> None:
    install_features()

    assert points(counted()) >= FULL, "a customer can reach 100 %"
    for found in offers().protections:
        assert found.points > 0
        assert found.href.startswith("/account/connection-and-security#")
