"""The recent activity on the card."""

import reflex as rx

from netim_app.core.actor import actor
from netim_app.features.journal.service import recent
from netim_app.features.journal.state.journal import MAX_SHOWN, JournalState
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of


class ActivityState(rx.State):
    """The recent activity. The end of the list is stored here, not in the page: a client cannot choose another."""

    entries: list[recent.Entry] = []
    shown: str = "all"
    """One of `recent.SHOWN`."""
    more: bool = False
    """Whether there are older entries to show."""
    full: bool = False
    """Whether there are older entries, but the page is full."""
    time_zone: str = ""

    _end: int = 0
    _visit: str = ""
    """Set when the customer has chosen a filter, which then stays for this visit."""

    @rx.event
    @open_to(LOGGED_IN)
    async def choose(self, shown: str) -> None:
        """Shows only entries of some kinds, or all."""
        if not isinstance(shown, str) or shown not in recent.SHOWN:
            return
        self._visit = visit_of(self)
        self.shown = shown
        self._show(await in_read_unit(recent.view_page, actor().account_id, shown, 0, recent.FIRST_PAGE))

    @rx.event
    @open_to(LOGGED_IN)
    async def show_more(self) -> None:
        """Adds older entries."""
        if not self.more:
            return
        self._visit = visit_of(self)
        page = await in_read_unit(recent.view_page, actor().account_id, self.shown, self._end, recent.NEXT_PAGE)
        self._show(page, after=self.entries)

    def _show(self, page: recent.Page, after: list[recent.Entry] | None = None) -> None:
        self.entries = [*(after or []), *page.entries]
        self.time_zone = page.time_zone
        self._end = page.end
        self.full = page.end > 0 and len(self.entries) >= MAX_SHOWN
        self.more = page.end > 0 and not self.full


async def show_newest(state: rx.State, page: recent.Page) -> None:
    """Updates the card with the newest entries, unless the customer is looking at others.

    An open journal stays unchanged, unless the language or time zone changed: then it is shown again.
    """
    card = await state.get_state(ActivityState)
    if not card._visit:  # noqa: SLF001  public, it would be sent to the page
        card._show(page)  # noqa: SLF001  public, it would be an event
    journal = await state.get_state(JournalState)
    if journal.shown and (journal._language, journal.time_zone) != (page.language, page.time_zone):  # noqa: SLF001
        await journal._load(journal._wanted)  # noqa: SLF001
