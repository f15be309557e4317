"""Long pages."""

import reflex as rx

from netim_app.ui.card import card
from netim_app.ui.sections import group, section_links, skeleton_group, skeleton_links, untitled_group, with_side
from netim_app.ui.skeleton import skeleton_card


def groups_of_cards() -> rx.Component:
    """The side stays in view where there is room for two columns. Elsewhere it is above the groups."""
    return with_side(
        group(card(title="Password"), card(title="Two factors"), title="Logging in", anchor="kit-logging-in"),
        group(card(title="Email alerts"), title="Access", anchor="kit-access"),
        side=[section_links({"kit-logging-in": "Logging in", "kit-access": "Access"})],
        stays=True,
    )


def groups_that_load() -> rx.Component:
    """They have the size of the content."""
    return with_side(skeleton_group(skeleton_card(), skeleton_card()), side=[skeleton_links(2)])


def cards_without_a_group() -> rx.Component:
    """Their headings are one level below the page's."""
    return untitled_group(card(title="Email address", level=2), card(title="Your details", level=2))
