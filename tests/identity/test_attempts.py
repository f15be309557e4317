import pytest
from sqlmodel import select

from netim_app.identity import attempts, operations
from netim_app.identity.tables import AttemptWindow, KnownBrowser
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import at_once
from tests.kit.fakes import FakeClock


def pay(units: Units, key: str = "k") -> bool:
    with units.write() as unit:
        return attempts.record_attempt(unit, key)


def test_five_guesses_are_allowed_and_then_none(units: Units) -> None:
    assert [pay(units) for _ in range(8)] == [True] * 5 + [False] * 3


def test_guesses_that_were_refused_do_not_prolong_the_window(units: Units, clock: FakeClock) -> None:
    for _ in range(5):
        pay(units)
    clock.advance(minutes=14, seconds=59)
    assert not pay(units)

    clock.advance(seconds=1)

    assert [pay(units) for _ in range(6)] == [True] * 5 + [False]


def test_the_window_starts_with_the_first_guess(units: Units, clock: FakeClock) -> None:
    pay(units)
    clock.advance(minutes=10)
    for _ in range(4):
        pay(units)
    assert not pay(units)

    clock.advance(minutes=5)

    assert pay(units)


def test_a_right_answer_gives_the_whole_budget_back(units: Units) -> None:
    for _ in range(5):
        pay(units)
    with units.write() as unit:
        attempts.reset_attempts(unit, "k")

    assert [pay(units) for _ in range(6)] == [True] * 5 + [False]


def test_each_key_has_a_budget_of_its_own(units: Units) -> None:
    for _ in range(5):
        pay(units, "a")

    assert (pay(units, "a"), pay(units, "b")) == (False, True)


def test_keys_tell_accounts_and_devices_apart_and_name_nobody(units: Units) -> None:
    with units.read() as unit:
        keys = {
            attempts.attempt_key(unit, "password", email, browser_digest)
            for email in ("ada@example.org", "bob@example.org")
            for browser_digest in ("", "d1", "d2")
        }
        again = attempts.attempt_key(unit, "password", "ada@example.org", "")

    assert len(keys) == 6
    assert again in keys
    assert not any("ada" in key for key in keys)
    assert all(len(key) <= 64 for key in keys)


def test_the_key_depends_on_the_secret(units: Units) -> None:
    from pydantic import SecretStr

    other = Units(units.engine, units.settings.model_copy(update={"secret_key": SecretStr("x" * 40)}), units.clock)
    with units.read() as unit, other.read() as other_unit:
        assert attempts.attempt_key(unit, "password", "a", "") != attempts.attempt_key(other_unit, "password", "a", "")


@pytest.mark.parametrize("minutes", [0, 15], ids=["new window", "window that is over"])
def test_twenty_guesses_at_once_do_not_slip_past_the_limit(units: Units, clock: FakeClock, minutes: int) -> None:
    if minutes:
        pay(units)
        clock.advance(minutes=minutes)

    assert sum(at_once(20, lambda _: pay(units))) == 5
    assert not pay(units)


def test_windows_that_are_over_are_purged(units: Units, clock: FakeClock) -> None:
    pay(units, "old")
    clock.advance(minutes=5)
    pay(units, "young")
    clock.advance(minutes=10)

    with units.write() as unit:
        attempts.purge(unit)

    with units.read() as unit:
        assert [row.key for row in unit.session.exec(select(AttemptWindow))] == ["young"]


def test_every_kind_is_unlocked_by_the_operator(units: Units) -> None:
    from netim_app.identity.facts import AccountUnlocked
    from tests.kit.factories import BROWSER, mailed, make_account

    with units.write() as unit:
        account_id = make_account(unit, "ada@example.org")
        unit.session.add(
            KnownBrowser(account_id=account_id, browser_digest=BROWSER, first_seen_at=unit.now, last_seen_at=unit.now)
        )
        keys = [
            attempts.attempt_key(unit, kind, "ada@example.org", browser_digest)
            for kind in attempts.KINDS
            for browser_digest in ("", BROWSER)
        ]
        bystander = attempts.attempt_key(unit, "password", "bob@example.org", "")
    for key in (*keys, bystander):
        for _ in range(5):
            pay(units, key)

    with units.write() as unit:
        operations.unlock(unit, AccountUnlocked(account_id=account_id, at=unit.now))

    assert [pay(units, key) for key in keys] == [True] * len(keys)
    assert not pay(units, bystander)
    assert mailed(units) == [("account_unlocked", "ada@example.org")]
