"""Personal information: the gauge, and the customer's data."""

import reflex as rx

from netim_app.features.gauge.view import block
from netim_app.identity.view.profile import email_card, profile_card
from netim_app.identity.view.shell import account_page
from netim_app.ui.skeleton import skeleton_card
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /account/personal-information."""
    return account_page(
        block(tr("page.increase_security")),
        email_card(),
        profile_card(),
        heading=tr("page.personal_information"),
        skeleton=rx.fragment(skeleton_card(gauge=True), skeleton_card(), skeleton_card(lines=16)),
    )
