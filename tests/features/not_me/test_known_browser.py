"""What was set up in a browser that the account had long known is the owner's. A thief comes in a new one."""

from datetime import timedelta

import pyotp
import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.backup_codes import service as backup_codes
from netim_app.features.passkeys.service import stored
from netim_app.features.totp.service import authenticators, enrolments
from netim_app.identity import freeze, recovery
from netim_app.identity.known_browsers import LONG_KNOWN
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import NEW_PASSWORD, last_mail, mailed, quick_hash, visitor_of
from tests.kit.fakes import FakeClock
from tests.kit.not_me import alerted, press, thief_of
from tests.kit.passkeys import add, ask, is_sole, log_in, switch_on

IN_BROWSERS = pytest.mark.parametrize("known", [True, False])


def some_browser(units: Units, caller: Actor, clock: FakeClock, *, known: bool) -> Actor:
    """A session in a browser that has been known just long enough, or in a new one."""
    clock.advance(seconds=LONG_KNOWN.total_seconds())
    return caller if known else thief_of(units, caller.account_id)


def add_device(units: Units, actor: Actor) -> None:
    with units.write() as unit:
        new = enrolments.begin(unit, actor)
        code = pyotp.TOTP(new.key.replace(" ", "")).at(unit.now)
        enrolments.confirm(unit, actor, new.handle, code=code, name="Phone", return_to="/")


def choose_password(units: Units) -> None:
    with units.write() as unit:
        recovery.finish_reset(unit, last_mail(units, "reset").token, quick_hash(NEW_PASSWORD), visitor_of())


def end_of_day(units: Units, account_id: int, clock: FakeClock) -> None:
    clock.advance(hours=24)
    with units.write() as unit:
        freeze.finish(unit, account_id)


def opens(units: Units, passkey: Authenticator) -> bool:
    try:
        return bool(log_in(units, passkey.use(ask(units))))
    except DomainError:
        return False


@IN_BROWSERS
def test_not_me_keeps_factors_of_a_known_browser(units: Units, caller: Actor, clock: FakeClock, known: bool) -> None:
    """A reader of the mailbox does not get around them by one press and a day."""
    actor = some_browser(units, caller, clock, known=known)
    passkey = Authenticator()
    add_device(units, actor)
    add(units, actor, passkey)
    with units.write() as unit:
        backup_codes.make(unit, actor)

    press(units, alerted(units, caller.account_id))
    assert not opens(units, passkey), "nobody gets in before a new password was set"
    choose_password(units)

    assert opens(units, passkey) is known
    end_of_day(units, caller.account_id, clock)
    assert opens(units, passkey) is known
    with units.read() as unit:
        assert stored.enrolled(unit, caller.account_id) is known
        assert authenticators.view_authenticators(unit, caller.account_id).enabled is known
        assert backup_codes.codes_left(unit, caller.account_id) == (10 if known else 0)


@IN_BROWSERS
def test_not_me_pressed_by_mistake_locks_nobody_out_with_passkeys_only_of_a_known_browser(
    units: Units, caller: Actor, clock: FakeClock, known: bool
) -> None:
    actor = some_browser(units, caller, clock, known=known)
    passkey = Authenticator()
    add(units, actor, passkey)
    add(units, actor, Authenticator())
    switch_on(units, actor, passkey)

    assert press(units, alerted(units, caller.account_id)) == ("passkey" if known else "wait")

    assert opens(units, passkey) is known
    assert "reset" not in [event for event, _ in mailed(units)]
    end_of_day(units, caller.account_id, clock)
    assert is_sole(units, caller.account_id) is known


def test_not_me_lets_the_owner_remove_a_new_factor_of_a_known_browser(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """It may be a thief's all the same, whose login was a week ago."""
    add_device(units, some_browser(units, caller, clock, known=True))
    add(units, caller, Authenticator())
    press(units, alerted(units, caller.account_id))

    with units.write() as unit:
        [device] = authenticators.view_authenticators(unit, caller.account_id).authenticators
        authenticators.remove(unit, caller, device.id)


def test_a_freeze_doubts_no_longer_than_a_browser_is_new() -> None:
    assert LONG_KNOWN >= freeze.MAY_BE_A_THIEFS > timedelta()
