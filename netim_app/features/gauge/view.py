"""The gauge block, the same on both pages."""

import reflex as rx

from netim_app.core.feature import Hint, Protection, offers
from netim_app.features.gauge.state import LEVELS, GaugeState
from netim_app.ui import card as kit
from netim_app.ui.form import link
from netim_app.ui.icons import icon
from netim_app.ui.meter import meter
from netim_app.ui.notice import notice
from netim_app.ui.text import tr


def block(title: rx.Var[str]) -> rx.Component:
    """The meter, its level in words, and every item with its points and what to do about it."""
    least = {name: str(percent) for percent, name in LEVELS if percent}
    gauge = rx.el.div(
        meter(
            GaugeState.percent,
            label=tr("gauge.label"),
            level_text=rx.match(
                GaugeState.level,
                *((name, tr(f"gauge.level.{name}")) for _, name in LEVELS),
                tr("gauge.level.weak"),
            ),
            level=GaugeState.level,
            test_id="gauge",
            detail=tr("gauge.summary", points=GaugeState.points, possible=GaugeState.possible),
        ),
        rx.el.p(tr("gauge.thresholds", **least), class_name="text-xs text-balance text-muted lg:text-center"),
        class_name="flex flex-col gap-4 lg:items-center",
    )
    items = rx.el.div(
        *(_hint(hint) for hint in offers().hints),
        rx.cond(GaugeState.steps_left == 0, rx.el.p(tr("gauge.all_done"), class_name="text-sm font-medium")),
        rx.el.ul(*(_item(p) for p in offers().protections), class_name="flex flex-col divide-y divide-line"),
        class_name="flex min-w-0 flex-col gap-4",
    )
    return kit.card(
        rx.el.div(gauge, items, class_name="grid gap-6 lg:grid-cols-[13rem_1fr] lg:gap-10"),
        title=title,
        anchor="security-level",
        icon="shield",
    )


def _hint(hint: Hint) -> rx.Component:
    text = rx.fragment(tr(f"{hint.key}.advice"), " ", link(tr(f"{hint.key}.action"), hint.href))
    return rx.cond(GaugeState.hints.contains(hint.key), notice("warning", text, test_id=f"hint-{hint.key}"))


def _item(protection: Protection) -> rx.Component:
    key = protection.key
    done = GaugeState.done.get(key, False).to(bool)
    return rx.el.li(
        rx.el.div(
            rx.cond(
                done,
                icon("check", class_name="text-success"),
                rx.el.span(class_name="size-5 shrink-0 rounded-full border-2 border-edge", aria_hidden="true"),
            ),
            rx.el.span(tr(f"{key}.title"), class_name="min-w-0 font-medium"),
            rx.el.span(
                rx.cond(done, tr("gauge.done"), tr("gauge.open")),
                " · ",
                tr("gauge.points", points=protection.weight),
                class_name="ml-auto shrink-0 text-sm text-muted",
            ),
            class_name="flex items-center gap-3",
        ),
        rx.cond(
            ~done,
            rx.el.div(
                rx.el.p(tr(f"{key}.advice"), class_name="text-muted"),
                link(tr(f"{key}.action"), protection.href),
                class_name="mt-1 flex flex-col items-start gap-1 pl-8 text-sm",
            ),
        ),
        class_name="py-3",
        custom_attrs={"data-testid": f"gauge-{key}"},
    )
