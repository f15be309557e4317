"""What an unknown URL shows."""

import reflex as rx

from netim_app.identity.state.shell import ShellState
from netim_app.ui import layout


def page() -> rx.Component:
    """Says so, and leads home."""
    return layout.not_found(locale_switch=ShellState.set_language)
