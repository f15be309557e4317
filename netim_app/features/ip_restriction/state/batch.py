"""The dialog that adds a pasted list: the customer writes and checks it, then reviews and adds it."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from netim_app.core import readers
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.ip_restriction.rules import pasted, spans
from netim_app.features.ip_restriction.rules.pasted import FIELD, Entry
from netim_app.features.ip_restriction.rules.reading import MAX_ENTRY
from netim_app.features.ip_restriction.rules.spans import Span
from netim_app.features.ip_restriction.service import batches
from netim_app.features.ip_restriction.service.batches import Preview
from netim_app.features.ip_restriction.state.dialogs import ask_to_switch, close_for_list
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState

MAX_RULES = spans.MAX_RULES
MAX_SENT = 2 * pasted.MAX_LENGTH
"""Browsers silently cut longer text. The rest is still too long, and is refused."""


@dataclass(frozen=True)
class Row:
    """An entry of the list as the preview shows it."""

    line: int
    text: str
    """The rule in its canonical form, or the typed text if it is invalid."""
    first: str
    last: str
    """The first and last address that it lets in; both empty for one address."""
    note: str
    outcome: str
    """`new`, `listed`, `twice` or `wrong`."""
    fault: str
    """Why it is invalid, in the language of the page."""
    same_line: int
    remark: str
    """`private`, `reserved`, `line` or empty."""
    proposed: str


class IpListState(rx.State):
    """A pasted list on its way to the rules."""

    step: str = ""
    """`write`, `check`, or empty while the dialog is closed."""
    errors: dict[str, str] = {}
    rows: list[Row] = []
    """Invalid entries come first."""
    new: int = 0
    skipped: int = 0
    room: int = 0
    here_out: bool = False
    """No rule, old or new, lets in the customer's current address."""
    family_missing: int = 0

    _wanted: tuple[tuple[Span, str], ...] = ()
    """The rules of the preview, which `add` adds."""
    _then_switch: bool = False
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> None:
        """Opens the dialog."""
        await self._begin()

    @rx.event
    @open_to(FRESH)
    async def begin_with(self, form: dict[str, Any]) -> None:
        """Opens the dialog in place of the one for a single rule, with the text typed there."""
        await self._begin(_as_line(form))

    @rx.event
    @open_to(FRESH)
    async def check(self, form: dict[str, Any]) -> None:
        """Shows how the list is understood. Nothing is added yet, and the typed text stays."""
        if not self.step:
            return
        self._forget()
        self.step = "write"
        read = Form(form)
        text = read.lines(FIELD, limit=pasted.MAX_LENGTH, too_long="ip_restriction.list.too_long")
        try:
            read.finish()
            preview = await in_read_unit(batches.preview, actor(), text)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        await self._show(preview)

    @rx.event
    @open_to(FRESH)
    def write_again(self) -> None:
        """Returns to the text, which the browser has kept."""
        if self.step == "check":
            self._forget()
            self.step = "write"

    @rx.event
    @open_to(FRESH)
    async def add(self) -> None:
        """Adds all rules of the preview, or none."""
        if self.step != "check" or not self._wanted:
            return
        try:
            await limits.allow_change(actor().account_id)
            count = await change(self, batches.add_rules, self._wanted)
        except DomainError as error:
            self._forget()
            self.step, self.errors = "write", await explain(self, error)
            return
        then_switch = self._then_switch
        self._end()
        if count:
            await show_notice(self, "success", "ip_restriction.added_many", count=count)
        else:
            await show_notice(self, "info", "ip_restriction.added_many.none")
        if then_switch:
            await ask_to_switch(self)

    @rx.event
    @open_to(LOGGED_IN)
    async def close(self) -> None:
        """Closes the dialog without changes. If it was opened on the way to switching on, that dialog is next."""
        then_switch = self._then_switch and self.room < MAX_RULES
        self._end()
        if then_switch:
            await ask_to_switch(self)

    async def _begin(self, line: str = "") -> None:
        then_switch = await close_for_list(self, line)
        self._end()
        self._then_switch = then_switch
        self._visit = visit_of(self)
        self.room = await in_read_unit(batches.room, actor().account_id)
        self.step = "write"

    async def _show(self, preview: Preview) -> None:
        language = (await self.get_state(LocaleState)).locale
        here = spans.of_client(actor().origin.address)
        rows = [_row(entry, here, language) for entry in preview.entries]
        self.rows = sorted(rows, key=lambda row: row.outcome != "wrong")
        wanted = tuple((entry.span, entry.note) for entry in preview.entries if entry.span and entry.outcome == "new")
        wrong = sum(row.outcome == "wrong" for row in rows)
        self.new, self.skipped = len(wanted), len(rows) - len(wanted) - wrong
        self.here_out, self.family_missing = preview.here_out, preview.family_missing
        if wrong:
            error = DomainError("ip_restriction.list.wrong", field=FIELD, count=wrong)
            self.errors = await explain(self, error)
            return
        self._wanted = wanted
        self.step = "check"

    def _forget(self) -> None:
        self.errors, self.rows, self._wanted = {}, [], ()
        self.new = self.skipped = self.family_missing = 0
        self.here_out = False

    def _end(self) -> None:
        self._forget()
        self.step, self._then_switch = "", False


def _as_line(form: dict[str, Any]) -> str:
    """A rule and its note as a line of a list, after an empty line for the cursor. Empty without either."""
    read = Form(form)
    rule = read.lines("address", limit=2 * MAX_ENTRY).strip()
    note = read.lines("note", limit=2 * pasted.MAX_NOTE).strip()
    line = (f"{rule} # {note}" if note else rule).strip()
    return f"\n{line}" if line else ""


def _row(entry: Entry, here: Span | None, language: str) -> Row:
    span = entry.span
    first, last = span.ends if span and span.first != span.last else ("", "")
    line = spans.line_of(span) if span else None
    return Row(
        line=entry.line,
        text=span.text if span else _visible(entry.typed[:MAX_ENTRY]),
        first=first,
        last=last,
        note=_visible(entry.note),
        outcome=entry.outcome,
        fault=catalog.text(language, entry.error.key, **entry.error.params) if entry.error else "",
        same_line=entry.same_line,
        remark=spans.remark(span, here) if span else "",
        proposed=line.text if line else "",
    )


def _visible(text: str) -> str:
    """The typed text, with a mark in place of each unprintable character."""
    return "".join("\N{REPLACEMENT CHARACTER}" if readers.hidden_at(sign) else sign for sign in text)
