"""The dialog that asks a logged-in customer for a fresh proof."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.paths import safe_path
from netim_app.identity import ceremonies, flows, limits, second_factor
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.messages import explain
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.reflex_port.visits import visit_of


class StepUpState(rx.State):
    """The step-up dialog. The Gate opens it."""

    open: bool = False
    needs_code: bool = False
    typed: bool = True
    """Whether the password can be used, plus a code if one is needed. False if a code is needed but none works."""
    ceremonies: list[str] = []
    """Names of the ceremonies that can be used instead."""
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Abandons the change that needed a proof."""
        self.open = False
        self.errors = {}

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Checks the proof. The ticket then renews the session, and the page repeats the refused press."""
        self.errors = {}
        read = Form(form)
        password = read.secret("password")
        code = read.code(required=self.needs_code)
        return_to = safe_path(self.router.url.path.rstrip("/"))
        try:
            read.finish()
            await limits.allow_proof(actor())
            ticket = await flows.prove_again(actor(), password, code, return_to)
        except DomainError as error:
            self.needs_code = self.needs_code or any(fault.field == "code" for fault in error.all)
            self.errors = await explain(self, error)
            return
        self.open = False
        async for step in renew_session(self, ticket, repeat=True):
            yield step


@dataclass(frozen=True)
class Ways:
    """How an account's owner can give a fresh proof."""

    needs_code: bool
    takes_codes: bool
    ceremonies: list[str]


def ways_of(unit: UnitOfWork, account_id: int) -> Ways:
    """The ways to give a fresh proof for an account."""
    return Ways(
        needs_code=second_factor.enrolled(unit, account_id),
        takes_codes=second_factor.takes_codes(unit, account_id),
        ceremonies=ceremonies.names_of(unit, account_id),
    )


async def ask_for_proof(root: rx.State, ways: Ways) -> None:
    """Opens the dialog in the tab that has these states."""
    dialog = await root.get_state(StepUpState)
    dialog.open = True
    dialog.needs_code = ways.needs_code
    dialog.typed = ways.takes_codes or not ways.needs_code
    dialog.ceremonies = ways.ceremonies
    dialog.errors = {}
    dialog._visit = visit_of(root)


async def renew_after_ceremony(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Closes the dialog after a ceremony. The ticket renews the session, and the page repeats the refused press.

    Used like `ticket_exchange.renew_session`.
    """
    (await state.get_state(StepUpState)).open = False
    async for step in renew_session(state, ticket, repeat=True):
        yield step
