"""Texts that name support, if the brand has a support address."""

from typing import Any

import reflex as rx

from netim_app.identity.state.messages import SUPPORT_CONTACT
from netim_app.ui.buttons import link
from netim_app.ui.text import tr


def with_support(key: str, contact: str = SUPPORT_CONTACT, **params: Any) -> rx.Component:
    """The text of a key. If there is a support address, the variant that ends in a link to it."""
    if not contact:
        return rx.fragment(tr(key, **params))
    href = contact if "://" in contact else f"mailto:{contact}"
    return rx.fragment(tr(f"{key}.support", **params), " ", link(contact, href))
