"""The event that is being handled, and the answer to an event that the Gate stops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.state import OnLoadInternalState, StateUpdate
from reflex_base.event import EventSpec
from reflex_base.event.context import EventContext

Answer = StateUpdate


@dataclass(frozen=True)
class CurrentEvent:
    """Where an event came from. Only `path` and `url` are claims of the page."""

    trace: str
    """Names the event in the log."""
    tab: str
    """The token of the tab that sent it; may be empty."""
    socket: str
    ip: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """The headers of the socket's handshake."""
    path: str = ""
    """The path of the page that sent it."""
    url: str = ""
    """Its path with query and fragment."""


def current_event() -> CurrentEvent:
    """The event that is being handled in this context.

    Raises:
        LookupError: no event is being handled.
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


async def answer(root: rx.State, *specs: EventSpec) -> Answer:
    """Ends an event: sends the changed vars and these events to the page."""
    delta = await root._get_resolved_delta()
    root._clean()  # type: ignore[no-untyped-call]
    return StateUpdate(delta=delta, events=Event.from_event_type(list(specs)) if specs else [])


async def answer_and_repeat(root: rx.State, name: str, arguments: dict[str, Any]) -> Answer:
    """Answers the first event of a tab whose states were lost, and makes the page send it again, to the new states.

    The page is displayed and holds more than the server. It gets only the vars that have changed; Reflex would also
    send the defaults of all others. An event that asks for all vars opens the page instead.
    """
    answered = await answer(root)
    events = [Event(name=name, payload=arguments)]
    if name.endswith(".hydrate_and_load"):
        events = Event.from_event_type(OnLoadInternalState.on_load_internal)
    return StateUpdate(delta=answered.delta, events=events)


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
