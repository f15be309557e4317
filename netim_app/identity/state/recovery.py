"""The pages for a forgotten password."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import flows, limits, recovery
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.email_address import read_email
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.identity.state.typed_password import rate_typed
from netim_app.infra.unit_of_work import in_unit


class ForgotState(rx.State):
    """The form that asks for a reset link."""

    errors: dict[str, str] = {}
    sent_to: str = ""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Starts with an empty form."""
        await begin_visit(self)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Mails a link if there is such a customer. The answer is the same either way."""
        await begin_visit(self)
        self.errors = {}
        read = Form(form)
        email = read_email(read)
        address = visitor().origin.address
        try:
            read.finish()
            await limits.allow_recovery(address)
            if await limits.may_mail("reset", email, address):
                await in_unit(recovery.ask_reset, email, visitor().origin)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.sent_to = email


class ResetState(rx.State):
    """The page of a reset link. It sets a new password and logs nobody in."""

    errors: dict[str, str] = {}
    done: bool = False
    score: int = -1

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Starts with an empty form."""
        await begin_visit(self)

    @rx.event
    @open_to(ANYONE)
    async def rate(self, password: str) -> None:
        """Rates the password while it is typed."""
        await rate_typed(self, password)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Consumes the link and sets the new password."""
        await begin_visit(self)
        self.errors = {}
        caller = visitor()
        try:
            read = Form(form)
            token = read_token(form)
            await flows.reset_password(token, read, caller)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.done = True
