"""The development page that shows every component in its states."""

from typing import Any

import reflex as rx

from netim_app.ui.card import badge, card, empty, status
from netim_app.ui.dialog import dialog
from netim_app.ui.form import button, checkbox_field, form, link, password_field, select_field, text_field
from netim_app.ui.layout import account_page, skeleton_card
from netim_app.ui.menu import menu_form_button, menu_link
from netim_app.ui.meter import meter
from netim_app.ui.notice import notice
from netim_app.ui.strength import strength
from netim_app.ui.switch import switch
from netim_app.ui.text import tr

_ROUTE = "/dev/kit"
_WORDS = ("Very easy", "Easy", "Could be guessed", "Hard", "Very hard")
_METERS = (
    (0, "weak", "Weak"),
    (30, "weak", "Weak"),
    (60, "fair", "Fair"),
    (80, "good", "Good"),
    (100, "strong", "Strong"),
)


def kit_page(*, locale_switch: Any | None = None) -> rx.Component:
    """Every component in its states, without a state of its own. The page's on_load has to set the language.

    Args:
        locale_switch: as for `account_page`.
    """
    yes, no = rx.Var.create(True), rx.Var.create(False)
    return account_page(
        _meters(),
        card(
            empty("Nothing is on the list yet."),
            title="A switch that is on",
            text="You get an email whenever somebody signs in.",
            state=status("On since March 3, 2026"),
            control=switch("Email alerts", yes, rx.noop(), test_id="kit-on", show_label=False),
            icon="mail",
            anchor="alerts",
        ),
        card(
            title="A switch that is off",
            state=status("Off", on=False),
            control=switch("IP restriction", no, rx.noop(), test_id="kit-off", show_label=False),
            icon="globe",
        ),
        card(
            title="A dialog",
            state="It gives the focus back to the button when it closes.",
            action=button("Open", rx.redirect(f"{_ROUTE}?dialog"), "primary", test_id="kit-open"),
            icon="phone",
        ),
        _buttons_and_notices(),
        card(_example_form(), link("A link", "#alerts"), title="A form with faults", icon="key"),
        skeleton_card(lines=3),
        dialog(
            rx.el.p("Enter your password to go on."),
            form(
                password_field("password", "Current password", field_id="dialog-password"),
                on_submit=rx.redirect(_ROUTE),
                submit_label="Continue",
                cancel=rx.redirect(_ROUTE),
            ),
            open=rx.State.router.url.contains("?dialog"),
            title="Confirm that it is you",
            on_close=rx.redirect(_ROUTE),
            test_id="kit-dialog",
        ),
        heading="Kit",
        ready=yes,
        skeleton=rx.fragment(skeleton_card(gauge=True), skeleton_card()),
        customer_name=rx.Var.create("Élisabeth Montgomery-Fitzgerald"),
        menu_items=[
            menu_link(tr("ui.menu.personal_information"), "/account/personal-information"),
            menu_link(tr("ui.menu.connection_and_security"), "/account/connection-and-security"),
            menu_form_button(tr("ui.menu.log_out"), "/auth/logout"),
        ],
        locale_switch=rx.fragment() if locale_switch is None else locale_switch,
    )


def _meters() -> rx.Component:
    numbered = [
        (n, rx.Var.create(percent), rx.Var.create(level), text) for n, (percent, level, text) in enumerate(_METERS)
    ]
    return card(
        rx.el.div(
            *[
                meter(percent, "Account security", text, level, f"kit-meter-{n}")
                for n, percent, level, text in numbered
            ],
            class_name="flex flex-wrap gap-6",
        ),
        rx.el.div(badge("This device"), badge("Old", on=False), class_name="flex gap-2"),
        *[strength(rx.Var.create(n), label="Strength:", words=_WORDS) for n in range(-1, 5)],
        title="Meters",
        icon="shield",
    )


def _buttons_and_notices() -> rx.Component:
    return card(
        rx.el.div(
            button("Primary", kind="primary"),
            button("Secondary"),
            button("Danger", kind="danger"),
            button("Ghost", kind="ghost"),
            button("Pending", kind="primary", pending=rx.Var.create(True)),
            button("Add a device", icon_name="plus"),
            button("Disabled", disabled=True),
            class_name="flex flex-wrap gap-3",
        ),
        notice("success", "Your password was changed."),
        notice("info", "This session ends in 10 minutes."),
        notice("warning", "You have 2 backup codes left."),
        notice("danger", "The server refused that.", rx.noop()),
        title="Buttons and notices",
    )


def _example_form() -> rx.Component:
    return form(
        text_field("email", "Email", "email", error="Enter an email address.", hint="Never shown to others."),
        text_field("company", "Company", required=False, value="Example SARL"),
        password_field("new_password", "Password", autocomplete="new-password", hint="At least 12 characters."),
        select_field("language", "Language", [("en", "English"), ("fr", "Français")], "fr"),
        checkbox_field("remember", "Keep me signed in", "For 30 days, on this device only."),
        on_submit=rx.noop(),
        submit_label="Save",
        error="Please check the field below.",
        cancel=rx.noop(),
        test_id="kit-form",
    )
