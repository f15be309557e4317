"""Marks that say who may send an event. The Gate refuses handlers without a mark."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])

_MARK = "__reflex_guard_mark__"
ANYONE, LOGGED_IN = 0, 1
"""Levels. An application may define higher ones."""


@dataclass(frozen=True)
class Mark:
    """The mark of a handler. `level` is what its caller must have proved."""

    level: int


def mark_with(mark: Mark) -> Callable[[Handler], Handler]:
    """Marks an event handler. Goes below `@rx.event`."""

    def put(handler: Handler) -> Handler:
        setattr(handler, _MARK, mark)
        return handler

    return put


def open_to(level: int) -> Callable[[Handler], Handler]:
    """Marks an event handler as open to callers of this level and above. Goes below `@rx.event`."""
    return mark_with(Mark(level))


def mark_of(handler: Callable[..., Any]) -> Mark | None:
    """The mark of a handler, or None."""
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Mark) else None
