"""The card with the rules, and the field that tests an address."""

from typing import Any

import reflex as rx

from netim_app.core import readers
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.ip_restriction.rules import reading, spans
from netim_app.features.ip_restriction.service import access, rule_list
from netim_app.features.ip_restriction.service.rule_list import Added, ListedRule, Restriction
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change, refresh
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of

MAX_ENTRY = reading.MAX_ENTRY
_REMARKS = {
    "private": "ip_restriction.added.private",
    "reserved": "ip_restriction.added.reserved",
    "line": "ip_restriction.added.line",
}


class IpRestrictionState(rx.State):
    """Whether the restriction is on, and the rules."""

    since: str = ""
    """A date, or empty while the restriction is off."""
    rules: list[ListedRule] = []
    here: str = ""
    """The customer's current address; empty when it is unknown."""
    here_rule: str = ""
    """The rule that lets it in, or empty."""
    here_line: str = ""
    """The network that is added instead: the /64 of an IPv6 address. Otherwise empty."""
    family_missing: int = 0
    """4 or 6, if the list has no rule of this family and the customer's connection may use it; otherwise 0."""

    @rx.event
    @open_to(FRESH)
    async def add_here(self) -> None:
        """Adds the current address to the list."""
        try:
            await limits.allow_change(actor().account_id)
            added = await change(self, rule_list.add_present_address)
        except DomainError as error:
            await refresh(self, everything=True)
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_added(self, added)


class IpTestState(rx.State):
    """The field that tests an address against the rules."""

    errors: dict[str, str] = {}
    address: str = ""
    """The tested address in canonical form; empty before a test."""
    rule: str = ""
    """The rule that lets it in, or empty."""

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> None:
        """Shows whether an address would be let in, and by which rule."""
        self._visit = visit_of(self)
        self.errors = {}
        self.address = self.rule = ""
        read = Form(form)
        entry = read.text("address", limit=reading.MAX_ENTRY, clean=readers.network)
        try:
            read.finish()
            tested = reading.parse_address(entry)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.rule = await in_read_unit(access.covering_rule, actor().account_id, tested) or ""
        self.address = tested.text


async def show_added(state: rx.State, added: Added) -> None:
    """Shows the result, and warns of rules that are redundant or let nobody in."""
    kind, key, params = what_came_of(added)
    await show_notice(state, kind, key, **params)


def what_came_of(added: Added) -> tuple[str, str, dict[str, object]]:
    """The kind of the notice and its text."""
    about: dict[str, object] = {"rule": added.text}
    if added.inside:
        return "info", "ip_restriction.added.inside", about | {"other": added.inside}
    if added.covers:
        return "info", "ip_restriction.added.covers", about | {"count": added.covers}
    if added.remark:
        return "info", _REMARKS[added.remark], about | {"line": added.line}
    return "success", "ip_restriction.added", about


async def show_restriction(state: rx.State, restriction: Restriction) -> None:
    """Updates the card with the stored rules, and how they treat the customer's current address."""
    card = await state.get_state(IpRestrictionState)
    here = spans.of_client(actor().origin.address)
    line = spans.line_of(here) if here else None
    shown = restriction.seen_from(here)
    if card.rules != shown:
        (await state.get_state(IpTestState)).reset()  # its result may no longer be true
    card.since = restriction.since
    card.rules = shown
    card.here = here.text if here else ""
    card.here_line = line.text if line else ""
    card.family_missing = spans.family_missing(restriction.spans)
    card.here_rule = restriction.covering_rule(here) or ""
