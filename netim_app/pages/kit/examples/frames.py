"""Whole pages."""

import reflex as rx

from netim_app.identity.state.shell import ShellState
from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import link
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.layout import account_page, not_found, public_page
from netim_app.ui.menu import menu_form_button, menu_link
from netim_app.ui.notice import live_region
from netim_app.ui.skeleton import form_skeleton, skeleton_card
from netim_app.ui.text import early


def page_for_visitors() -> rx.Component:
    """One narrow column."""
    return public_page(
        form(
            text_field("email", "Email address", type="email", autocomplete="username"),
            on_submit=KitState.save,
            submit_label="Send the link",
            full_width=True,
        ),
        title="Forgot your password?",
        ready=ShellState.opened,
        locale_switch=ShellState.set_language,
        notices=live_region(rx.Var.create("You are logged out."), rx.Var.create("info")),
        below=link("Back to the kit", "/dev/kit"),
    )


def page_for_visitors_that_loads() -> rx.Component:
    """Until the state is loaded, only the shape. `skeleton` replaces the default, a form's."""
    return public_page(
        title="Forgot your password?",
        ready=rx.Var.create(False),
        locale_switch=ShellState.set_language,
        skeleton=form_skeleton(2, more=True),
    )


def page_for_visitors_that_is_there_at_once() -> rx.Component:
    """It needs nothing from the server: its texts are `early` ones."""
    return public_page(
        link(early("login.forgot"), "/forgot-password"),
        title=early("login.title"),
        ready=ShellState.opened,
        locale_switch=ShellState.set_language,
        early=True,
    )


def page_for_customers() -> rx.Component:
    """`identity.view.shell.account_page` fills in the name, the menu and the notices for you."""
    return account_page(
        link("Back to the kit", "/dev/kit"),
        heading="Personal information",
        ready=ShellState.opened,
        skeleton=skeleton_card(gauge=True),
        customer_name=rx.Var.create("Élisabeth Montgomery-Fitzgerald"),
        menu_items=(
            menu_link("Personal information", "/account/personal-information"),
            menu_form_button("Log out", "/auth/logout"),
        ),
        locale_switch=ShellState.set_language,
        notices=live_region(rx.Var.create("Your details are saved."), rx.Var.create("success")),
        overlays=(dialog(open=KitState.dialog != "", title="Above", on_close=KitState.close, test_id="kit-above"),),
    )


def page_for_customers_that_loads() -> rx.Component:
    """The document has no private data yet. The skeleton has the size of the content, so nothing jumps."""
    return account_page(
        heading="Personal information",
        ready=rx.Var.create(False),
        skeleton=rx.fragment(skeleton_card(gauge=True), skeleton_card()),
        customer_name=rx.Var.create(""),
        menu_items=(),
        locale_switch=ShellState.set_language,
    )


def page_that_is_not_there() -> rx.Component:
    """For unknown URLs."""
    return not_found(locale_switch=ShellState.set_language)
