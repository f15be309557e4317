"""The card "Password"."""

import reflex as rx

from netim_app.features.password.state import PasswordState
from netim_app.identity.view.fields import code_field, error_at, new_password_field, own_account_name
from netim_app.ui import card as kit
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.form import form
from netim_app.ui.password_field import password_field
from netim_app.ui.text import moment, tr


def card() -> rx.Component:
    """When the password was changed, and the dialog that changes it."""
    why_old = rx.cond(PasswordState.doubt == "refused", tr("password.refused"), tr("password.old"))
    changed = rx.fragment(
        rx.cond(
            PasswordState.from_elsewhere,
            tr("password.not_changed_here"),
            moment(tr("password.last_changed", when=PasswordState.changed), PasswordState.changed_on),
        ),
        rx.cond(PasswordState.doubt != "", rx.fragment(" · ", why_old)),
    )
    return kit.card(
        _dialog(),
        title=tr("password.title"),
        state=kit.status(changed, on=PasswordState.doubt == ""),
        text=tr("password.text"),
        action=button(tr("password.change"), PasswordState.begin, test_id="password-change"),
        anchor="password",
        icon="lock",
    )


def _dialog() -> rx.Component:
    return dialog(
        rx.el.p(tr("password.dialog.text")),
        form(
            own_account_name(),
            _current_password_field(),
            rx.cond(PasswordState.needs_code, _code_field()),
            new_password_field(
                tr("field.new_password"),
                error=error_at(PasswordState.errors, "password"),
                score=PasswordState.score,
                on_rate=PasswordState.rate,
            ),
            on_submit=PasswordState.submit,
            submit_label=tr("password.submit"),
            error=error_at(PasswordState.errors),
            cancel=PasswordState.close,
            test_id="change-password",
        ),
        open=PasswordState.open,
        title=tr("password.change"),
        on_close=PasswordState.close,
        test_id="password-dialog",
    )


def _current_password_field() -> rx.Component:
    error = error_at(PasswordState.errors, "current")
    return password_field("current", tr("field.current_password"), error=error, auto_focus=True)


def _code_field() -> rx.Component:
    return code_field(error_at(PasswordState.errors, "code"), field_id="change-password-code")
