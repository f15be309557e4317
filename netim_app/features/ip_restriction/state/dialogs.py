"""The dialogs that change the list or its switch."""

from typing import Any

import reflex as rx

from netim_app.core import paths, readers
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.row_ids import may_be_id
from netim_app.features.ip_restriction.rules import reading, spans
from netim_app.features.ip_restriction.rules.pasted import MAX_NOTE
from netim_app.features.ip_restriction.service import access, restriction, rule_list
from netim_app.features.ip_restriction.service.rule_list import Added
from netim_app.features.ip_restriction.state.card import show_added, what_came_of
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import ShellState, change, refresh
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState


class IpDialogState(rx.State):
    """The dialogs that change the list or its switch."""

    dialog: str = ""
    """The open dialog: "add", "switch", "remove", or empty."""
    errors: dict[str, str] = {}
    turning_on: bool = False
    rule: str = ""
    """The rule to remove."""
    locks_out: bool = False
    """Whether continuing would lock out the customer's current address."""
    proposed: str = ""
    """The initial text of the dialog "add", or of the list dialog in its place."""
    added: str = ""
    """The result of the previous rule, when another one follows."""
    added_kind: str = ""

    _rule_id: int = 0
    _then_switch: bool = False
    """The first rule is being added in order to switch the restriction on."""
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    def begin_add(self) -> None:
        """Opens the dialog that adds a rule."""
        self._begin("add")

    @rx.event
    @open_to(FRESH)
    async def add(self, form: dict[str, Any]) -> None:
        """Adds the rule; on an error the typed text stays."""
        self.errors = {}
        read = Form(form)
        entry = read.text("address", limit=reading.MAX_ENTRY, clean=readers.network)
        note = read.text("note", limit=MAX_NOTE, required=False)
        try:
            read.finish()
            span = reading.parse(entry)
            await limits.allow_change(actor().account_id)
            added = await change(self, rule_list.add_rule, span, note)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        if read.flag("another"):
            await self._go_on_after(added)
            return
        then_switch = self._then_switch
        self._end()
        await show_added(self, added)
        if then_switch:
            await ask_to_switch(self)

    async def _go_on_after(self, added: Added) -> None:
        self.added_kind, key, params = what_came_of(added)
        self.added = catalog.text((await self.get_state(LocaleState)).locale, key, **params)
        self.proposed = ""

    @rx.event
    @open_to(FRESH)
    async def begin_switch(self) -> Any:
        """Opens the dialog that switches the restriction on or off. Without rules, it first asks for one."""
        await ask_to_switch(self)
        return go_to_card(self, "ip-restriction")

    @rx.event
    @open_to(FRESH)
    async def switch(self, form: dict[str, Any]) -> Any:
        """Switches the restriction as the dialog proposed."""
        on, confirmed = self.turning_on, Form(form).flag(rule_list.CONFIRM_FIELD)
        if self.dialog != "switch":
            return None
        try:
            await limits.allow_change(actor().account_id)
            await change(self, restriction.switch, on, confirmed=confirmed)
        except DomainError as error:
            return await self._refuse(error)
        return await self._done("success", "ip_restriction.switched_on" if on else "ip_restriction.switched_off")

    @rx.event
    @open_to(FRESH)
    async def begin_remove(self, rule_id: int) -> None:
        """Opens the dialog that removes a rule."""
        if not may_be_id(rule_id):
            return
        try:
            removal = await in_read_unit(rule_list.view_removal, actor(), rule_id)
        except DomainError as error:
            await refresh(self, everything=True)
            await show_notice(self, "warning", error.key, **error.params)
            return
        self._begin("remove", removal.locks_out)
        self.rule = removal.text
        self._rule_id = rule_id

    @rx.event
    @open_to(FRESH)
    async def remove(self, form: dict[str, Any]) -> Any:
        """Removes the rule of the dialog."""
        if self.dialog != "remove":
            return None
        confirmed = Form(form).flag(rule_list.CONFIRM_FIELD)
        try:
            await limits.allow_change(actor().account_id)
            text = await change(self, rule_list.remove_rule, self._rule_id, confirmed=confirmed)
        except DomainError as error:
            return await self._refuse(error)
        return await self._done("success", "ip_restriction.removed", rule=text)

    @rx.event
    @open_to(LOGGED_IN)
    async def close(self) -> None:
        """Closes the dialog without changes. If it was opened on the way to switching on, that dialog is next."""
        then_switch = self._then_switch and self.added != ""
        self._end()
        if then_switch:
            await ask_to_switch(self)

    def _propose_here(self) -> None:
        self._begin("add")
        here = spans.of_client(actor().origin.address)
        self.proposed = (spans.line_of(here) or here).text if here else ""

    def _begin(self, dialog: str, locks_out: bool = False) -> None:
        self._visit = visit_of(self, paths.SECURITY)
        self._then_switch = False
        self.proposed = self.added = self.added_kind = ""
        self.dialog = dialog
        self.locks_out = locks_out
        self.errors = {}

    def _end(self) -> None:
        self._begin("")
        self.rule = ""
        self._rule_id = 0

    async def _refuse(self, error: DomainError) -> None:
        """Shows the refusal; if a confirmation is missing, it shows the checkbox."""
        self.locks_out = self.locks_out or error.key == rule_list.LOCKS_OUT
        self.errors = await explain(self, error)

    async def _done(self, kind: str, key: str, **params: object) -> Any:
        """Closes the dialog. If the customer has locked out the current address, the next event leads to the login."""
        self._end()
        await show_notice(self, kind, key, **params)
        return ShellState.open_account_page


async def ask_to_switch(state: rx.State) -> None:
    """Opens the dialog that switches the restriction on or off; without any rule, the one that adds the first."""
    dialogs = await state.get_state(IpDialogState)
    turning_on = not await in_read_unit(access.is_on, actor().account_id)
    locks_out = False
    if turning_on:
        try:
            locks_out = await in_read_unit(restriction.locks_out_on_switch, actor())
        except DomainError:  # no rule yet: adding one is the first step
            dialogs._propose_here()
            dialogs._then_switch = True
            return
    dialogs._begin("switch", locks_out)
    dialogs.turning_on = turning_on


async def close_for_list(state: rx.State, line: str) -> bool:
    """Closes the dialog because the list dialog opens in its place, with this line.

    Returns whether switching the restriction on is to follow.
    """
    dialogs = await state.get_state(IpDialogState)
    then_switch = dialogs.dialog == "add" and dialogs._then_switch
    dialogs._end()
    dialogs.proposed = line
    return then_switch
