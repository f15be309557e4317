"""The page that confirms an address."""

from typing import Any

import reflex as rx

from netim_app.core.actor import Actor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import sign_up_flows
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.mailed_link import read_token
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import begin_visit
from netim_app.identity.state.ticket_exchange import exchange_ticket


class VerifyState(rx.State):
    """The page of a confirmation link. Only its button consumes the link, not opening the page."""

    errors: dict[str, str] = {}
    is_sign_up: bool = False
    """Whether the link belongs to a registration."""
    asks_proof: bool = False
    """Whether the page asks for the password of the registration or the account. A logged-in browser needs none."""
    done: str = ""
    """The purpose of the link that was confirmed ("sign_up", "email_change"), or empty."""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Starts with an empty form."""
        await begin_visit(self)
        self.is_sign_up = self.router.url.query_parameters.get("for") == "sign-up"
        self.asks_proof = self.asks_proof or self.is_sign_up or not isinstance(visitor(), Actor)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Consumes the link."""
        await begin_visit(self)
        self.errors = {}
        caller = visitor()
        try:
            read = Form(form)
            token = read_token(form)
            password = read.secret("password", required=False)
            read.finish()
            confirmed = await sign_up_flows.confirm_email(token, password, caller)
        except DomainError as error:
            self.asks_proof = self.asks_proof or any(fault.field == "password" for fault in error.all)
            self.errors = await explain(self, error)
            return
        self.done = confirmed.purpose
        if confirmed.ticket is not None:
            await show_notice(self, "success", "verify.done.logged_in")
            async for step in exchange_ticket(self, confirmed.ticket):
                yield step
