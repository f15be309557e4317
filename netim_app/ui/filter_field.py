"""A field that filters a list in the browser."""

import reflex as rx

from netim_app.ui.fields import INPUT
from netim_app.ui.icons import icon
from netim_app.ui.parts import Text, testid_attr
from netim_app.ui.script import Input, function


def filter_field(list_id: str, label: Text, nothing: Text, *, test_id: str = "") -> rx.Component:
    """A field that leaves only those entries of a list on the screen that contain what is typed. Nothing is sent.

    Args:
        list_id: HTML id of the list.
        label: its accessible name, and what stands in it while it is empty.
        nothing: said when no entry is left.
    """
    return rx.el.div(
        rx.el.div(
            icon("search", class_name="pointer-events-none absolute top-3 left-3 text-muted"),
            Input.create(
                type="search",
                aria_label=label,
                aria_controls=list_id,
                placeholder=label,
                auto_complete="off",
                class_name=f"{INPUT} pl-10",
                custom_attrs={"onInput": function("filterList"), **testid_attr(test_id)},
            ),
            class_name="relative",
        ),
        rx.el.div(
            rx.el.p(nothing, class_name=f"mt-2 hidden text-muted [:root:not(:has(#{list_id}>:not([hidden])))_&]:block"),
            role="status",
        ),
    )
