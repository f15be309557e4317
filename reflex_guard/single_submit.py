"""Forms and buttons that ignore a second press until the server has answered the first one.

Meanwhile the button is `aria-disabled`. After ten seconds without an answer it can be pressed again, and
`reflex_guard.connection` says so. The first change of the page outside of `QUIET` elements counts as the answer.
"""

from typing import Any

import reflex as rx

from reflex_guard.javascript import EARLY
from reflex_guard.script import Scripted, function, with_attrs

QUIET: dict[str, str] = {"data-quiet": ""}
"""For an element whose content changes by itself: its changes do not count as an answer."""


LOADING = "data-loading"
"""An attribute of the document's root. While it is there, no change counts as an answer: data is still arriving."""


class SingleSubmitForm(Scripted, rx.el.Form):
    """A form that is not sent again before the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """Creates the form with the guard in its `custom_attrs`. The form needs a submit button."""
        # Without scripts the browser must not submit the form: what was typed would end up in the URL.
        early = {"method": "dialog", "ref": function("takeEarly"), **props.get("custom_attrs", {})}
        guarded = with_attrs(props | {"custom_attrs": early}, {"onSubmitCapture": function("once")})
        return super().create(*children, **guarded)


class SingleSubmitButton(Scripted, rx.el.Button):
    """A button that ignores a second press until the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """Creates the button with the guard in its `custom_attrs`."""
        return super().create(*children, **with_attrs(props, {"onClickCapture": function("once")}))


def early_script() -> rx.Component:
    """For `rx.App(head_components=...)`: sends a form that was submitted before the scripts of the page loaded."""
    return rx.el.script(EARLY)
