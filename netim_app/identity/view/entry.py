"""The pages outside of the account area."""

import reflex as rx

from netim_app.identity.state.login import LoginState
from netim_app.identity.state.recovery import ForgotState, ResetState, UndoState
from netim_app.identity.state.shell import REMEMBER_DAYS
from netim_app.identity.state.sign_up import SignUpState, VerifyState
from netim_app.identity.view.fields import code_field, error_at, new_password_field
from netim_app.identity.view.shell import entry_page, keep_pending
from netim_app.ui.browser import field_from_browser
from netim_app.ui.buttons import button_link, link
from netim_app.ui.fields import checkbox_field, text_field
from netim_app.ui.form import columns, form
from netim_app.ui.notice import notice, outcome
from netim_app.ui.password_field import password_field
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import early, tr
from netim_app.ui.theme import FOCUS

_REASONS = {"ended": "info", "refused": "warning", "again": "warning", "fault": "danger", "bye": "success"}


def _aside(*content: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.el.p(*content, class_name="text-sm text-muted")


def _to_login() -> rx.Component:
    return button_link(tr("verify.done.login"), "/login", class_name="w-full")


def _email_field(error: rx.Var[str]) -> rx.Component:
    return text_field(
        "email", early("field.email"), type="email", autocomplete="username", inputmode="email", error=error
    )


def _token_field(error: rx.Var[str]) -> rx.Component:
    """The secret of a mailed link. It is in the fragment, so no server and no log sees it by itself."""
    lost = rx.cond(error == "", notice("warning", tr("link.missing"), test_id="link-missing"))
    return field_from_browser("token", "link-token", "fragment", missing=lost)


def _password_step() -> rx.Component:
    return rx.fragment(
        form(
            _email_field(error_at(LoginState.errors, "email")),
            password_field("password", early("field.password"), error=error_at(LoginState.errors, "password")),
            checkbox_field("remember", early("login.remember"), hint=early("login.remember.hint", days=REMEMBER_DAYS)),
            on_submit=LoginState.submit,
            submit_label=early("login.submit"),
            error=error_at(LoginState.errors),
            test_id="login",
            full_width=True,
        ),
        _aside(link(early("login.forgot"), "/forgot-password")),
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
        rx.el.details(
            rx.el.summary(
                tr("second_factor.lost"), class_name=f"w-fit rounded-sm py-0.5 font-medium text-accent {FOCUS}"
            ),
            rx.el.p(tr("second_factor.lost.text"), class_name="mt-2"),
            class_name="text-sm text-muted",
        ),
    )


def login_page() -> rx.Component:
    """The page /login."""
    return entry_page(
        *(
            rx.cond((LoginState.reason == reason) & ~LoginState.needs_code, notice(kind, tr(f"login.reason.{reason}")))
            for reason, kind in _REASONS.items()
        ),
        rx.cond(LoginState.needs_code, _code_step(), _password_step()),
        keep_pending(),
        title=rx.cond(LoginState.needs_code, tr("second_factor.title"), early("login.title")),
        below=rx.cond(
            ~LoginState.needs_code, _aside(early("login.no_account"), " ", link(early("login.sign_up"), "/signup"))
        ),
        early=True,
    )


def sign_up_page() -> rx.Component:
    """The page /signup."""
    return entry_page(
        rx.cond(
            SignUpState.sent_to == "",
            rx.fragment(
                form(
                    columns(
                        text_field(
                            "first_name",
                            early("field.first_name"),
                            autocomplete="given-name",
                            error=error_at(SignUpState.errors, "first_name"),
                        ),
                        text_field(
                            "last_name",
                            early("field.last_name"),
                            autocomplete="family-name",
                            hint=early("field.last_name.hint"),
                            required=False,
                            mark_optional=False,
                            error=error_at(SignUpState.errors, "last_name"),
                        ),
                    ),
                    _email_field(error_at(SignUpState.errors, "email")),
                    new_password_field(
                        early("field.password"),
                        error=error_at(SignUpState.errors, "password"),
                        score=SignUpState.score,
                        on_rate=SignUpState.rate,
                    ),
                    field_from_browser("time_zone", "time-zone", "time zone"),
                    on_submit=SignUpState.submit,
                    submit_label=early("sign_up.submit"),
                    error=error_at(SignUpState.errors),
                    test_id="sign-up",
                    full_width=True,
                ),
            ),
            outcome(
                tr("sign_up.sent.text", email=SignUpState.sent_to),
                _aside(tr("sign_up.sent.hint")),
                icon_name="mail",
                test_id="sent",
            ),
        ),
        title=rx.cond(SignUpState.sent_to == "", early("sign_up.title"), tr("sign_up.sent.title")),
        below=_aside(early("sign_up.have_account"), " ", link(early("login.title"), "/login")),
        early=True,
    )


def verify_page() -> rx.Component:
    """The page /verify-email."""
    return entry_page(
        rx.match(
            VerifyState.done,
            ("sign_up", outcome(tr("verify.done.sign_up"), _to_login(), test_id="confirmed")),
            ("email_change", outcome(tr("verify.done.email_change"), _to_login(), test_id="confirmed")),
            rx.fragment(
                rx.el.p(tr("verify.text")),
                form(
                    _token_field(error_at(VerifyState.errors)),
                    rx.cond(
                        VerifyState.asks_proof,
                        password_field(
                            "password",
                            rx.cond(VerifyState.is_sign_up, tr("verify.password"), tr("verify.account_password")),
                            hint=rx.cond(
                                VerifyState.is_sign_up, tr("verify.password.hint"), tr("verify.account_password.hint")
                            ),
                            error=error_at(VerifyState.errors, "password"),
                        ),
                    ),
                    on_submit=VerifyState.submit,
                    submit_label=tr("verify.submit"),
                    error=error_at(VerifyState.errors),
                    test_id="verify",
                    full_width=True,
                ),
            ),
        ),
        title=rx.cond(VerifyState.done == "", tr("verify.title"), tr("verify.done.title")),
        below=rx.cond(VerifyState.done == "", _aside(link(tr("forgot.back"), "/login"))),
        skeleton=form_skeleton(1),
    )


def forgot_page() -> rx.Component:
    """The page /forgot-password."""
    return entry_page(
        rx.cond(
            ForgotState.sent_to == "",
            rx.fragment(
                rx.el.p(early("forgot.text")),
                form(
                    _email_field(error_at(ForgotState.errors, "email")),
                    on_submit=ForgotState.submit,
                    submit_label=early("forgot.submit"),
                    error=error_at(ForgotState.errors),
                    test_id="forgot",
                    full_width=True,
                ),
            ),
            outcome(
                tr("forgot.sent.text", email=ForgotState.sent_to),
                _aside(tr("forgot.sent.hint")),
                icon_name="mail",
                test_id="sent",
            ),
        ),
        title=rx.cond(ForgotState.sent_to == "", early("forgot.title"), tr("forgot.sent.title")),
        below=_aside(link(early("forgot.back"), "/login")),
        early=True,
    )


def reset_page() -> rx.Component:
    """The page /reset-password."""
    return entry_page(
        rx.cond(
            ResetState.done,
            outcome(tr("reset.done.text"), _to_login(), test_id="reset-done"),
            rx.fragment(
                form(
                    _token_field(error_at(ResetState.errors)),
                    new_password_field(
                        tr("field.new_password"),
                        error=error_at(ResetState.errors, "password"),
                        score=ResetState.score,
                        on_rate=ResetState.rate,
                    ),
                    on_submit=ResetState.submit,
                    submit_label=tr("reset.submit"),
                    error=error_at(ResetState.errors),
                    test_id="reset",
                    full_width=True,
                ),
            ),
        ),
        title=rx.cond(ResetState.done, tr("reset.done.title"), tr("reset.title")),
        below=rx.cond(~ResetState.done, _aside(link(tr("reset.new_link"), "/forgot-password"))),
        skeleton=form_skeleton(1),
    )


def undo_page() -> rx.Component:
    """The page /restore-email."""
    return entry_page(
        rx.cond(
            UndoState.restored != "",
            outcome(
                tr("undo.done.text", email=UndoState.restored),
                _aside(tr("undo.done.hint")),
                icon_name="mail",
                test_id="restored",
            ),
            rx.fragment(
                rx.el.p(tr("undo.text")),
                form(
                    _token_field(error_at(UndoState.errors)),
                    on_submit=UndoState.submit,
                    submit_label=tr("undo.submit"),
                    error=error_at(UndoState.errors),
                    test_id="undo",
                    full_width=True,
                ),
            ),
        ),
        title=rx.cond(UndoState.restored != "", tr("undo.done.title"), tr("undo.title")),
        below=_aside(link(tr("forgot.back"), "/login")),
        skeleton=form_skeleton(1),
    )
