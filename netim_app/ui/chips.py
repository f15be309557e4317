"""Chips: a choice among a few words, one of which is active."""

from collections.abc import Sequence

import reflex as rx

from netim_app.ui.parts import Handler
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS
from reflex_guard.single_submit import SingleSubmitButton


def chips(choices: Sequence[tuple[str, Text]], chosen: rx.Var[str], on_choose: Handler, *, label: Text) -> rx.Component:
    """A row of buttons that choose what a list shows. The active one is pressed: dark on light, or light on dark.

    Args:
        choices: (value, words).
        chosen: the active value.
        on_choose: event handler that takes a value.
        label: names the choice for screen readers.
    """
    return rx.el.div(
        *(_chip(words, chosen == value, on_choose(value)) for value, words in choices),
        role="group",
        aria_label=label,
        class_name="flex flex-wrap gap-2",
    )


def _chip(words: Text, pressed: rx.Var[bool], on_click: Handler) -> rx.Component:
    return SingleSubmitButton.create(
        words,
        type="button",
        on_click=on_click,
        aria_pressed=rx.cond(pressed, "true", "false"),
        class_name="min-h-9 rounded-full border border-edge bg-surface px-3.5 not-aria-pressed:hover:bg-sunken "
        "aria-disabled:opacity-70 aria-pressed:border-ink aria-pressed:bg-ink aria-pressed:text-surface "
        f"forced-colors:aria-pressed:underline {FOCUS}",
    )
