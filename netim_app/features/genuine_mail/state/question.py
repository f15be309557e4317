"""The page "Did you send this?"."""

from typing import Any

import reflex as rx

from netim_app.core.actor import visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.genuine_mail import rules
from netim_app.features.genuine_mail.service import references
from netim_app.features.genuine_mail.service.references import SentMail
from netim_app.identity import limits
from netim_app.identity.access import ANYONE, open_to
from netim_app.identity.state.messages import explain
from netim_app.identity.state.shell import begin_visit
from netim_app.infra.rate_limit import HOUR, Limit
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.ui.text import LocaleState

EXAMPLE, KEEP_DAYS, MAX_PASTE = rules.EXAMPLE, rules.KEEP_DAYS, rules.MAX_PASTE
REFERENCE_PER_ADDRESS = Limit("reference_per_address", 60, HOUR)
"""Requests to check whether a mail is ours. Each may contain a few references."""


class QuestionState(rx.State):
    """The form and the answer. The pasted text is not stored."""

    errors: dict[str, str] = {}
    answer: str = ""
    """ "yes", "no", "none" for a text without a reference, or empty before the question."""
    sent: list[SentMail] = []

    @rx.event
    @open_to(ANYONE)
    async def open_page(self) -> None:
        """Resets the page."""
        await begin_visit(self)

    @rx.event
    @open_to(ANYONE)
    async def submit(self, form: dict[str, Any]) -> None:
        """Looks for references in the pasted text, and says which of them are ours."""
        await begin_visit(self)
        self.errors = {}
        read = Form(form)
        text = read.lines("text", limit=MAX_PASTE, too_long="genuine_mail.too_long")
        language = (await self.get_state(LocaleState)).locale
        try:
            read.finish()
            await limits.allow_from(REFERENCE_PER_ADDRESS, visitor().origin.address)
            found = await in_read_unit(references.look_up, text, language)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.sent = list(found.sent)
        self.answer = "yes" if found.sent else "no" if found.has_reference else "none"

    @rx.event
    @open_to(ANYONE)
    def ask_again(self) -> None:
        """Shows the form for another question."""
        self.reset()
