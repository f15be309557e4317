"""Where the time comes from: always a callable that is handed in, so tests can move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)


def shifted_clock(offset_file: Path) -> Clock:
    """A system clock shifted by the seconds written in a file, read at each use.

    A missing or empty file means no shift. Development only: this is how tests move a running server's time.
    """

    def now() -> datetime:
        try:
            seconds = float(offset_file.read_text() or 0)
        except FileNotFoundError:
            seconds = 0.0
        return system_clock() + timedelta(seconds=seconds)

    return now
