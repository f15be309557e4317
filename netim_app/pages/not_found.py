"""The page for unknown URLs."""

import reflex as rx

from netim_app.identity.state.shell import ShellState
from netim_app.ui import layout


def page() -> rx.Component:
    """Says that the page does not exist, and links home."""
    return layout.not_found(locale_switch=ShellState.set_language)
