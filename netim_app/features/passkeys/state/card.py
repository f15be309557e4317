"""The card with the passkeys, and its dialogs."""

from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.row_ids import may_be_id
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.service import passkeys, prompts, question, recovery
from netim_app.features.passkeys.service.passkeys import ListedPasskey, Passkeys
from netim_app.features.passkeys.state.prompts import FAILURES_OF_NEW, read_reply, show_prompt
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import show_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change, due_step
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import in_unit
from netim_app.reflex_port.visits import visit_of

MAX_NAME = rules.MAX_NAME
MAX_PASSKEYS = rules.MAX_PASSKEYS


class PasskeysState(rx.State):
    """The passkeys of the account."""

    offered: bool = False
    """Whether this site supports passkeys: at an IP address it cannot."""
    passkeys: list[ListedPasskey] = []
    full: bool = False
    alone: bool = False
    """Whether the account has only one passkey, on one device."""
    signals: str = ""
    """For password managers."""
    only: bool = False
    """Whether nothing else opens the account."""
    lacks: str = ""
    """The condition for passkeys only that is not met yet: "code", "passkey", or empty."""
    recovery_opens: str = ""
    """When a pending recovery without a passkey can be finished; empty for none."""

    @rx.event
    @open_to(LOGGED_IN)
    def show_card(self) -> Any:
        """Leads to the list, where the customer adds one and removes another."""
        return show_card(self, "passkeys")

    @rx.event
    @open_to(LOGGED_IN)
    async def stop_recovery(self) -> None:
        """Stops a recovery without a passkey. Every open session can do this."""
        await change(self, recovery.stop)


class PasskeyQuestionState(rx.State):
    """The question whether to add a first passkey."""

    asked: bool = False
    """Whether this session shows it."""

    @rx.event
    @open_to(LOGGED_IN)
    async def decline(self) -> None:
        """Declines the question, which is not shown again."""
        await in_unit(question.decline, actor())
        self.asked = False


class NewPasskeyState(rx.State):
    """Adding a passkey."""

    options: str = ""
    kind: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> Any:
        """Asks the browser for a new passkey."""
        try:
            await limits.allow_ceremony(actor().origin.address)
            options = await in_unit(prompts.for_new_passkey, actor())
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        async for step in show_prompt(self, options, "new"):
            yield step

    @rx.event
    @open_to(FRESH)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Adds the new passkey. Without another way back, the customer gets backup codes at once."""
        try:
            await limits.allow_change(actor().account_id)
            added = await change(self, passkeys.add, read_reply(form, FAILURES_OF_NEW), return_to=paths.SECURITY)
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_notice(self, "success", "passkeys.added", name=added.name)
        if added.ticket is None:
            yield await due_step(self)
            return
        async for step in renew_session(self, added.ticket):
            yield step


class PasskeyDialogState(rx.State):
    """The dialogs that rename and remove a passkey."""

    dialog: str = ""
    """The open dialog: "rename", "remove", or empty."""
    passkey: int = 0
    passkey_name: str = ""
    last: bool = False
    """Whether it is the last one."""
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def begin_rename(self, passkey: int) -> None:
        """Asks for a new name."""
        await self._open("rename", passkey)

    @rx.event
    @open_to(LOGGED_IN)
    async def rename(self, form: dict[str, Any]) -> None:
        """Stores the new name."""
        self.errors = {}
        read = Form(form)
        name = read.text("name", limit=MAX_NAME)
        try:
            read.finish()
            await limits.allow_edit(actor().account_id)
            await change(self, passkeys.rename, self.passkey, name)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "passkeys.renamed")

    @rx.event
    @open_to(FRESH)
    async def begin_remove(self, passkey: int) -> None:
        """Asks before a passkey is removed."""
        await self._open("remove", passkey)

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> Any:
        """Removes the passkey. After the last second factor the ticket renews the session, and the page stays."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            ticket = await change(self, passkeys.remove, self.passkey, return_to=paths.SECURITY)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "passkeys.removed", name=self.passkey_name)
        if ticket is not None:
            async for step in renew_session(self, ticket):
                yield step

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.dialog = ""
        self.errors = {}

    async def _open(self, dialog: str, passkey: int) -> None:
        if not may_be_id(passkey):
            return
        known = {row.id: row.name for row in (await self.get_state(PasskeysState)).passkeys}
        if passkey in known:
            self.errors = {}
            self._visit = visit_of(self, paths.SECURITY)
            self.passkey, self.passkey_name, self.last = passkey, known[passkey], len(known) == 1
            self.dialog = dialog


async def show_passkeys(state: rx.State, shown: Passkeys) -> None:
    """Updates the card from the stored rows."""
    card = await state.get_state(PasskeysState)
    card.offered = shown.offered
    card.passkeys = list(shown.passkeys)
    card.full = shown.full
    card.alone = shown.alone
    card.signals = shown.signals
    card.only = shown.only
    card.lacks = shown.lacks
    card.recovery_opens = shown.recovery_opens
    (await state.get_state(PasskeyQuestionState)).asked = shown.asked_in == actor().session_id
