"""The card "Activity"."""

from typing import Any

import reflex as rx

from netim_app.features.activity.state import ActivityState
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, link
from netim_app.ui.chips import chips
from netim_app.ui.icons import icon
from netim_app.ui.text import breakable, tr


def card() -> rx.Component:
    """The choice of what to see, the entries, and more of them."""
    state = ActivityState
    return kit.card(
        _choice(),
        rx.cond(state.entries.length() > 0, _entries(), kit.empty(tr("activity.none"))),
        rx.cond(
            state.more,
            button(tr("activity.more"), state.show_more, test_id="activity-more", class_name="self-start"),
        ),
        rx.cond(state.full, rx.el.p(tr("activity.full"), class_name="text-muted")),
        _hints(),
        title=tr("activity.title"),
        text=tr("activity.text"),
        anchor="recent-activity",
        icon="clock",
    )


def _choice() -> rx.Component:
    sorts = (
        ("all", tr("activity.shown.all")),
        ("logins", tr("activity.shown.logins")),
        ("failures", tr("activity.shown.failures")),
        ("changes", tr("activity.shown.changes")),
    )
    return chips(sorts, ActivityState.shown, ActivityState.choose, label=tr("activity.shown"))


def _entries() -> rx.Component:
    return rx.el.ul(
        rx.foreach(ActivityState.entries, _entry),
        class_name="flex flex-col divide-y divide-line rounded-control border border-line",
        custom_attrs={"data-testid": "activity", "aria-label": tr("activity.title")},
    )


def _hints() -> rx.Component:
    return rx.el.p(
        tr("activity.times", zone=ActivityState.time_zone),
        " ",
        tr("activity.not_you"),
        " ",
        link(tr("activity.not_you.password"), "#password"),
        class_name="text-muted",
    )


def _entry(entry: Any) -> rx.Component:
    return rx.el.li(
        rx.match(
            entry.sort,
            ("logins", icon("check", class_name="mt-0.5 text-success")),
            ("failures", icon("alert", class_name="mt-0.5 text-warning")),
            icon("edit", class_name="mt-0.5 text-muted"),
        ),
        rx.el.div(
            _what_and_when(entry),
            rx.cond(entry.how != "", rx.el.p(breakable(entry.how), class_name="break-words text-muted")),
            rx.cond(entry.often != "", rx.el.p(entry.often, class_name=_often_style(entry))),
            _from_where(entry),
            class_name="min-w-0 flex-1",
        ),
        key=entry.id.to(str),
        class_name="flex items-start gap-3 p-3.5",
    )


def _often_style(entry: Any) -> rx.Var[str]:
    return rx.cond(entry.sort == "failures", "font-medium text-warning", "text-muted")


def _what_and_when(entry: Any) -> rx.Component:
    return rx.el.div(
        rx.el.p(entry.what, class_name="font-medium"),
        rx.el.p(entry.when, title=entry.exact, class_name="text-xs text-muted tabular-nums"),
        class_name="flex flex-wrap items-baseline justify-between gap-x-3",
    )


def _from_where(entry: Any) -> rx.Component:
    address = rx.el.span(breakable(entry.address), class_name="inline-block font-mono")
    return rx.el.p(
        entry.client,
        rx.cond(entry.address != "", rx.fragment(" · ", address)),
        class_name="text-xs text-muted",
    )
