"""Icons and logo."""

import reflex as rx

from netim_app.ui.icons import icon, icon_names, logo


def all_icons() -> rx.Component:
    """Decorative: hidden from screen readers, in the colour of the surrounding text."""
    return rx.el.div(
        *(rx.el.div(icon(name), name, class_name="flex items-center gap-2") for name in sorted(icon_names())),
        class_name="grid grid-cols-2 gap-3 sm:grid-cols-4",
    )


def sizes_of_icons() -> rx.Component:
    """`size` is a Tailwind class."""
    return rx.el.div(
        icon("shield", size="size-4"),
        icon("shield"),
        icon("shield", size="size-10"),
        icon("spinner", class_name="animate-spin text-accent"),
        class_name="flex flex-wrap items-center gap-3",
    )


def the_logo() -> rx.Component:
    """`compact`: on a phone only the mark is visible."""
    return rx.el.div(logo(), logo(compact=True), class_name="flex flex-wrap items-center gap-6")
