"""How hard a password is to guess, shown while it is typed."""

from collections.abc import Sequence

import reflex as rx

_COLOURS = ("bg-danger", "bg-danger", "bg-warning", "bg-success", "bg-success")


def strength(
    score: rx.Var[int], *, label: rx.Var | str, words: Sequence[rx.Var | str], empty: rx.Var | str
) -> rx.Component:
    """Four bars and a few words.

    Args:
        score: 0 to 4; less than 0 before anything was rated.
        label: what is measured.
        words: for the scores 0 to 4.
        empty: what is said before.
    """
    said = rx.match(score, *((n, word) for n, word in enumerate(words)), empty)
    colour = rx.match(score, *((n, colour) for n, colour in enumerate(_COLOURS)), "bg-sunken")
    return rx.el.div(
        rx.el.div(
            *(
                rx.el.span(class_name=rx.cond(score >= n, colour, "bg-sunken").to(str) + " h-1.5 flex-1 rounded-full")
                for n in range(1, 5)
            ),
            aria_hidden="true",
            class_name="flex gap-1",
        ),
        rx.el.p(label, ": ", said, aria_live="polite", class_name="text-sm text-muted"),
        class_name="flex flex-col gap-1",
        custom_attrs={"data-testid": "password-strength"},
    )
