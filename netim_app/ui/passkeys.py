"""The components that ask the browser for a passkey."""

from typing import Any

import reflex as rx

from netim_app.ui.script import Div, PromptForm, Span, function

_SHOWN = "invisible data-[passkeys=true]:visible data-[passkeys=false]:hidden"
"""The space stays reserved until the browser reports whether it supports passkeys, so that nothing moves."""


def with_passkeys(*content: rx.Component, class_name: str = "", test_id: str = "") -> rx.Component:
    """A part of the page that is hidden in a browser without passkeys."""
    return Div.create(
        *content,
        class_name=f"{_SHOWN} {class_name}".strip(),
        custom_attrs={"ref": function("offerPasskeys"), "data-testid": test_id},
    )


def without_passkeys(*content: rx.Component) -> rx.Component:
    """A part of the page that is shown only in a browser without passkeys."""
    attrs = {"ref": function("offerPasskeys")}
    return Div.create(*content, class_name="hidden data-[passkeys=false]:block", custom_attrs=attrs)


def autofill(on_ready: Any) -> rx.Component:
    """Sends an event once the browser can offer passkeys in a field. Part of `with_passkeys`."""
    return rx.el.span(hidden=True, on_click=on_ready, custom_attrs={"data-autofill": ""})


def signals(calls: rx.Var[str]) -> rx.Component:
    """Tells the browser's password managers about the account's passkeys whenever these change.

    Args:
        calls: arguments of `sendSignal` of the npm package, as a JSON list; empty for none.
    """
    attrs = {"ref": function("signalPasskeys"), "data-signals": calls}
    return rx.cond(calls != "", Span.create(key=calls, hidden=True, custom_attrs=attrs))


def prompt(state: Any, *, test_id: str) -> rx.Component:
    """Opens the browser's prompt as soon as there are options for it, and sends the customer's answer.

    Args:
        state: has `options` (JSON), `kind` ("new", "use" or "autofill") and the handler `finish`, which takes the form.
            It must forget the options right after it has set them; otherwise a reload opens the prompt again.
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
