"""Personal information: the gauge, and the customer's data."""

import reflex as rx

from netim_app.features.gauge.view import block
from netim_app.identity.view.profile import email_card, profile_card
from netim_app.identity.view.shell import account_page
from netim_app.offers import offers
from netim_app.ui import sections
from netim_app.ui.skeleton import skeleton_card
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /account/personal-information."""
    return account_page(
        *(panel() for panel in offers().panels),
        sections.with_side(
            sections.untitled_group(email_card(), profile_card(), *(card() for card in offers().cards("personal"))),
            side=[block(tr("page.increase_security"))],
        ),
        heading=tr("page.personal_information"),
        skeleton=sections.with_side(
            sections.untitled_group(
                skeleton_card(), skeleton_card(lines=16), *(skeleton_card(lines=4) for _ in offers().cards("personal"))
            ),
            side=[skeleton_card(gauge=True)],
        ),
    )
