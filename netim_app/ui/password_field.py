"""A field for a password."""

from typing import Any, Literal

import reflex as rx

from netim_app.reflex_port.client_vars import client_var
from netim_app.ui.fields import INPUT, input_props
from netim_app.ui.icons import icon
from netim_app.ui.parts import ClientScope, Handler, labelled
from netim_app.ui.script import Input, function
from netim_app.ui.text import Text, tr
from netim_app.ui.theme import FOCUS


def password_field(
    name: str,
    label: Text,
    *,
    autocomplete: Literal["current-password", "new-password"] = "current-password",
    error: Text = "",
    hint: Text = "",
    required: bool = True,
    test_id: str = "",
    on_change: Handler | None = None,
    auto_focus: bool = False,
    field_id: str = "",
    extra: rx.Component | None = None,
) -> rx.Component:
    """A password field with a button that shows the password. It never gets a value from a state.

    Args:
        autocomplete: tells password managers which password is meant.
        extra: something below the input, such as a strength meter.
    """
    props = input_props(
        name=name,
        required=required,
        test_id=test_id,
        autocomplete=autocomplete,
        on_change=on_change,
        auto_focus=auto_focus,
    )
    props["custom_attrs"] |= {"onKeyUp": function("noteCapsLock")}
    return labelled(
        label,
        lambda attrs: _control(**attrs, **props),
        html_id=field_id or f"field-{name}",
        error=error,
        hint=hint,
        required=required,
        extra=extra,
    )


def _control(**props: Any) -> rx.Component:
    is_shown = client_var("isShown", default=False)
    return rx.el.div(
        ClientScope.create(
            Input.create(
                type=rx.cond(is_shown.value, "text", "password"),
                auto_capitalize="none",
                spell_check=False,
                class_name=f"{INPUT} pe-12",
                **props,
            ),
            _show_button(is_shown.value, on_click=is_shown.set_value(~is_shown.value)),
            class_name="relative",
        ),
        _caps_lock_hint(),
        class_name="group/password",
    )


def _show_button(is_shown: rx.Var[bool], on_click: Handler) -> rx.Component:
    return rx.el.button(
        icon("eye", class_name="group-aria-pressed/show:hidden"),
        icon("eye-off", class_name="hidden group-aria-pressed/show:block"),
        type="button",
        aria_label=tr("ui.field.show_password"),
        aria_pressed=rx.cond(is_shown, "true", "false"),
        on_click=on_click,
        class_name="group/show absolute inset-y-0 end-0 grid w-11 place-items-center rounded-control "
        f"text-muted hover:text-ink {FOCUS} focus-visible:-outline-offset-2",
    )


def _caps_lock_hint() -> rx.Component:
    shown = "hidden group-has-[[data-caps]]/password:block"
    return rx.el.p(tr("ui.field.caps_lock"), role="status", class_name=f"mt-1.5 text-sm text-warning {shown}")
