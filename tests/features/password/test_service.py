from typing import Any

import pytest

from netim_app.features.password import service
from netim_app.features.password.service import PasswordSetting
from netim_app.identity import passwords
from netim_app.identity.facts import PasswordChanged
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, HERE, logged_in_actor, mailed
from tests.kit.fakes import FakeClock


def test_the_card_shows_how_long_ago_the_last_change_was_and_the_exact_moment(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="America/New_York")

    with units.read() as unit:
        fresh = service.view_setting(unit, caller.account_id)
    clock.advance(days=365)
    with units.read() as unit:
        old = service.view_setting(unit, caller.account_id)

    assert fresh == PasswordSetting("à l’instant", fresh.changed_on, up_to_date=True)
    assert old == PasswordSetting("il y a 1 an", fresh.changed_on, up_to_date=False)
    assert fresh.changed_on.startswith("1er mars 2026 à 07:00")


def test_a_stricter_policy_makes_older_passwords_out_of_date(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = logged_in_actor(units)
    with units.read() as unit:
        assert service.up_to_date(unit, caller.account_id)

    monkeypatch.setattr(passwords, "POLICY_VERSION", passwords.POLICY_VERSION + 1)

    with units.read() as unit:
        assert not service.up_to_date(unit, caller.account_id)


@pytest.mark.parametrize("way", ["changed", "reset"])
def test_every_way_to_a_new_password_is_told_apart(units: Units, way: str) -> None:
    caller = logged_in_actor(units)
    chosen: Any = way

    with units.write() as unit:
        unit.record(PasswordChanged(account_id=caller.account_id, at=unit.now, origin=HERE, way=chosen))

    assert mailed(units) == [("password_changed", EMAIL)]
