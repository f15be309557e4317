"""The card with the rules, its dialogs, and the field that tests an address."""

from typing import Any

import reflex as rx

from netim_app.core import readers
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.ip_restriction import rules
from netim_app.features.ip_restriction.service import access, rule_list
from netim_app.features.ip_restriction.service.rule_list import Added, Restriction, Rule
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.shell import ShellState, change, explain, refresh, show_notice
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of

MAX_NOTE = rule_list.MAX_NOTE
MAX_ENTRY = rules.MAX_ENTRY
MAX_ID = 2**31 - 1


class IpRestrictionState(rx.State):
    """What is in force, and the rules."""

    since: str = ""
    """A date, or empty while the restriction is off."""
    rules: list[Rule] = []
    here: str = ""
    """The customer's present address; empty when it is unknown."""
    here_rule: str = ""
    """The rule that lets it in, or empty."""

    @rx.event
    @open_to(LOGGED_IN)
    async def resume(self) -> Any:
        """Leads back to the card after a step-up that no dialog goes on from."""
        await show_notice(self, "info", "ip_restriction.resume")
        return rx.redirect("/account/connection-and-security#ip-restriction")

    @rx.event
    @open_to(FRESH, resume="ip_restriction_here")
    async def add_here(self) -> None:
        """Puts the present address on the list."""
        try:
            await limits.allow_change(actor().account_id)
            added = await change(self, rule_list.add_present_address)
        except DomainError as error:
            await refresh(self, everything=True)
            await show_notice(self, "warning", error.key, **error.params)
            return
        await _tell_added(self, added)


class IpDialogState(rx.State):
    """The dialogs that change something."""

    dialog: str = ""
    """Which one is open: "add", "switch", "remove", or empty."""
    errors: dict[str, str] = {}
    turning_on: bool = False
    rule: str = ""
    """The one to be removed."""
    shuts_out: bool = False
    """Whether going on would shut out the customer's present address."""
    proposed: str = ""
    """An address that the dialog "add" begins with."""

    _rule_id: int = 0
    _then_switch: bool = False
    """The first rule is added on the way to switching the restriction on."""
    _visit: str = ""

    @rx.event
    @open_to(FRESH, resume="ip_restriction_add")
    def begin_add(self) -> None:
        """Opens the dialog that adds a rule."""
        self._begin("add")

    @rx.event
    @open_to(FRESH, resume="ip_restriction_here")
    async def begin_add_here(self) -> None:
        """Opens it with the present address, where a step-up interrupted the click that adds it."""
        self._propose_here()

    @rx.event
    @open_to(FRESH, resume="ip_restriction_add")
    async def add(self, form: dict[str, Any]) -> None:
        """Adds the rule; what was typed stays where it is when something is wrong."""
        self.errors = {}
        read = Form(form)
        entry = read.text("address", limit=rules.MAX_ENTRY, clean=readers.network)
        note = read.text("note", limit=rule_list.MAX_NOTE, required=False)
        try:
            read.finish()
            span = rules.parse(entry)
            await limits.allow_change(actor().account_id)
            added = await change(self, rule_list.add_rule, span, note)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        then_switch = self._then_switch
        self._end()
        await _tell_added(self, added)
        if then_switch:
            await self._ask_to_switch()

    @rx.event
    @open_to(FRESH, resume="ip_restriction_switch")
    async def begin_switch(self) -> None:
        """Opens the dialog that switches the restriction on, or off when it is on. Without a rule, that comes first."""
        await self._ask_to_switch()

    async def _ask_to_switch(self) -> None:
        turning_on = not await in_read_unit(access.is_on, actor().account_id)
        shuts_out = False
        if turning_on:
            try:
                shuts_out = await in_read_unit(rule_list.shuts_out_on_switch, actor())
            except DomainError:  # no rule yet: that is the first step
                self._propose_here()
                self._then_switch = True
                return
        self._begin("switch", shuts_out)
        self.turning_on = turning_on

    @rx.event
    @open_to(FRESH, resume="ip_restriction_switch")
    async def switch(self, form: dict[str, Any]) -> Any:
        """Switches the restriction as the dialog has said."""
        on, confirmed = self.turning_on, Form(form).flag(rule_list.CONFIRM_FIELD)
        if self.dialog != "switch":
            return None
        try:
            await limits.allow_change(actor().account_id)
            await change(self, rule_list.switch_restriction, on, confirmed=confirmed)
        except DomainError as error:
            return await self._refuse(error)
        return await self._done("success", "ip_restriction.switched_on" if on else "ip_restriction.switched_off")

    @rx.event
    @open_to(FRESH, resume="ip_restriction")
    async def begin_remove(self, rule_id: int) -> None:
        """Opens the dialog that removes a rule."""
        if not isinstance(rule_id, int) or isinstance(rule_id, bool) or not 0 < rule_id <= MAX_ID:
            return
        try:
            text, shuts_out = await in_read_unit(rule_list.shuts_out_on_removal, actor(), rule_id)
        except DomainError as error:
            await refresh(self, everything=True)
            await show_notice(self, "warning", error.key, **error.params)
            return
        self._begin("remove", shuts_out)
        self.rule = text
        self._rule_id = rule_id

    @rx.event
    @open_to(FRESH, resume="ip_restriction")
    async def remove(self, form: dict[str, Any]) -> Any:
        """Removes the rule that the dialog has named."""
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
    def close(self) -> None:
        """Closes the dialog without a change."""
        self._end()

    def _propose_here(self) -> None:
        self._begin("add")
        here = rules.of_client(actor().origin.address)
        self.proposed = here.text if here else ""

    def _begin(self, dialog: str, shuts_out: bool = False) -> None:
        self._visit = visit_of(self)
        self._then_switch = False
        self.proposed = ""
        self.dialog = dialog
        self.shuts_out = shuts_out
        self.errors = {}

    def _end(self) -> None:
        self._begin("")
        self.rule = ""
        self._rule_id = 0

    async def _refuse(self, error: DomainError) -> None:
        """Says why not; shows the box to tick when that is what is missing."""
        self.shuts_out = self.shuts_out or error.key == rule_list.SHUTS_OUT
        self.errors = await explain(self, error)

    async def _done(self, kind: str, key: str, **params: object) -> Any:
        """Closes the dialog. When the customer shut out this address, the next event leads to the login."""
        self._end()
        await show_notice(self, kind, key, **params)
        return ShellState.open_account_page


class IpTestState(rx.State):
    """The field that tests an address against the rules."""

    errors: dict[str, str] = {}
    address: str = ""
    """The one that was tested, in its one form; empty before."""
    rule: str = ""
    """The rule that lets it in, or empty."""

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> None:
        """Says whether an address would be let in, and by which rule."""
        self._visit = visit_of(self)
        self.errors = {}
        self.address = self.rule = ""
        read = Form(form)
        entry = read.text("address", limit=rules.MAX_ENTRY, clean=readers.network)
        try:
            read.finish()
            tested = rules.parse_address(entry)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.rule = await in_read_unit(access.let_in_by, actor().account_id, tested) or ""
        self.address = tested.text


async def _tell_added(state: rx.State, added: Added) -> None:
    """Says what came of it, and points out what is there twice."""
    if added.inside:
        await show_notice(state, "info", "ip_restriction.added.inside", rule=added.text, other=added.inside)
    elif added.covers:
        await show_notice(state, "info", "ip_restriction.added.covers", rule=added.text, count=added.covers)
    else:
        await show_notice(state, "success", "ip_restriction.added", rule=added.text)


async def show_restriction(state: rx.State, restriction: Restriction) -> None:
    """Puts the stored rules into the card, and how they treat the address that the customer has now."""
    card = await state.get_state(IpRestrictionState)
    if card.rules != list(restriction.rules):
        (await state.get_state(IpTestState)).reset()  # what it said may not be true any more
    here = rules.of_client(actor().origin.address)
    card.since = restriction.since
    card.rules = list(restriction.rules)
    card.here = here.text if here else ""
    card.here_rule = restriction.lets_in(here) or ""
