"""The dialog that changes the password."""

from typing import Any

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.password.flows import change_password
from netim_app.features.password.service import PasswordSetting
from netim_app.identity import accounts, limits, password_policy
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.step_up import ask_for_proof, ways_of
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.identity.state.typed_password import rate_typed
from netim_app.infra.unit_of_work import in_read_unit, units
from netim_app.reflex_port.visits import visit_of


class PasswordState(rx.State):
    """The card and the dialog. No var ever holds a password."""

    changed: str = ""
    changed_on: str = ""
    doubt: str = ""
    """Why a new password is due: "old" or "refused"; empty if none is."""
    from_elsewhere: bool = False
    open: bool = False
    needs_code: bool = False
    """Whether the account has a second factor and the last proof is too old."""
    errors: dict[str, str] = {}
    score: int = -1

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def begin(self) -> Any:
        """Opens the dialog. Its form is itself a proof, so no step-up asks for the same password first.

        If a ceremony can replace the code and the last proof is too old, a fresh proof comes first.
        """
        caller = actor()
        ways = await in_read_unit(ways_of, caller.account_id)
        old = not caller.is_fresh(units().clock())
        if old and ways.ceremonies:
            await ask_for_proof(self, ways)
            return None
        self.needs_code = old and ways.needs_code
        self._visit = visit_of(self, paths.SECURITY)
        self.open = True
        self.errors = {}
        self.score = -1
        return go_to_card(self, "password")

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.open = False

    @rx.event
    @open_to(LOGGED_IN)
    async def rate(self, password: str) -> None:
        """Rates the new password while it is typed."""
        await rate_typed(self, password)

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Changes the password; the ticket then renews the session, and the page stays.

        The proof is the current password and, if the last proof is too old, a code. If a code cannot be a proof, the
        password is not checked: the answer would tell a stranger with an old session whether it is right.
        """
        self.errors = {}
        caller = actor()
        ways = await in_read_unit(ways_of, caller.account_id)
        if ways.ceremonies and not ways.takes_codes and not caller.is_fresh(units().clock()):
            await ask_for_proof(self, ways)
            return
        read = Form(form)
        current = read.secret("current")
        code = read.code(required=self.needs_code)
        try:
            await limits.allow_proof(caller)
            personal = await in_read_unit(accounts.personal_words, caller.account_id)
            new = await password_policy.read_new(
                read,
                "password",
                caller,
                caller.account_id,
                personal=personal,
                min_length=units().settings.password_min_length,
            )
            read.finish()
            ticket = await change_password(caller, current, new, code, paths.SECURITY)
        except DomainError as error:
            self.needs_code = self.needs_code or any(fault.field == "code" for fault in error.all)
            self.errors = await explain(self, error)
            return
        self.open = False
        await show_notice(self, "success", "password.changed")
        async for step in renew_session(self, ticket):
            yield step


async def show_setting(state: rx.State, setting: PasswordSetting) -> None:
    """Updates the card from the stored data."""
    card = await state.get_state(PasswordState)
    card.changed = setting.changed
    card.changed_on = setting.changed_on
    card.doubt = "refused" if setting.refused else "" if setting.up_to_date else "old"
    card.from_elsewhere = setting.from_elsewhere
