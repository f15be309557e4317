"""The run of `netim import`: what ends it, and who is faster."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import select
from typer.testing import CliRunner, Result

from netim_app.__main__ import app
from netim_app.commands import imports as command
from netim_app.identity import imports
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import UnitOfWork, Units

TEXT = "email,first_name\na@example.org,Ada\nb@example.org,Bo\nc@example.org,Cy\n"

DIGEST = "VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw="
GOOD = f"pbkdf2_sha256$1$s.a-l/t~${DIGEST}"


@pytest.fixture
def file(units: Units, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "open_database", lambda: units)
    (tmp_path / "customers.csv").write_text(TEXT)
    return tmp_path / "customers.csv"


def run(file: Path) -> Result:
    return CliRunner().invoke(app, ["import", str(file)])


def raising(monkeypatch: pytest.MonkeyPatch, email: str, error: Exception) -> None:
    """Storing this customer fails at the end of its unit."""
    real = imports.bring_in

    def bring_in(unit: UnitOfWork, customer: imports.ImportedCustomer, *args: Any) -> None:
        real(unit, customer, *args)
        if customer.email == email:
            raise error

    monkeypatch.setattr(imports, "bring_in", bring_in)


def stored(units: Units) -> list[str]:
    with units.read() as unit:
        return list(unit.session.exec(select(Account.email).order_by(Account.email)))


def test_all_lines_are_brought_in(units: Units, file: Path) -> None:
    done = run(file)

    assert (done.exit_code, stored(units)) == (0, ["a@example.org", "b@example.org", "c@example.org"])
    assert done.stderr.splitlines()[-1] == "3 created"


def test_a_database_that_goes_away_ends_the_run_and_leaves_nothing_half_made(
    units: Units, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        raising(patched, "b@example.org", OperationalError("INSERT", {}, Exception("the server closed the connection")))
        done = run(file)

    assert done.exit_code == 1
    assert "stopped after line 2: the server closed the connection" in done.stderr
    assert stored(units) == ["a@example.org"]
    again = run(file)
    assert (again.exit_code, again.stdout.split("\n")[0]) == (0, "2\ta@example.org\texists already")
    assert stored(units) == ["a@example.org", "b@example.org", "c@example.org"]


def test_somebody_who_registers_at_the_same_moment_may_be_faster(
    units: Units, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(monkeypatch, "b@example.org", IntegrityError("INSERT", {}, Exception("UNIQUE")))

    done = run(file)

    assert done.exit_code == 0
    assert done.stdout.splitlines()[1] == "3\tb@example.org\texists already"
    assert stored(units) == ["a@example.org", "c@example.org"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password_hash", f"pbkdf2_sha256$1$salt\ud800${DIGEST}"),
        ("password_hash", f"pbkdf2_sha256$1$salt\x00${DIGEST}"),
        ("\ud800", "x"),
        ("more\n3\tzoe@example.org\tcreated", "x"),
        ("\x1b[2J", "x"),
    ],
)
def test_a_hostile_line_stops_no_other_and_writes_one_line_of_the_report(
    units: Units, file: Path, name: str, value: str
) -> None:
    lines = [{"email": "a@example.org", name: value}, {"email": "b@example.org", "password_hash": GOOD}]
    hostile = file.with_suffix(".jsonl")
    hostile.write_text("".join(json.dumps({"first_name": "Ada"} | line) + "\n" for line in lines))

    done = run(hostile)

    assert done.exit_code == 1
    refused, created = done.stdout.splitlines()
    assert refused.startswith("1\ta@example.org\trefused: ")
    assert created == "2\tb@example.org\tcreated"
    assert "\x1b" not in done.stdout
    assert stored(units) == ["b@example.org"]
