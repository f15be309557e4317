"""Connection and Security: the gauge, then the card of each feature in registry order."""

import reflex as rx

from netim_app.feature import offers
from netim_app.features.gauge.view import block
from netim_app.identity.view.shell import account_page
from netim_app.ui.skeleton import skeleton_card
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /account/connection-and-security."""
    cards = [card() for card in offers().cards]
    return account_page(
        block(tr("page.security")),
        *cards,
        heading=tr("page.connection_and_security"),
        skeleton=rx.fragment(skeleton_card(gauge=True), *(skeleton_card() for _ in cards)),
    )
