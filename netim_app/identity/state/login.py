"""The login page: password, then a code if the account needs one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import Actor, Visitor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.paths import safe_path
from netim_app.identity import ceremonies, flows, limits, login, pending_logins, second_factor
from netim_app.identity.access import ANYONE, PENDING, open_to
from netim_app.identity.email_address import read_email
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.identity.state.ticket_exchange import exchange_ticket, keep_pending
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit
from reflex_guard.tokens import digest, new_token


class LoginState(rx.State):
    """The login form."""

    errors: dict[str, str] = {}
    needs_code: bool = False
    """The password was right and the second factor is outstanding, in this tab or in another tab of the browser."""
    ceremonies: list[str] = []
    """Names of the ceremonies that can replace a code."""
    reason: str = ""
    """Why the customer is here: text key suffix of `login.reason.*`, or empty."""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> Any:
        """Shows why the customer is here, or the code form for a pending login. Redirects customers with a session."""
        if isinstance(visitor(), Actor):
            return rx.redirect(safe_path(self._query("next")))
        owes_code, others = await in_read_unit(_second_step, visitor())
        await begin_visit(self)
        self.ceremonies = others
        if owes_code != self.needs_code:
            self.errors = {}
        self.needs_code = owes_code
        self.reason = next(
            (name for name in ("ended", "refused", "again", "fault", "bye", "deleted") if self._query(name)), ""
        )
        return None

    @rx.event
    @open_to(ANYONE)
    def open_home(self) -> Any:
        """Redirects from the root path to the account, or to the login."""
        return rx.redirect(paths.PERSONAL if isinstance(visitor(), Actor) else paths.LOGIN)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Checks address and password. A ticket then opens the session, or a code is asked for."""
        await begin_visit(self)
        self.errors = {}
        self.reason = ""
        read = Form(form)
        email = read_email(read)
        password = read.secret("password")
        remember = read.flag("remember")
        secret = new_token()
        caller = replace(visitor(), pending_digests=(digest(secret),))
        try:
            read.finish()
            if not caller.browser_digest:
                raise DomainError("login.no_cookies")
            return_to = safe_path(self._query("next"))
            result = await flows.log_in(caller, email, password, remember=remember, return_to=return_to)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.needs_code = isinstance(result, login.CodeRequired)
        self.ceremonies = list(result.ceremonies) if isinstance(result, login.CodeRequired) else []
        steps = (
            exchange_ticket(self, result.ticket)
            if isinstance(result, login.TicketIssued)
            else keep_pending(self, secret)
        )
        async for step in steps:
            yield step

    @rx.event
    @open_to(PENDING)
    async def submit_code(self, form: dict[str, Any]) -> Any:
        """Checks the second factor; the ticket then opens the session."""
        self.errors = {}
        read = Form(form)
        code = read.code()
        caller = visitor()
        try:
            read.finish()
            await limits.allow_code(caller.origin.address)
            ticket = await in_unit(second_factor.finish_login, caller, code)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.needs_code = False
        async for step in exchange_ticket(self, ticket):
            yield step

    @rx.event
    @open_to(PENDING)
    async def cancel_code(self) -> None:
        """Ends the pending login and shows the password form again."""
        await in_unit(pending_logins.drop_pending, visitor().browser_digest)
        self.needs_code = False
        self.errors = {}

    def _query(self, name: str) -> str:
        return str(self.router.url.query_parameters.get(name, ""))


def _second_step(unit: UnitOfWork, caller: Visitor) -> tuple[bool, list[str]]:
    """Whether this browser has a pending login, and the ceremonies that can replace its code."""
    account_id = pending_logins.pending_account(unit, caller)
    return (False, []) if account_id is None else (True, ceremonies.names_of(unit, account_id))


async def go_on_logged_in(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Makes the page post the ticket of a login by a ceremony. Used like `ticket_exchange.exchange_ticket`."""
    (await state.get_state(LoginState)).needs_code = False
    async for step in exchange_ticket(state, ticket):
        yield step


def return_path(state: rx.State) -> str:
    """The path that a login on this page leads to."""
    return safe_path(str(state.router.url.query_parameters.get("next", "")))
