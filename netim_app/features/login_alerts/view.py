"""The card "Email alerts"."""

import reflex as rx

from netim_app.features.login_alerts.state import LoginAlertsState
from netim_app.ui import card as kit
from netim_app.ui.switch import switch
from netim_app.ui.text import tr


def card() -> rx.Component:
    """What alerts are, whether they are on, and the switch."""
    return kit.card(
        title=tr("login_alerts.title"),
        state=kit.status(
            rx.cond(LoginAlertsState.on, tr("login_alerts.on", date=LoginAlertsState.since), tr("login_alerts.off")),
            on=LoginAlertsState.on,
        ),
        text=tr("login_alerts.text"),
        control=switch(
            tr("login_alerts.switch"),
            LoginAlertsState.on,
            LoginAlertsState.switch(~LoginAlertsState.on),
            test_id="login-alerts-switch",
            show_label=False,
            html_id="email-alerts-switch",
        ),
        control_id="email-alerts-switch",
        anchor="email-alerts",
        icon="mail",
    )
