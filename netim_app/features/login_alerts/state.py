"""The switch on the card, the choice below it, and the address that receives copies."""

from typing import Any, Literal

import reflex as rx

from netim_app.core.actor import actor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.login_alerts.rules import DEFAULT, SETTINGS, Setting
from netim_app.features.login_alerts.service import copies
from netim_app.features.login_alerts.service.alerts import AlertSetting, choose
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, FRESH, LOGGED_IN, open_to
from netim_app.identity.email_address import read_new_email
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.shell import begin_visit, change, explain, refresh, show_notice
from netim_app.infra.rate_limit import HOUR, Limit
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.reflex_port.visits import visit_of

COPY_REQUEST_PER_ACCOUNT = Limit("copy_request_per_account", 10, HOUR)
"""Each sends a mail to a mailbox that did not ask for it."""


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


class CopyState(rx.State):
    """The line of the card about copies."""

    email: str = ""
    confirmed: bool = False

    @rx.event
    @open_to(LOGGED_IN)
    async def ask_again(self) -> None:
        """Mails the link again to the unconfirmed address."""
        email = (await in_read_unit(copies.view_copy, actor().account_id)).email
        try:
            if not email or not await _send_link_again(self, email):
                await refresh(self)
                return
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_notice(self, "success", "login_alerts.copy.asked", email=email)

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> None:
        """Ends the copies."""
        try:
            await limits.allow_change(actor().account_id)
            await change(self, copies.remove)
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_notice(self, "success", "login_alerts.copy.removed")


async def _allow_request(email: str) -> None:
    await limits.allow(COPY_REQUEST_PER_ACCOUNT, str(actor().account_id), field="email")
    await limits.allow_mail("alert_copy", email, actor().origin.address)


async def _send_link_again(state: CopyState, email: str) -> bool:
    await _allow_request(email)
    return await change(state, copies.ask_again, email)


class CopyDialogState(rx.State):
    """The dialog that asks for the address."""

    open: bool = False
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    def begin(self) -> None:
        """Opens the dialog, after a fresh proof of identity."""
        self._visit = visit_of(self)
        self.open = True
        self.errors = {}

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.reset()

    @rx.event
    @open_to(FRESH)
    async def submit(self, form: dict[str, Any]) -> None:
        """Mails the link to the address, which gets no copy before it has confirmed."""
        self.errors = {}
        read = Form(form)
        email = read_new_email(read)
        try:
            read.finish()
            await _allow_request(email)
            await change(self, copies.ask, email)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.reset()
        await show_notice(self, "success", "login_alerts.copy.asked", email=email)


class CopyLinkState(rx.State):
    """The page of the links for the other mailbox. Opening it does nothing; only its button acts."""

    errors: dict[str, str] = {}
    stops: bool = False
    """The link is from a copy, and ends the copies."""
    done: bool = False

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Resets the page."""
        await self._begin()

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Consumes the link."""
        await self._begin()
        self.errors = {}
        try:
            token = read_token(form)
            await limits.allow_link(visitor().origin.address)
            await in_unit(copies.stop if self.stops else copies.confirm, token)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.done = True

    async def _begin(self) -> None:
        await begin_visit(self)
        self.stops = self.router.url.query_parameters.get("for") == "stop"


async def show_setting(state: rx.State, setting: AlertSetting) -> None:
    """Updates the card with the stored setting and the address for copies."""
    card = await state.get_state(LoginAlertsState)
    card.on = setting.setting != "off"
    card.chosen = setting.setting if card.on else ""
    card.since = setting.since
    line = await state.get_state(CopyState)
    line.email, line.confirmed = setting.copy.email, setting.copy.confirmed
