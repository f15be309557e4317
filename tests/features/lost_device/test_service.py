import pytest

from netim_app.core.actor import Actor
from netim_app.features.backup_codes.facts import BackupCodesMade
from netim_app.features.lost_device.service import keep_device, steps_left
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity.facts import LoggedIn, SecondFactorDisabled
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import BROWSER, logged_in_actor
from tests.kit.passkeys import add

ADD, REMOVE, RENEW = "totp.lost.add", "totp.lost.remove", "backup_codes.lost"


@pytest.fixture
def caller(units: Units) -> Actor:
    """A customer with an application."""
    actor = logged_in_actor(units)
    with units.write() as unit:
        row = TotpAuthenticator(account_id=actor.account_id, name="Phone", sealed=b"", last_step=0, added_at=unit.now)
        unit.session.add(row)
    return actor


def log_in(units: Units, caller: Actor, factor: str) -> None:
    with units.write() as unit:
        unit.record(
            LoggedIn(account_id=caller.account_id, at=unit.now, session_id=1, known_browser=True, factor=factor)
        )


def left(units: Units, caller: Actor) -> tuple[str, ...]:
    with units.read() as unit:
        return steps_left(unit, caller.account_id)


@pytest.mark.parametrize("factor", ["", "totp"])
def test_a_login_with_the_device_leaves_nothing_to_be_done(units: Units, caller: Actor, factor: str) -> None:
    log_in(units, caller, factor)

    assert left(units, caller) == ()


def test_a_login_by_backup_code_leaves_the_three_steps_and_each_is_struck_off_when_it_is_done(
    units: Units, caller: Actor
) -> None:
    log_in(units, caller, "backup_codes")
    seen = [left(units, caller)]

    with units.write() as unit:
        about = {"account_id": caller.account_id, "at": unit.now}
        for fact in (AuthenticatorAdded(name="New", **about), AuthenticatorRemoved(name="Old", **about)):  # type: ignore[arg-type]
            unit.record(fact)
            seen.append(steps_left(unit, caller.account_id))
        unit.record(BackupCodesMade(**about))  # type: ignore[arg-type]
        seen.append(steps_left(unit, caller.account_id))

    assert seen == [(ADD, REMOVE, RENEW), (REMOVE, RENEW), (RENEW,), ()]


def test_the_steps_are_those_of_what_the_account_has(units: Units, caller: Actor) -> None:
    """A customer with a passkey and no application hears of no application."""
    other = logged_in_actor(units, "passkey@example.org", browser_digest=BROWSER)
    add(units, other, Authenticator())

    log_in(units, other, "backup_codes")
    assert left(units, other) == ("passkeys.lost.add", "passkeys.lost.remove", RENEW)
    add(units, other, Authenticator())
    assert left(units, other) == ("passkeys.lost.remove", RENEW)

    log_in(units, caller, "backup_codes")
    assert left(units, caller) == (ADD, REMOVE, RENEW)


def test_another_login_by_backup_code_begins_anew(units: Units, caller: Actor) -> None:
    log_in(units, caller, "backup_codes")
    with units.write() as unit:
        unit.record(AuthenticatorAdded(account_id=caller.account_id, at=unit.now, name="New"))

    log_in(units, caller, "backup_codes")

    assert left(units, caller) == (ADD, REMOVE, RENEW)


def test_it_ends_when_the_device_is_there_and_when_no_device_is_asked_for(units: Units, caller: Actor) -> None:
    log_in(units, caller, "backup_codes")
    with units.write() as unit:
        keep_device(unit, caller)
    assert left(units, caller) == ()

    log_in(units, caller, "backup_codes")
    with units.write() as unit:
        unit.record(SecondFactorDisabled(account_id=caller.account_id, at=unit.now))
    assert left(units, caller) == ()


def test_another_account_has_nothing_to_do(units: Units, caller: Actor) -> None:
    other = logged_in_actor(units, "other@example.com")
    log_in(units, caller, "backup_codes")

    assert left(units, other) == ()
