"""The page of the links for the mailbox that receives copies."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.features.login_alerts.service import copies
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.infra.unit_of_work import in_unit


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
