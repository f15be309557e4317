"""The card "Login history"."""

from typing import Any

import reflex as rx

from netim_app.features.login_history.state import HistoryState
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, link
from netim_app.ui.fields import select_field
from netim_app.ui.icons import icon
from netim_app.ui.text import tr


def card() -> rx.Component:
    """The choice of what to see, the entries, and more of them."""
    state = HistoryState
    return kit.card(
        rx.el.div(_choice(), class_name="sm:max-w-xs"),
        rx.cond(state.entries.length() > 0, _entries(), kit.empty(tr("login_history.none"))),
        rx.cond(
            state.more,
            button(tr("login_history.more"), state.show_more, test_id="history-more", class_name="self-start"),
        ),
        rx.cond(state.full, rx.el.p(tr("login_history.full"), class_name="text-muted")),
        _hints(),
        title=tr("login_history.title"),
        text=tr("login_history.text"),
        anchor="login-history",
        icon="clock",
    )


def _choice() -> rx.Component:
    kinds = (
        ("all", tr("login_history.shown.all")),
        ("good", tr("login_history.shown.good")),
        ("bad", tr("login_history.shown.bad")),
    )
    return select_field(
        "shown",
        tr("login_history.shown"),
        kinds,
        value=HistoryState.shown,
        on_change=HistoryState.choose,
        field_id="history-shown",
    )


def _entries() -> rx.Component:
    return rx.el.ul(
        rx.foreach(HistoryState.entries, _entry),
        class_name="flex flex-col divide-y divide-line rounded-control border border-line",
        custom_attrs={"data-testid": "history", "aria-label": tr("login_history.title")},
    )


def _hints() -> rx.Component:
    return rx.el.p(
        tr("login_history.times", zone=HistoryState.time_zone),
        " ",
        tr("login_history.not_you"),
        " ",
        link(tr("login_history.not_you.password"), "#password"),
        class_name="text-muted",
    )


def _entry(entry: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(
            entry.good,
            icon("check", class_name="mt-0.5 text-success"),
            icon("alert", class_name="mt-0.5 text-warning"),
        ),
        rx.el.div(
            _what_and_when(entry),
            rx.cond(entry.how != "", rx.el.p(entry.how)),
            rx.cond(entry.often != "", rx.el.p(entry.often, class_name="font-medium text-warning")),
            _from_where(entry),
            class_name="min-w-0 flex-1",
        ),
        key=entry.id.to(str),
        class_name="flex items-start gap-3 p-3.5",
    )


def _what_and_when(entry: Any) -> rx.Component:
    return rx.el.div(
        rx.el.p(entry.what, class_name="font-medium"),
        rx.el.p(entry.when, title=entry.exact, class_name="text-xs text-muted tabular-nums"),
        class_name="flex flex-wrap items-baseline justify-between gap-x-3",
    )


def _from_where(entry: Any) -> rx.Component:
    address = rx.el.span(entry.address, class_name="inline-block font-mono break-all")
    return rx.el.p(
        entry.client,
        rx.cond(entry.address != "", rx.fragment(" · ", address)),
        class_name="text-xs text-muted",
    )
