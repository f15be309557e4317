"""The card "Recent activity", which contains the journal."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from netim_app.features.journal.state.activity import ActivityState
from netim_app.features.journal.state.check import JournalCheckState
from netim_app.features.journal.state.journal import CHOICES, JournalState
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, link
from netim_app.ui.chips import chips
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.icons import icon
from netim_app.ui.text import Text, breakable, tr
from reflex_guard.single_submit import QUIET

_BAR = (
    "h-1.5 w-full appearance-none overflow-hidden rounded-full bg-line forced-colors:appearance-auto "
    "[&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent"
)


def card() -> rx.Component:
    """The recent activity with its filter, entries and a button for more. Below it, the whole journal."""
    state = ActivityState
    return kit.card(
        chips(
            tuple((shown, tr(f"journal.shown.{shown}")) for shown in ("all", "logins", "failures", "changes")),
            state.shown,
            state.choose,
            label=tr("journal.shown"),
        ),
        rx.cond(
            state.entries.length() > 0,
            _list(state.entries, _recent_entry, test_id="activity", label=tr("activity.title")),
            kit.empty(tr("activity.none")),
        ),
        rx.cond(
            state.more,
            button(tr("journal.more"), state.show_more, test_id="activity-more", class_name="self-start"),
        ),
        rx.cond(state.full, rx.el.p(tr("activity.full"), class_name="text-muted")),
        _hints(),
        _journal(),
        title=tr("activity.title"),
        text=tr("activity.text"),
        anchor="recent-activity",
        icon="clock",
    )


def _hints() -> rx.Component:
    return rx.el.p(
        tr("journal.times", zone=ActivityState.time_zone),
        " ",
        tr("activity.not_you"),
        " ",
        link(tr("activity.not_you.password"), "#password"),
        class_name="text-muted",
    )


def _journal() -> rx.Component:
    """The actions of the journal, and its entries once the customer asks for them."""
    state = JournalState
    return kit.part(
        rx.el.div(
            rx.cond(state.shown == "", button(tr("journal.show"), state.choose("all"), test_id="journal-show")),
            button(tr("journal.check"), JournalCheckState.check, test_id="journal-check"),
            button(tr("journal.export"), state.export, icon_name="download", test_id="journal-export"),
            class_name="flex flex-col gap-3 sm:flex-row",
        ),
        rx.el.div(rx.cond(JournalCheckState.number > 0, _progress()), custom_attrs=QUIET, class_name="empty:hidden"),
        rx.cond(state.shown != "", rx.fragment(_choice(), _narrow(), _found())),
        title=tr("journal.title"),
        text=tr("journal.text"),
        anchor="journal",
    )


def _progress() -> rx.Component:
    """The progress of the check."""
    check = JournalCheckState
    return rx.el.div(
        rx.el.progress(value=check.number, max=check.end, aria_label=tr("journal.check"), class_name=_BAR),
        rx.el.p(tr("journal.checking", number=check.number, end=check.end), class_name="text-muted tabular-nums"),
        class_name="flex flex-col gap-2",
    )


def _choice() -> rx.Component:
    words = {sort: tr(f"journal.shown.{sort}") for sort in CHOICES}
    return chips(tuple(words.items()), JournalState.shown, JournalState.choose, label=tr("journal.shown"))


def _narrow() -> rx.Component:
    state = JournalState
    return form(
        rx.el.div(
            text_field(
                "since",
                tr("journal.since"),
                "date",
                error=error_at(state.errors, "since"),
                required=False,
                mark_optional=False,
                field_id="journal-since",
            ),
            text_field(
                "until",
                tr("journal.until"),
                "date",
                error=error_at(state.errors, "until"),
                required=False,
                mark_optional=False,
                field_id="journal-until",
            ),
            text_field(
                "address",
                tr("journal.address"),
                error=error_at(state.errors, "address"),
                required=False,
                mark_optional=False,
                field_id="journal-address",
                autocomplete="off",
            ),
            class_name="grid items-start gap-3 sm:grid-cols-3",
        ),
        on_submit=state.narrow,
        submit_label=tr("journal.filter"),
        submit_kind="secondary",
        error=error_at(state.errors),
        test_id="journal-filter",
    )


def _found() -> rx.Component:
    state = JournalState
    entries = _list(state.entries, _journal_entry, test_id="journal", label=tr("journal.title"))
    return rx.fragment(
        rx.cond(state.entries.length() > 0, entries, kit.empty(tr("journal.none"))),
        rx.cond(
            state.more, button(tr("journal.more"), state.show_more, test_id="journal-more", class_name="self-start")
        ),
        rx.cond(state.full, rx.el.p(tr("journal.full"), class_name="text-muted")),
        rx.el.p(tr("journal.times", zone=state.time_zone), class_name="text-muted"),
    )


def _list(entries: rx.Var[Any], entry: Callable[[Any], rx.Component], *, test_id: str, label: Text) -> rx.Component:
    return rx.el.ul(
        rx.foreach(entries, entry),
        class_name="flex flex-col divide-y divide-line rounded-control border border-line",
        custom_attrs={"data-testid": test_id, "aria-label": label},
    )


def _recent_entry(entry: Any) -> rx.Component:
    style = rx.cond(entry.sort == "failures", "font-medium text-warning", "text-muted")
    return _entry(entry, rx.cond(entry.often != "", rx.el.p(entry.often, class_name=style)), _from_where(entry))


def _journal_entry(entry: Any) -> rx.Component:
    return _entry(
        entry,
        _from_where(entry),
        rx.el.p(
            tr("journal.entry", number=entry.number, fingerprint=entry.fingerprint),
            class_name="text-xs break-words text-muted tabular-nums",
        ),
    )


def _entry(entry: Any, *lines: rx.Component) -> rx.Component:
    return rx.el.li(
        rx.match(
            entry.sort,
            ("logins", icon("check", class_name="mt-0.5 text-success")),
            ("failures", icon("alert", class_name="mt-0.5 text-warning")),
            ("mails", icon("mail", class_name="mt-0.5 text-muted")),
            ("operator", icon("user", class_name="mt-0.5 text-muted")),
            icon("edit", class_name="mt-0.5 text-muted"),
        ),
        rx.el.div(
            rx.el.div(
                rx.el.p(entry.what, class_name="font-medium"),
                rx.el.p(entry.when, title=entry.exact, class_name="text-xs text-muted tabular-nums"),
                class_name="flex flex-wrap items-baseline justify-between gap-x-3",
            ),
            rx.cond(entry.how != "", rx.el.p(breakable(entry.how), class_name="break-words text-muted")),
            *lines,
            class_name="min-w-0 flex-1",
        ),
        key=entry.number.to(str),
        class_name="flex items-start gap-3 p-3.5",
    )


def _from_where(entry: Any) -> rx.Component:
    address = rx.el.span(breakable(entry.address), class_name="inline-block font-mono")
    return rx.cond(
        entry.client != "",
        rx.el.p(
            entry.client,
            rx.cond(entry.address != "", rx.fragment(" · ", address)),
            class_name="text-xs text-muted",
        ),
    )
