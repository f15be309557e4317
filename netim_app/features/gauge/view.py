"""The gauge block, the same on both pages."""

from collections.abc import Iterable

import reflex as rx

from netim_app.feature import Hint, Protection
from netim_app.features.gauge.state import LEVELS, GaugeState
from netim_app.offers import offers
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, button_in_text, button_link, link
from netim_app.ui.icons import icon
from netim_app.ui.meter import meter
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS

_STEPS_ALONE = "*:data-[done=true]:hidden *:data-[extra=true]:hidden [&_p]:hidden"


def block(title: rx.Var[str], *, compact: bool = False) -> rx.Component:
    """The meter and its level, the number of steps left, and every item with its action.

    Args:
        compact: shows only the steps left, with their buttons, on a page whose cards say the rest.
    """
    gauge = rx.el.div(_meter(), *([] if compact else [_how_it_counts()]), class_name="flex flex-col items-center gap-3")
    items = rx.el.div(
        rx.el.p(_steps_left(), class_name="text-lg font-semibold text-balance"),
        *(_hint(hint) for hint in offers().hints),
        _items(compact=compact),
        class_name="flex min-w-0 flex-col gap-3",
    )
    return kit.card(
        rx.el.div(
            rx.el.div(
                gauge,
                items,
                class_name=f"grid {'gap-4' if compact else 'gap-8'} @xl:grid-cols-[12.5rem_1fr] @xl:gap-10",
            ),
            class_name="@container",
        ),
        title=title,
        anchor="security-level",
        level=2,
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
    )


def _steps_left() -> rx.Var[str]:
    left = GaugeState.steps_left
    return rx.cond(left == 0, tr("gauge.all_done"), tr("gauge.steps", count=left))


def _how_it_counts() -> rx.Component:
    least = {name: str(percent) for percent, name in LEVELS if percent}
    return rx.el.details(
        rx.el.summary(
            tr("gauge.how"), class_name=f"w-fit mx-auto rounded-control px-2 py-1 text-muted hover:text-ink {FOCUS}"
        ),
        rx.el.p(tr("gauge.how.text"), class_name="mt-1"),
        _points(),
        rx.el.p(tr("gauge.thresholds", **least), class_name="mt-1"),
        class_name="max-w-56 text-center text-xs text-balance text-muted",
    )


def _points() -> rx.Component:
    """The points of each protection. Those that count as one share a line."""
    things: dict[str, list[Protection]] = {}
    for protection in offers().protections:
        things.setdefault(protection.counts_as or protection.key, []).append(protection)
    return rx.el.ul(
        *(
            rx.el.li(
                rx.el.span(*_with_between((tr(f"{way.key}.title") for way in ways), " / ")),
                rx.el.span(tr("gauge.points", points=max(way.points for way in ways)), class_name="shrink-0"),
                class_name="flex justify-between gap-x-3 text-start",
            )
            for ways in things.values()
        ),
        class_name="mt-1",
    )


def _with_between(parts: Iterable[rx.Var[str]], mark: str) -> list[rx.Var[str] | str]:
    return [shown for part in parts for shown in (mark, part)][1:]


def _hint(hint: Hint) -> rx.Component:
    text = rx.fragment(tr(f"{hint.key}.advice"), " ", _quiet_way(hint))
    return rx.cond(GaugeState.hints.contains(hint.key), notice("warning", text, test_id=f"hint-{hint.key}"))


def _items(*, compact: bool) -> rx.Component:
    """In the order of the state, so that the next step also comes first for screen readers and the Tab key."""
    items = [(p.key, _item(p)) for p in offers().protections]
    if not items:
        return rx.fragment()
    in_order = rx.foreach(GaugeState.order, lambda key: rx.match(key, *items, rx.fragment()))
    return rx.el.ul(in_order, class_name=f"flex flex-col gap-1 {_STEPS_ALONE if compact else ''}".strip())


def _item(protection: Protection) -> rx.Component:
    """One protection. The step with the most points comes next: its button stands out."""
    off = GaugeState.gains.contains(protection.key)
    to_do = GaugeState.gains[protection.key] > 0
    is_next = to_do & (GaugeState.order[0] == protection.key)
    return rx.el.li(
        rx.cond(off, icon("circle", class_name="mt-0.5 text-muted"), icon("check", class_name="mt-0.5 text-success")),
        rx.el.div(
            _title_and_gain(protection, off, to_do),
            rx.cond(off, _advice(protection, is_next)),
            class_name="min-w-0 flex-1",
        ),
        class_name="-mx-3 flex items-start gap-3 rounded-control px-3 py-2 data-[next=true]:bg-accent-soft",
        custom_attrs={
            "data-testid": f"gauge-{protection.key}",
            "data-next": rx.cond(is_next, "true", "false"),
            "data-done": rx.cond(off, "false", "true"),
            "data-extra": rx.cond(off & ~to_do, "true", "false"),
        },
    )


def _title_and_gain(protection: Protection, off: rx.Var[bool], to_do: rx.Var[bool]) -> rx.Component:
    gain = GaugeState.gains[protection.key]
    return rx.el.div(
        rx.el.span(tr(f"{protection.key}.title"), class_name="font-medium"),
        rx.cond(
            to_do,
            rx.el.span(
                rx.el.span("+", gain, aria_hidden="true"),
                rx.el.span(tr("gauge.gain", gain=gain), class_name="sr-only"),
                class_name="shrink-0 font-medium tabular-nums",
            ),
            rx.el.span(rx.cond(off, tr("gauge.extra"), tr("gauge.done")), class_name="shrink-0 text-xs text-muted"),
        ),
        class_name="flex items-baseline justify-between gap-x-3",
    )


def _advice(protection: Protection, is_next: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        rx.el.p(tr(f"{protection.key}.advice"), class_name="text-muted"),
        rx.cond(
            is_next,
            rx.el.div(_way(protection), class_name="mt-2 mb-1"),
            rx.el.div(_quiet_way(protection)),
        ),
        *(way.part() for way in offers().other_ways if way.counts_as == protection.counts_as),
        class_name="mt-0.5 flex flex-col items-start gap-0.5",
    )


def _way(step: Protection) -> rx.Component:
    words = tr(f"{step.key}.action")
    return button(words, step.press, "primary") if step.press else button_link(words, step.href)


def _quiet_way(step: Protection | Hint) -> rx.Component:
    words = tr(f"{step.key}.action")
    return button_in_text(words, step.press) if step.press else link(words, step.href)
