import pytest

from netim_app import feature
from netim_app.feature import Feature, Protection
from netim_app.features.gauge.service import Gauge, Item, read_gauge
from netim_app.features.login_alerts.service import switch_alerts
from netim_app.identity import accounts, passwords
from netim_app.infra.unit_of_work import Units
from netim_app.registry import install_features
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock


def gauge(units: Units, account_id: int) -> Gauge:
    with units.read() as unit:
        return read_gauge(unit, account_id)


def protection(key: str, weight: int, *, active: bool) -> Protection:
    return Protection(key=key, weight=weight, active=lambda _u, _a: active, changed_by=(), href=f"/account/x#{key}")


def install(*protections: Protection) -> None:
    feature.install(
        [Feature(name="some", protections=protections[:1]), Feature(name="more", protections=protections[1:])]
    )


@pytest.mark.parametrize(
    ("protections", "percent", "level"),
    [
        ((), 0, "weak"),
        ((protection("a", 20, active=False),), 0, "weak"),
        ((protection("a", 20, active=True),), 100, "strong"),
        ((protection("a", 20, active=True), protection("b", 20, active=False)), 50, "fair"),
        ((protection("a", 60, active=True), protection("b", 40, active=False)), 60, "good"),
        ((protection("a", 84, active=True), protection("b", 16, active=False)), 84, "good"),
        (
            (protection("a", 1, active=False), protection("b", 1, active=True), protection("c", 1, active=True)),
            66,
            "good",
        ),
    ],
)
def test_the_gauge_is_what_is_in_force_over_all_that_is_offered(
    sqlite_units: Units, protections: tuple[Protection, ...], percent: int, level: str
) -> None:
    install(*protections)

    found = gauge(sqlite_units, 1)

    assert (found.percent, found.level) == (percent, level)
    assert found.possible == sum(p.weight for p in protections)
    assert [item.key for item in found.items] == [p.key for p in protections]


def test_an_item_says_what_it_is_worth_and_where_to_do_something_about_it(sqlite_units: Units) -> None:
    install(protection("a", 30, active=True), protection("b", 10, active=False))

    found = gauge(sqlite_units, 1)

    assert found.items == (
        Item(key="a", points=30, done=True, href="/account/x#a"),
        Item(key="b", points=10, done=False, href="/account/x#b"),
    )
    assert (found.points, found.possible) == (30, 40)


def test_a_protection_is_asked_about_this_account_and_no_other(sqlite_units: Units) -> None:
    asked: list[int] = []

    def active(_unit: object, account_id: int) -> bool:
        asked.append(account_id)
        return True

    install(Protection(key="a", weight=1, active=active, changed_by=(), href="/"))
    gauge(sqlite_units, 42)

    assert asked == [42]


def done(units: Units, account_id: int) -> dict[str, bool]:
    return {item.key: item.done for item in gauge(units, account_id).items}


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
            switch_alerts(unit, caller, on)
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
        accounts.replace_password(unit, fact, passwords.hash_password("x", 4))

    assert done(units, caller.account_id)["password"]


def test_what_one_customer_does_fills_nobody_elses_gauge(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")

    with units.write() as unit:
        switch_alerts(unit, caller, True)

    assert not done(units, other.account_id)["login_alerts"]


def test_the_weights_of_the_product_are_positive_and_lead_to_a_card() -> None:
    install_features()

    for found in feature.offers().protections:
        assert found.weight > 0
        assert found.href.startswith("/account/connection-and-security#")
