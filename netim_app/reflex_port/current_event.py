"""The event that is being handled, and the check before each one."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, final

import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import EventSpec
from reflex_base.event.context import EventContext

Answer = StateUpdate


@dataclass(frozen=True)
class CurrentEvent:
    """How an event came. Only `path` and `url` are the page's own words."""

    trace: str
    """Names the event in the log."""
    tab: str
    """The token of the tab that sent it, or empty."""
    socket: str
    ip: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the socket's handshake."""
    path: str = ""
    """Of the page that sent it."""
    url: str = ""
    """Its path with query and fragment."""


def current_event() -> CurrentEvent:
    """The event that is being handled in this context.

    Raises:
        LookupError: none is.
    """
    context = EventContext.get()
    router = context.router_data
    path, url = router.get("pathname"), router.get("asPath")
    return CurrentEvent(
        trace=context.txid,
        tab=context.token,
        socket=str(router.get("sid")),
        ip=router.get("ip") or "",
        headers=router.get("headers") or {},
        path=path if isinstance(path, str) else "",
        url=url if isinstance(url, str) else "",
    )


class EventCheck(Middleware):
    """Base of the Gate: a middleware that sees each event before its handler."""

    @abstractmethod
    async def check(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Answer | None:
        """Lets an event pass (None), or answers it in place of its handler.

        Args:
            root: the root of the tab's states.
            name: the full name of the handler.
            arguments: as the page sent them.
        """

    @final
    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002  Reflex's signature
        """Called by Reflex before each event handler, background ones too."""
        return await self.check(cast(rx.State, state._get_root_state()), event.name, event.payload)


async def answer(root: rx.State, *specs: EventSpec) -> Answer:
    """Ends an event: sends what changed in the states, and these events, to the page."""
    delta = await root._get_resolved_delta()
    root._clean()  # type: ignore[no-untyped-call]
    return StateUpdate(delta=delta, events=Event.from_event_type(list(specs)) if specs else [])


def delta_without_states(cls: type[rx.State], **values: object) -> dict[str, dict[str, Any]]:
    """The delta that sets these vars of a state, made without the states of the tab."""
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes the states of a new tab
    state = root.get_substate(cls.get_full_name().split("."))
    for name, value in values.items():
        setattr(state, name, value)
    return state.get_delta()


async def send_delta(delta: dict[str, dict[str, Any]]) -> None:
    """Sends a delta to the page that the current event came from."""
    await EventContext.get().emit_delta(delta)
