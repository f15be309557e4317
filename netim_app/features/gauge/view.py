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
    return kit.card(
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
        ),
        rx.el.p(
            tr("gauge.summary", points=GaugeState.points, possible=GaugeState.possible),
            " · ",
            tr("gauge.thresholds", **least),
            class_name="text-sm text-muted",
        ),
        *(_hint(hint) for hint in offers().hints),
        rx.el.ul(*(_item(p) for p in offers().protections), class_name="flex flex-col divide-y divide-line"),
        rx.cond(GaugeState.steps_left == 0, rx.el.p(tr("gauge.all_done"), class_name="text-sm font-medium")),
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
            rx.el.p(
                tr(f"{key}.advice"),
                " ",
                link(tr(f"{key}.action"), protection.href),
                class_name="mt-1 pl-8 text-sm text-muted",
            ),
        ),
        class_name="py-3",
        custom_attrs={"data-testid": f"gauge-{key}"},
    )
