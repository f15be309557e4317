"""Texts that name support, where it has an address (`NETIM_SUPPORT_CONTACT`)."""

import reflex as rx

from netim_app.identity.state.shell import SUPPORT_CONTACT
from netim_app.ui.buttons import link
from netim_app.ui.text import tr


def with_support(key: str, contact: str = SUPPORT_CONTACT) -> rx.Component:
    """The text of a key; with an address of support the form that ends in a link to it."""
    if not contact:
        return rx.fragment(tr(key))
    href = contact if "://" in contact else f"mailto:{contact}"
    return rx.fragment(tr(f"{key}.support"), " ", link(contact, href, class_name="break-all"))
