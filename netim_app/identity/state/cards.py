"""Leads to the cards: they are on one page, and dialogs open beside them."""

from typing import Any

import reflex as rx

from netim_app.core import paths


def go_to_card(state: rx.State, anchor: str) -> Any:
    """For a handler that opens a dialog: the event that leads to its card. None if the page already shows the cards."""
    return None if shows_cards(state) else show_card(state, anchor)


def show_card(state: rx.State, anchor: str) -> Any:
    """The event that brings a card into view on its page. The back button leads to the previous page."""
    return rx.redirect(paths.card(anchor), replace=shows_cards(state))


def shows_cards(state: rx.State) -> bool:
    """Whether the page of this tab is the one with the cards."""
    return bool(state.router.url.path.rstrip("/") == paths.SECURITY)
