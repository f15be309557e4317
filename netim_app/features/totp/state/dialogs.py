"""The dialogs that change an authenticator."""

from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.row_ids import may_be_id
from netim_app.features.totp.service import authenticators
from netim_app.features.totp.state.card import TotpState, read_name
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card, show_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change, leave_visit
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import in_unit
from netim_app.reflex_port.visits import visit_of


class TotpDialogState(rx.State):
    """The dialogs that rename and remove an authenticator, and the one that disables."""

    dialog: str = ""
    """The open dialog: "rename", "remove", "disable", or empty."""
    authenticator_id: int = 0
    authenticator_name: str = ""
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def begin_rename(self, authenticator_id: int) -> None:
        """Asks for a new name."""
        await self._open("rename", authenticator_id)

    @rx.event
    @open_to(LOGGED_IN)
    async def rename(self, form: dict[str, Any]) -> None:
        """Stores the new name."""
        self.errors = {}
        read = Form(form)
        name = read_name(read)
        try:
            read.finish()
            await limits.allow_edit(actor().account_id)
            await change(self, authenticators.rename, self.authenticator_id, name)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.renamed")

    @rx.event
    @open_to(FRESH)
    async def begin_remove(self, authenticator_id: int) -> None:
        """Asks before an authenticator is removed. Removing the last second factor means disabling."""
        card = await self.get_state(TotpState)
        last = len(card.authenticators) == 1 and not card.beside
        await self._open("disable" if last else "remove", authenticator_id)

    @rx.event
    @open_to(FRESH)
    async def begin_remove_lost(self) -> Any:
        """Asks before the lost device is removed. If several are older than the newest, the customer chooses."""
        older = (await self.get_state(TotpState)).authenticators[:-1]
        if len(older) == 1:
            await self._open("remove", older[0].id)
            return go_to_card(self, "two-factor")
        await show_notice(self, "info", "totp.lost.choose")
        if go_to_card(self, "two-factor") is not None:
            await leave_visit(self)  # the notice is for the page with the list
        return show_card(self, "two-factor")

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> None:
        """Removes the authenticator."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            await change(self, authenticators.remove, self.authenticator_id)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.removed", name=self.authenticator_name)

    @rx.event
    @open_to(FRESH)
    def begin_disable(self) -> None:
        """Asks for the code that disables."""
        self.errors = {}
        self._visit = visit_of(self)
        self.authenticator_id = 0
        self.dialog = "disable"

    @rx.event
    @open_to(FRESH)
    async def disable(self, form: dict[str, Any]) -> Any:
        """Disables, with a code if there is no other second factor; the ticket then renews the session."""
        self.errors = {}
        read = Form(form)
        beside = (await self.get_state(TotpState)).beside
        code = "" if beside else read.code()
        try:
            read.finish()
            ticket = await in_unit(authenticators.disable, actor(), code, paths.SECURITY)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.disabled.beside" if beside else "totp.disabled")
        async for step in renew_session(self, ticket):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.dialog = ""
        self.errors = {}

    async def _open(self, dialog: str, authenticator_id: int) -> None:
        if not may_be_id(authenticator_id):
            return
        known = {row.id: row.name for row in (await self.get_state(TotpState)).authenticators}
        if authenticator_id in known:
            self.errors = {}
            self._visit = visit_of(self, paths.SECURITY)
            self.authenticator_id = authenticator_id
            self.authenticator_name = known[authenticator_id]
            self.dialog = dialog
