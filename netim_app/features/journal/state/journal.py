"""The journal's entries, their filters and the export."""

from datetime import date
from typing import Any

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.journal import rules
from netim_app.features.journal.service import files, reading
from netim_app.features.journal.service.entries import SORTS
from netim_app.features.journal.service.reading import Page, Shown, Wanted
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of

CHOICES = ("all", *SORTS)
MAX_SHOWN = 190
"""Entries on one page; the filter by days reaches older ones."""
MAX_TYPED = 45
FILE_NAME = f"{get_brand().file_prefix}-journal.zip"


class JournalState(rx.State):
    """Nothing is loaded before the customer asks for it. The end of the list is stored here, not in the page."""

    entries: list[Shown] = []
    shown: str = ""
    """One of `CHOICES`; empty before the journal is shown."""
    more: bool = False
    """Whether there are older entries to show."""
    full: bool = False
    """Whether there are older entries, but the page is full."""
    time_zone: str = ""
    errors: dict[str, str] = {}

    _wanted: Wanted = Wanted()
    _end: int = 0
    _language: str = ""
    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def choose(self, shown: str) -> None:
        """Shows entries of one sort, or all."""
        if not isinstance(shown, str) or shown not in CHOICES:
            return
        self._visit = visit_of(self)
        self.shown = shown
        await self._load(Wanted(shown, self._wanted.address, self._wanted.since, self._wanted.until))

    @rx.event
    @open_to(LOGGED_IN)
    async def narrow(self, form: dict[str, Any]) -> None:
        """Shows entries of these days and from this address. An empty field does not filter."""
        self.errors = {}
        read = Form(form)
        texts = {name: read.text(name, limit=MAX_TYPED, required=False) for name in ("address", "since", "until")}
        address = _read_address(read, "address", texts["address"])
        since, until = _read_day(read, "since", texts["since"]), _read_day(read, "until", texts["until"])
        try:
            read.finish()
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self._visit = visit_of(self)
        self.shown = self.shown or CHOICES[0]
        await self._load(Wanted(self.shown, address, since, until))

    @rx.event
    @open_to(LOGGED_IN)
    async def show_more(self) -> None:
        """Adds older entries."""
        if self.more:
            size = reading.NEXT_PAGE
            page = await in_read_unit(reading.view_page, actor().account_id, self._wanted, self._end, size)
            self._show(page, after=self.entries)

    @rx.event
    @open_to(FRESH)
    async def export(self) -> Any:
        """Downloads the journal with everything needed to verify it."""
        try:
            await limits.allow_download(actor().account_id)
            await change(self, files.note_export)
        except DomainError as error:
            await show_notice(self, "danger", error.key, **error.params)
            return None
        archive = await in_read_unit(files.archive, actor().account_id)
        await show_notice(self, "success", "journal.exported")
        return rx.download(data=archive, filename=FILE_NAME, mime_type="application/zip")

    async def _load(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._show(await in_read_unit(reading.view_page, actor().account_id, wanted, 0, reading.FIRST_PAGE))

    def _show(self, page: Page, after: list[Shown] | None = None) -> None:
        self.entries = [*(after or []), *page.entries]
        self.time_zone = page.time_zone
        self._language = page.language
        self._end = page.end
        self.full = page.end > 0 and len(self.entries) >= MAX_SHOWN
        self.more = page.end > 0 and not self.full


def _read_address(form: Form, name: str, text: str) -> str:
    try:
        return rules.read_address(text) if text else ""
    except DomainError as error:
        return form.refuse(name, error.key)


def _read_day(form: Form, name: str, text: str) -> date | None:
    try:
        return rules.read_day(text) if text else None
    except DomainError as error:
        form.refuse(name, error.key)
        return None
