"""Two different units at the same moment, on PostgreSQL: neither waits for the other for ever, and none slips through.

(SQLite lets one writer in at a time, so these cannot happen there.)
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import select

from netim_app.core.errors import RecordedRefusal
from netim_app.feature import Feature, SecondFactor
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import stored as backup_code_stored
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.identity import operations, pending_logins, recovery, second_factor, sessions
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountUnlocked
from netim_app.identity.tables import AttemptWindow, FailedCodeCount, PendingLogin
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.infra.vault import Vault
from netim_app.offers import install, offers
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    last_mail,
    logged_in_actor,
    make_account,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.races import A_MOMENT, both

RIGHT = "123456"


pytestmark = pytest.mark.parametrize("units", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def factor() -> None:
    """Everybody has a second factor that accepts 123456."""
    made = SecondFactor(
        name="wheel",
        logged_in="totp.logged_in",
        enrolled=lambda _u, _a: True,
        consume=lambda _u, _a, code, _o: code == RIGHT,
        was_used=lambda _u, _a, _code: False,
        valid_code_count=lambda _u, _a: 1,
    )
    install((*offers().features, Feature(name="wheel", second_factors=(made,))))


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets others in between what a unit changes and the fact that it records about it."""
    record = UnitOfWork.record

    def later(unit: UnitOfWork, fact: Any) -> None:
        unit.session.flush()
        threading.Event().wait(A_MOMENT)
        record(unit, fact)

    monkeypatch.setattr(UnitOfWork, "record", later)


def at_the_same_time(units: Units, *works: Callable[[UnitOfWork], Any]) -> list[Any]:
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[UnitOfWork], Any]) -> Any:
        barrier.wait(10)
        with units.write() as unit:
            return work(unit)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works, timeout=30))


def a_little_later(work: Callable[..., Any], *args: Any) -> Any:
    threading.Event().wait(A_MOMENT / 2)
    return work(*args)


def test_logging_out_while_all_sessions_are_ended(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        browser = make_session(unit, account_id)
    slowly(monkeypatch)

    at_the_same_time(
        units,
        lambda unit: sessions.end_session(unit, browser.digest, HERE),
        lambda unit: a_little_later(sessions.end_sessions, unit, account_id),
    )

    with units.read() as unit:
        assert sessions.look_up(unit, browser.digest, browser.browser_digest, HERE).actor is None


def test_unlocking_while_somebody_guesses(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        with pytest.raises(RecordedRefusal):
            second_factor.check_code(unit, account_id, "000000", visitor_of())
    slowly(monkeypatch)

    def guess(unit: UnitOfWork) -> None:
        lock_account(unit, account_id)
        threading.Event().wait(A_MOMENT / 2)
        with pytest.raises(RecordedRefusal):
            second_factor.check_code(unit, account_id, "000001", visitor_of())

    at_the_same_time(
        units, guess, lambda unit: operations.unlock(unit, AccountUnlocked(account_id=account_id, at=unit.now))
    )

    with units.read() as unit:
        attempts = sum(row.failures for row in unit.session.exec(select(AttemptWindow)))
        wrong_codes = sum(row.failures for row in unit.session.exec(select(FailedCodeCount)))
    assert (attempts, wrong_codes) in ((0, 0), (1, 1)), "only a guess after the unlocking counts"


def test_purging_while_the_password_is_given_again(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        pending_logins.begin(unit, account_id, visitor_of(), remember=False, return_to=SECURITY)
    clock.advance(minutes=11)
    with units.read() as unit:
        [browser_digest] = pending_logins.expired(unit)
    slowly(monkeypatch)

    def begin(unit: UnitOfWork) -> None:
        lock_account(unit, account_id)
        threading.Event().wait(A_MOMENT / 2)
        pending_logins.begin(unit, account_id, visitor_of(), remember=False, return_to=SECURITY)

    at_the_same_time(units, lambda unit: pending_logins.expire(unit, browser_digest), begin)

    with units.read() as unit:
        assert pending_logins.is_pending(unit, visitor_of())


def test_a_login_with_the_old_password_is_not_finished_after_a_reset(units: Units) -> None:
    thief = visitor_of(OTHER_BROWSER)
    with units.write() as unit:
        account_id = make_account(unit)
        pending_logins.begin(unit, account_id, thief, remember=False, return_to=SECURITY)
        recovery.ask_reset(unit, EMAIL, HERE)
    token = last_mail(units, "reset").token

    def finish_login(unit: UnitOfWork) -> None:
        with pytest.raises(RecordedRefusal, match=pending_logins.GONE):
            second_factor.finish_login(unit, thief, RIGHT)

    both(
        units,
        lambda unit: recovery.finish_reset(unit, token, quick_hash(NEW_PASSWORD), visitor_of()),
        finish_login,
    )


def test_new_codes_while_the_key_is_changed(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
    monkeypatch.setattr(units, "vault", Vault("n" * 40, units.settings.secret_key.get_secret_value()))

    rewrap = units.vault.rewrap

    def slow(sealed: bytes, context: str) -> bytes | None:
        threading.Event().wait(A_MOMENT)
        return rewrap(sealed, context)

    monkeypatch.setattr(units.vault, "rewrap", slow)
    done, made = at_the_same_time(
        units, backup_code_stored.rewrap, lambda unit: a_little_later(backup_code_sets.make, unit, caller)
    )

    assert done.sealed == 1
    with units.write() as unit:
        assert backup_code_use.consume(unit, caller.account_id, made.codes[0], HERE)


def test_codes_are_noted_as_saved_while_new_ones_are_made(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        handle = backup_code_sets.make(unit, caller).handle
    clock.advance(minutes=1)

    _, saved = both(
        units,
        lambda unit: backup_code_sets.make(unit, caller),
        lambda unit: backup_code_sets.note_saved(unit, caller, handle),
    )

    assert saved is False


def test_two_accounts_in_one_browser_at_once_the_later_one_owes_the_code(units: Units) -> None:
    with units.write() as unit:
        one, other = make_account(unit), make_account(unit, "bob@example.org")

    def begin(unit: UnitOfWork, account_id: int) -> None:
        pending_logins.begin(unit, account_id, visitor_of(), remember=False, return_to=SECURITY)

    both(units, lambda unit: begin(unit, one), lambda unit: begin(unit, other))

    with units.read() as unit:
        assert unit.session.exec(select(PendingLogin.account_id)).all() == [other]
