"""The switch on the card."""

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.features.login_alerts.service import AlertSetting, switch_alerts
from netim_app.identity import limits
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.shell import change, show_notice


class LoginAlertsState(rx.State):
    """Whether alerts are on, and since when."""

    on: bool = False
    since: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def switch(self, on: bool) -> None:
        """Stores the new position of the switch."""
        if not isinstance(on, bool):
            return
        try:
            await limits.allow_change(actor().account_id)
        except DomainError as error:
            await show_notice(self, "warning", error.key)
            return
        await change(self, switch_alerts, on)
        if on:
            await show_notice(self, "success", "login_alerts.switched_on", undo="login_alerts")
        else:
            await show_notice(self, "success", "login_alerts.switched_off")


SWITCH_ON, SWITCH_OFF = LoginAlertsState.switch(True), LoginAlertsState.switch(False)


async def show_setting(state: rx.State, setting: AlertSetting) -> None:
    """Puts the stored setting into the card."""
    card = await state.get_state(LoginAlertsState)
    card.on = setting.on
    card.since = setting.since
