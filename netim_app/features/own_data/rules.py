"""When an account is deleted."""

from datetime import datetime, timedelta

GRACE = timedelta(days=14)
"""The grace period: a login within it cancels the deletion."""
REMIND_BEFORE = timedelta(days=3)
"""How long before its end the customer is reminded. At least this much time passes between reminder and deletion."""
NOTICE_FOR = timedelta(days=14)
"""How long after that end the pages still show the notice that an account stays, unless the customer closes it."""


def due_after_reminder(due_at: datetime, reminded_at: datetime) -> datetime:
    """When an account is deleted if its reminder is sent now: a late reminder postpones the deletion."""
    return max(due_at, reminded_at + REMIND_BEFORE)
