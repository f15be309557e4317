"""Looking into components before they are compiled: their elements, their text, and the events that they send."""

from collections.abc import Iterator
from typing import Any

from reflex_base.components.component import BaseComponent


def walk(component: BaseComponent) -> Iterator[Any]:
    """A component and all those in it, also those in `cond`, `match` and `foreach`."""
    yield component
    for child in component.children:
        yield from walk(child)


def elements(component: BaseComponent, tag: str) -> list[Any]:
    """Those with this HTML tag, in the order of the page."""
    return [each for each in walk(component) if each.tag == tag]


def sent(component: BaseComponent, *triggers: str) -> list[Any]:
    """The events that a component and all in it send, as Reflex's EventSpecs. Without `triggers` of every kind."""
    return [
        event
        for each in walk(component)
        for trigger, chain in getattr(each, "event_triggers", {}).items()
        if not triggers or trigger in triggers
        for event in getattr(chain, "events", ())
        if hasattr(event, "handler")
    ]


def handlers(component: BaseComponent, *triggers: str) -> list[str]:
    """The handlers of these events: `TotpWizardState.begin`."""
    return [event.handler.fn.__qualname__ for event in sent(component, *triggers)]


def by_test_id(component: BaseComponent, test_id: str) -> Any:
    """The one element with this `data-testid`."""
    [found] = [each for each in walk(component) if getattr(each, "custom_attrs", {}).get("data-testid") == test_id]
    return found


def field_names(component: BaseComponent) -> list[str]:
    """The names under which the fields in it are sent, in the order of the page."""
    fields = (each for each in walk(component) if each.tag in ("input", "select") and each.name is not None)
    return [str(field.name).strip('"') for field in fields]


def arguments(event: Any) -> list[str]:
    """The arguments of an EventSpec as JavaScript."""
    return [str(value) for _, value in event.args]


def part(name: str) -> str:
    """How the markup of a row in `foreach` reads one part of its row."""
    return f'?.["{name}"]'
