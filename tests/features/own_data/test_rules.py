from datetime import UTC, datetime, timedelta

import pytest

from netim_app.features.own_data.rules import REMIND_BEFORE, due_after_reminder

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("due_in_days", "goes_in_days"), [(3, 3), (2.9, 3), (0, 3), (-30, 3), (5, 5)])
def test_nothing_goes_sooner_than_three_days_after_the_reminder(due_in_days: float, goes_in_days: int) -> None:
    assert due_after_reminder(NOW + timedelta(days=due_in_days), NOW) == NOW + timedelta(days=goes_in_days)
    assert timedelta(days=3) == REMIND_BEFORE
