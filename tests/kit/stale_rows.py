"""Finds features that do not declare a fact which changes their rows: open pages would go on showing the old ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import NoResultFound

from netim_app.core.facts import Fact
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import offers


def watch_for_stale_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on each unit that records facts compares what all features show before and after it."""
    write = Units.write

    @contextmanager
    def watched(self: Units) -> Iterator[UnitOfWork]:
        before: dict[int, dict[str, Any]] = {}
        facts: list[Fact] = []
        with write(self) as unit:
            record = unit.record

            def note(fact: Fact) -> None:
                if fact.account_id not in before:
                    before[fact.account_id] = _rows(self, fact.account_id, unit.now)
                facts.append(fact)
                record(fact)

            monkeypatch.setattr(unit, "record", note)
            yield unit
        for account_id, old in before.items():
            if not old:
                continue  # the account was not there yet
            new = _rows(self, account_id, unit.now)
            declared = {
                name for fact in facts if fact.account_id == account_id for name in offers().changed_by(type(fact))
            }
            stale = {name for name in new if name in old and new[name] != old[name]} - declared
            kinds = {type(fact).__name__ for fact in facts}
            assert not stale, f"{stale} changed by {kinds}: `changed_by` of their refreshers does not say so"

    monkeypatch.setattr(Units, "write", watched)


def _rows(units: Units, account_id: int, now: datetime) -> dict[str, Any]:
    """The rows that all features show of an account at one moment; none if it is not there yet."""
    with units.read() as unit:
        unit.now = now
        try:
            return {name: refresher.load(unit, account_id) for name, refresher in offers().refreshers.items()}
        except NoResultFound:
            return {}
