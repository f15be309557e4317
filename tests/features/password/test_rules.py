from datetime import UTC, datetime, timedelta

import pytest

from netim_app.features.password.rules import is_up_to_date

CHANGED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "accepted_under", "policy", "expected"),
    [
        (timedelta(0), 1, 1, True),
        (timedelta(days=364, hours=23, minutes=59), 1, 1, True),
        (timedelta(days=365), 1, 1, False),
        (timedelta(days=4000), 1, 1, False),
        (timedelta(0), 1, 2, False),
        (timedelta(0), 2, 2, True),
        (timedelta(0), 3, 2, True),  # a stricter policy that was taken back
        (timedelta(days=365), 3, 2, False),
        (timedelta(seconds=-5), 1, 1, True),  # the clock was set back
    ],
)
def test_when_a_password_is_up_to_date(age: timedelta, accepted_under: int, policy: int, expected: bool) -> None:
    assert is_up_to_date(CHANGED, CHANGED + age, accepted_under=accepted_under, policy=policy) is expected
