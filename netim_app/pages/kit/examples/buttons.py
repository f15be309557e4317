"""Buttons and links."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import button, button_in_text, button_link, link


def kinds_of_button() -> rx.Component:
    """At most one `primary` per view. `danger` destroys something, `ghost` is quiet."""
    return rx.el.div(
        button("Save", KitState.close, kind="primary"),
        button("Change", KitState.close),  # "secondary" by default
        button("Delete", KitState.close, kind="danger"),
        button("Not now", KitState.close, kind="ghost"),
        class_name="flex flex-wrap gap-3",
    )


def button_with_an_icon() -> rx.Component:
    """Without a label it needs `aria_label`, its name for screen readers."""
    return rx.el.div(
        button("Add an IP address", KitState.close, icon_name="plus"),
        button("", KitState.close, icon_name="plus", aria_label="Add a device"),
        class_name="flex flex-wrap gap-3",
    )


def button_with_a_long_label() -> rx.Component:
    """It wraps; nothing is cut off."""
    return rx.el.div(
        button("Log out all the other browsers in which this account is open at the moment", KitState.close),
    )


def button_that_looks_like_a_link() -> rx.Component:
    """In a text, or among several actions of which one stands out."""
    return rx.el.p("You have 2 codes left. ", button_in_text("Make new ones", KitState.close, test_id="kit-new-codes"))


def link_that_looks_like_a_button() -> rx.Component:
    """For the one next step. It has the kinds of a button."""
    return rx.el.div(button_link("Log in", "/login"), button_link("Read more", "#index", kind="secondary"))


def links() -> rx.Component:
    """A plain path is opened inside the app; anything else is left to the browser."""
    return rx.el.p(
        "Read the ",
        link("mails of development", "/dev/mailbox"),
        ", go back to the ",
        link("index", "#index"),
        ".",
    )
