"""The card with the authenticators."""

from typing import Any

import reflex as rx

from netim_app.core.forms import Form
from netim_app.features.totp import rules
from netim_app.features.totp.service.authenticators import Authenticator, Authenticators
from netim_app.identity.state.cards import show_card
from netim_app.identity.state.messages import show_notice

MAX_NAME = rules.MAX_NAME
MAX_AUTHENTICATORS = rules.MAX_AUTHENTICATORS


class TotpState(rx.State):
    """Whether two-factor authentication is on, and the authenticators."""

    enabled: bool = False
    authenticators: list[Authenticator] = []
    full: bool = False
    beside: bool = False
    """Whether a ceremony, such as a passkey, is also a second factor."""


def read_name(read: Form) -> str:
    """The name of an authenticator."""
    return read.text("name", limit=MAX_NAME)


async def show_authenticators(state: rx.State, shown: Authenticators) -> None:
    """Updates the card from the stored data."""
    card = await state.get_state(TotpState)
    card.enabled = shown.enabled
    card.authenticators = list(shown.authenticators)
    card.full = shown.full
    card.beside = shown.beside


async def show_enabled(state: rx.State) -> Any:
    """Reports the wizard's success, and scrolls to the card."""
    if not (await state.get_state(TotpState)).enabled:
        return None
    await show_notice(state, "success", "totp.enabled")
    return show_card(state, "two-factor")
