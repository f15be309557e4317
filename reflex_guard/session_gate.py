"""A complete Gate, for an application whose callers either have a session or not."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import reflex as rx
from reflex.state import BaseState

from reflex_guard.current_event import Answer, current_event
from reflex_guard.gate import Gate
from reflex_guard.log import Log, warn
from reflex_guard.marks import ANYONE, LOGGED_IN, Mark
from reflex_guard.states import empty_leftovers, empty_states
from reflex_guard.tokens import digests_in

_caller: ContextVar[Any] = ContextVar("reflex_guard_caller")


class TabOwnerState(rx.State):
    """Whose data the states of a tab hold. No page sees it."""

    _owner: str | None = None
    """The digest of a session; empty for visitors; None while the states hold no data."""


def caller() -> Any:
    """Returns the caller that the session look-up found for the current event; None for a visitor.

    Raises:
        LookupError: no event is being handled.
    """
    return _caller.get()


class SessionGate(Gate[Any]):
    """Looks up the session at each event, by the cookie of the socket's handshake.

    It runs behind `CookieDigests`, which leaves the digest of that cookie. The states of a tab are emptied before an
    event of another caller is handled: the name of a tab alone gives no access.

    Args:
        look_up: takes the digest of a session cookie; returns the caller, or None when there is no such session.
        login: the page for visitors whose event is refused.
        cookie: the name of the session cookie in `CookieDigests`.
        level_of: what a caller has proved, for an application with levels above `LOGGED_IN`.
        keep: states that survive a change of callers, such as the language.
        log: receives each refusal.
    """

    def __init__(
        self,
        look_up: Callable[[str], Awaitable[Any | None]],
        *,
        login: str = "/",
        cookie: str = "session",
        level_of: Callable[[Any], int] = lambda _caller: LOGGED_IN,
        keep: tuple[type[rx.State], ...] = (),
        log: Log = warn,
    ) -> None:
        super().__init__(log)
        self._look_up = look_up
        self._login = login
        self._cookie = cookie
        self._level_of = level_of
        self._keep: tuple[type[BaseState], ...] = (TabOwnerState, *keep)

    async def identify(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Any | Answer:  # noqa: ARG002
        """Looks up the session, and empties the states of a tab that belonged to another caller."""
        digest = digests_in(current_event().headers.get("authorization", "")).get(self._cookie, "")
        found = await self._look_up(digest) if digest else None
        await self._give_tab_to(root, "" if found is None else digest)
        _caller.set(found)
        return found

    async def admit(
        self,
        root: rx.State,
        name: str,
        arguments: dict[str, Any],  # noqa: ARG002
        mark: Mark | None,
        caller: Any,
    ) -> Answer | None:
        """Lets the event pass when its caller has proved enough."""
        level = ANYONE if caller is None else self._level_of(caller)
        if mark is None or mark.level <= level:
            return None
        elsewhere = [rx.redirect(self._login)] if caller is None else []
        return await self.refuse(root, name, f"level {level}, not {mark.level}", *elsewhere)

    async def _give_tab_to(self, root: rx.State, owner: str) -> None:
        tab = await root.get_state(TabOwnerState)
        if tab._owner is None:
            await empty_leftovers(root, self._keep)
        elif tab._owner != owner:
            await empty_states(root, self._keep)
        tab._owner = owner
