"""Converts points to a percentage, and a percentage to a level."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["weak", "fair", "good", "strong"]

THRESHOLDS: tuple[tuple[int, Level], ...] = ((85, "strong"), (60, "good"), (40, "fair"), (0, "weak"))
"""From this percentage on, the level has this name. The gauge shows these thresholds unchanged."""
FULL = 100
"""This many points are 100 percent, whatever is offered: a new protection lowers nobody's percentage."""


@dataclass(frozen=True)
class Counted:
    """A protection as the gauge counts it."""

    key: str
    points: int
    counts_as: str = ""
    """Of several with this name, only the one with the most points counts. Empty: it counts by itself."""


@dataclass(frozen=True)
class Figures:
    """The whole gauge, as both pages show it."""

    percent: int
    level: Level
    order: list[str]
    """The keys of the protections: first the open steps by priority, then the completed ones, then the extra ones."""
    gains: dict[str, int]
    """By the key of a protection that is not in force: by how many percent it would raise the gauge. Extra ones: 0."""


def figures(offered: Sequence[Counted], done: Mapping[str, bool]) -> Figures:
    """The gauge of an account.

    Args:
        offered: all protections. With equal points, they keep this order.
        done: by key, whether it is in force. A missing key means that it is not.
    """
    in_force = [each for each in offered if done.get(each.key)]
    missing = [each for each in offered if not done.get(each.key)]
    present = points(in_force)
    with_it = {each.key: points([*in_force, each]) for each in missing}
    percent = percentage(present)
    gains = {key: percentage(most) - percent for key, most in with_it.items()}
    to_do = sorted((key for key in gains if gains[key]), key=lambda key: -with_it[key])
    extra = [key for key in gains if not gains[key]]
    return Figures(
        percent=percent,
        level=level(percent),
        order=[*to_do, *(each.key for each in in_force), *extra],
        gains=gains,
    )


def points(in_force: Iterable[Counted]) -> int:
    """The sum of the points; of protections that count as one thing, the most."""
    most: dict[str, int] = {}
    for each in in_force:
        name = each.counts_as or each.key
        most[name] = max(most.get(name, 0), each.points)
    return sum(most.values())


def percentage(of_points: int) -> int:
    """One point is one percent. Points beyond a hundred are a reserve."""
    return min(of_points, FULL)


def level(percent: int) -> Level:
    """The level of a percentage from 0 to 100."""
    return next(name for least, name in THRESHOLDS if percent >= least)
