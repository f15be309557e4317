"""When a password counts as up to date. `identity.password_policy` decides which passwords are accepted."""

from datetime import datetime, timedelta

MAX_AGE = timedelta(days=365)


def is_up_to_date(changed_at: datetime, now: datetime, *, accepted_under: int) -> bool:
    """Whether it was changed within the last twelve months and no policy has refused it since.

    A stricter policy checks a password at the next login with it.
    """
    return now - changed_at < MAX_AGE and accepted_under > 0
