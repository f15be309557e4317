"""Placeholders: they stand where something is loading, and have its size."""

import reflex as rx

from netim_app.ui.parts import bar

_CARD = "rounded-card border border-line bg-surface p-5 shadow-card sm:p-6"
_WIDTHS = ("w-2/5", "w-11/12", "w-3/4", "w-5/6")


def skeleton_card(*, lines: int = 2, gauge: bool = False) -> rx.Component:
    """A placeholder of the size of a card: title, a few lines of text, and a button at the right.

    Args:
        lines: of text, below the title.
        gauge: the size of the gauge instead.
    """
    bars = [bar("h-6 w-44 max-w-full"), *(bar(f"mt-1 h-4 {_WIDTHS[i % len(_WIDTHS)]}") for i in range(lines))]
    head = rx.el.div(*bars, class_name="flex min-w-0 flex-1 flex-col gap-2")
    if gauge:
        dial = rx.el.div(class_name="size-36 shrink-0 animate-pulse rounded-full border-[1.1rem] border-sunken")
        heights = ("h-6 w-32", "h-18", "h-18", "h-18", "h-10")
        rows = rx.el.div(*(bar(height) for height in heights), class_name="flex flex-1 flex-col gap-3")
        inside = [
            bar("h-6 w-44 max-w-full"),
            rx.el.div(
                rx.el.div(dial, class_name="flex shrink-0 justify-center md:w-50"),
                rows,
                class_name="mt-5 flex flex-col gap-8 md:flex-row md:gap-10",
            ),
        ]
        return rx.el.div(*inside, class_name=_CARD)
    tile = bar("hidden size-10 shrink-0 sm:block")
    return rx.el.div(rx.el.div(tile, head, class_name="flex items-start gap-4"), class_name=_CARD)


def form_skeleton(fields: int, *, more: bool = False) -> rx.Component:
    """A placeholder of the size of a form in a panel.

    Args:
        fields: how many it has.
        more: whether there are some lines and a link around its button.
    """
    field = [
        rx.el.div(bar("h-5 w-28"), bar("h-11"), class_name="flex flex-col gap-2") for _ in range(fields)
    ]  # fmt: skip
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
