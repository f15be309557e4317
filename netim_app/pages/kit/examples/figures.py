"""Gauge and strength."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.meter import meter
from netim_app.ui.strength import strength


def gauge_at_every_level() -> rx.Component:
    """The figure, the level in words and in colour. Percent and level come from the server."""
    shown = ((0, "weak", "Weak"), (45, "fair", "Fair"), (70, "good", "Good"), (100, "strong", "Strong"))
    return rx.el.div(
        *(
            meter(rx.Var.create(percent), f"Level {percent}", words, rx.Var.create(level), f"kit-meter-{percent}")
            for percent, level, words in shown
        ),
        class_name="grid gap-6 sm:grid-cols-2",
    )


def gauge_with_marks() -> rx.Component:
    """`marks` show where the levels begin."""
    return meter(
        rx.cond(KitState.on, 60, 40).to(int),
        "Account security",
        rx.cond(KitState.on, "Good", "Fair"),
        rx.cond(KitState.on, "good", "fair"),
        "kit-meter",
        marks=(40, 60, 85),
    )


def strength_of_a_password() -> rx.Component:
    """From -1, before any rating, to 4."""
    words = ("Very weak", "Weak", "Fair", "Good", "Strong")
    return rx.fragment(*(strength(rx.Var.create(n), label="Strength", words=words) for n in range(-1, 5)))
