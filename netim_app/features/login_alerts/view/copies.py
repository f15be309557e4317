"""The part of the card about the mailbox that receives copies."""

import reflex as rx

from netim_app.features.login_alerts.state.copy_dialog import CopyDialogState
from netim_app.features.login_alerts.state.copy_line import CopyState
from netim_app.identity.view.fields import error_at
from netim_app.ui.buttons import button_in_text
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.text import breakable, tr


def copy_part() -> rx.Component:
    """The address for copies. It is shown even while alerts are off: some alerts are mailed even then."""
    begin = button_in_text(tr("login_alerts.copy.title"), CopyDialogState.begin, test_id="copy-begin")
    return rx.cond(CopyState.email == "", rx.el.p(begin), _copy_email())


def _copy_email() -> rx.Component:
    state = CopyState
    again = button_in_text(tr("login_alerts.copy.again"), state.ask_again, test_id="copy-again")
    change = button_in_text(tr("login_alerts.copy.change"), CopyDialogState.begin, test_id="copy-change")
    return rx.el.div(
        rx.el.p(
            tr("login_alerts.copy.to"),
            " ",
            rx.el.span(breakable(state.email), class_name="text-ink"),
            rx.cond(state.confirmed, "", rx.fragment(" · ", tr("login_alerts.copy.waiting"))),
            class_name="min-w-0 text-muted wrap-anywhere",
        ),
        rx.cond(state.confirmed, change, again),
        button_in_text(tr("login_alerts.copy.remove"), state.remove, test_id="copy-remove"),
        class_name="flex flex-wrap items-baseline gap-x-4 gap-y-1",
    )


def copy_dialog() -> rx.Component:
    """Asks for the address."""
    state = CopyDialogState
    return dialog(
        rx.el.p(tr("login_alerts.copy.effect")),
        rx.cond(CopyState.confirmed, rx.el.p(tr("login_alerts.copy.replaces"))),
        form(
            text_field(
                "email",
                tr("field.email"),
                type="email",
                autocomplete="off",
                inputmode="email",
                error=error_at(state.errors, "email"),
                auto_focus=True,
                field_id="copy-email",
            ),
            on_submit=state.submit,
            submit_label=tr("login_alerts.copy.submit"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="copy",
        ),
        open=state.open,
        title=tr("login_alerts.copy.title"),
        on_close=state.close,
        test_id="copy-dialog",
    )
