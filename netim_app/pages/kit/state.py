"""The state of the kit's examples, built like the `state.py` of a card."""

from typing import Any

import reflex as rx

from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.messages import explain, show_notice

DIALOGS = ("question", "small", "large", "wizard 1", "wizard 2")


class KitState(rx.State):
    """Vars are what the page shows, handlers are what it can request. An account's are open to LOGGED_IN."""

    on: bool = False
    dialog: str = ""
    score: int = -1
    errors: dict[str, str] = {}

    @rx.event
    @open_to(ANYONE)
    def switch(self, on: bool) -> None:
        """Stores the requested position."""
        self.on = on is True

    @rx.event
    @open_to(ANYONE)
    def show(self, dialog: str) -> None:
        """Opens a dialog, or the next step of one."""
        self.dialog = dialog if dialog in DIALOGS else ""

    @rx.event
    @open_to(ANYONE)
    def close(self) -> None:
        """Closes the open dialog."""
        self.dialog = ""

    @rx.event
    @open_to(ANYONE)
    def rate(self, text: str) -> None:
        """Runs while something is typed."""
        self.score = min(len(text) // 4, 4) if isinstance(text, str) and text else -1

    @rx.event
    @open_to(ANYONE)
    async def save(self, form: dict[str, Any]) -> None:
        """Reads a form: shows an error at its field, and success in the page's notice."""
        self.errors = {}
        read = Form(form)
        read.text("nickname", limit=20)
        try:
            read.finish()
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "profile.saved")
