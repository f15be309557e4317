"""The pages outside of the account area: sign-up, its confirmation, login, and a forgotten password."""

from dataclasses import replace
from typing import Any

import reflex as rx

from netim_app.core import readers
from netim_app.core.actor import Actor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.tokens import digest, new_token
from netim_app.identity import (
    flows,
    limits,
    login,
    passwords,
    recovery,
    second_factor,
)
from netim_app.identity.access import ANYONE, PENDING, open_to
from netim_app.identity.email_address import read_email
from netim_app.identity.sessions import HOME
from netim_app.identity.state.shell import explain, safe_path, show_notice
from netim_app.identity.state.ticket_exchange import exchange_ticket, keep_pending
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.ui.text import LocaleState

MAX_LINK_LENGTH = 500
"""Of what stands behind the `#` of a mailed link, with all that a mail program may have added."""


def _read_token(data: object) -> str:
    """The secret of a mailed link, which the page has put into a hidden field.

    Raises:
        DomainError: it is missing, or not whole. No field of the page belongs to it.
    """
    value = data.get("token") if isinstance(data, dict) else None
    if not isinstance(value, str) or not value:
        raise DomainError("link.missing")
    token = readers.token(value) if len(value) <= MAX_LINK_LENGTH else ""
    if not token:
        raise DomainError("link.damaged")
    return token


class LoginState(rx.State):
    """The login form."""

    errors: dict[str, str] = {}
    needs_code: bool = False
    """The password was right; the second factor is outstanding, in this tab or in another one of its browser."""
    reason: str = ""
    """Why the customer is here: text key suffix of `login.reason.*`, or empty."""

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> Any:
        """Says why the customer was sent here; who is logged in already goes on, who owes a code is asked for it."""
        if isinstance(visitor(), Actor):
            return rx.redirect(safe_path(self._query("next")))
        self.needs_code = await in_read_unit(second_factor.is_pending, visitor())
        self.errors = {}
        self.reason = next((name for name in ("ended", "refused", "again", "fault", "bye") if self._query(name)), "")
        return None

    @rx.event
    @open_to(ANYONE)
    def open_home(self) -> Any:
        """Leads from the bare address to the account, or to the login."""
        return rx.redirect(HOME if isinstance(visitor(), Actor) else "/login")

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Checks e-mail and password; the ticket then opens the session."""
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
        """Gives up this login, and shows the password form again."""
        await in_unit(second_factor.drop_pending, visitor().browser_digest)
        self.needs_code = False
        self.errors = {}

    def _query(self, name: str) -> str:
        return str(self.router.url.query_parameters.get(name, ""))


class SignUpState(rx.State):
    """The registration form, and what comes after it."""

    errors: dict[str, str] = {}
    sent_to: str = ""
    score: int = -1
    """zxcvbn's judgement of the password being typed, 0 to 4; -1 before anything was."""

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Starts with an empty form."""
        self.errors = {}
        self.sent_to = ""
        self.score = -1

    @rx.event
    @open_to(ANYONE)
    async def rate(self, password: str) -> None:
        """Rates a password while it is typed. It is kept nowhere."""
        if await limits.may_rate_password(visitor().origin.address):
            self.score = await passwords.score_typed(password, visitor().origin.address)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Notes the registration and mails its link. The answer is the same when the customer exists already."""
        self.errors = {}
        language = (await self.get_state(LocaleState)).locale
        zone = form.get("time_zone") if isinstance(form, dict) else None
        try:
            sent_to = await flows.register(form, visitor(), language=language, time_zone=str(zone))
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.sent_to = sent_to


class VerifyState(rx.State):
    """The page behind a confirmation link: opening it does nothing, pressing its button does."""

    errors: dict[str, str] = {}
    is_sign_up: bool = False
    """The link belongs to a registration."""
    asks_proof: bool = False
    """For the password of the registration, or of the account: a browser that is logged in to it needs none."""
    done: str = ""
    """What was confirmed: "sign_up", "email_change", or empty."""

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Starts anew."""
        self.errors = {}
        self.done = ""
        self.is_sign_up = self.router.url.query_parameters.get("for") == "sign-up"
        self.asks_proof = self.is_sign_up or not isinstance(visitor(), Actor)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Consumes the link."""
        self.errors = {}
        caller = visitor()
        try:
            read = Form(form)
            token = _read_token(form)
            password = read.secret("password", required=False)
            read.finish()
            confirmed = await flows.confirm_email(token, password, caller)
        except DomainError as error:
            self.asks_proof = self.asks_proof or any(fault.field == "password" for fault in error.all)
            self.errors = await explain(self, error)
            return
        self.done = confirmed.purpose
        if confirmed.ticket is not None:
            await show_notice(self, "success", "verify.done.logged_in")
            async for step in exchange_ticket(self, confirmed.ticket):
                yield step


class ForgotState(rx.State):
    """The form that asks for a reset link."""

    errors: dict[str, str] = {}
    sent_to: str = ""

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Starts anew."""
        self.errors = {}
        self.sent_to = ""

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Mails a link if there is such a customer; says the same either way."""
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
    """The page behind a reset link. It sets a new password and logs nobody in."""

    errors: dict[str, str] = {}
    done: bool = False
    score: int = -1

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Starts anew."""
        self.errors = {}
        self.done = False
        self.score = -1

    @rx.event
    @open_to(ANYONE)
    async def rate(self, password: str) -> None:
        """Rates a password while it is typed. It is kept nowhere."""
        if await limits.may_rate_password(visitor().origin.address):
            self.score = await passwords.score_typed(password, visitor().origin.address)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Consumes the link for a new password."""
        self.errors = {}
        caller = visitor()
        try:
            read = Form(form)
            token = _read_token(form)
            await flows.reset_password(token, read, caller)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.done = True


class UndoState(rx.State):
    """The page behind the link that undoes a change of address: opening it does nothing, pressing its button does."""

    errors: dict[str, str] = {}
    restored: str = ""
    """The address that is in force again, or empty."""

    @rx.event
    @open_to(ANYONE)
    def open_page(self) -> None:
        """Starts anew."""
        self.errors = {}
        self.restored = ""

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Consumes the link: the old address is in force again."""
        self.errors = {}
        caller = visitor()
        try:
            token = _read_token(form)
            self.restored = await flows.restore_email(token, caller)
        except DomainError as error:
            self.errors = await explain(self, error)
