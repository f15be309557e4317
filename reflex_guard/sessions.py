"""Sessions, and the tickets by which they begin.

A state cannot set an HttpOnly cookie. It hands a ticket over to a route, which can. Of both a digest is kept: who reads
the store cannot log in.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from reflex_guard.tokens import digest, new_token

Caller = TypeVar("Caller")
TICKET_LIFE = timedelta(seconds=30)
"""The way from the state over the page to the route takes a moment."""


class Sessions(Protocol):
    """What the routes need of a store."""

    async def redeem(self, ticket: str) -> str | None:
        """Consumes a ticket and opens its session; returns the token for the cookie. None if it opens nothing.

        Of any number of calls with one ticket a single one gets a token.
        """

    async def end(self, token_digest: str) -> None:
        """Ends a session, if there is such a one."""


class MemorySessions(Generic[Caller]):
    """A store in the memory of one process. A restart ends all sessions; several workers need a database.

    Args:
        lifetime: of a session.
        clock: seconds that only grow.
    """

    def __init__(self, lifetime: timedelta = timedelta(hours=12), clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime = lifetime.total_seconds()
        self._clock = clock
        self._tickets: dict[str, tuple[float, Caller]] = {}
        self._sessions: dict[str, tuple[float, Caller]] = {}

    async def issue(self, caller: Caller) -> str:
        """A new ticket for somebody who has just proved who they are."""
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
        """The caller of a session, by the digest of its cookie; None if there is no such session, or none any more."""
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
