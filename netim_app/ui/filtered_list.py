"""A list with a field that filters it in the browser."""

from collections.abc import Callable

import reflex as rx

from netim_app.reflex_port.client_vars import client_var
from netim_app.ui.fields import INPUT
from netim_app.ui.icons import icon
from netim_app.ui.parts import ClientScope, testid_attr
from netim_app.ui.text import Text

Lacks = Callable[..., rx.Var[bool]]
"""Takes the texts of an entry, and is true when none of them contains what was typed. For the entry's `hidden`."""


def filtered_list(
    entries: Callable[[Lacks], rx.Component], label: Text, nothing: Text, *, shown: rx.Var[bool], test_id: str = ""
) -> rx.Component:
    """A list, and above it a field that hides the entries without the typed text. Nothing is sent.

    Args:
        entries: makes the list.
        label: the field's accessible name and placeholder.
        nothing: shown when no entry matches.
        shown: whether the field is shown. Without it nothing is hidden.
    """
    typed = client_var("typed", default="")
    wanted = typed.value.to(str).strip().lower()

    def lacks(*texts: rx.Var[str] | str) -> rx.Var[bool]:
        return shown & ~rx.Var.create(list(texts)).join(" ").lower().contains(wanted)

    field = rx.el.input(
        type="search",
        aria_label=label,
        placeholder=label,
        auto_complete="off",
        class_name=f"{INPUT} ps-10",
        on_change=typed.set_value,
        custom_attrs=testid_attr(test_id),
    )
    magnifier = icon("search", class_name="pointer-events-none absolute top-3 start-3 text-muted")
    left = rx.el.p(nothing, class_name="mt-2 text-muted group-has-[li:not([hidden])]/filtered:hidden")
    return ClientScope.create(
        rx.cond(
            shown,
            rx.el.div(
                rx.el.div(magnifier, field, class_name="relative"),
                rx.el.div(left, role="status"),
            ),
        ),
        entries(lacks),
        class_name="group/filtered flex flex-col gap-3",
    )
