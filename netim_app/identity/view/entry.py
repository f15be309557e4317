"""The pages outside of the account area."""

from typing import Any

import reflex as rx

from netim_app.identity.state.login import LoginState
from netim_app.identity.state.recovery import ForgotState, ResetState, UndoState
from netim_app.identity.state.shell import REMEMBER_DAYS
from netim_app.identity.state.sign_up import SignUpState, VerifyState
from netim_app.identity.view.fields import code_field, error_at, new_password_field
from netim_app.identity.view.shell import entry_page, keep_pending
from netim_app.identity.view.support import with_support
from netim_app.ui.browser import field_from_fragment, time_zone_field
from netim_app.ui.buttons import button_link, link
from netim_app.ui.fields import checkbox_field, text_field
from netim_app.ui.form import columns, form
from netim_app.ui.notice import notice, outcome
from netim_app.ui.password_field import password_field
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS

_REASONS = {"ended": "info", "refused": "warning", "again": "warning", "fault": "danger", "bye": "success"}


def _aside(*content: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.el.p(*content, class_name="text-sm text-muted")


def _to_login() -> rx.Component:
    return button_link(tr("verify.done.login"), "/login", class_name="w-full")


def _email_field(error: rx.Var[str]) -> rx.Component:
    return text_field("email", tr("field.email"), type="email", autocomplete="username", inputmode="email", error=error)


def _token_field(error: rx.Var[str]) -> rx.Component:
    """The secret of a mailed link. It is in the fragment, so no server and no log sees it by itself."""
    lost = rx.cond(error == "", notice("warning", tr("link.missing"), test_id="link-missing"))
    return field_from_fragment("token", "link-token", missing=lost)


def _new_password_field(state: Any, label: rx.Var[str]) -> rx.Component:
    return new_password_field(label, error=error_at(state.errors, "password"), score=state.score, on_rate=state.rate)


def _form(state: Any, *fields: rx.Component, submit_label: rx.Var[str], test_id: str) -> rx.Component:
    """The form of a page: its state has `submit` and `errors`."""
    return form(
        *fields,
        on_submit=state.submit,
        submit_label=submit_label,
        error=error_at(state.errors),
        test_id=test_id,
        full_width=True,
    )


def _mailed(text: rx.Var[str], hint: rx.Var[str], *, test_id: str) -> rx.Component:
    return outcome(text, _aside(hint), icon_name="mail", test_id=test_id)


def _back_to_login() -> rx.Component:
    return _aside(link(tr("forgot.back"), "/login"))


def _reason(name: str) -> rx.Component | rx.Var[str]:
    return with_support("login.reason.refused") if name == "refused" else tr(f"login.reason.{name}")


def _password_step() -> rx.Component:
    return rx.fragment(
        _form(
            LoginState,
            _email_field(error_at(LoginState.errors, "email")),
            password_field("password", tr("field.password"), error=error_at(LoginState.errors, "password")),
            checkbox_field("remember", tr("login.remember"), hint=tr("login.remember.hint", days=REMEMBER_DAYS)),
            submit_label=tr("login.submit"),
            test_id="login",
        ),
        _aside(link(tr("login.forgot"), "/forgot-password")),
    )


def _code_step() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("second_factor.text")),
        form(
            code_field(error_at(LoginState.errors, "code"), field_id="login-code", auto_focus=True, sends_itself=True),
            on_submit=LoginState.submit_code,
            submit_label=tr("login.submit"),
            error=error_at(LoginState.errors),
            cancel=LoginState.cancel_code,
            test_id="login-code",
            full_width=True,
        ),
        _device_is_lost(),
    )


def _device_is_lost() -> rx.Component:
    summary_look = f"w-fit rounded-sm py-0.5 font-medium text-accent {FOCUS}"
    return rx.el.details(
        rx.el.summary(tr("second_factor.lost"), class_name=summary_look),
        rx.el.p(with_support("second_factor.lost.text"), class_name="mt-2"),
        class_name="text-sm text-muted",
    )


def login_page() -> rx.Component:
    """The page /login."""
    return entry_page(
        *(
            rx.cond((LoginState.reason == reason) & ~LoginState.needs_code, notice(kind, _reason(reason)))
            for reason, kind in _REASONS.items()
        ),
        rx.cond(LoginState.needs_code, _code_step(), _password_step()),
        keep_pending(),
        title=rx.cond(LoginState.needs_code, tr("second_factor.title"), tr("login.title")),
        below=rx.cond(
            ~LoginState.needs_code, _aside(tr("login.no_account"), " ", link(tr("login.sign_up"), "/signup"))
        ),
        skeleton=form_skeleton(2, more=True),
    )


def _sign_up_form() -> rx.Component:
    first_name = text_field(
        "first_name",
        tr("field.first_name"),
        autocomplete="given-name",
        error=error_at(SignUpState.errors, "first_name"),
    )
    last_name = text_field(
        "last_name",
        tr("field.last_name"),
        autocomplete="family-name",
        hint=tr("field.last_name.hint"),
        required=False,
        mark_optional=False,
        error=error_at(SignUpState.errors, "last_name"),
    )
    return _form(
        SignUpState,
        columns(first_name, last_name),
        _email_field(error_at(SignUpState.errors, "email")),
        _new_password_field(SignUpState, tr("field.password")),
        time_zone_field("time_zone"),
        submit_label=tr("sign_up.submit"),
        test_id="sign-up",
    )


def sign_up_page() -> rx.Component:
    """The page /signup."""
    sent_to = SignUpState.sent_to
    sent = _mailed(tr("sign_up.sent.text", email=sent_to), tr("sign_up.sent.hint"), test_id="sent")
    return entry_page(
        rx.cond(sent_to == "", _sign_up_form(), sent),
        title=rx.cond(sent_to == "", tr("sign_up.title"), tr("sign_up.sent.title")),
        below=_aside(tr("sign_up.have_account"), " ", link(tr("login.title"), "/login")),
        skeleton=form_skeleton(4, more=True),
    )


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
        _form(
            VerifyState,
            _token_field(error_at(VerifyState.errors)),
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
            ("sign_up", outcome(tr("verify.done.sign_up"), _to_login(), test_id="confirmed")),
            ("email_change", outcome(tr("verify.done.email_change"), _to_login(), test_id="confirmed")),
            _verify_form(),
        ),
        title=rx.cond(VerifyState.done == "", tr("verify.title"), tr("verify.done.title")),
        below=rx.cond(VerifyState.done == "", _back_to_login()),
        skeleton=form_skeleton(1),
    )


def _forgot_form() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("forgot.text")),
        _form(
            ForgotState,
            _email_field(error_at(ForgotState.errors, "email")),
            submit_label=tr("forgot.submit"),
            test_id="forgot",
        ),
    )


def forgot_page() -> rx.Component:
    """The page /forgot-password."""
    sent_to = ForgotState.sent_to
    sent = _mailed(tr("forgot.sent.text", email=sent_to), tr("forgot.sent.hint"), test_id="sent")
    return entry_page(
        rx.cond(sent_to == "", _forgot_form(), sent),
        title=rx.cond(sent_to == "", tr("forgot.title"), tr("forgot.sent.title")),
        below=_back_to_login(),
        skeleton=form_skeleton(1),
    )


def _reset_form() -> rx.Component:
    return _form(
        ResetState,
        _token_field(error_at(ResetState.errors)),
        _new_password_field(ResetState, tr("field.new_password")),
        submit_label=tr("reset.submit"),
        test_id="reset",
    )


def reset_page() -> rx.Component:
    """The page /reset-password."""
    return entry_page(
        rx.cond(ResetState.done, outcome(tr("reset.done.text"), _to_login(), test_id="reset-done"), _reset_form()),
        title=rx.cond(ResetState.done, tr("reset.done.title"), tr("reset.title")),
        below=rx.cond(~ResetState.done, _aside(link(tr("reset.new_link"), "/forgot-password"))),
        skeleton=form_skeleton(1),
    )


def _undo_form() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("undo.text")),
        _form(
            UndoState,
            _token_field(error_at(UndoState.errors)),
            submit_label=tr("undo.submit"),
            test_id="undo",
        ),
    )


def undo_page() -> rx.Component:
    """The page /restore-email."""
    restored = UndoState.restored
    done = _mailed(tr("undo.done.text", email=restored), tr("undo.done.hint"), test_id="restored")
    return entry_page(
        rx.cond(restored == "", _undo_form(), done),
        title=rx.cond(restored == "", tr("undo.title"), tr("undo.done.title")),
        below=_back_to_login(),
        skeleton=form_skeleton(1),
    )
