"""The pages for a forgotten password."""

import reflex as rx

from netim_app.core import paths
from netim_app.identity.state.recovery import ForgotState, ResetState
from netim_app.identity.view.entry_parts import (
    aside,
    back_to_login,
    email_field,
    entry_form,
    mailed,
    new_password,
    to_login,
    token_field,
)
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.buttons import link
from netim_app.ui.notice import outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import early, tr


def _forgot_form() -> rx.Component:
    return rx.fragment(
        rx.el.p(early("forgot.text")),
        entry_form(
            ForgotState,
            email_field(error_at(ForgotState.errors, "email")),
            submit_label=early("forgot.submit"),
            test_id="forgot",
        ),
    )


def forgot_page() -> rx.Component:
    """The page /forgot-password."""
    sent_to = ForgotState.sent_to
    sent = mailed(tr("forgot.sent.text", email=sent_to), tr("forgot.sent.hint"), test_id="sent")
    return entry_page(
        rx.cond(sent_to == "", _forgot_form(), sent),
        title=rx.cond(sent_to == "", early("forgot.title"), tr("forgot.sent.title")),
        below=back_to_login(),
        early=True,
    )


def _reset_form() -> rx.Component:
    return entry_form(
        ResetState,
        token_field(error_at(ResetState.errors)),
        new_password(ResetState, tr("field.new_password")),
        submit_label=tr("reset.submit"),
        test_id="reset",
    )


def reset_page() -> rx.Component:
    """The page /reset-password."""
    return entry_page(
        rx.cond(ResetState.done, outcome(tr("reset.done.text"), to_login(), test_id="reset-done"), _reset_form()),
        title=rx.cond(ResetState.done, tr("reset.done.title"), tr("reset.title")),
        below=rx.cond(~ResetState.done, aside(link(tr("reset.new_link"), paths.FORGOT))),
        skeleton=form_skeleton(1),
    )
