"""Time-based one-time passwords (RFC 6238): the time step of a code. The service computes the codes."""

import hmac
from collections.abc import Callable
from datetime import datetime

STEP_SECONDS = 30
TOLERANCE = 1
"""Steps before and after the current one whose codes are accepted (RFC 6238, section 5.2)."""
DRIFT_REACH = 20
"""Within this many steps (ten minutes), a wrong code is attributed to the device's clock."""
SECRET_BYTES = 20
"""RFC 4226, section 4: 160 bits are recommended."""
MAX_AUTHENTICATORS = 10
MAX_NAME = 40


def step_at(moment: datetime) -> int:
    """The number of the time step (T of RFC 6238 with X = 30 and T0 = 0)."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(code: str, code_at: Callable[[int], str], *, now: int, reach: int, after: int = -1) -> int | None:
    """The step nearest to now that has this code; None if there is none.

    Args:
        code: as entered by the customer.
        code_at: returns the right code of a step.
        now: the current step.
        reach: how many steps before and after now to check.
        after: the last accepted step; only later ones count (RFC 6238, section 5.2: once only).
    """
    found = None
    for distance in range(reach, -1, -1):
        for step in (now + distance, now - distance):
            if step > after and hmac.compare_digest(code.encode(), code_at(step).encode()):
                found = step
    return found


def drift_minutes(step: int, now: int) -> int:
    """By how many minutes a device's clock is fast (positive) or slow (negative), rounded away from zero."""
    seconds = (step - now) * STEP_SECONDS
    minutes = max(1, (abs(seconds) + 30) // 60)
    return minutes if seconds > 0 else -minutes


def in_groups(secret: str) -> str:
    """A key in groups of four, as people type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
