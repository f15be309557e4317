"""The caller: what the Gate knows about the sender of the current event."""

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
    """Digests of the secrets that the tab and the browser hold of a pending login."""


@dataclass(frozen=True, kw_only=True)
class Actor(Visitor):
    """A customer whose session the Gate has just seen in the database."""

    account_id: int
    session_id: int
    fresh_until: datetime
    """When the last proof of identity expires for sensitive changes."""
    revision: int
    """Increases whenever something about the account changes. Pages use it to refresh themselves."""

    def is_fresh(self, now: datetime) -> bool:
        return now < self.fresh_until


_caller: ContextVar[Visitor] = ContextVar("caller")


def set_caller(caller: Visitor) -> None:
    """Sets the sender of the event that is about to be handled. The Gate and tests call it."""
    _caller.set(caller)


def visitor() -> Visitor:
    """The sender of the current event. Raises LookupError outside of one."""
    return _caller.get()


def actor() -> Actor:
    """The logged-in sender of the current event.

    Raises:
        PermissionError: nobody is logged in. A handler marked for logged-in customers never sees this.
    """
    caller = _caller.get()
    if not isinstance(caller, Actor):
        raise PermissionError("no customer is logged in")
    return caller
