import re
import secrets
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import segno
from sqlmodel import col, func, select, update

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.features.backup_codes.tables import BackupCode
from netim_app.features.totp import rules
from netim_app.features.totp.service import authenticators, codes, enrolments, stored
from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.identity import operations, second_factor, sessions, tickets
from netim_app.identity.facts import AccountUnlocked
from netim_app.identity.tables import Account, AccountSession
from netim_app.infra.rewrap import Rewrapped
from netim_app.infra.unit_of_work import Units
from netim_app.infra.vault import Vault
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    actor_of,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    make_session,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY


def code(secret: str, clock: FakeClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(rules.step_at(clock()) + steps)


def begin(units: Units, caller: Actor, replaces: str = "") -> tuple[str, str]:
    with units.write() as unit:
        made = enrolments.begin(unit, caller, replaces)
    return made.handle, made.key.replace(" ", "")


def confirm(units: Units, caller: Actor, enrolment: str, typed: str, name: str = "Phone") -> str | None:
    with units.write() as unit:
        return enrolments.confirm(unit, caller, enrolment, code=typed, name=name, return_to=SECURITY)


def enable(units: Units, caller: Actor, clock: FakeClock, name: str = "Phone") -> str:
    """The secret of a new device. The step of its code is over afterwards."""
    enrolment, secret = begin(units, caller)
    confirm(units, caller, enrolment, code(secret, clock), name)
    clock.advance(seconds=30)
    return secret


def consume(units: Units, account_id: int, typed: str) -> bool:
    with units.write() as unit:
        return codes.consume(unit, account_id, typed, HERE)


def was_used(units: Units, account_id: int, typed: str) -> bool:
    with units.read() as unit:
        return codes.was_used(unit, account_id, typed)


def count(units: Units, table: type) -> int:
    with units.read() as unit:
        return unit.session.exec(select(func.count()).select_from(table)).one()


def devices(units: Units, account_id: int) -> tuple[authenticators.Authenticator, ...]:
    with units.read() as unit:
        return authenticators.view_authenticators(unit, account_id).authenticators


# Enrolment


def test_an_enrolment_is_nothing_until_a_code_has_proved_it(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    enrolment, secret = begin(units, caller)

    with units.read() as unit:
        assert not second_factor.enrolled(unit, caller.account_id)
    assert not consume(units, caller.account_id, code(secret, clock))

    assert confirm(units, caller, enrolment, code(secret, clock))
    with units.read() as unit:
        assert second_factor.enrolled(unit, caller.account_id)
    assert count(units, TotpEnrolment) == 0
    assert ("two_factor_changed", EMAIL) in mailed(units)
    assert secret not in last_mail(units, "two_factor_changed").text


def test_secrets_are_160_bits_of_the_servers_own_and_never_twice_the_same(units: Units) -> None:
    caller = logged_in_actor(units)
    found = {begin(units, caller)[1] for _ in range(30)}

    assert len(found) == 30
    assert {len(pyotp.TOTP(secret).byte_secret()) for secret in found} == {20}


def test_rfc_vectors_what_applications_read(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        made = enrolments.begin(unit, caller)

    # the rules of Google Authenticator's "Key Uri Format" and those of FreeOTP: label is issuer:account, issuer again
    parts = urlsplit(made.uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/Netim Direct:{EMAIL}"
    query = parse_qs(parts.query)
    assert query["issuer"] == ["Netim Direct"]
    assert query["secret"] == [made.key.replace(" ", "")]
    assert set(query) <= {"secret", "issuer", "algorithm", "digits", "period"}
    parsed = pyotp.parse_uri(made.uri)
    assert (parsed.issuer, parsed.name) == ("Netim Direct", EMAIL)
    assert made.picture.startswith("data:image/svg+xml")


@pytest.mark.parametrize("steps", range(-25, 26))
def test_which_steps_prove_a_device_and_what_is_said_of_the_clock(
    sqlite_units: Units, clock: FakeClock, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyotp.random_base32", lambda length: "A" * length)  # no two of its codes here are the same
    caller = logged_in_actor(sqlite_units)
    enrolment, secret = begin(sqlite_units, caller)

    if abs(steps) <= 1:
        assert confirm(sqlite_units, caller, enrolment, code(secret, clock, steps))
        return
    with pytest.raises(DomainError) as error:
        confirm(sqlite_units, caller, enrolment, code(secret, clock, steps))
    expected = "totp.wrong" if abs(steps) > 20 else "totp.clock_fast" if steps > 0 else "totp.clock_slow"
    assert (error.value.field, error.value.key) == ("code", expected)
    assert count(sqlite_units, TotpAuthenticator) == 0


@pytest.mark.parametrize("typed", ["", "abcdef", "12345", "1234567", "１２３４５６", "000000\0", "-12345", "1e5000"])
def test_what_is_no_code_is_wrong(sqlite_units: Units, typed: str) -> None:
    caller = logged_in_actor(sqlite_units)
    enrolment, _ = begin(sqlite_units, caller)

    with pytest.raises(DomainError, match=r"totp\.wrong"):
        confirm(sqlite_units, caller, enrolment, typed)


def test_a_code_pasted_with_blanks_is_taken(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    enrolment, secret = begin(sqlite_units, caller)
    typed = code(secret, clock)

    assert confirm(sqlite_units, caller, enrolment, f" {typed[:3]} {typed[3:]}\n")


def test_the_code_that_proved_a_device_cannot_login(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    enrolment, secret = begin(units, caller)
    typed = code(secret, clock)
    confirm(units, caller, enrolment, typed)

    assert not consume(units, caller.account_id, typed)
    assert not consume(units, caller.account_id, code(secret, clock, -1))
    clock.advance(seconds=30)
    assert consume(units, caller.account_id, code(secret, clock))


def test_several_wizards_do_not_mix(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    first, first_secret = begin(units, caller)
    second, second_secret = begin(units, caller)

    with pytest.raises(DomainError):
        confirm(units, caller, first, code(second_secret, clock))
    confirm(units, caller, second, code(second_secret, clock), "Second")
    assert count(units, TotpEnrolment) == 0
    with units.read() as unit, pytest.raises(DomainError, match=r"totp\.enabled_elsewhere"):
        enrolments.check_open(unit, caller, first, first=True)
    with units.write() as unit, pytest.raises(DomainError, match=r"totp\.enabled_elsewhere"):
        enrolments.confirm(
            unit, caller, first, code=code(first_secret, clock), name="First", return_to=SECURITY, first=True
        )
    assert [device.name for device in devices(units, caller.account_id)] == ["Second"]


def test_wizards_for_further_devices_do_not_mix(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    confirm(units, caller, *_proved(begin(units, caller), clock), "First")
    second, third = begin(units, caller), begin(units, caller)

    confirm(units, caller, *_proved(third, clock), "Third")
    confirm(units, caller, *_proved(second, clock), "Second")

    assert [device.name for device in devices(units, caller.account_id)] == ["First", "Third", "Second"]


def _proved(begun: tuple[str, str], clock: FakeClock) -> tuple[str, str]:
    handle, secret = begun
    return handle, code(secret, clock)


def test_abandoned_and_expired_secrets_are_gone(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    first, first_secret = begin(units, caller)
    begin(units, caller, replaces=first)
    assert count(units, TotpEnrolment) == 1
    with pytest.raises(DomainError, match=r"totp\.gone"):
        confirm(units, caller, first, code(first_secret, clock))

    clock.advance(minutes=30)
    with units.write() as unit:
        enrolments.purge(unit)
    assert count(units, TotpEnrolment) == 0


def test_an_enrolment_expires_even_before_it_is_purged(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    enrolment, secret = begin(sqlite_units, caller)
    clock.advance(minutes=30)

    with pytest.raises(DomainError, match=r"totp\.gone"):
        confirm(sqlite_units, caller, enrolment, code(secret, clock))


def test_nobody_else_can_finish_or_abandon_an_enrolment(units: Units, clock: FakeClock) -> None:
    owner = logged_in_actor(units)
    stranger = logged_in_actor(units, "mallory@example.org")
    with units.write() as unit:
        same_customer_elsewhere = actor_of(unit, make_session(unit, owner.account_id, browser_digest=OTHER_BROWSER))
    enrolment, secret = begin(units, owner)

    for other in (stranger, same_customer_elsewhere):
        with units.write() as unit:
            enrolments.abandon(unit, other, enrolment)
        with pytest.raises(DomainError, match=r"totp\.gone"):
            confirm(units, other, enrolment, code(secret, clock))
    assert confirm(units, owner, enrolment, code(secret, clock))


def test_there_are_at_most_ten_open_enrolments(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    made = []
    for _ in range(15):
        clock.advance(seconds=1)
        made.append(begin(sqlite_units, caller))

    assert count(sqlite_units, TotpEnrolment) == enrolments.MAX_ENROLMENTS
    assert confirm(sqlite_units, caller, made[-1][0], code(made[-1][1], clock))


def test_of_twenty_confirmations_at_once_one_wins(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    enrolment, secret = begin(units, caller)

    def attempt(_: int) -> bool:
        try:
            confirm(units, caller, enrolment, code(secret, clock))
        except DomainError:
            return False
        return True

    assert at_once(20, attempt).count(True) == 1
    assert count(units, TotpAuthenticator) == 1


# Codes


def test_the_window_is_one_step_each_way(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    clock.advance(minutes=10)

    for steps in (-3, -2, 2, 3):
        assert not consume(units, caller.account_id, code(secret, clock, steps))
    for steps in (-1, 0, 1):
        assert consume(units, caller.account_id, code(secret, clock, steps))
        assert not consume(units, caller.account_id, code(secret, clock, steps))


def test_a_later_code_kills_the_earlier_ones(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    clock.advance(minutes=10)

    assert consume(units, caller.account_id, code(secret, clock, 1))
    assert not consume(units, caller.account_id, code(secret, clock, 0))
    assert not consume(units, caller.account_id, code(secret, clock, -1))


def test_of_twenty_uses_of_one_code_at_once_one_is_accepted(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    typed = code(secret, clock)

    assert at_once(20, lambda _: consume(units, caller.account_id, typed)).count(True) == 1


def test_devices_have_secrets_and_last_steps_of_their_own(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    first = enable(units, caller, clock, "First")
    second = enable(units, caller, clock, "Second")

    assert first != second
    assert consume(units, caller.account_id, code(second, clock, 1))
    assert consume(units, caller.account_id, code(first, clock))


def test_each_device_adds_the_codes_that_a_guess_may_hit(units: Units, clock: FakeClock) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    for number in (1, 2):
        enable(units, caller, clock, f"Phone {number}")

    with units.read() as unit:
        assert codes.valid_code_count(unit, caller.account_id) == 6
        assert codes.valid_code_count(unit, other.account_id) == 0


def test_a_code_of_one_customer_is_nothing_to_another(units: Units, clock: FakeClock) -> None:
    owner = logged_in_actor(units)
    other = logged_in_actor(units, "mallory@example.org")
    secret = enable(units, owner, clock)
    enable(units, other, clock)

    assert not consume(units, other.account_id, code(secret, clock))
    assert consume(units, owner.account_id, code(secret, clock))


# Devices


def test_devices_are_renamed_and_removed_one_by_one(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    first = enable(units, caller, clock, "First")
    second = enable(units, caller, clock, "Second")
    one, two = devices(units, caller.account_id)

    with units.write() as unit:
        authenticators.rename(unit, caller, one.id, "Old phone")
    with units.write() as unit, pytest.raises(DomainError, match=r"totp\.name_taken"):
        authenticators.rename(unit, caller, two.id, "OLD PHONE")
    with units.write() as unit:
        authenticators.remove(unit, caller, one.id)
    assert "Old phone" in last_mail(units, "two_factor_changed").text
    assert not consume(units, caller.account_id, code(first, clock))
    assert consume(units, caller.account_id, code(second, clock))
    with units.write() as unit, pytest.raises(DomainError, match=r"totp\.last"):
        authenticators.remove(unit, caller, two.id)


def test_a_strangers_device_is_answered_like_an_unknown_one(units: Units, clock: FakeClock) -> None:
    owner = logged_in_actor(units)
    stranger = logged_in_actor(units, "mallory@example.org")
    enable(units, owner, clock)
    enable(units, stranger, clock)
    (device,) = devices(units, owner.account_id)

    for device_id in (device.id, 999_999):
        for act in (
            lambda u, d: authenticators.rename(u, stranger, d, "Mine"),
            lambda u, d: authenticators.remove(u, stranger, d),
        ):
            with units.write() as unit, pytest.raises(DomainError, match=r"totp\.no_such_device"):
                act(unit, device_id)
    assert devices(units, owner.account_id) == (device,)


def test_of_two_last_devices_removed_at_once_one_stays(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    for name in ("First", "Second"):
        enable(units, caller, clock, name)
    ids = [device.id for device in devices(units, caller.account_id)]

    def remove(number: int) -> bool:
        try:
            with units.write() as unit:
                authenticators.remove(unit, caller, ids[number])
        except DomainError:
            return False
        return True

    assert sorted(at_once(2, remove)) == [False, True]
    assert len(devices(units, caller.account_id)) == 1


def test_there_are_at_most_ten_devices(sqlite_units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(sqlite_units)
    spare, spare_secret = "", ""
    for number in range(rules.MAX_AUTHENTICATORS):
        if number == 9:
            spare, spare_secret = begin(sqlite_units, caller)
        enable(sqlite_units, caller, clock, f"Device {number}")

    with pytest.raises(DomainError, match=r"totp\.full"):
        begin(sqlite_units, caller)
    with pytest.raises(DomainError, match=r"totp\.full"):
        confirm(sqlite_units, caller, spare, code(spare_secret, clock), "Spare")


# On and off


def test_enabling_and_disabling_end_all_other_sessions_and_renew_the_own(units: Units, clock: FakeClock) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        own = make_session(unit, account_id)
        caller = actor_of(unit, own)

    def others_end(change: str) -> None:
        with units.write() as unit:
            other = make_session(unit, account_id, browser_digest=OTHER_BROWSER, remember=True)
        ticket = disable() if change == "disable" else confirm(units, caller, enrolment, code(secret, clock))
        assert ticket is not None
        with units.write() as unit:
            assert sessions.look_up(unit, other.digest, OTHER_BROWSER, HERE).actor is None
            opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
            assert opened is not None

    def disable() -> str:
        clock.advance(seconds=60)
        with units.write() as unit:
            return authenticators.disable(unit, caller, code(secret, clock), SECURITY)

    enrolment, secret = begin(units, caller)
    others_end("enable")
    others_end("disable")
    assert [event for event, _ in mailed(units)].count("two_factor_changed") == 2


def test_disabling_needs_a_code_that_was_not_used_and_deletes_everything(units: Units, clock: FakeClock) -> None:
    from netim_app.features.backup_codes.service import sets as backup_code_sets

    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    begin(units, caller)
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
    used = code(secret, clock)
    assert consume(units, caller.account_id, used)

    for wrong in (used, "", "nonsense"):
        with pytest.raises(RecordedRefusal), units.write() as unit:
            authenticators.disable(unit, caller, wrong, SECURITY)
    assert count(units, TotpAuthenticator) == 1
    clock.advance(seconds=30)
    with units.write() as unit:
        assert authenticators.disable(unit, caller, code(secret, clock), SECURITY)
    assert [count(units, table) for table in (TotpAuthenticator, TotpEnrolment, BackupCode)] == [0, 0, 0]
    with units.write() as unit, pytest.raises(DomainError, match=r"totp\.off_already"):
        authenticators.disable(unit, caller, "123456", SECURITY)


def test_disabling_is_throttled_like_a_login(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)

    for _ in range(5):
        with pytest.raises(RecordedRefusal), units.write() as unit:
            authenticators.disable(unit, caller, f"{secrets.randbelow(10**6):06d}", SECURITY)
    with pytest.raises(RecordedRefusal), units.write() as unit:
        authenticators.disable(unit, caller, code(secret, clock), SECURITY)
    assert count(units, TotpAuthenticator) == 1


# At rest


def test_secrets_lie_sealed_and_bound_to_their_row(units: Units, clock: FakeClock) -> None:
    owner, other = logged_in_actor(units), logged_in_actor(units, "mallory@example.org")
    secret = enable(units, owner, clock)
    others_secret = enable(units, other, clock)
    with units.read() as unit:
        sealed = {row.account_id: row.sealed for row in unit.session.exec(select(TotpAuthenticator))}
    assert all(secret.encode() not in value for value in sealed.values())

    with units.write() as unit:  # swapped
        unit.session.exec(
            update(TotpAuthenticator)
            .where(col(TotpAuthenticator.account_id) == owner.account_id)
            .values(sealed=sealed[other.account_id])
        )
    assert not consume(units, owner.account_id, code(others_secret, clock))
    assert not consume(units, owner.account_id, code(secret, clock))
    with units.read() as unit:
        assert second_factor.enrolled(unit, owner.account_id)  # it fails closed: the code is still asked for

    with units.write() as unit:  # damaged
        unit.session.exec(update(TotpAuthenticator).values(sealed=b"\x01" * 40))
    assert not consume(units, other.account_id, code(others_secret, clock))


@pytest.mark.parametrize("without_second_factor", [False, True])
def test_the_operators_unlock_switches_it_off_only_when_told_to(
    units: Units, clock: FakeClock, without_second_factor: bool
) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)

    with units.write() as unit:
        fact = AccountUnlocked(account_id=caller.account_id, at=unit.now, without_second_factor=without_second_factor)
        operations.unlock(unit, fact)

    assert consume(units, caller.account_id, code(secret, clock)) is not without_second_factor
    assert bool(devices(units, caller.account_id)) is not without_second_factor
    assert [event for event, _ in mailed(units)] == ["two_factor_changed", "account_unlocked"], "enabled, and unlocked"
    assert ("Two-factor authentication is off" in last_mail(units, "account_unlocked").text) is without_second_factor
    with units.read() as unit:
        (session,) = unit.session.exec(select(AccountSession)).all()
        assert (session.ended_at is not None) is without_second_factor


def test_a_change_of_the_secret_key_keeps_devices(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    old = units.settings.secret_key.get_secret_value()
    monkeypatch.setattr(units, "vault", Vault("n" * 40, old))

    with units.write() as unit:
        assert (stored.rewrap(unit).sealed, stored.rewrap(unit).sealed) == (1, 0)
    monkeypatch.setattr(units, "vault", Vault("n" * 40))

    assert consume(units, caller.account_id, code(secret, clock))


def test_a_damaged_secret_keeps_no_other_from_being_sealed_anew(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, sound = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    enable(units, damaged, clock)
    secret = enable(units, sound, clock)
    with units.write() as unit:
        row = unit.session.exec(
            select(TotpAuthenticator).where(TotpAuthenticator.account_id == damaged.account_id)
        ).one()
        row.sealed = b"\x01" * 60
    monkeypatch.setattr(units, "vault", Vault("n" * 40, units.settings.secret_key.get_secret_value()))

    with units.write() as unit:
        assert stored.rewrap(unit) == Rewrapped(sealed=1, unreadable=1)
    assert consume(units, sound.account_id, code(secret, clock))


def test_what_the_card_shows(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    (device,) = devices(units, caller.account_id)
    assert (device.name, device.last_used) == ("Phone", "")

    clock.now += timedelta(days=1)
    consume(units, caller.account_id, code(secret, clock))
    (device,) = devices(units, caller.account_id)
    assert "2 Mar 2026" in device.last_used
    assert "1 Mar 2026" in device.added


def test_a_code_that_was_used_is_known_as_such(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    secret = enable(units, caller, clock)
    typed = code(secret, clock)
    assert consume(units, caller.account_id, typed)

    assert not consume(units, caller.account_id, typed)
    assert was_used(units, caller.account_id, typed)
    assert not was_used(units, caller.account_id, code(secret, clock, 5))
    clock.advance(minutes=5)
    assert not was_used(units, caller.account_id, typed), "too old to be told from a wrong one"


@pytest.mark.parametrize(("length", "scale"), [(1, 4), (80, 4), (95, 3), (180, 3), (254, 3)])
def test_a_picture_is_drawn_in_whole_pixels_and_fits_into_a_phone(sqlite_units: Units, length: int, scale: int) -> None:
    caller = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        unit.session.exec(update(Account).values(email="x" * length))
    with sqlite_units.write() as unit:
        made = enrolments.begin(unit, caller)

    svg = unquote(made.picture.partition(",")[2])
    width = int(re.search(r'width="(\d+)"', svg.replace("'", '"'))[1])  # type: ignore[index]  # it is there
    modules, _ = segno.make(made.uri, error="m").symbol_size(border=4)
    assert (width % modules, width // modules) == (0, scale)
    assert width <= 244
