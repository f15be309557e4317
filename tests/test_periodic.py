"""Periodic work: all of it runs, each step in a unit of its own, also after a failure."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlmodel import select

from netim_app import periodic
from netim_app.core.facts import Origin
from netim_app.feature import Feature, PeriodicWork
from netim_app.infra import outbox
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install
from netim_app.schema import load_metadata, missing_tables
from tests.kit.fakes import until


def note(unit: UnitOfWork, name: str) -> None:
    """Writes a row by which a test sees that this unit was committed."""
    outbox.ask(unit, name, origin=Origin(), params={})


def noted(units: Units) -> set[str]:
    with units.read() as unit:
        return set(unit.session.exec(select(OutboxMessage.event)))


def failing_purge(unit: UnitOfWork) -> None:
    note(unit, "undone")
    raise ValueError("a purge of a test")


def failing_candidates(_unit: UnitOfWork) -> Sequence[str]:
    raise ValueError("candidates of a test")


def handle(unit: UnitOfWork, key: str) -> None:
    note(unit, key)
    if key == "bad":
        raise ValueError("an account of a test")


async def test_one_failure_stops_no_other_step_and_undoes_its_own(
    units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    by_account = PeriodicWork(candidates=lambda _unit: ("first", "bad", "last"), handle=handle)
    install(
        (
            Feature(name="a", purges=(failing_purge, lambda unit: note(unit, "purged"))),
            Feature(name="b", periodic=(PeriodicWork(candidates=failing_candidates, handle=handle), by_account)),
        )
    )

    await periodic.run_once()

    assert noted(units) == {"purged", "first", "last"}
    failed = "periodic work failed; it is tried again in a minute: "
    assert [record.message for record in caplog.records] == [
        f"{failed}failing_purge()",
        f"{failed}failing_candidates()",
        f"{failed}handle('bad',)",
    ]


async def test_without_offers_nothing_happens(units: Units, caplog: pytest.LogCaptureFixture) -> None:
    install(())

    await periodic.run_once()

    assert noted(units) == set()
    assert caplog.records == []


async def test_a_table_without_its_migration_is_said_once_and_work_begins_when_it_is_there(
    sqlite_units: Units, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = PeriodicWork(candidates=lambda _unit: ("done",), handle=handle)
    install((Feature(name="a", periodic=(work,)),))
    monkeypatch.setattr(periodic, "EVERY_SECONDS", 0)
    table = load_metadata().tables["account_change"]
    table.drop(sqlite_units.engine)
    looks = 0

    def look(units: Units) -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 3:
            assert noted(units) == set()
            table.create(units.engine)
        return missing_tables(units)

    monkeypatch.setattr(periodic, "missing_tables", look)

    running = asyncio.create_task(periodic.run())
    await until(lambda: noted(sqlite_units) == {"done"})
    running.cancel()

    assert [record.message.partition(". ")[0] for record in caplog.records] == [
        "periodic work waits for tables that are missing: account_change"
    ]
    assert caplog.records[0].exc_info is None
