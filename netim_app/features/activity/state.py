"""The entries on the card, as many as the customer asks for."""

import reflex as rx

from netim_app.core.actor import actor
from netim_app.features.activity import service
from netim_app.features.activity.service import Entry, Page, Place
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of

MAX_SHOWN = 190
"""Entries on one page; a choice of kinds leads further back."""


class ActivityState(rx.State):
    """Where in the list the page ends is kept here, not in the page: nobody can ask for another place."""

    entries: list[Entry] = []
    shown: str = "all"
    """A key of `service.SHOWN`."""
    more: bool = False
    """Whether there are older ones to show."""
    full: bool = False
    """Whether there are older ones, but the page is long enough."""
    time_zone: str = ""

    _end: Place | None = None
    _visit: str = ""
    """Set when the customer has chosen what to see: it then stays so for this visit."""

    @rx.event
    @open_to(LOGGED_IN)
    async def choose(self, shown: str) -> None:
        """Shows entries of some kinds only, or all."""
        if not isinstance(shown, str) or shown not in service.SHOWN:
            return
        self._visit = visit_of(self)
        self.shown = shown
        self._show(await in_read_unit(service.view_page, actor().account_id, shown, None, service.FIRST_PAGE))

    @rx.event
    @open_to(LOGGED_IN)
    async def show_more(self) -> None:
        """Adds older ones."""
        if not self.more:
            return
        self._visit = visit_of(self)
        page = await in_read_unit(service.view_page, actor().account_id, self.shown, self._end, service.NEXT_PAGE)
        self._show(page, after=self.entries)

    def _show(self, page: Page, after: list[Entry] | None = None) -> None:
        self.entries = [*(after or []), *page.entries]
        self.time_zone = page.time_zone
        self._end = page.end
        self.full = page.end is not None and len(self.entries) >= MAX_SHOWN
        self.more = page.end is not None and not self.full


async def show_activity(state: rx.State, page: Page) -> None:
    """Puts the newest entries into the card, unless the customer looks at others."""
    card = await state.get_state(ActivityState)
    if not card._visit:  # noqa: SLF001  public, it would be sent to the page
        card._show(page)  # noqa: SLF001  public, it would be an event
