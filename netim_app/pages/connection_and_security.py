"""Connection and Security: the gauge, then the cards of the features by group, in registry order."""

import reflex as rx

from netim_app.feature import GROUPS, Group
from netim_app.features.gauge.view import block
from netim_app.identity.view.shell import account_page
from netim_app.offers import offers
from netim_app.ui import sections
from netim_app.ui.skeleton import skeleton_card
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /account/connection-and-security."""
    titles = {_anchor(group): _title(group) for group in GROUPS}
    return account_page(
        *(panel() for panel in offers().panels),
        sections.with_side(
            *(_group(group) for group in GROUPS),
            side=[sections.section_links(titles), block(tr("page.security"), compact=True)],
            stays=True,
        ),
        heading=tr("page.connection_and_security"),
        skeleton=sections.with_side(
            *(sections.skeleton_group(*(skeleton_card() for _ in offers().cards(group))) for group in GROUPS),
            side=[sections.skeleton_links(len(GROUPS)), skeleton_card(gauge=True)],
        ),
    )


def _group(group: Group) -> rx.Component:
    cards = (card() for card in offers().cards(group))
    return sections.group(*cards, title=_title(group), anchor=_anchor(group))


def _title(group: Group) -> rx.Var[str]:
    return tr(f"page.group.{group}")


def _anchor(group: Group) -> str:
    return group.replace("_", "-")
