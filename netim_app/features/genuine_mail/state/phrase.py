"""The card, and the dialog that shows and changes the phrase."""

from typing import Any, ClassVar

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.genuine_mail import rules
from netim_app.features.genuine_mail.service import phrase as service
from netim_app.features.genuine_mail.service.phrase import PhraseSetting
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of
from reflex_guard.transient_vars import TransientVars, forget

MIN_PHRASE, MAX_PHRASE = rules.MIN_PHRASE, rules.MAX_PHRASE


class PhraseState(rx.State):
    """Only whether there is a phrase."""

    since: str = ""


class PhraseDialogState(TransientVars, rx.State):
    """The dialog. The page gets the phrase once; this state forgets it."""

    open: bool = False
    phrase: str = ""
    errors: dict[str, str] = {}

    _TRANSIENT: ClassVar = ("open", "phrase")
    _forgotten: bool = False
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> Any:
        """Shows the phrase, and asks for another one."""
        self._visit = visit_of(self, paths.SECURITY)
        self.errors = {}
        self.phrase = await in_read_unit(service.phrase_of, actor().account_id)
        self.open = True
        yield go_to_card(self, "mail-phrase")
        forget(self, *self._TRANSIENT)

    @rx.event
    @open_to(FRESH)
    async def save(self, form: dict[str, Any]) -> None:
        """Saves the typed phrase."""
        self.errors = {}
        read = Form(form)
        phrase = rules.read_phrase(read)
        try:
            read.finish()
            await limits.allow_change(actor().account_id)
            await change(self, service.save, phrase)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.reset()
        await show_notice(self, "success", "genuine_mail.saved")

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> None:
        """Removes the phrase from mails."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            await change(self, service.remove)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.reset()
        await show_notice(self, "success", "genuine_mail.removed")

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.reset()


async def show_setting(state: rx.State, setting: PhraseSetting) -> None:
    """Updates the card from the stored setting."""
    (await state.get_state(PhraseState)).since = setting.since
