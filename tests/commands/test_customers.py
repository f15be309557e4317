"""`netim create-account`: judged as a sign-up is."""

import pytest
from typer.testing import CliRunner, Result

from netim_app.__main__ import app
from netim_app.commands import customers as command
from netim_app.identity import operations
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import PASSWORD, stored_account

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
    assert stored_account(sqlite_units, found(sqlite_units) or 0).first_name == "Ada"
    assert run(PASSWORD).exit_code == 1, "there is one now"


def test_a_weak_password_is_refused(sqlite_units: Units) -> None:
    done = run("Captain2026!")

    assert (done.exit_code, found(sqlite_units)) == (1, None)
    assert done.stderr.startswith("password: ")
