import pytest
from sqlmodel import col, select, update

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.backup_codes.service import sets, stock, stored, use
from netim_app.features.backup_codes.tables import BackupCode, BackupCodeSet
from netim_app.features.totp.facts import AuthenticatorAdded
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity.facts import SecondFactorDisabled, SecondFactorEnabled
from netim_app.infra.unit_of_work import Units
from netim_app.infra.vault import Vault
from netim_app.offers import offers
from tests.kit.factories import EMAIL, HERE, at_once, last_mail, logged_in_actor, mailed
from tests.kit.fakes import FakeClock


def protected(units: Units, email: str = EMAIL) -> Actor:
    """A customer with a second factor: which one is not our business."""
    caller = logged_in_actor(units, email)
    with units.write() as unit:
        unit.session.add(
            TotpAuthenticator(account_id=caller.account_id, name="Phone", sealed=b"", last_step=0, added_at=unit.now)
        )
    return caller


def make(units: Units, caller: Actor) -> tuple[str, ...]:
    with units.write() as unit:
        return sets.make(unit, caller).codes


def consume(units: Units, account_id: int, code: str) -> bool:
    with units.write() as unit:
        return use.consume(unit, account_id, code, HERE)


def left(units: Units, caller: Actor) -> int:
    with units.read() as unit:
        return stock.view_stock(unit, caller.account_id).left


def test_each_code_works_once_and_leaves_the_others(units: Units) -> None:
    caller = protected(units)
    codes = make(units, caller)

    for number, code in enumerate(codes, start=1):
        assert consume(units, caller.account_id, code)
        assert not consume(units, caller.account_id, code)
        assert left(units, caller) == 10 - number


def test_a_used_code_is_known_as_such_until_a_new_set(units: Units) -> None:
    caller = protected(units)
    codes = make(units, caller)
    consume(units, caller.account_id, codes[0])

    def was_used(code: str) -> bool:
        with units.read() as unit:
            return use.was_used(unit, caller.account_id, code)

    assert [was_used(code) for code in codes] == [True, *[False] * 9]
    new = make(units, caller)
    assert not was_used(next(code for code in (codes[0], "000000", "000001") if code not in new))


def test_every_use_is_mailed_with_what_is_left(units: Units) -> None:
    caller = protected(units)
    codes = make(units, caller)
    consume(units, caller.account_id, codes[3])

    assert [event for event, _ in mailed(units)] == ["backup_codes_made", "backup_code_used"]
    mail = last_mail(units, "backup_code_used")
    assert "Codes left: 9" in mail.text
    assert f"IP address: {HERE.address}" in mail.text
    assert not any(code in mail.text + mail.html for code in codes)


def test_a_code_that_switches_everything_off_is_not_told_as_if_others_were_left(units: Units, clock: FakeClock) -> None:
    caller = protected(units)
    codes = make(units, caller)
    consume(units, caller.account_id, codes[0])
    clock.advance(minutes=1)
    with units.write() as unit:
        use.consume(unit, caller.account_id, codes[1], HERE)
        unit.record(SecondFactorDisabled(account_id=caller.account_id, at=unit.now, origin=HERE))

    # The mail about the first code stays: that one was used at another time.
    assert [event for event, _ in mailed(units)] == ["backup_codes_made", "backup_code_used", "two_factor_changed"]


def test_of_twenty_uses_at_once_one_is_accepted(units: Units) -> None:
    caller = protected(units)
    code = make(units, caller)[0]

    assert at_once(20, lambda _: consume(units, caller.account_id, code)).count(True) == 1
    assert left(units, caller) == 9


def test_a_new_set_kills_the_old_one(units: Units) -> None:
    caller = protected(units)
    old = make(units, caller)
    new = make(units, caller)

    assert not any(consume(units, caller.account_id, code) for code in old if code not in new)
    assert consume(units, caller.account_id, new[0])


def test_sets_made_at_once_leave_one_whole_set(units: Units) -> None:
    caller = protected(units)
    made = at_once(8, lambda _: make(units, caller))

    assert left(units, caller) == 10
    assert sum(all(consume(units, caller.account_id, code) for code in codes[:1]) for codes in made) == 1


def test_a_code_of_one_customer_is_nothing_to_another(units: Units) -> None:
    owner, other = protected(units), protected(units, "mallory@example.org")
    codes, others = make(units, owner), make(units, other)

    assert not any(consume(units, other.account_id, code) for code in codes if code not in others)
    assert left(units, owner) == 10


def test_the_first_set_never_replaces_one_that_a_page_has_shown(units: Units) -> None:
    """Of pages that open at once, the last one has the set. It alone can say that it shows it."""
    caller = protected(units)

    made = [one for one in at_once(6, lambda _: _first(units, caller)) if one]

    with units.write() as unit:
        present = sets._handle(unit.session.get_one(BackupCodeSet, caller.account_id))
        for one in made:
            sets.note_shown(unit, caller, one.handle)
    assert present in [one.handle for one in made]
    assert left(units, caller) == 10
    assert at_once(6, lambda _: _first(units, caller)) == [None] * 6


def _first(units: Units, caller: Actor) -> sets.NewCodes | None:
    with units.write() as unit:
        return sets.make_due(unit, caller)


@pytest.mark.parametrize(("minutes", "mails"), [(0, []), (11, ["backup_codes_made"])])
def test_the_mail_about_the_enabling_is_enough_for_the_first_set(
    units: Units, clock: FakeClock, minutes: int, mails: list[str]
) -> None:
    caller = protected(units)
    with units.write() as unit:
        unit.record(SecondFactorEnabled(account_id=caller.account_id, at=unit.now, origin=caller.origin))
    clock.advance(minutes=minutes)
    assert _first(units, caller)
    assert [event for event, _ in mailed(units)] == ["two_factor_changed", *mails]

    make(units, caller)
    assert [event for event, _ in mailed(units)] == ["two_factor_changed", *mails, "backup_codes_made"]


def test_a_first_set_that_no_mail_was_about_is_mailed(units: Units) -> None:
    caller = protected(units)
    with units.write() as unit:
        added = AuthenticatorAdded(account_id=caller.account_id, at=unit.now, origin=caller.origin, name="Tablet")
        unit.record(added)
    assert _first(units, caller)
    assert mailed(units)[-1][0] == "backup_codes_made", "a device of a thief must not hide the codes of one"


def test_without_a_second_factor_there_are_no_codes(units: Units) -> None:
    caller = logged_in_actor(units)

    assert _first(units, caller) is None
    with units.write() as unit, pytest.raises(DomainError, match=r"backup_codes\.not_enabled"):
        sets.make(unit, caller)


def test_codes_are_kept_as_digests_under_a_sealed_key_of_their_set(units: Units) -> None:
    caller = protected(units)
    first = make(units, caller)
    with units.read() as unit:
        before = {row.digest for row in unit.session.exec(select(BackupCode))}
        key = unit.session.exec(select(BackupCodeSet)).one().sealed
    assert not any(code.encode() in key or code in "".join(before) for code in first)
    make(units, caller)
    with units.read() as unit:
        assert unit.session.exec(select(BackupCodeSet)).one().sealed != key


def test_swapped_and_damaged_sets_accept_nothing(units: Units) -> None:
    owner, other = protected(units), protected(units, "mallory@example.org")
    codes = make(units, owner)
    make(units, other)
    with units.write() as unit:
        foreign = unit.session.get_one(BackupCodeSet, other.account_id).sealed
        unit.session.exec(
            update(BackupCodeSet).where(col(BackupCodeSet.account_id) == owner.account_id).values(sealed=foreign)
        )

    assert not consume(units, owner.account_id, codes[0])


def test_codes_outlive_a_change_of_the_secret_key(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = protected(units)
    codes = make(units, caller)
    monkeypatch.setattr(units, "vault", Vault("n" * 40, units.settings.secret_key.get_secret_value()))
    with units.write() as unit:
        assert (stored.rewrap(unit).sealed, stored.rewrap(unit).sealed) == (1, 0)
    monkeypatch.setattr(units, "vault", Vault("n" * 40))

    assert consume(units, caller.account_id, codes[0])


def test_codes_go_with_the_factor(units: Units) -> None:
    caller = protected(units)
    codes = make(units, caller)
    with units.write() as unit:
        unit.record(SecondFactorDisabled(account_id=caller.account_id, at=unit.now))

    assert not consume(units, caller.account_id, codes[0])


def test_the_gauge_hints_when_codes_run_low(units: Units) -> None:
    caller = protected(units)
    hint = next(hint for hint in offers().hints if hint.key == "backup_codes")
    codes = make(units, caller)
    with units.write() as unit:
        assert sets.note_saved(unit, caller, unit.now.isoformat())
    seen = []
    for code in codes:
        consume(units, caller.account_id, code)
        with units.read() as unit:
            seen.append(hint.applies(unit, caller.account_id))

    assert seen == [False] * 7 + [True] * 3


def test_codes_that_nobody_has_saved_are_reminded_of(units: Units) -> None:
    caller = protected(units)
    hint = next(hint for hint in offers().hints if hint.key == "backup_codes.unsaved")

    def seen() -> tuple[bool, bool]:
        with units.read() as unit:
            return hint.applies(unit, caller.account_id), stock.view_stock(unit, caller.account_id).saved

    def save(handle: str) -> bool:
        with units.write() as unit:
            return sets.note_saved(unit, caller, handle)

    with units.write() as unit:
        old = sets.make(unit, caller).handle
    assert seen() == (True, False)
    units.clock.advance(seconds=1)  # type: ignore[attr-defined]
    with units.write() as unit:
        new = sets.make(unit, caller).handle

    assert not save(old), "another tab has made newer ones"
    assert seen() == (True, False)
    assert save(new)
    assert seen() == (False, True)


def test_the_sheet_says_whose_codes_they_are_and_how_to_use_them(sqlite_units: Units) -> None:
    caller = protected(sqlite_units)
    with sqlite_units.write() as unit:
        made = sets.make(unit, caller)

    assert all(code in made.sheet.splitlines() for code in made.codes)
    assert EMAIL in made.sheet
    assert made.made_on in made.sheet
    assert made.login_url == f"{sqlite_units.settings.public_url}/login"
    assert made.login_url in made.sheet
