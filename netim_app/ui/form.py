"""Forms.

Inputs are uncontrolled: the browser keeps what was typed, after any answer. Messages come from the server.
"""

import reflex as rx

from netim_app.ui.buttons import Kind, button, submit_button
from netim_app.ui.notice import notice
from netim_app.ui.parts import Handler, testid_attr, unless_empty
from netim_app.ui.script import function
from netim_app.ui.text import Text, tr
from reflex_guard.single_submit import SingleSubmitForm

_BUTTONS = "flex flex-col-reverse gap-3 pt-1 sm:flex-row sm:justify-end"


def form(
    *fields: rx.Component,
    on_submit: Handler,
    submit_label: Text,
    error: Text = "",
    test_id: str = "",
    cancel: Handler | None = None,
    also: tuple[str, Text] | None = None,
    submit_kind: Kind = "primary",
    full_width: bool = False,
    inline: bool = False,
    footer: rx.Component | None = None,
) -> rx.Component:
    """A form that sends its fields to an event handler.

    The pressed button shows at once that it was pressed, and cannot be pressed again before the answer.

    Args:
        fields: fields of this module, or anything else.
        on_submit: takes the form data, a dict of name to string.
        submit_label: text of the submit button.
        error: message about the form as a whole; empty for none.
        cancel: event handler; with it there is a Cancel button.
        also: a second way to send the form: a name and the text of its button. The form data then holds `on` under it.
        submit_kind: `danger` for a destructive action.
        full_width: gives the submit button the whole width, as on login pages.
        inline: puts the button beside the only field where there is room.
        footer: something below the buttons.
    """
    width = "w-full" if full_width else "w-full sm:w-auto"
    buttons = [submit_button(submit_label, kind=submit_kind, class_name=width)]
    if cancel is not None:
        buttons.insert(0, button(tr("ui.form.cancel"), on_click=cancel, class_name=width))
    if also is not None:
        buttons[-1:-1] = _send_with(*also, class_name=width)
    content = [*fields, rx.el.div(*buttons, class_name=_BUTTONS)]
    if inline:
        # Beside the field, below the line of its label.
        beside = [*fields, rx.el.div(*buttons, class_name="sm:mt-7.25")]
        content = [rx.el.div(*beside, class_name="flex flex-col gap-3 sm:flex-row sm:items-start sm:*:first:grow")]
    return SingleSubmitForm.create(
        unless_empty(error, lambda: notice("danger", error)),
        *content,
        *([footer] if footer is not None else []),
        on_submit=on_submit,
        no_validate=True,
        class_name="flex flex-col gap-5",
        custom_attrs=testid_attr(test_id),
    )


def _send_with(name: str, label: Text, class_name: str) -> list[rx.Component]:
    """Not a submit button: Enter in a field presses the first submit button."""
    flag = rx.el.input(type="hidden", name=name, default_value="")
    another = button(label, class_name=class_name)
    another.custom_attrs["onClick"] = function("sendWith")
    return [rx.el.span(flag, another, class_name="contents")]


def columns(*fields: rx.Component) -> rx.Component:
    """Fields in pairs, side by side where there is room."""
    return rx.el.div(*fields, class_name="grid items-start gap-5 sm:grid-cols-2")
