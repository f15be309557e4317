"""A long page: groups of cards, and a side column that stays in view."""

from collections.abc import Mapping, Sequence

import reflex as rx

from netim_app.ui.parts import bar
from netim_app.ui.script import Anchored
from netim_app.ui.text import Text, tr
from netim_app.ui.theme import FOCUS

_CARDS = "flex min-w-0 flex-col gap-4 sm:gap-5"
_LINKS = "flex flex-wrap gap-2 min-[75rem]:flex-col min-[75rem]:gap-0"
_LINK = (
    "flex min-h-11 items-center rounded-control border border-line bg-surface px-3 text-sm font-medium "
    "hover:bg-sunken min-[75rem]:rounded-none min-[75rem]:border-0 min-[75rem]:border-s-2 "
    "min-[75rem]:bg-transparent min-[75rem]:px-4 min-[75rem]:text-muted min-[75rem]:hover:border-accent "
    f"min-[75rem]:hover:bg-transparent min-[75rem]:hover:text-ink {FOCUS} focus-visible:-outline-offset-2"
)
# A column that is taller than the window scrolls on its own. The padding leaves room for the focus rings.
_STAYS = (
    "min-[75rem]:sticky min-[75rem]:top-6 min-[75rem]:max-h-[calc(100dvh-3rem)] min-[75rem]:overflow-y-auto "
    "min-[75rem]:-m-1 min-[75rem]:p-1"
)


def with_side(*content: rx.Component, side: Sequence[rx.Component], stays: bool = False) -> rx.Component:
    """A narrow column beside the groups of cards, or above them when the window is narrow or the text large.

    Args:
        content: groups of cards.
        side: the narrow column. It also comes first for keyboards and screen readers.
        stays: whether the column stays in view while the page scrolls.
    """
    return rx.el.div(
        rx.el.div(*side, class_name=f"{_CARDS} {_STAYS if stays else ''}".strip()),
        rx.el.div(*content, class_name="flex min-w-0 flex-col gap-10"),
        class_name="grid grid-cols-[minmax(0,1fr)] items-start gap-8 min-[75rem]:grid-cols-[17rem_minmax(0,1fr)]",
    )


def group(*cards: rx.Component, title: Text, anchor: str) -> rx.Component:
    """Cards that belong together.

    Args:
        title: heading of level 2; the cards have headings of level 3.
        anchor: HTML id for `section_links`.
    """
    heading = rx.el.h2(title, class_name="text-xl font-semibold tracking-tight")
    return Anchored.create(heading, *cards, id=rx.Var.create(anchor), class_name=f"{_CARDS} scroll-mt-6")


def untitled_group(*cards: rx.Component) -> rx.Component:
    """All cards of a page, or their placeholders. Their headings have level 2."""
    return rx.el.div(*cards, class_name=_CARDS)


def skeleton_group(*cards: rx.Component) -> rx.Component:
    """A placeholder with the size of a group."""
    return rx.el.div(bar("h-7.25 w-40"), *cards, class_name=_CARDS)


def section_links(sections: Mapping[str, Text]) -> rx.Component:
    """Links to the groups of a page.

    Args:
        sections: titles by anchor.
    """
    links = (rx.el.A.create(title, href=f"#{anchor}", class_name=_LINK) for anchor, title in sections.items())
    return rx.el.nav(
        rx.el.ul(*(rx.el.li(link) for link in links), class_name=_LINKS),
        custom_attrs={"aria-label": tr("ui.sections")},
    )


def skeleton_links(count: int) -> rx.Component:
    """A placeholder with the size of that many section links."""
    return rx.el.div(*(bar("h-11 w-28") for _ in range(count)), class_name=_LINKS)
