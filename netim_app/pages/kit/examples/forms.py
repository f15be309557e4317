"""Forms."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import link, submit_button
from netim_app.ui.fields import checkbox_field, text_field
from netim_app.ui.form import columns, form


def form_that_works() -> rx.Component:
    """Send it empty, then with a name. The handler `KitState.save` is shown at the end of this page."""
    return form(
        text_field("nickname", "Nickname", error=KitState.errors.get("nickname", "").to(str)),
        on_submit=KitState.save,
        submit_label="Save",
        test_id="kit-form",
    )


def form_with_faults() -> rx.Component:
    """`error` concerns the form as a whole. `columns` puts fields side by side where there is room."""
    return form(
        columns(
            text_field("first_name", "First name", error="Please fill in this field."),
            text_field("last_name", "Last name", value="Martin"),
        ),
        error="Your details were changed in another window. Please load the page again.",
        on_submit=KitState.save,
        submit_label="Save",
        cancel=KitState.close,
    )


def form_with_two_ways_to_send_it() -> rx.Component:
    """`also` adds a button; the form data then holds `on` under its name. Enter presses the other one."""
    return form(
        text_field("device", "Device"),
        on_submit=KitState.save,
        submit_label="Save",
        also=("another", "Save and add another"),
    )


def form_that_destroys_something() -> rx.Component:
    """The button says what will happen, in the colour of danger."""
    return form(
        checkbox_field("sure", "Delete the backup codes too"),
        on_submit=KitState.save,
        submit_label="Delete",
        submit_kind="danger",
        cancel=KitState.close,
    )


def form_of_a_narrow_page() -> rx.Component:
    """As on the login page: a wide button, with links to other pages below it."""
    return form(
        text_field("login", "Email address", type="email", autocomplete="username"),
        on_submit=KitState.save,
        submit_label="Log in",
        full_width=True,
        footer=link("Forgot your password?", "/forgot-password"),
    )


def form_in_one_line() -> rx.Component:
    """The button is beside the only field where there is room."""
    return form(
        text_field("address", "IP address to test", inputmode="text"),
        on_submit=KitState.save,
        submit_label="Test",
        submit_kind="secondary",
        inline=True,
    )


def button_that_sends() -> rx.Component:
    """`form` includes one; use this in a form of your own."""
    return rx.el.form(
        submit_button("Search", kind="primary"),
        on_submit=KitState.save,
    )
