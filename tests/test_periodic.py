"""Periodic work: all of it runs, each step in a unit of its own, also after a failure."""

from collections.abc import Sequence

import pytest
from sqlmodel import select

from netim_app import periodic
from netim_app.core.facts import Origin
from netim_app.feature import Feature, PeriodicWork, install
from netim_app.infra import outbox
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units


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
    assert [record.message for record in caplog.records].count(
        "periodic work failed; it is tried again in a minute"
    ) == 3


async def test_without_offers_nothing_happens(units: Units, caplog: pytest.LogCaptureFixture) -> None:
    install(())

    await periodic.run_once()

    assert noted(units) == set()
    assert caplog.records == []
