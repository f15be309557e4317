"""A whole Gate, for an application whose callers have a session or none."""

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
    """The digest of a session, or empty for visitors; None while they hold nobody's."""


def caller() -> Any:
    """Returns what the look-up of the session found for the sender of the present event; None for a visitor.

    Raises:
        LookupError: no event is being handled.
    """
    return _caller.get()


class SessionGate(Gate[Any]):
    """Looks up the session at each event, by the cookie that the socket's handshake carried.

    Behind `CookieDigests`, which leaves the digest of that cookie. What the states of a tab hold of one caller is gone
    before another one's event is handled: the name of a tab opens nothing.

    Args:
        look_up: gets the digest of a session cookie; returns the caller, or None when there is no such session.
        login: the page for visitors that send what is not open to them.
        cookie: how `CookieDigests` calls the session cookie.
        level_of: what a caller has proved, for an application with levels above `LOGGED_IN`.
        keep: states that outlive a change of callers, such as the language.
        log: gets what is refused.
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
        """Looks the session up, and empties the states of a tab that belonged to somebody else."""
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
        """Lets a caller go on who has proved enough."""
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
