"""Who is calling: what the Gate found out about the sender of the present event."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from netim_app.core.facts import Origin


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Anybody, logged in or not. `browser_digest` is empty when the browser holds no browser cookie."""

    origin: Origin = field(default_factory=Origin)
    browser_digest: str = ""
    languages: str = ""
    """The Accept-Language header, for guests."""
    pending_digests: tuple[str, ...] = ()
    """Digests of the secrets that the tab and the browser hold of a login that owes its code."""


@dataclass(frozen=True, kw_only=True)
class Actor(Visitor):
    """A customer whose session the Gate has just seen in the database."""

    account_id: int
    session_id: int
    fresh_until: datetime
    """Until when the last proof of identity counts for sensitive changes."""
    revision: int
    """Moves whenever something about the account changes; pages refresh themselves by it."""

    def is_fresh(self, now: datetime) -> bool:
        return now < self.fresh_until


_caller: ContextVar[Visitor] = ContextVar("caller")


def set_caller(caller: Visitor) -> None:
    """For the Gate and tests: sets the sender of the event that is about to be handled."""
    _caller.set(caller)


def visitor() -> Visitor:
    """The sender of the present event. Raises LookupError outside of one."""
    return _caller.get()


def actor() -> Actor:
    """The logged-in sender of the present event.

    Raises:
        PermissionError: nobody is logged in. A handler marked for logged-in customers never sees this.
    """
    caller = _caller.get()
    if not isinstance(caller, Actor):
        raise PermissionError("no customer is logged in")
    return caller
