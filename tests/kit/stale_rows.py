"""Finds features that do not declare a fact which changes their rows: a page would go on showing the old ones."""

from typing import Any

import pytest

from netim_app.identity.state import shell
from netim_app.infra.unit_of_work import UnitOfWork


def watch_for_stale_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on each refresh also loads everything, and compares what it would not have loaded."""
    seen: dict[tuple[int, int], dict[str, Any]] = {}
    load = shell._load

    def watched(unit: UnitOfWork, account_id: int, since: int) -> tuple[Any, dict[str, Any]]:
        view, rows = load(unit, account_id, since)
        _, present = load(unit, account_id, -1)
        before = seen.get((account_id, since), {})
        stale = [name for name, row in before.items() if name not in rows and present[name] != row]
        assert stale == [], "add the fact to `changed_by` of the refresher"
        seen[account_id, view.revision] = present
        return view, rows

    monkeypatch.setattr(shell, "_load", watched)
