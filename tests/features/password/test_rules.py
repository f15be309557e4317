from datetime import UTC, datetime, timedelta

import pytest

from netim_app.features.password.rules import is_up_to_date
from netim_app.identity.password_policy import REFUSED

CHANGED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "accepted_under", "expected"),
    [
        (timedelta(0), 1012, True),
        (timedelta(days=364, hours=23, minutes=59), 1012, True),
        (timedelta(days=365), 1012, False),
        (timedelta(days=4000), 1012, False),
        (timedelta(0), 0, False),
        (timedelta(0), REFUSED, False),
        (timedelta(seconds=-5), 1012, True),  # the clock was set back
    ],
)
def test_when_a_password_is_up_to_date(age: timedelta, accepted_under: int, expected: bool) -> None:
    assert is_up_to_date(CHANGED, CHANGED + age, accepted_under=accepted_under) is expected
