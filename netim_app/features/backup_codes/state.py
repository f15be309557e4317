"""The card with the number of codes left, and the dialogs that make and show a set."""

from typing import Any, ClassVar

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.backup_codes.service import sets
from netim_app.features.backup_codes.service.sets import NewCodes
from netim_app.features.backup_codes.service.stock import Stock
from netim_app.identity import limits, second_factor
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change, refresh
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.offers import offers
from netim_app.reflex_port.visits import visit_of
from reflex_guard.transient_vars import TransientVars, forget

_ONCE = ("dialog", "codes", "sheet", "account", "made_on", "handle", "login_url")
MAX_HANDLE = 100


class BackupCodesState(rx.State):
    """How many codes are left."""

    enabled: bool = False
    left: int = 0
    made_on: str = ""
    low: bool = False
    saved: bool = True

    _shown: bool = True
    """Whether a page has shown the set."""


class NewCodesState(TransientVars, rx.State):
    """A new set, shown once: this state forgets it as soon as the page has it."""

    dialog: str = ""
    """The open dialog: "ask", "codes", "wizard" (the codes as a step of the wizard), or empty."""
    codes: list[str] = []
    sheet: str = ""
    account: str = ""
    made_on: str = ""
    handle: str = ""
    """Identifies the set. The page sends it when the codes are saved: the server may have lost this state."""
    login_url: str = ""
    errors: dict[str, str] = {}

    _TRANSIENT: ClassVar = _ONCE
    _visit: str = ""
    _forgotten: bool = False
    _shown_in: str = ""
    """The dialog with that set. The page keeps it longer than `dialog`."""

    @rx.event
    @open_to(FRESH)
    async def begin_due(self) -> Any:
        """Continues after a second factor was set up, or after the answer with a new set was lost.

        It replaces only a set that no page has shown. Reflex cancels it when the page reconnects meanwhile.
        """
        made = await in_unit(sets.make_due, actor())
        if made is None:
            return
        async for step in _show(self, made, dialog=self._shown_in or await _dialog_of_first_set()):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    async def note_shown(self, handle: str) -> None:
        """The page confirms that it shows the codes with this handle."""
        if isinstance(handle, str) and len(handle) <= MAX_HANDLE:
            await in_unit(sets.note_shown, actor(), handle)
            (await self.get_state(BackupCodesState))._shown = True  # noqa: SLF001  no page sees it

    @rx.event
    @open_to(FRESH)
    def begin(self) -> Any:
        """Asks before the current set is replaced."""
        self.errors = {}
        self._visit = visit_of(self, paths.SECURITY)
        self.dialog = "ask"
        return go_to_card(self, "backup-codes")

    @rx.event
    @open_to(FRESH)
    async def make(self) -> Any:
        """Makes a new set and shows it."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            made = await in_unit(sets.make, actor())
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        async for step in _show(self, made, dialog="codes"):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Removes the codes from the page for good, once the customer confirms that they are saved."""
        read = Form(form)
        if not read.flag("saved"):
            self.errors = await explain(self, DomainError("backup_codes.save_first", field="saved"))
            return None
        current = await change(self, sets.note_saved, read.text("handle", limit=MAX_HANDLE, required=False))
        wizard_done = offers().wizard_done if self._shown_in == "wizard" else None
        self.reset()
        if not current:
            await show_notice(self, "warning", "backup_codes.replaced")
        elif wizard_done is not None:
            return await wizard_done(self)
        else:
            await show_notice(self, "success", "backup_codes.saved")
        return None

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the question without changes."""
        self.reset()


async def _dialog_of_first_set() -> str:
    """A passkey has no wizard of which the codes could be a step."""
    return "wizard" if await in_read_unit(second_factor.enrolled_by_code, actor().account_id) else "codes"


async def _show(state: NewCodesState, made: NewCodes, *, dialog: str) -> Any:
    await refresh(state)
    state.errors = {}
    state._visit = visit_of(state)  # noqa: SLF001  its own helper
    state.handle = made.handle
    state.codes = list(made.codes)
    state.sheet = made.sheet
    state.account = made.account
    state.made_on = made.made_on
    state.login_url = made.login_url
    state.dialog = state._shown_in = dialog  # noqa: SLF001  same
    yield
    forget(state, *_ONCE)


async def is_due(state: rx.State) -> bool:
    """Whether a set must still be shown: there is none, or the answer with it was lost on the network."""
    card = await state.get_state(BackupCodesState)
    return card.enabled and not card._shown  # noqa: SLF001  no page sees it


async def show_stock(state: rx.State, stock: Stock) -> None:
    """Updates the card from the stored data."""
    card = await state.get_state(BackupCodesState)
    card.enabled = stock.enabled
    card.left = stock.left
    card.made_on = stock.made_on
    card.low = stock.low
    card.saved = stock.saved
    card._shown = stock.shown  # noqa: SLF001  no page sees it
