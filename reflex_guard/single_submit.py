"""Forms and buttons that take no second press before the server has answered the first one.

The button is `aria-disabled` meanwhile. After ten seconds without an answer it can be pressed again, and
`reflex_guard.connection` says so. The answer is the first change of the page outside of what is `QUIET`.
"""

from typing import Any

import reflex as rx

from reflex_guard.javascript import EARLY
from reflex_guard.script import Scripted, function, with_attrs

QUIET: dict[str, str] = {"data-quiet": ""}
"""For an element whose content changes by itself: such a change is no answer to a press."""


class SingleSubmitForm(Scripted, rx.el.Form):
    """A form that is not sent again before the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any form; `custom_attrs` gets what guards it. It has a submit button."""
        # A browser alone does nothing with such a form: the URL would get what was typed.
        early = {"method": "dialog", "ref": function("takeEarly"), **props.get("custom_attrs", {})}
        guarded = with_attrs(props | {"custom_attrs": early}, {"onSubmitCapture": function("once")})
        return super().create(*children, **guarded)


class SingleSubmitButton(Scripted, rx.el.Button):
    """A button that takes no second press before the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any button; `custom_attrs` gets what guards it."""
        return super().create(*children, **with_attrs(props, {"onClickCapture": function("once")}))


def early_script() -> rx.Component:
    """For `rx.App(head_components=...)`: a form that is sent before the scripts of the page are there is sent then."""
    return rx.el.script(EARLY)
