"""Elements that act in the browser, by functions of `reflex_guard.javascript.SOURCE`."""

from typing import Any

import reflex as rx

from reflex_guard.javascript import SOURCE


class Scripted:
    """First base of an element, before Reflex's: compiles `SOURCE` with it. The build leaves out unused code."""

    def add_custom_code(self) -> list[str]:
        return [SOURCE]


def function(name: str, source: str = SOURCE) -> rx.Var[Any]:
    """A function of the script, for a `ref` or a handler in the `custom_attrs` of an element that compiles it.

    React calls a `ref` with the element when that is mounted. When the element is unmounted, React calls the function
    that the `ref` returned, or else the `ref` itself again, with null.

    Raises:
        KeyError: there is no function of this name.
    """
    if f"const {name} = " not in source:
        raise KeyError(name)
    return rx.Var(name)


def with_attrs(props: dict[str, Any], attrs: dict[str, Any]) -> dict[str, Any]:
    """The properties of an element with more attributes added."""
    return props | {"custom_attrs": {**props.get("custom_attrs", {}), **attrs}}
