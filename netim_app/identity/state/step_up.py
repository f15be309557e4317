"""The dialog that asks a logged-in customer to prove again who is there."""

from typing import Any

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import flows, limits
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.shell import explain, safe_path
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.reflex_port.visits import visit_of


class StepUpState(rx.State):
    """The step-up dialog. The Gate opens it."""

    open: bool = False
    needs_code: bool = False
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Gives up the change that asked for a proof."""
        self.open = False
        self.errors = {}

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Checks the proof; the ticket then renews the session, and the page asks once more for what it was refused."""
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


async def ask_for_proof(root: rx.State, *, needs_code: bool) -> None:
    """Opens the dialog.

    Args:
        root: of the tab's states.
        needs_code: the account has a second factor.
    """
    dialog = await root.get_state(StepUpState)
    dialog.open = True
    dialog.needs_code = needs_code
    dialog.errors = {}
    dialog._visit = visit_of(root)
