"""Shows how hard a password is to guess while it is typed."""

from collections.abc import Sequence

import reflex as rx

from netim_app.ui.text import Text
from reflex_guard.single_submit import QUIET

_COLOURS = ("bg-danger", "bg-danger", "bg-warning", "bg-success", "bg-success")


def strength(score: rx.Var[int], *, label: Text, words: Sequence[Text]) -> rx.Component:
    """Four bars and a few words beside them. Space for the words is reserved, so nothing moves.

    Args:
        score: 0 to 4; less than 0 before anything was rated.
        label: what is measured.
        words: for the scores 0 to 4.
    """
    said = rx.match(score, *((n, word) for n, word in enumerate(words)), "")
    colour = rx.match(score, *((n, colour) for n, colour in enumerate(_COLOURS)), "bg-sunken")
    return rx.el.div(
        rx.el.div(
            *(
                rx.el.span(class_name=rx.cond(score >= n, colour, "bg-sunken").to(str) + " h-1.5 flex-1 rounded-full")
                for n in range(1, 5)
            ),
            aria_hidden="true",
            class_name="flex flex-1 gap-1",
        ),
        rx.el.p(
            rx.cond(score >= 0, rx.el.span(label, " ", class_name="sr-only")),
            said,
            aria_live="polite",
            class_name="min-h-5 w-42 shrink-0 text-right text-xs text-muted",
        ),
        class_name="flex items-center gap-3",
        custom_attrs={"data-testid": "password-strength", **QUIET},
    )
