"""Clocks. Code always receives its clock as an argument, so that tests can change the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)


def shifted_clock(offset_file: Path) -> Clock:
    """A system clock shifted by the number of seconds in a file, which is read at each use.

    A missing or empty file means no shift. For development only: tests change the time of a running server with it.
    """

    def now() -> datetime:
        try:
            seconds = float(offset_file.read_text() or 0)
        except FileNotFoundError:
            seconds = 0.0
        return system_clock() + timedelta(seconds=seconds)

    return now
