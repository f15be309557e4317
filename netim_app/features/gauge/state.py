"""The gauge as both pages show it."""

import reflex as rx

from netim_app.features.gauge import rules
from netim_app.features.gauge.service import Gauge

LEVELS = rules.THRESHOLDS


class GaugeState(rx.State):
    """Figures only; the words are compiled into the page."""

    percent: int = 0
    level: str = "weak"
    points: int = 0
    possible: int = 0
    done: dict[str, bool] = {}
    """By the key of a protection, whether it is in force."""
    steps_left: int = 0
    next_step: str = ""
    """Key of the protection to see to first."""
    hints: list[str] = []


async def show_gauge(state: rx.State, gauge: Gauge) -> None:
    """Puts the figures into the page."""
    shown = await state.get_state(GaugeState)
    shown.percent = gauge.percent
    shown.level = gauge.level
    shown.points = gauge.points
    shown.possible = gauge.possible
    shown.done = {item.key: item.done for item in gauge.items}
    shown.next_step = gauge.next_step
    shown.hints = list(gauge.hints)
    shown.steps_left = sum(not item.done for item in gauge.items)
