"""Buttons and links."""

from typing import Any, Literal

import reflex as rx

from netim_app.ui.icons import icon
from netim_app.ui.parts import Handler, given, testid_attr
from netim_app.ui.script import Button
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS
from reflex_guard.single_submit import SingleSubmitButton

Kind = Literal["primary", "secondary", "danger", "ghost"]
_BUTTON = (
    "group/button relative inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-4 py-2 "
    "text-center text-sm font-medium transition-colors aria-disabled:opacity-70 "
) + FOCUS
_IN_TEXT = (
    "inline-block rounded-control py-0.5 font-medium text-accent underline decoration-1 underline-offset-4 "
    f"hover:text-accent-strong hover:decoration-2 {FOCUS}"
)
_KINDS: dict[str, str] = {
    "primary": "bg-accent text-on-accent hover:bg-accent-strong border border-transparent",
    "secondary": "bg-surface text-ink border border-edge hover:bg-sunken",
    "danger": "bg-danger text-on-danger hover:bg-danger-strong border border-transparent",
    "ghost": "text-accent hover:bg-accent-soft border border-transparent",
}


def submit_button(
    label: Text,
    *,
    kind: Kind = "primary",
    test_id: str = "",
    class_name: str = "",
) -> rx.Component:
    """The button that sends the form around it. Part of `form`."""
    return rx.el.button(
        *_button_content(label),
        type="submit",
        class_name=f"{_BUTTON} {_KINDS[kind]} {class_name}".strip(),
        custom_attrs=testid_attr(test_id),
    )


def button(
    label: Text,
    on_click: Handler | None = None,
    kind: Kind = "secondary",
    *,
    test_id: str = "",
    icon_name: str = "",
    aria_label: Text = "",
    class_name: str = "",
) -> rx.Component:
    """A button.

    Args:
        label: its text; with `icon_name` it may be empty, and then `aria_label` names the button.
        on_click: event handler.
        kind: at most one `primary` per view; `danger` destroys something; `ghost` is quiet.
        icon_name: icon before the label.
    """
    attrs = testid_attr(test_id)
    if given(aria_label):
        attrs["aria-label"] = aria_label
    return (Button.create if on_click is None else SingleSubmitButton.create)(
        *_button_content(label, icon_name),
        type="button",
        **({} if on_click is None else {"on_click": on_click}),
        class_name=f"{_BUTTON} {_KINDS[kind]} {class_name}".strip(),
        custom_attrs=attrs,
    )


def button_in_text(label: Text, on_click: Handler, *, test_id: str = "") -> rx.Component:
    """A button that looks like a link, in a text or for one of several actions."""
    return SingleSubmitButton.create(
        label,
        type="button",
        on_click=on_click,
        class_name=f"{_IN_TEXT} text-left aria-disabled:opacity-70",
        custom_attrs=testid_attr(test_id),
    )


def link(label: Text, href: Text, *, test_id: str = "", class_name: str = "") -> rx.Component:
    """A link in a text or below a form.

    Args:
        href: a plain path is a page of the app and is opened inside it; anything else (an anchor, a query, another
            site, a Var) is left to the browser, which also scrolls and moves the focus to an anchor.
    """
    return _anchor(
        label,
        href=href,
        class_name=f"{_IN_TEXT} {class_name}".strip(),
        custom_attrs=testid_attr(test_id),
    )


def button_link(
    label: Text, href: Text, kind: Kind = "primary", *, test_id: str = "", class_name: str = ""
) -> rx.Component:
    """A link that looks like a button, for the one thing to do next.

    Args:
        href: as for `link`.
    """
    return _anchor(
        label,
        href=href,
        class_name=f"{_BUTTON} {_KINDS[kind]} {class_name}".strip(),
        custom_attrs=testid_attr(test_id),
    )


def _anchor(label: Text, href: Text, **attrs: Any) -> rx.Component:
    inside = isinstance(href, str) and href.startswith("/") and not set("#?") & set(href)
    # rx.el.a is React Router's link, rx.el.A the browser's own.
    return (rx.el.a if inside else rx.el.A.create)(label, href=href, **attrs)


def _button_content(label: Text, icon_name: str = "") -> list[rx.Component]:
    # Transparent instead of hidden: a hidden label would leave the button without a name.
    faded = "group-aria-disabled/button:opacity-0"
    return [
        *([icon(icon_name, class_name=faded)] if icon_name else []),
        *([rx.el.span(label, class_name=faded)] if given(label) else []),
        rx.el.span(
            icon("spinner", class_name="animate-spin"),
            class_name="absolute inset-0 hidden place-items-center group-aria-disabled/button:grid",
        ),
    ]
