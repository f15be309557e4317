"""`/`: redirects to the login, or to the account of a logged-in customer."""

import reflex as rx

from netim_app.identity.view.shell import entry_page
from netim_app.ui.text import tr


def page() -> rx.Component:
    """Only the frame: the answer to its first event redirects."""
    return entry_page(title=tr("page.home.title"))
