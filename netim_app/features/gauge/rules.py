"""How points become a percentage, and a percentage a word."""

from collections.abc import Iterable
from typing import Literal

Level = Literal["weak", "fair", "good", "strong"]

THRESHOLDS: tuple[tuple[int, Level], ...] = ((85, "strong"), (60, "good"), (40, "fair"), (0, "weak"))
"""From this percentage on, the level has this name. Shown to the customer as they stand here."""


def percentage(points: int, possible: int) -> int:
    """Whole percent of the possible points, rounded down: the gauge never flatters. Nothing possible: 0."""
    return points * 100 // possible if possible else 0


def level(percent: int) -> Level:
    """The word for a percentage from 0 to 100."""
    return next(name for least, name in THRESHOLDS if percent >= least)


def next_step(missing: Iterable[tuple[str, int]]) -> str:
    """Which of (key, points) to do first: the one that brings the most, the first of equals. Nothing missing: empty."""
    return max(missing, key=lambda step: step[1], default=("", 0))[0]
