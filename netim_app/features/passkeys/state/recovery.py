"""The page of the mailed recovery links: it starts, finishes or stops a recovery."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.passkeys.service import recovery
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.identity.state.ticket_exchange import exchange_ticket
from netim_app.infra.unit_of_work import in_unit

STEPS = ("begin", "finish", "stop")


class PasskeyRecoveryState(rx.State):
    """Opening the page does nothing; only its button acts."""

    step: str = ""
    """The purpose of the link: see `STEPS`."""
    errors: dict[str, str] = {}
    opens: str = ""
    """When the waiting period that has just started ends."""
    stopped: bool = False

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Resets the page."""
        await begin_visit(self)
        asked = self.router.url.query_parameters.get("for")
        self.step = asked if asked in STEPS else "begin"

    @rx.event
    @open_to(ANYONE)
    async def begin(self, form: dict[str, Any]) -> None:
        """Starts the waiting period with a backup code."""
        await begin_visit(self)
        self.errors = {}
        read = Form(form)
        code = read.code()
        address = visitor().origin.address
        try:
            token = read_token(form)
            read.finish()
            await limits.allow_link(address)
            await limits.allow_code(address)
            self.opens = await in_unit(recovery.begin, token, code, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)

    @rx.event
    @open_to(ANYONE)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Finishes the recovery; the ticket opens the session."""
        await begin_visit(self)
        self.errors = {}
        try:
            token = read_token(form)
            await limits.allow_link(visitor().origin.address)
            ticket = await in_unit(recovery.finish, token, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in exchange_ticket(self, ticket):
            yield step

    @rx.event
    @open_to(ANYONE)
    async def stop(self, form: dict[str, Any]) -> None:
        """Stops the recovery: nobody gets in by it."""
        await begin_visit(self)
        self.errors = {}
        try:
            token = read_token(form)
            await limits.allow_link(visitor().origin.address)
            await in_unit(recovery.stop_by_mail, token, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.stopped = True
