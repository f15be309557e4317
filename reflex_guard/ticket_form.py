"""How a page hands a one-time ticket to an HTTP route: only a route can set a cookie that scripts cannot read."""

from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

from reflex_guard.script import Scripted, function


class HtmlForm(Scripted, Element):
    """A form that the browser itself posts to an HTTP route. Reflex's form would swallow its submit event."""

    tag = "form"


def ticket_form(action: str, value: rx.Var[str], field: str, form_id: str) -> rx.Component:
    """A hidden form that posts itself as soon as there is a value.

    The state must forget the value at once (`reflex_guard.transient_vars.show_once`); otherwise a reloaded page posts
    it again.

    Args:
        action: path of the HTTP route.
        value: the ticket; empty for none.
        field: name under which it is posted.
        form_id: HTML id, unique on the page.
    """
    return hidden_form(action, value, field, form_id, form=HtmlForm, attrs={"ref": function("submitAtOnce")})


def hidden_form(
    action: str, value: rx.Var[str], field: str, form_id: str, *, form: type[Element], attrs: dict[str, Any]
) -> rx.Component:
    """A form with one hidden field, present while there is a value. A new value makes a new form.

    Args:
        action: as for `ticket_form`.
        value: as for `ticket_form`.
        field: as for `ticket_form`.
        form_id: as for `ticket_form`.
        form: component that compiles the script that sends it.
        attrs: its other attributes, with the `ref` that sends it.
    """
    return rx.cond(
        value != "",
        form.create(
            rx.el.input(type="hidden", name=field, value=value, read_only=True),
            key=value,
            id=rx.Var.create(form_id),
            custom_attrs={"method": "post", "action": action, "hidden": True, **attrs},
        ),
    )
