"""When a password counts as up to date."""

from datetime import datetime, timedelta

MAX_AGE = timedelta(days=365)


def is_up_to_date(changed_at: datetime, now: datetime, *, accepted_under: int, policy: int) -> bool:
    """Whether it was changed within the last twelve months and under today's policy (or a stricter one)."""
    return now - changed_at < MAX_AGE and accepted_under >= policy
