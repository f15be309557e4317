"""What a page needs to ask the browser for a passkey."""

from typing import Any

import reflex as rx

from netim_app.ui.script import Div, PromptForm, Span, function

_SHOWN = "invisible data-[passkeys=true]:visible data-[passkeys=false]:hidden"
"""The room is kept until the browser has said that it has passkeys, so that nothing moves."""


def with_passkeys(*content: rx.Component, class_name: str = "", test_id: str = "") -> rx.Component:
    """A part of the page that a browser without passkeys does not show."""
    return Div.create(
        *content,
        class_name=f"{_SHOWN} {class_name}".strip(),
        custom_attrs={"ref": function("offerPasskeys"), "data-testid": test_id},
    )


def without_passkeys(*content: rx.Component) -> rx.Component:
    """A part of the page that only a browser without passkeys shows."""
    attrs = {"ref": function("offerPasskeys")}
    return Div.create(*content, class_name="hidden data-[passkeys=false]:block", custom_attrs=attrs)


def autofill(on_ready: Any) -> rx.Component:
    """Sends an event once the browser can offer passkeys behind a field. Part of `with_passkeys`."""
    return rx.el.span(hidden=True, on_click=on_ready, custom_attrs={"data-autofill": ""})


def signals(told: rx.Var[str]) -> rx.Component:
    """Tells the password managers of the browser about the passkeys of the account, each time that they change.

    Args:
        told: what `sendSignal` of the npm package takes, as a JSON list; empty for nothing.
    """
    attrs = {"ref": function("signalPasskeys"), "data-signals": told}
    return rx.cond(told != "", Span.create(key=told, hidden=True, custom_attrs=attrs))


def prompt(state: Any, *, test_id: str) -> rx.Component:
    """Opens the prompt of the browser as soon as there are options for it, and sends what the customer answers.

    Args:
        state: has `options` (JSON), `kind` ("new", "use" or "autofill") and the handler `finish`, which takes the form.
            It forgets the options right after it has set them, or the prompt opens again when the page is loaded anew.
    """
    asking = Span.create(
        key=state.options,
        custom_attrs={"ref": function("askForPasskey"), "data-kind": state.kind, "data-options": state.options},
    )
    return PromptForm.create(
        rx.el.input(type="hidden", name="answer", default_value="", hidden=True),
        rx.cond(state.options != "", asking),
        on_submit=state.finish,
        no_validate=True,
        hidden=True,
        custom_attrs={"data-testid": test_id, "data-quiet": rx.cond(state.kind == "autofill", "", None)},
    )
