"""The login page: password, then a code or a ceremony."""

import reflex as rx

from netim_app.core import paths
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.shell import REMEMBER_DAYS
from netim_app.identity.view.entry_parts import aside, email_field, entry_form
from netim_app.identity.view.fields import code_field, error_at
from netim_app.identity.view.shell import entry_page, keep_pending
from netim_app.identity.view.support import with_support
from netim_app.offers import offers
from netim_app.ui.buttons import link
from netim_app.ui.fields import checkbox_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.password_field import password_field
from netim_app.ui.text import early, tr
from netim_app.ui.theme import FOCUS

_REASONS = {
    "ended": "info",
    "refused": "warning",
    "again": "warning",
    "fault": "danger",
    "bye": "success",
    "deleted": "info",
}

_HAS_OTHER_WAYS = LoginState.ceremonies.length() > 0


def _reason(name: str) -> rx.Component | rx.Var[str]:
    return with_support("login.reason.refused") if name == "refused" else tr(f"login.reason.{name}")


def _password_step() -> rx.Component:
    return rx.fragment(
        entry_form(
            LoginState,
            email_field(error_at(LoginState.errors, "email"), autocomplete="username webauthn"),
            password_field("password", early("field.password"), error=error_at(LoginState.errors, "password")),
            checkbox_field("remember", early("login.remember"), hint=early("login.remember.hint", count=REMEMBER_DAYS)),
            submit_label=early("login.submit"),
            test_id="login",
        ),
        aside(link(early("login.forgot"), paths.FORGOT)),
        *(ceremony.login_part() for ceremony in offers().ceremonies),
    )


def _code_step() -> rx.Component:
    return rx.fragment(
        *(
            rx.cond(LoginState.ceremonies.contains(ceremony.name), ceremony.code_part())
            for ceremony in offers().ceremonies
        ),
        # A customer with a ceremony may have no application.
        rx.cond(~_HAS_OTHER_WAYS, rx.el.p(tr("second_factor.text"))),
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


def _title_of_second_step() -> rx.Var[str]:
    return rx.cond(_HAS_OTHER_WAYS, tr("step_up.title"), tr("second_factor.title"))


def _device_is_lost() -> rx.Component:
    summary_look = f"w-fit rounded-sm py-0.5 font-medium text-accent {FOCUS}"
    return rx.el.details(
        rx.el.summary(tr("second_factor.lost"), class_name=summary_look),
        rx.el.p(with_support("second_factor.lost.text"), class_name="mt-2"),
        class_name="text-sm text-muted",
    )


def _below() -> rx.Component:
    linked = [page for page in offers().entry_pages if page.link_at_login]
    return rx.el.div(
        aside(early("login.no_account"), " ", link(early("login.sign_up"), paths.SIGN_UP)),
        *(aside(link(early(page.link_at_login), page.route)) for page in linked),
        class_name="flex flex-col gap-2",
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
        title=rx.cond(LoginState.needs_code, _title_of_second_step(), early("login.title")),
        below=rx.cond(~LoginState.needs_code, _below()),
        early=True,
    )
