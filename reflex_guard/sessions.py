"""Sessions, and the tickets that open them.

A state cannot set an HttpOnly cookie. It hands a ticket to a route, which can. Only the digests of tokens and tickets
are stored: reading the store is not enough to log in.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from reflex_guard.tokens import digest, new_token

Caller = TypeVar("Caller")
TICKET_LIFE = timedelta(seconds=30)
"""The ticket goes from the state through the page to the route, which takes a moment."""


class Sessions(Protocol):
    """The interface of a store for the routes."""

    async def redeem(self, ticket: str) -> str | None:
        """Consumes a ticket and opens its session; returns the token for the cookie, or None for an invalid ticket.

        However many calls use one ticket, only one gets a token.
        """

    async def end(self, token_digest: str) -> None:
        """Ends a session, if it exists."""


class MemorySessions(Generic[Caller]):
    """A store in the memory of one process. A restart ends all sessions; several workers need a database.

    Args:
        lifetime: of a session.
        clock: returns monotonic seconds.
    """

    def __init__(self, lifetime: timedelta = timedelta(hours=12), clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime = lifetime.total_seconds()
        self._clock = clock
        self._tickets: dict[str, tuple[float, Caller]] = {}
        self._sessions: dict[str, tuple[float, Caller]] = {}

    async def issue(self, caller: Caller) -> str:
        """Returns a new ticket for a caller who has just proved their identity."""
        self._forget_expired()
        ticket = new_token()
        self._tickets[digest(ticket)] = (self._clock() + TICKET_LIFE.total_seconds(), caller)
        return ticket

    async def redeem(self, ticket: str) -> str | None:
        """See `Sessions`."""
        self._forget_expired()
        found = self._tickets.pop(digest(ticket), None)
        if found is None:
            return None
        token = new_token()
        self._sessions[digest(token)] = (self._clock() + self._lifetime, found[1])
        return token

    async def look_up(self, token_digest: str) -> Caller | None:
        """The caller of a session, by the digest of its cookie; None when the session does not exist or has ended."""
        expires, caller = self._sessions.get(token_digest, (0.0, None))
        return caller if self._clock() < expires else None

    async def end(self, token_digest: str) -> None:
        """See `Sessions`."""
        self._sessions.pop(token_digest, None)

    def _forget_expired(self) -> None:
        now = self._clock()
        for kept in (self._tickets, self._sessions):
            for key in [key for key, (expires, _) in kept.items() if expires <= now]:
                del kept[key]
