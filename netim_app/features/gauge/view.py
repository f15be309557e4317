"""The gauge block, the same on both pages."""

from typing import Any

import reflex as rx

from netim_app.feature import Hint, Protection, offers
from netim_app.features.gauge.state import LEVELS, GaugeState
from netim_app.ui import card as kit
from netim_app.ui.buttons import button_link, link
from netim_app.ui.icons import icon
from netim_app.ui.meter import meter
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS


def block(title: rx.Var[str]) -> rx.Component:
    """The meter and its level, how many steps are left, and every item with what to do about it."""
    gauge = rx.el.div(_meter(), _how_it_counts(), class_name="flex flex-col items-center gap-3")
    items = rx.el.div(
        rx.el.p(_steps_left(), class_name="text-lg font-semibold text-balance"),
        *(_hint(hint) for hint in offers().hints),
        rx.el.ul(*(_item(p) for p in offers().protections), class_name="flex flex-col gap-1"),
        class_name="flex min-w-0 flex-col gap-3",
    )
    return kit.card(
        rx.el.div(gauge, items, class_name="grid gap-8 md:grid-cols-[12.5rem_1fr] md:gap-10"),
        title=title,
        anchor="security-level",
    )


def _meter() -> rx.Component:
    names = ((name, tr(f"gauge.level.{name}")) for _, name in LEVELS)
    return meter(
        GaugeState.percent,
        label=tr("gauge.label"),
        level_text=rx.match(GaugeState.level, *names, tr("gauge.level.weak")),
        level=GaugeState.level,
        marks=[percent for percent, _ in LEVELS if percent],
        test_id="gauge",
        detail=tr("gauge.summary", points=GaugeState.points, possible=GaugeState.possible),
    )


def _steps_left() -> rx.Var[str]:
    return rx.match(
        GaugeState.steps_left,
        (0, tr("gauge.all_done")),
        (1, tr("gauge.steps.1")),
        tr("gauge.steps", count=GaugeState.steps_left),
    )


def _how_it_counts() -> rx.Component:
    least = {name: str(percent) for percent, name in LEVELS if percent}
    return rx.el.details(
        rx.el.summary(
            tr("gauge.how"), class_name=f"w-fit mx-auto rounded-control px-2 py-1 text-muted hover:text-ink {FOCUS}"
        ),
        rx.el.p(tr("gauge.how.text"), class_name="mt-1"),
        rx.el.p(tr("gauge.thresholds", **least), class_name="mt-1"),
        class_name="max-w-56 text-center text-xs text-balance text-muted",
    )


def _hint(hint: Hint) -> rx.Component:
    text = rx.fragment(tr(f"{hint.key}.advice"), " ", link(tr(f"{hint.key}.action"), hint.href))
    return rx.cond(GaugeState.hints.contains(hint.key), notice("warning", text, test_id=f"hint-{hint.key}"))


def _item(protection: Protection) -> rx.Component:
    """One protection. What brings most is the step to take next: it has a button, the others a link."""
    done: Any = GaugeState.done.get(protection.key, False).to(bool)
    is_next = GaugeState.next_step == protection.key
    return rx.el.li(
        rx.cond(done, icon("check", class_name="mt-0.5 text-success"), icon("circle", class_name="mt-0.5 text-muted")),
        rx.el.div(
            _title_and_points(protection, done),
            rx.cond(~done, _advice(protection, is_next)),
            class_name="min-w-0 flex-1",
        ),
        class_name="-mx-3 flex items-start gap-3 rounded-control px-3 py-2 data-[next=true]:bg-accent-soft",
        custom_attrs={"data-testid": f"gauge-{protection.key}", "data-next": rx.cond(is_next, "true", "false")},
    )


def _title_and_points(protection: Protection, done: rx.Var[bool]) -> rx.Component:
    points = tr("gauge.points", points=protection.weight)
    state = rx.cond(done, tr("gauge.done"), tr("gauge.open"))
    return rx.el.div(
        rx.el.span(tr(f"{protection.key}.title"), class_name="font-medium"),
        rx.el.span(state, " · ", points, class_name="text-xs text-muted tabular-nums"),
        class_name="flex flex-wrap items-baseline justify-between gap-x-3",
    )


def _advice(protection: Protection, is_next: rx.Var[bool]) -> rx.Component:
    action = tr(f"{protection.key}.action")
    return rx.el.div(
        rx.el.p(tr(f"{protection.key}.advice"), class_name="text-muted"),
        rx.cond(
            is_next,
            rx.el.div(button_link(action, protection.href), class_name="mt-2 mb-1"),
            rx.el.div(link(action, protection.href)),
        ),
        class_name="mt-0.5 flex flex-col items-start gap-0.5",
    )
