"""The switch "Passkeys only": the dialogs that switch it on and off."""

from datetime import UTC, datetime
from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.passkeys.rules import CHALLENGE_LIFE, RECOVERY_WAIT
from netim_app.features.passkeys.service import only
from netim_app.features.passkeys.state.card import PasskeysState
from netim_app.features.passkeys.state.prompts import read_reply, show_prompt
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import in_unit, units
from netim_app.reflex_port.visits import visit_of

WAIT_HOURS = int(RECOVERY_WAIT.total_seconds() // 3600)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class PasskeysOnlyState(rx.State):
    """Both dialogs, and the prompt that proves that a passkey works."""

    dialog: str = ""
    """The open dialog: "on", "off", or empty."""
    options: str = ""
    kind: str = ""
    proved: bool = False
    """A backup code was right. It is requested only once in five minutes, even if the prompt is closed."""
    errors: dict[str, str] = {}

    _proved_until: datetime = LONG_AGO
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> None:
        """Asks before it is switched on or off."""
        self.errors = {}
        self.proved = False
        self._visit = visit_of(self, paths.SECURITY)
        self.dialog = "off" if (await self.get_state(PasskeysState)).only else "on"

    @rx.event
    @open_to(FRESH)
    async def ask(self, form: dict[str, Any]) -> Any:
        """Asks the browser for a passkey; first for a backup code, if the account has only one passkey."""
        self.errors = {}
        read = Form(form)
        needs_code = (await self.get_state(PasskeysState)).lacks == "code"
        now = units().clock()
        self.proved = self.proved and now < self._proved_until
        code = read.code() if needs_code and not self.proved else ""
        try:
            read.finish()
            await limits.allow_proof(actor())
            options = await in_unit(only.ask, actor(), code, proved=self.proved)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        if needs_code and not self.proved:
            self.proved, self._proved_until = True, now + CHALLENGE_LIFE
        async for step in show_prompt(self, options, "use"):
            yield step

    @rx.event
    @open_to(FRESH)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Switches it on; the ticket then renews the session, and the page stays."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            ticket = await change(self, only.switch_on, read_reply(form), paths.SECURITY)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog, self.proved = "", False
        await show_notice(self, "success", "passkeys.only.switched_on")
        async for step in renew_session(self, ticket):
            yield step

    @rx.event
    @open_to(FRESH)
    async def switch_off(self) -> None:
        """Lets the password open the account again."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            await change(self, only.switch_off)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "passkeys.only.switched_off")

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.dialog, self.proved = "", False
        self.errors = {}
