"""The page that creates an account."""

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.core import paths
from netim_app.identity.state.sign_up import SignUpState
from netim_app.identity.view.entry_parts import aside, email_field, entry_form, mailed, new_password
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.browser import time_zone_field
from netim_app.ui.buttons import link
from netim_app.ui.fields import text_field
from netim_app.ui.form import columns
from netim_app.ui.text import early, tr


def _sign_up_form() -> rx.Component:
    first_name = text_field(
        "first_name",
        early("field.first_name"),
        autocomplete="given-name",
        error=error_at(SignUpState.errors, "first_name"),
    )
    last_name = text_field(
        "last_name",
        early("field.last_name"),
        autocomplete="family-name",
        hint=early("field.last_name.hint"),
        required=False,
        mark_optional=False,
        error=error_at(SignUpState.errors, "last_name"),
    )
    return entry_form(
        SignUpState,
        columns(first_name, last_name),
        email_field(error_at(SignUpState.errors, "email")),
        new_password(SignUpState, early("field.password")),
        time_zone_field("time_zone"),
        submit_label=early("sign_up.submit"),
        test_id="sign-up",
    )


def sign_up_page() -> rx.Component:
    """The page /signup."""
    sent_to, brand = SignUpState.sent_to, get_brand()
    sent = mailed(tr("sign_up.sent.text", email=sent_to), tr("sign_up.sent.hint"), test_id="sent")
    return entry_page(
        rx.cond(sent_to == "", rx.fragment(_sign_up_form(), *legal_links(brand.terms, brand.privacy)), sent),
        title=rx.cond(sent_to == "", early("sign_up.title"), tr("sign_up.sent.title")),
        below=aside(early("sign_up.have_account"), " ", link(early("login.title"), paths.LOGIN)),
        early=True,
    )


def legal_links(terms: str, privacy: str) -> list[rx.Component]:
    """The terms and privacy sentences for a new account, each with its link, if the brand has these pages."""
    pages = (("sign_up.terms", "sign_up.terms.link", terms), ("sign_up.privacy", "sign_up.privacy.link", privacy))
    return [aside(early(says), " ", link(early(label), page), ".") for says, label, page in pages if page]
