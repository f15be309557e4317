"""A switch that is on or off at once, without a Save button."""

from typing import Any

import reflex as rx

from netim_app.ui.parts import testid_attr
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS
from reflex_guard.single_submit import SingleSubmitButton


def switch(
    label: Text,
    checked: rx.Var[bool],
    on_change: Any,
    test_id: str = "",
    *,
    show_label: bool = True,
    html_id: str = "",
) -> rx.Component:
    """A button with the role of a switch.

    Args:
        label: its accessible name.
        checked: whether it is on.
        on_change: event handler. If it takes an argument, it gets the requested new value: when a click is sent twice,
            that is safer than a toggle.
        show_label: shows the label beside the track; it is always the accessible name.
        html_id: needed only when a label elsewhere on the page refers to it.
    """
    takes_value = isinstance(on_change, rx.EventHandler) and len(on_change.get_parameters()) > 1
    visible = rx.el.span(label, class_name="text-sm font-medium") if show_label else rx.fragment()
    return SingleSubmitButton.create(
        visible,
        rx.el.span(
            rx.el.span(
                class_name="size-5 rounded-full bg-surface shadow-card transition-transform "
                "group-aria-checked/switch:translate-x-5 forced-colors:bg-[ButtonText]"
            ),
            class_name="inline-flex h-6.5 w-11.5 shrink-0 items-center rounded-full border border-edge bg-edge px-0.5 "
            "transition-colors group-aria-checked/switch:border-accent group-aria-checked/switch:bg-accent",
        ),
        type="button",
        role="switch",
        aria_checked=rx.cond(checked, "true", "false"),
        aria_label=label,
        on_click=on_change(~checked) if takes_value else on_change,
        **({"id": rx.Var.create(html_id)} if html_id else {}),
        class_name="group/switch inline-flex min-h-11 w-fit min-w-11 items-center gap-3 rounded-full "
        f"aria-disabled:opacity-60 {FOCUS}",
        custom_attrs=testid_attr(test_id),
    )
