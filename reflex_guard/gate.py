"""The Gate identifies the caller before every event, and refuses what is not open to them. Closed by default.

Anybody who opens the socket can call every method of a state whose name does not start with an underscore, from any
page and with any arguments. So the Gate guards events instead of pages: each one right before its handler runs.
"""

from abc import abstractmethod
from typing import Any, Generic, TypeVar, cast, final

import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import EventSpec

from reflex_guard.current_event import Answer, answer
from reflex_guard.handlers import handler_of, is_framework_event, matches_signature
from reflex_guard.log import Log, warn
from reflex_guard.marks import Mark, mark_of

Caller = TypeVar("Caller")
MAX_NAME = 200
"""How many characters of an event's name are logged."""


class Gate(Middleware, Generic[Caller]):
    """Base of a Gate: runs before every event handler, including background ones. `SessionGate` is a complete Gate.

    Args:
        log: receives each refusal.
    """

    def __init__(self, log: Log = warn) -> None:
        self._log = log

    @abstractmethod
    async def identify(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Caller | Answer:
        """Identifies the caller, and makes the states of the tab theirs. A returned answer ends the event."""

    @abstractmethod
    async def admit(
        self, root: rx.State, name: str, arguments: dict[str, Any], mark: Mark | None, caller: Caller
    ) -> Answer | None:
        """Returns None to let an event pass that some callers may send; otherwise returns its answer.

        Args:
            root: the root of the tab's states.
            name: the full name of the handler.
            arguments: as the page sent them; they fit the handler.
            mark: of the handler; None for Reflex's own handlers.
            caller: as returned by `identify`.
        """

    async def check(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Answer | None:
        """Returns None to let an event pass, or an answer in place of its handler's."""
        caller = await self.identify(root, name, arguments)
        if isinstance(caller, Answer):
            return caller
        mark = mark_of_event(name)
        if reason := refusal_reason(mark, name, arguments):
            return await self.refuse(root, name, reason)
        return await self.admit(root, name, arguments, mark, caller)

    async def refuse(self, root: rx.State, name: str, reason: str, *events: EventSpec) -> Answer:
        """Answers a refused event with others, such as a redirect, and logs it."""
        self._log("event.refused", event=name[:MAX_NAME], reason=reason)
        return await answer(root, *events)

    @final
    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002  Reflex's signature
        """Called by Reflex before each event handler."""
        return await self.check(cast(rx.State, state._get_root_state()), event.name, event.payload)


def mark_of_event(name: str) -> Mark | None:
    """The mark of the handler of an event."""
    handler = handler_of(name)
    return mark_of(handler) if handler else None


def refusal_reason(mark: Mark | None, name: str, arguments: dict[str, Any]) -> str:
    """Why no caller may send this event; empty when it depends on the caller."""
    if mark is None and not is_framework_event(name):
        return "not marked"
    return "" if matches_signature(name, arguments) else "wrong arguments"
