"""Elements that do something in the browser, by functions of `reflex_guard.javascript.SOURCE`."""

from typing import Any

import reflex as rx

from reflex_guard.javascript import SOURCE


class Scripted:
    """Base of an element, before Reflex's: compiles `SOURCE` beside it. The build leaves out what is not used."""

    def add_custom_code(self) -> list[str]:
        return [SOURCE]


def function(name: str, source: str = SOURCE) -> rx.Var[Any]:
    """A function of the script: for a `ref` or a handler in the `custom_attrs` of an element that compiles it.

    As a `ref` React calls it with the element when that appears, and the function that it returned when the element
    goes; without one, it calls the same function again, with null.

    Raises:
        KeyError: there is none of this name.
    """
    if f"const {name} = " not in source:
        raise KeyError(name)
    return rx.Var(name)


def with_attrs(props: dict[str, Any], attrs: dict[str, Any]) -> dict[str, Any]:
    """Properties of an element, with more attributes."""
    return props | {"custom_attrs": {**props.get("custom_attrs", {}), **attrs}}
