from typing import Any

import pytest

from netim_app.core.errors import DomainError
from netim_app.features.password import service
from netim_app.features.password.flows import change_password
from netim_app.features.password.service import PasswordSetting
from netim_app.identity import flows, login_policies, password_policy, stored_passwords
from netim_app.identity.facts import PasswordChanged
from netim_app.identity.login import TicketIssued
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    PASSWORD,
    actor_of,
    logged_in_actor,
    mailed,
    make_account,
    make_session,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock


def test_the_card_shows_how_long_ago_the_last_change_was_and_the_exact_moment(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="America/New_York")

    with units.read() as unit:
        fresh = service.view_setting(unit, caller.account_id)
    clock.advance(days=365)
    with units.read() as unit:
        old = service.view_setting(unit, caller.account_id)

    assert fresh == PasswordSetting(
        "à l’instant", fresh.changed_on, up_to_date=True, refused=False, from_elsewhere=False
    )
    assert old == PasswordSetting(
        "il y a 1 an", fresh.changed_on, up_to_date=False, refused=False, from_elsewhere=False
    )
    assert fresh.changed_on.startswith("1er mars 2026 à 07:00")


async def logged_in_with(units: Units, password: str, accepted_under: int) -> tuple[int, bool, bool, int]:
    """Logs in once. (account id, whether the points count, whether the gauge warns, policy that is stored)"""
    with units.write() as unit:
        account_id = make_account(unit, password=password, password_policy=accepted_under)
    result = await flows.log_in(visitor_of(), EMAIL, password, remember=False, return_to="/")
    assert isinstance(result, TicketIssued), "nobody is locked out"
    with units.read() as unit:
        points, warned = service.up_to_date(unit, account_id), service.is_refused(unit, account_id)
        assert service.view_setting(unit, account_id).refused is warned
    return account_id, points, warned, stored_account(units, account_id).password_policy


@pytest.mark.parametrize("weak", ["password1234", "Captain2026!"])
async def test_a_password_of_an_older_policy_is_judged_anew_at_the_login(units: Units, weak: str) -> None:
    account_id, *now = await logged_in_with(units, weak, 1012)
    assert now == [False, True, password_policy.REFUSED]

    with units.write() as unit:
        caller = actor_of(unit, make_session(unit, account_id))
    await change_password(caller, weak, NEW_PASSWORD, "", "/")

    with units.read() as unit:
        assert service.up_to_date(unit, account_id)
        assert not service.is_refused(unit, account_id)


async def test_one_that_still_is_good_keeps_its_points(units: Units) -> None:
    _, *now = await logged_in_with(units, PASSWORD, 1012)

    assert now == [True, False, password_policy.policy(12)]


@pytest.mark.parametrize("accepted_under", [password_policy.policy(12), password_policy.policy(20)])
async def test_one_that_todays_policy_has_accepted_is_not_judged_again(units: Units, accepted_under: int) -> None:
    _, *now = await logged_in_with(units, "password1234", accepted_under)

    assert now == [True, False, accepted_under]


async def test_one_that_cannot_be_judged_still_opens_the_account(
    units: Units, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_password: str) -> bool:
        raise OSError("the list is gone")

    monkeypatch.setattr(password_policy, "has_leaked", broken)
    _, *now = await logged_in_with(units, "password1234", 1012)

    assert now == [True, False, 1012], "it is judged at the next login"
    assert "a password was not judged anew" in caplog.text


async def test_one_that_does_not_open_the_account_is_not_judged(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the time would tell that it is the right one."""
    judged: list[str] = []
    monkeypatch.setattr(password_policy, "has_leaked", judged.append)
    with units.write() as unit:
        make_account(unit, password="password1234", password_policy=1012)
    monkeypatch.setattr(login_policies, "refusal", lambda *_: "ip.refused")

    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, "password1234", remember=False, return_to="/")

    assert judged == []


async def test_a_wrong_password_is_not_judged(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit, password="password1234", password_policy=1012)
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, "password12345", remember=False, return_to="/")

    assert stored_account(units, account_id).password_policy == 1012


async def test_a_password_that_was_changed_meanwhile_keeps_its_judgement(units: Units) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        stored_passwords.store_judgement(unit, caller.account_id, "the hash of another one", accepted=False)

    assert stored_account(units, caller.account_id).password_policy == password_policy.policy(12)


@pytest.mark.parametrize("way", ["changed", "reset"])
def test_every_way_to_a_new_password_is_told_apart(units: Units, way: str) -> None:
    caller = logged_in_actor(units)
    chosen: Any = way

    with units.write() as unit:
        unit.record(PasswordChanged(account_id=caller.account_id, at=unit.now, origin=HERE, way=chosen))

    assert mailed(units) == [("password_changed", EMAIL)]
