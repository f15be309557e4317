"""`/`: leads to the login, or to the account of a logged-in customer."""

import reflex as rx

from netim_app.identity.view.shell import entry_page
from netim_app.ui.text import tr


def page() -> rx.Component:
    """Nothing but the frame: the answer to its first event leads on."""
    return entry_page(title=tr("page.home.title"))
