"""When an account that is to be deleted goes."""

from datetime import datetime, timedelta

GRACE = timedelta(days=14)
"""How long a login takes the deletion back."""
REMIND_BEFORE = timedelta(days=3)
"""How long before its end the customer is reminded. Nothing is deleted sooner after the reminder."""
TOLD_FOR = timedelta(days=14)
"""How long after that end the pages still say that an account stays, when nobody closes the notice."""


def due_after_reminder(due_at: datetime, reminded_at: datetime) -> datetime:
    """When an account goes whose reminder is sent now: later than planned when the reminder comes late."""
    return max(due_at, reminded_at + REMIND_BEFORE)
