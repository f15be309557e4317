"""Placeholders for content that is loading, with the content's size."""

import reflex as rx

from netim_app.ui.meter import meter_skeleton
from netim_app.ui.parts import bar

_CARD = "rounded-card border border-line bg-surface p-5 shadow-card sm:p-6"
_WIDTHS = ("w-2/5", "w-11/12", "w-3/4", "w-5/6")


def skeleton_card(*, lines: int = 2, gauge: bool = False) -> rx.Component:
    """A placeholder with the size of a card: title, a few lines of text, and a button at the right.

    Args:
        lines: number of text lines below the title.
        gauge: uses the size of the gauge instead.
    """
    bars = [bar("h-6 w-44 max-w-full"), *(bar(f"mt-1 h-4 {_WIDTHS[i % len(_WIDTHS)]}") for i in range(lines))]
    head = rx.el.div(*bars, class_name="flex min-w-0 flex-1 flex-col gap-2")
    if gauge:
        return rx.el.div(rx.el.div(bar("h-6 w-44 max-w-full"), _gauge(), class_name="@container"), class_name=_CARD)
    tile = bar("hidden size-10 shrink-0 sm:block")
    return rx.el.div(rx.el.div(tile, head, class_name="flex items-start gap-4"), class_name=_CARD)


def _gauge() -> rx.Component:
    """The dial; beside it, or below it on a phone, the next step with its button, and the other steps."""
    steps = (("h-4 w-3/4", "h-11 w-56 max-w-full"), ("h-4 w-3/4", "h-5 w-40"), ("h-4 w-2/3", "h-5 w-48"), ())
    dial = rx.el.div(meter_skeleton(), bar("h-5 w-36"), class_name="flex flex-col items-center gap-4")
    rows = rx.el.div(bar("h-6 w-32"), *(_step(*lines) for lines in steps), class_name="flex min-w-0 flex-col gap-5")
    return rx.el.div(dial, rows, class_name="mt-5 grid gap-8 @xl:grid-cols-[12.5rem_1fr] @xl:gap-10")


def _step(*lines: str) -> rx.Component:
    circle = bar("mt-0.5 size-5 shrink-0")
    words = rx.el.div(bar("h-5 w-2/5"), *(bar(line) for line in lines), class_name="flex flex-1 flex-col gap-2")
    return rx.el.div(circle, words, class_name="flex gap-3")


def form_skeleton(fields: int, *, more: bool = False) -> rx.Component:
    """A placeholder with the size of a form in a panel.

    Args:
        fields: number of fields.
        more: adds some lines and a link around the button.
    """
    field = [rx.el.div(bar("h-5 w-28"), bar("h-11"), class_name="flex flex-col gap-2") for _ in range(fields)]
    return rx.el.div(
        bar("h-7 w-3/5"),
        *field,
        *([bar("h-24 sm:h-19")] if more else []),
        bar("mt-1 h-11"),
        *([bar("h-6 w-40")] if more else []),
        aria_hidden="true",
        class_name="flex flex-col gap-5",
        custom_attrs={"data-testid": "skeleton"},
    )
