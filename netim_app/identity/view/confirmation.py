"""The page that confirms an address."""

import reflex as rx

from netim_app.identity.state.confirmation import VerifyState
from netim_app.identity.view.entry_parts import back_to_login, entry_form, to_login, token_field
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.notice import outcome
from netim_app.ui.password_field import password_field
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def _verify_password_field() -> rx.Component:
    is_sign_up = VerifyState.is_sign_up
    return password_field(
        "password",
        rx.cond(is_sign_up, tr("verify.password"), tr("verify.account_password")),
        hint=rx.cond(is_sign_up, tr("verify.password.hint"), tr("verify.account_password.hint")),
        error=error_at(VerifyState.errors, "password"),
    )


def _verify_form() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("verify.text")),
        entry_form(
            VerifyState,
            token_field(error_at(VerifyState.errors)),
            rx.cond(VerifyState.asks_proof, _verify_password_field()),
            submit_label=tr("verify.submit"),
            test_id="verify",
        ),
    )


def verify_page() -> rx.Component:
    """The page /verify-email."""
    return entry_page(
        rx.match(
            VerifyState.done,
            ("sign_up", outcome(tr("verify.done.sign_up"), to_login(), test_id="confirmed")),
            ("email_change", outcome(tr("verify.done.email_change"), to_login(), test_id="confirmed")),
            _verify_form(),
        ),
        title=rx.cond(VerifyState.done == "", tr("verify.title"), tr("verify.done.title")),
        below=rx.cond(VerifyState.done == "", back_to_login()),
        skeleton=form_skeleton(1),
    )
