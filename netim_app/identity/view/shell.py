"""The frames of all pages: the narrow one outside of the account area, and the shell inside of it."""

from typing import Any

import reflex as rx

from netim_app.core.forms import MAX_CODE_LENGTH
from netim_app.identity.state.profile import ProfileState
from netim_app.identity.state.shell import MIN_PASSWORD_LENGTH, ShellState
from netim_app.identity.state.step_up import StepUpState
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.ui import layout
from netim_app.ui.browser import reload_when, tidy_address_when
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import account_name, text_field
from netim_app.ui.form import form
from netim_app.ui.menu import menu_form_button, menu_link
from netim_app.ui.notice import live_region
from netim_app.ui.password_field import password_field
from netim_app.ui.strength import strength
from netim_app.ui.text import tr
from netim_app.ui.ticket_exchange import post_in_background, ticket_form


def error_at(errors: Any, name: str = "") -> rx.Var[str]:
    """The message at a field; without a name, the one about the whole form."""
    return errors.get(name, "").to(str)


def exchange_ticket() -> rx.Component:
    """Posts a ticket as soon as there is one."""
    return ticket_form("/auth/session", TicketExchangeState.ticket, "ticket", "hand-over")


def keep_pending() -> rx.Component:
    """Has a login that owes its code kept in a cookie, for all tabs of the browser."""
    return post_in_background("/auth/pending", TicketExchangeState.pending, "secret", "keep-pending")


def notices() -> rx.Component:
    """Where the page says what has happened."""
    return rx.fragment(
        live_region(ShellState.notice, ShellState.notice_kind, on_close=ShellState.close_notice),
        rx.el.span(ShellState.answers, hidden=True),
    )


def entry_page(
    *content: rx.Component,
    title: rx.Var[str],
    below: rx.Component | None = None,
    skeleton: rx.Component | None = None,
) -> rx.Component:
    """A page outside of the account area; `below` holds the ways to other pages."""
    return layout.public_page(
        *content,
        exchange_ticket(),
        title=title,
        ready=ShellState.opened,
        notices=notices(),
        below=below,
        skeleton=skeleton,
        locale_switch=ShellState.set_language,
    )


def account_page(*content: rx.Component, heading: rx.Var[str], skeleton: rx.Component) -> rx.Component:
    """A page of the account area. Until the customer's data is there, it shows the skeleton."""
    return rx.fragment(
        layout.account_page(
            *content,
            heading=heading,
            ready=ShellState.ready,
            skeleton=skeleton,
            customer_name=ShellState.customer_name,
            menu_items=(
                menu_link(tr("ui.menu.personal_information"), "/account/personal-information"),
                menu_link(tr("ui.menu.connection_and_security"), "/account/connection-and-security"),
                menu_form_button(tr("ui.menu.log_out"), "/auth/logout"),
            ),
            locale_switch=ShellState.set_language,
            notices=notices(),
            overlays=(step_up_dialog(), exchange_ticket()),
        ),
        reload_when(ShellState.reload),
        tidy_address_when(ShellState.resumed),
    )


def step_up_dialog() -> rx.Component:
    """Asks for the password again before a sensitive change."""
    return dialog(
        rx.el.p(rx.cond(StepUpState.needs_code, tr("step_up.text.code"), tr("step_up.text"))),
        form(
            own_account_name(),
            password_field(
                "password",
                tr("field.password"),
                error=error_at(StepUpState.errors, "password"),
                field_id="step-up-password",
                auto_focus=True,
            ),
            rx.cond(StepUpState.needs_code, code_field(error_at(StepUpState.errors, "code"), field_id="step-up-code")),
            on_submit=StepUpState.submit,
            submit_label=tr("step_up.submit"),
            error=error_at(StepUpState.errors),
            cancel=StepUpState.close,
            test_id="step-up",
        ),
        open=StepUpState.open,
        title=tr("step_up.title"),
        on_close=StepUpState.close,
        test_id="step-up-dialog",
    )


def own_account_name() -> rx.Component:
    """Tells password managers that the password asked for is that of this account."""
    return account_name(ProfileState.email)


def code_field(
    error: rx.Var[str],
    *,
    field_id: str,
    auto_focus: bool = False,
    or_backup_code: bool = True,
    sends_itself: bool = False,
) -> rx.Component:
    """A field for the six digits of an application, or of a backup code where one is taken, too."""
    return text_field(
        "code",
        tr("field.code"),
        hint=tr("second_factor.hint") if or_backup_code else "",
        autocomplete="one-time-code",
        inputmode="numeric",
        max_length=MAX_CODE_LENGTH,
        error=error,
        auto_focus=auto_focus,
        field_id=field_id,
        sends_itself=sends_itself,
    )


def new_password_field(
    label: rx.Var[str], *, error: rx.Var[str], score: rx.Var[int], on_rate: Any, field_id: str = ""
) -> rx.Component:
    """A field for a password to be chosen, with its strength while it is typed."""
    return password_field(
        "password",
        label,
        autocomplete="new-password",
        hint=tr("password.hint", limit=MIN_PASSWORD_LENGTH),
        error=error,
        on_change=on_rate.debounce(250),
        field_id=field_id,
        extra=strength(
            score,
            label=tr("password.strength"),
            words=tuple(tr(f"password.strength.{n}") for n in range(5)),
        ),
    )
