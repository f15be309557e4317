"""The card "Email alerts", and the page of the links for the mailbox that receives copies."""

import reflex as rx

from netim_app.features.login_alerts.state import CopyDialogState, CopyLinkState, CopyState, LoginAlertsState
from netim_app.identity.view.entry_parts import entry_form, token_field
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui import card as kit
from netim_app.ui.buttons import button_in_text
from netim_app.ui.chips import chips
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.switch import switch
from netim_app.ui.text import breakable, tr


def card() -> rx.Component:
    """What alerts are, whether they are on, the switch, and the choice of logins."""
    state = LoginAlertsState
    on = rx.cond(state.since == "", tr("login_alerts.on_always"), tr("login_alerts.on", date=state.since))
    return kit.card(
        rx.cond(state.on, _choice()),
        rx.cond(state.on | (CopyState.email != ""), _copy()),
        _copy_dialog(),
        title=tr("login_alerts.title"),
        state=kit.status(rx.cond(state.on, on, tr("login_alerts.off")), on=state.on),
        text=rx.cond(
            state.on,
            rx.cond(state.chosen == "every", tr("login_alerts.text"), tr("login_alerts.text.new")),
            tr("login_alerts.text.off"),
        ),
        control=switch(
            tr("login_alerts.switch"),
            state.on,
            state.switch(~state.on),
            test_id="login-alerts-switch",
            show_label=False,
            html_id="email-alerts-switch",
        ),
        control_id="email-alerts-switch",
        anchor="email-alerts",
        icon="mail",
    )


def _choice() -> rx.Component:
    choices = (("every", tr("login_alerts.every")), ("new", tr("login_alerts.new")))
    return chips(choices, LoginAlertsState.chosen, LoginAlertsState.choose, label=tr("login_alerts.which"))


def _copy() -> rx.Component:
    """The address for copies. It is shown even while alerts are off: some alerts are mailed even then."""
    begin = button_in_text(tr("login_alerts.copy.title"), CopyDialogState.begin, test_id="copy-begin")
    return rx.cond(CopyState.email == "", rx.el.p(begin), _copy_address())


def _copy_address() -> rx.Component:
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


def _copy_dialog() -> rx.Component:
    state = CopyDialogState
    return dialog(
        rx.el.p(tr("login_alerts.copy.effect")),
        rx.cond(CopyState.confirmed, rx.el.p(tr("login_alerts.copy.replaces"))),
        form(
            text_field(
                "email", tr("field.email"), type="email", autocomplete="off", inputmode="email",
                error=error_at(state.errors, "email"), auto_focus=True, field_id="copy-email",
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
    )  # fmt: skip


def page() -> rx.Component:
    """The page /alert-copy."""
    state = CopyLinkState
    stopped = outcome(tr("login_alerts.page.stopped"), test_id="copy-stopped")
    confirmed = outcome(tr("login_alerts.page.confirmed"), test_id="copy-confirmed")
    return entry_page(
        rx.cond(state.done, rx.cond(state.stops, stopped, confirmed), _link_form()),
        title=tr("login_alerts.page.title"),
        skeleton=form_skeleton(1),
    )


def _link_form() -> rx.Component:
    stops = CopyLinkState.stops
    return rx.fragment(
        rx.el.p(rx.cond(stops, tr("login_alerts.page.stop.text"), tr("login_alerts.page.confirm.text"))),
        entry_form(
            CopyLinkState,
            token_field(error_at(CopyLinkState.errors)),
            submit_label=rx.cond(stops, tr("login_alerts.page.stop"), tr("login_alerts.page.confirm")),
            test_id="copy-link",
        ),
    )
