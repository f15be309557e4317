"""The switch on the card, and the choice below it."""

from typing import Literal

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.features.login_alerts.rules import DEFAULT, SETTINGS, Setting
from netim_app.features.login_alerts.service.alerts import AlertSetting, choose
from netim_app.features.login_alerts.state.copy_line import CopyState
from netim_app.identity import limits
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.messages import show_notice
from netim_app.identity.state.shell import change


class LoginAlertsState(rx.State):
    """Which logins are mailed, and since when."""

    on: bool = False
    chosen: str = ""
    """"every" or "new" while alerts are on."""
    since: str = ""

    _before: Setting = DEFAULT
    """The setting that `undo` restores."""

    @rx.event
    @open_to(LOGGED_IN)
    async def switch(self, on: bool) -> None:
        """Stores the new position of the switch. When switched on, alerts cover every login."""
        if isinstance(on, bool):
            await _store(self, "every" if on else "off")

    @rx.event
    @open_to(LOGGED_IN)
    async def choose(self, setting: Literal["every", "new"]) -> None:
        """Stores which logins are mailed while alerts are on."""
        if setting in ("every", "new"):
            await _store(self, setting)

    @rx.event
    @open_to(LOGGED_IN)
    async def undo(self) -> None:
        """Undoes the change that the notice has just reported."""
        await _store(self, self._before)


async def _store(state: LoginAlertsState, setting: Setting) -> None:
    try:
        await limits.allow_change(actor().account_id)
        before = await change(state, choose, setting)
    except DomainError as error:
        await show_notice(state, "warning", error.key, **error.params)
        return
    raised = SETTINGS.index(setting) > SETTINGS.index(before)
    if raised:
        state._before = before  # noqa: SLF001  public, it would be sent to the page
    await show_notice(state, "success", _SAID[setting], undo="login_alerts" if raised else "")


_SAID: dict[Setting, str] = {
    "off": "login_alerts.switched_off",
    "new": "login_alerts.switched_new",
    "every": "login_alerts.switched_on",
}
SWITCH_ON, UNDO = LoginAlertsState.switch(True), LoginAlertsState.undo


async def show_setting(state: rx.State, setting: AlertSetting) -> None:
    """Updates the card with the stored setting and the address for copies."""
    card = await state.get_state(LoginAlertsState)
    card.on = setting.setting != "off"
    card.chosen = setting.setting if card.on else ""
    card.since = setting.since
    line = await state.get_state(CopyState)
    line.email, line.confirmed = setting.copy.email, setting.copy.confirmed
