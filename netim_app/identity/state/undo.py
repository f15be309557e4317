"""The undo of a change of the e-mail address."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.identity import flows
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit


class UndoState(rx.State):
    """The page of a link that undoes a change of address. Only its button consumes the link, not opening the page."""

    errors: dict[str, str] = {}
    restored: str = ""
    """The restored address; empty before."""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Starts with an empty form."""
        await begin_visit(self)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Consumes the link and restores the old address."""
        await begin_visit(self)
        self.errors = {}
        caller = visitor()
        try:
            token = read_token(form)
            self.restored = await flows.restore_email(token, caller)
        except DomainError as error:
            self.errors = await explain(self, error)
