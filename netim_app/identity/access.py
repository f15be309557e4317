"""Marks that say who may send an event. The Gate refuses handlers without a mark."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from reflex_guard.marks import Handler, Mark, mark_of, mark_with


class Level(IntEnum):
    """How much a caller has proved."""

    ANYONE = 0
    PENDING = 1
    """Password accepted in this browser, second factor outstanding. Opens the code form only."""
    LOGGED_IN = 2
    FRESH = 3
    """Logged in, and identity proved again within the last ten minutes."""


ANYONE, PENDING, LOGGED_IN, FRESH = Level


@dataclass(frozen=True)
class Access(Mark):
    """A handler's mark.

    Attributes:
        level: what the caller must have proved.
        unchecked: any caller will do and the database is not queried. Only for handlers that report faults.
    """

    level: Level
    unchecked: bool = False


def open_to(level: Level, *, unchecked: bool = False) -> Callable[[Handler], Handler]:
    """Marks an event handler. Place it below `@rx.event`."""
    return mark_with(Access(level, unchecked))


def access_of(handler: Callable[..., Any]) -> Access | None:
    """The mark of a handler, or None when it has none."""
    found = mark_of(handler)
    return found if isinstance(found, Access) else None
