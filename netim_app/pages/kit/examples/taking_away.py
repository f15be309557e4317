"""Copy, download, print."""

import reflex as rx

from netim_app.ui.browser import copy_button, copy_by_click, download_link, print_button


def text_to_copy() -> rx.Component:
    """`done` is shown for a moment, and announced by screen readers."""
    return rx.el.div(
        copy_button(rx.Var.create("203.0.113.7"), label="Copy the IP address", done="Copied"),
        class_name="flex pb-5",
    )


def text_that_is_copied_by_a_click() -> rx.Component:
    """The blanks only help reading."""
    key = rx.Var.create("JBSW Y3DP EHPK 3PXP")
    return copy_by_click(key, heading="Key", label="Copy the key", done="Copied", without_blanks=True)


def file_to_save() -> rx.Component:
    """The browser makes the file, without a request to the server."""
    return rx.el.div(download_link(rx.Var.create("123456\n234567\n"), "codes.txt", label="Download"))


def sheet_to_print() -> rx.Component:
    """While a `print-sheet` is on the page, only that is printed."""
    return rx.el.div(
        rx.el.p("123 456", class_name="print-sheet font-mono text-lg"),
        print_button("Print"),
        class_name="flex flex-wrap items-center gap-6",
    )
