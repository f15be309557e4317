"""Parts that the pages outside of the account area share."""

from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.identity.view.fields import error_at, new_password_field
from netim_app.ui.browser import field_from_fragment
from netim_app.ui.buttons import button_link, link
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice, outcome
from netim_app.ui.text import early, tr


def aside(*content: rx.Component | rx.Var[str] | str) -> rx.Component:
    """A smaller, quieter line."""
    return rx.el.p(*content, class_name="text-sm text-muted")


def to_login() -> rx.Component:
    """The link to the login, after a mailed link has worked."""
    return button_link(tr("verify.done.login"), paths.LOGIN, class_name="w-full")


def email_field(error: rx.Var[str], *, autocomplete: str = "username") -> rx.Component:
    """If `autocomplete` ends in `webauthn`, browsers also offer passkeys in this field."""
    return text_field(
        "email", early("field.email"), type="email", autocomplete=autocomplete, inputmode="email", error=error
    )


def token_field(error: rx.Var[str]) -> rx.Component:
    """The secret of a mailed link, from the URL's fragment. Browsers do not send it, so it is in no server's log."""
    lost = rx.cond(error == "", notice("warning", tr("link.missing"), test_id="link-missing"))
    return field_from_fragment("token", "link-token", missing=lost)


def new_password(state: Any, label: rx.Var[str]) -> rx.Component:
    """A new password's field in a form whose state has `score` and `rate`."""
    return new_password_field(label, error=error_at(state.errors, "password"), score=state.score, on_rate=state.rate)


def entry_form(state: Any, *fields: rx.Component, submit_label: rx.Var[str], test_id: str) -> rx.Component:
    """The form of a page whose state has `submit` and `errors`."""
    return form(
        *fields,
        on_submit=state.submit,
        submit_label=submit_label,
        error=error_at(state.errors),
        test_id=test_id,
        full_width=True,
    )


def mailed(text: rx.Var[str], hint: rx.Var[str], *, test_id: str) -> rx.Component:
    """Replaces a form that has caused a mail."""
    return outcome(text, aside(hint), icon_name="mail", test_id=test_id)


def back_to_login() -> rx.Component:
    """The link back to the login, below a form."""
    return aside(link(tr("forgot.back"), paths.LOGIN))
