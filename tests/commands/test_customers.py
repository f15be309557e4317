"""`netim create-account`, which is judged as a sign-up is, and `netim sessions revoke --all`."""

from datetime import timedelta

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from netim_app.__main__ import app
from netim_app.commands import customers as command
from netim_app.features.journal.tables import JournalEntry
from netim_app.features.passkeys.tables import PasskeyRecovery
from netim_app.identity import operations, sessions
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import PASSWORD, logged_in_actor, make_account, stored_account

EMAIL = "ada@example.org"


@pytest.fixture(autouse=True)
def database(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_database", lambda: sqlite_units)


def run(password: str) -> Result:
    return CliRunner().invoke(app, ["create-account", EMAIL, "--first-name", "Ada"], input=f"{password}\n")


def found(units: Units) -> int | None:
    with units.read() as unit:
        return operations.find_account(unit, EMAIL)


def test_an_account_is_created(sqlite_units: Units) -> None:
    done = run(PASSWORD)

    assert (done.exit_code, done.stdout) == (0, f"created {EMAIL}\n")
    assert stored_account(sqlite_units, found(sqlite_units)).first_name == "Ada"
    assert run(PASSWORD).exit_code == 1, "there is one now"


def test_a_weak_password_is_refused(sqlite_units: Units) -> None:
    done = run("Captain2026!")

    assert (done.exit_code, found(sqlite_units)) == (1, None)
    assert done.stderr.startswith("password: ")


def entries(units: Units, account_id: int) -> list[tuple[str, str]]:
    with units.read() as unit:
        of_account = select(JournalEntry).where(JournalEntry.account_id == account_id)
        return [(entry.event, entry.sort) for entry in unit.session.exec(of_account.order_by(col(JournalEntry.number)))]


def test_what_the_operator_creates_is_an_act_of_the_operator(sqlite_units: Units) -> None:
    run(PASSWORD)
    assert entries(sqlite_units, found(sqlite_units)) == [("account_created", "operator")]


def test_each_account_whose_sessions_end_has_it_in_its_journal(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "AT_ONCE", 2)
    ended = [logged_in_actor(sqlite_units, f"{name}@example.org").account_id for name in ("one", "two", "three")]
    with sqlite_units.write() as unit:
        away, waits = make_account(unit, "away@example.org"), make_account(unit, "waits@example.org")
        place = {"address": "", "browser": "", "system": "", "browser_digest": ""}
        unit.session.add(PasskeyRecovery(account_id=waits, opens_at=unit.now + timedelta(days=1), **place))
    before = entries(sqlite_units, away)

    done = CliRunner().invoke(app, ["sessions", "revoke", "--all"])

    assert (done.exit_code, done.stdout) == (0, "ended 3 session(s)\n")
    for account_id in ended:
        assert entries(sqlite_units, account_id)[-2:] == [
            ("sessions_revoked", "operator"),
            ("support_acted", "operator"),
        ]
    assert ("recovery_stopped", "operator") in entries(sqlite_units, waits)
    assert entries(sqlite_units, away) == before
    with sqlite_units.read() as unit:
        assert [mail.account_id for mail in unit.session.exec(select(OutboxMessage))] == [waits]
        assert sessions.logged_in(unit) == []
