"""The state of the gauge on both pages."""

import reflex as rx

from netim_app.features.gauge import rules
from netim_app.offers import offers

LEVELS = rules.THRESHOLDS


class GaugeState(rx.State):
    """Only figures; the texts are compiled into the page."""

    percent: int = 0
    level: str = "weak"
    order: list[str] = []
    """The keys of the protections: first the open steps by priority, then the completed ones, then the extra ones."""
    gains: dict[str, int] = {}
    """By the key of a protection that is not in force: by how many percent it would raise the gauge. Extra ones: 0."""
    steps_left: int = 0
    hints: list[str] = []
    """Keys of reminders, which have no points."""


def counted() -> list[rules.Counted]:
    """All protections, as the rules count them."""
    return [rules.Counted(each.key, each.points, each.counts_as) for each in offers().protections]


async def show_protection(key: str, state: rx.State, active: bool) -> None:
    """Updates whether a protection is in force, and with it the whole gauge."""
    shown = await state.get_state(GaugeState)
    done = {shown_key: shown_key not in shown.gains for shown_key in shown.order} | {key: active}
    figures = rules.figures(counted(), done)
    shown.percent = figures.percent
    shown.level = figures.level
    shown.order = figures.order
    shown.gains = figures.gains
    shown.steps_left = sum(gain > 0 for gain in figures.gains.values())


async def show_hint(key: str, state: rx.State, applies: bool) -> None:
    """Updates whether the gauge shows a reminder."""
    shown = await state.get_state(GaugeState)
    shown.hints = [*(hint for hint in shown.hints if hint != key), *([key] if applies else [])]
