"""The registered states and event handlers, and which events are Reflex's own."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from reflex.state import BaseState
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

FRAMEWORK_EVENTS = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "update_vars_internal",
        "handle_frontend_exception",
    }
)
"""Reflex's own handlers. They move only the page's own states, and the Gate has already made these the caller's."""


def registered() -> Mapping[str, RegisteredEventHandler]:
    """All event handlers by their full names. More are registered while pages are added."""
    return RegistrationContext.get().event_handlers


def handler_of(event_name: str) -> Callable[..., Any] | None:
    """The function that handles these events."""
    found = registered().get(event_name)
    return found.handler.fn if found else None


def state_classes() -> list[type[BaseState]]:
    """All states, including Reflex's own."""
    return list(RegistrationContext.get().base_states.values())


def is_own(cls: type[BaseState]) -> bool:
    """Whether a state belongs to the product and not to Reflex.

    Reflex puts each `rx.ComponentState`, and each state that is defined inside a function, into a module of its own.
    """
    return cls.__module__ == "reflex.istate.dynamic" or not cls.__module__.startswith("reflex.")


def is_framework_event(event_name: str) -> bool:
    """Whether one of Reflex's own handlers handles the event."""
    found = registered().get(event_name)
    return found is not None and event_name.rpartition(".")[2] in FRAMEWORK_EVENTS and not is_own(found.states[0])


def matches_signature(event_name: str, arguments: dict[str, Any]) -> bool:
    """Whether the handler can be called with these arguments. Handlers validate the values themselves."""
    handler = handler_of(event_name)
    if handler is None:
        return False
    try:
        _signature(handler).bind(None, **arguments)
    except TypeError:
        return False
    return not is_framework_event(event_name) or _sound_for_reflex(arguments)


def opens_page(event_name: str) -> bool:
    """Whether a document asks for its data, for the first time or after it has lost its connection."""
    return event_name.endswith(".hydrate_and_load")


def reconnects(event_name: str, arguments: dict[str, Any]) -> bool:
    """Whether a document asks for its data after it lost its connection: it then sends no hashes of what it holds."""
    return opens_page(event_name) and "hashes" not in (arguments or ())


def _sound_for_reflex(arguments: dict[str, Any]) -> bool:
    """Whether these are arguments that pages send to Reflex's own handlers, which fail on anything else.

    No var of ours is stored in browsers, so a page has none to send.
    """
    return (
        arguments.get("vars", {}) == {}
        and isinstance(arguments.get("hashes") or [], list)
        and isinstance(arguments.get("value", True), bool)  # sent back unchanged: half a character would end the socket
        and all(isinstance(arguments.get(name, ""), str) for name in ("info", "component_stack"))
    )


@cache
def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(handler)
