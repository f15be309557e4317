"""The list on the card, and the dialog that ends all other sessions."""

from collections.abc import Sequence

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.row_ids import may_be_id
from netim_app.features.sessions import service
from netim_app.features.sessions.service import Session
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import show_notice
from netim_app.identity.state.shell import change, refresh
from netim_app.reflex_port.visits import visit_of


class SessionsState(rx.State):
    """Where the customer is logged in."""

    here: list[Session] = []
    """Only the current session."""
    others: list[Session] = []

    @rx.event
    @open_to(FRESH)
    async def log_out(self, session_id: int) -> None:
        """Ends a session in another browser."""
        if not may_be_id(session_id):
            return
        try:
            await change(self, service.end_other, session_id)
        except DomainError as error:
            await refresh(self, everything=True)
            await show_notice(self, "info", error.key, **error.params)
            return
        await show_notice(self, "success", "sessions.logged_out")


class LogOutOthersState(rx.State):
    """The dialog that asks before all other sessions end."""

    open: bool = False

    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    def begin(self) -> None:
        """Opens it."""
        self._visit = visit_of(self)
        self.open = True

    @rx.event
    @open_to(FRESH)
    async def confirm(self) -> None:
        """Ends all sessions except the current one."""
        if not self.open:
            return
        self.open = False
        await change(self, service.end_all_others)
        await show_notice(self, "success", "sessions.logged_out.all")

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes it without changes."""
        self.open = False


async def show_sessions(state: rx.State, rows: Sequence[Session]) -> None:
    """Updates the card with the sessions, the current one separately."""
    card = await state.get_state(SessionsState)
    own = actor().session_id
    card.here = [row for row in rows if row.id == own]
    card.others = [row for row in rows if row.id != own]
