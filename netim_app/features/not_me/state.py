"""The page of the link, and the panel that says that the account is frozen."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.features.not_me import service
from netim_app.features.not_me.service import PAGE, Freeze
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.infra.unit_of_work import in_read_unit, in_unit


class NotMeState(rx.State):
    """Opening the page does nothing, because mail scanners open links too. Only its button acts."""

    errors: dict[str, str] = {}
    then: str = ""
    """One of `service.THEN` once everything is stopped: how the owner of the mailbox gets back in. The page's URL
    has it, with a mark, because a page whose session has just ended is loaded again."""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Resets the page, or continues after the button."""
        await begin_visit(self)
        query = self.router.url.query_parameters
        then, mark = query.get("then", ""), query.get("mark", "")
        marked = then in service.THEN and await in_read_unit(service.is_marked, then, mark, visitor())
        self.then = then if marked else ""

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Consumes the link and stops everything. The page then says what to do next."""
        await begin_visit(self)
        self.errors = {}
        try:
            token = read_token(form)
            await limits.allow_link(visitor().origin.address)
            self.then = await in_unit(service.stop_everything, token, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return None
        mark = await in_read_unit(service.mark_of, self.then, visitor())
        return rx.redirect(f"{PAGE}?then={self.then}&mark={mark}")


class FreezeState(rx.State):
    """The panel."""

    until: str = ""
    """In the customer's language; empty while the account is not frozen."""
    begun: str = ""
    where: str = ""


async def show_freeze(state: rx.State, freeze: Freeze) -> None:
    """Updates the panel."""
    panel = await state.get_state(FreezeState)
    panel.until, panel.begun, panel.where = freeze.until, freeze.begun, freeze.where
