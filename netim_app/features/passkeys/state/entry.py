"""Logins with a passkey, alone or after the password, and fresh proofs by one."""

from typing import Any

import reflex as rx

from netim_app.core.actor import actor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.paths import safe_path
from netim_app.features.passkeys.service import prompts, use
from netim_app.features.passkeys.service.answers import RemovedPasskey
from netim_app.features.passkeys.state.prompts import read_reply, show_prompt
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, LOGGED_IN, PENDING, open_to
from netim_app.identity.state.login import LoginState, go_on_logged_in, return_path
from netim_app.identity.state.messages import explain
from netim_app.identity.state.step_up import renew_after_ceremony
from netim_app.infra.unit_of_work import in_unit
from netim_app.reflex_port.visits import visit_of
from reflex_guard.transient_vars import show_once


class PasskeyLoginState(rx.State):
    """The login page: a login by passkey alone."""

    options: str = ""
    kind: str = ""
    errors: dict[str, str] = {}
    offers: int = 0
    """How often the browser was asked to offer passkeys in the e-mail field. Each offer is renewed in time."""
    signals: str = ""
    """For password managers: a passkey that its account no longer has (`ui.passkeys.signals`)."""

    @rx.event
    @open_to(ANYONE)
    async def offer(self) -> Any:
        """Makes the browser offer passkeys in the e-mail field. If that is impossible, no error is shown."""
        try:
            await limits.allow_ceremony(visitor().origin.address)
            options = await in_unit(prompts.for_login, visitor())
        except DomainError:
            return
        self.offers += 1
        async for step in show_prompt(self, options, "autofill"):
            yield step

    @rx.event
    @open_to(ANYONE)
    async def begin(self) -> Any:
        """Asks for a passkey."""
        self.errors = {}
        (await self.get_state(LoginState)).reason = ""
        try:
            await limits.allow_ceremony(visitor().origin.address)
            options = await in_unit(prompts.for_login, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in show_prompt(self, options, "use"):
            yield step

    @rx.event
    @open_to(ANYONE)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Verifies the answer; the ticket then opens the session. After a refusal the field offers passkeys again."""
        self.errors = {}
        try:
            await limits.allow_ceremony(visitor().origin.address)
            ticket = await in_unit(use.log_in, visitor(), read_reply(form), return_path(self))
        except DomainError as error:
            self.errors = await explain(self, error)
            if isinstance(error, RemovedPasskey):
                async for step in show_once(self, signals=error.signals):
                    yield step
            if self.offers:
                yield PasskeyLoginState.offer
            return
        async for step in go_on_logged_in(self, ticket):
            yield step


class PasskeyCodeState(rx.State):
    """The second step of a login: a passkey in place of a code."""

    options: str = ""
    kind: str = ""
    errors: dict[str, str] = {}

    @rx.event
    @open_to(PENDING)
    async def begin(self) -> Any:
        """Asks for a passkey of the account."""
        self.errors = {}
        try:
            await limits.allow_ceremony(visitor().origin.address)
            options = await in_unit(use.ask_after_password, visitor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in show_prompt(self, options, "use"):
            yield step

    @rx.event
    @open_to(PENDING)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Verifies the answer; the ticket then opens the session."""
        self.errors = {}
        try:
            await limits.allow_code(visitor().origin.address)
            ticket = await in_unit(use.finish_login, visitor(), read_reply(form))
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in go_on_logged_in(self, ticket):
            yield step


class PasskeyProofState(rx.State):
    """The dialog that asks for a fresh proof: a passkey in place of password and code."""

    options: str = ""
    kind: str = ""
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def begin(self) -> Any:
        """Asks for a passkey of the account."""
        self.errors = {}
        self._visit = visit_of(self)
        try:
            await limits.allow_proof(actor())
            options = await in_unit(prompts.for_account, actor(), "step_up", actor().account_id)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in show_prompt(self, options, "use"):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Verifies the answer; the ticket then renews the session, and the page repeats the refused press."""
        self.errors = {}
        return_to = safe_path(self.router.url.path.rstrip("/"))
        try:
            await limits.allow_proof(actor())
            ticket = await in_unit(use.prove_again, actor(), read_reply(form), return_to)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in renew_after_ceremony(self, ticket):
            yield step
