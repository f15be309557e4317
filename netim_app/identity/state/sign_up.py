"""The registration form."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.identity import sign_up_flows
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.identity.state.typed_password import rate_typed
from netim_app.ui.text import LocaleState


class SignUpState(rx.State):
    """The registration form and its outcome."""

    errors: dict[str, str] = {}
    sent_to: str = ""
    score: int = -1
    """Rating of the password that is being typed, 0 to 4; -1 for none."""

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
        """Stores the registration and mails its link. The answer is the same if the customer already exists."""
        await begin_visit(self)
        self.errors = {}
        language = (await self.get_state(LocaleState)).locale
        zone = form.get("time_zone") if isinstance(form, dict) else None
        try:
            sent_to = await sign_up_flows.register(form, visitor(), language=language, time_zone=str(zone))
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.sent_to = sent_to
