"""Unexpected exceptions: each is logged under a number, and the customer sees only the number.

A fault that repeats at once is only counted: an attacker who can trigger one must not fill the disk (ASVS 16.5.2).
"""

import asyncio
import logging
import secrets
import traceback
from dataclasses import dataclass

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 1
MOST_KINDS = 20
"""Different faults that get a number of their own in one window. All further ones share one more."""


@dataclass
class _Incident:
    number: str
    again: int = 0


class Incidents:
    """The faults that this process reported within the last second."""

    def __init__(self) -> None:
        self._recent: dict[object, _Incident] = {}

    def report(self, exception: Exception) -> str:
        """Logs a fault, unless the same was logged just now. Returns its number."""
        kind = _kind(exception) if len(self._recent) < MOST_KINDS else None
        if known := self._recent.get(kind):
            known.again += 1
            return known.number
        incident = self._recent[kind] = _Incident(secrets.token_hex(4))
        logger.error("incident %s", incident.number, exc_info=exception)
        asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._close, kind)
        return incident.number

    def _close(self, kind: object) -> None:
        incident = self._recent.pop(kind)
        if incident.again:
            logger.error("the fault of %s came again within a second: %d times", incident.number, incident.again)


def _kind(exception: Exception) -> object:
    """A key that is equal for faults from the same lines of code. It ignores their text, which a client may control."""
    places = tuple((frame.f_code, line) for frame, line in traceback.walk_tb(exception.__traceback__))
    return type(exception), places


class Seldom:
    """Lets a number of items pass per minute, and counts the rest."""

    def __init__(self, most: int, seconds: float = 60) -> None:
        self._most, self._seconds = most, seconds
        self._since = self._passed = 0.0

    def passes(self, now: float) -> bool:
        """Whether one more item may pass. `now` is in seconds."""
        if now - self._since >= self._seconds:
            self._since, self._passed = now, 0
        self._passed += 1
        return self._passed <= self._most
