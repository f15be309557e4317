"""Texts that name support, where the brand has an address of it."""

from typing import Any

import reflex as rx

from netim_app.identity.state.shell import SUPPORT_CONTACT
from netim_app.ui.buttons import link
from netim_app.ui.text import tr


def with_support(key: str, contact: str = SUPPORT_CONTACT, **params: Any) -> rx.Component:
    """The text of a key; with an address of support the form that ends in a link to it."""
    if not contact:
        return rx.fragment(tr(key, **params))
    href = contact if "://" in contact else f"mailto:{contact}"
    return rx.fragment(tr(f"{key}.support", **params), " ", link(contact, href))
