"""The card "Email alerts"."""

import reflex as rx

from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.login_alerts.state.copy_line import CopyState
from netim_app.features.login_alerts.view.copies import copy_dialog, copy_part
from netim_app.ui import card as kit
from netim_app.ui.chips import chips
from netim_app.ui.switch import switch
from netim_app.ui.text import tr


def card() -> rx.Component:
    """Shows a description of alerts, whether they are on, the switch, and the choice of logins."""
    state = LoginAlertsState
    on = rx.cond(state.since == "", tr("login_alerts.on_always"), tr("login_alerts.on", date=state.since))
    return kit.card(
        rx.cond(state.on, _choice()),
        rx.cond(state.on | (CopyState.email != ""), copy_part()),
        copy_dialog(),
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
