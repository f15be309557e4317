"""Switches and menus."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.chips import chips
from netim_app.ui.menu import menu, menu_button, menu_form_button, menu_link
from netim_app.ui.switch import switch


def switch_that_works() -> rx.Component:
    """It acts at once, without a Save button. A handler that takes an argument gets the requested position."""
    return switch("Email alerts", KitState.on, KitState.switch, test_id="kit-switch")


def switch_on_and_off() -> rx.Component:
    """With and without its label beside it; screen readers always read the label."""
    return rx.el.div(
        switch("On", checked=rx.Var.create(True), on_change=KitState.switch),
        switch("Off", checked=rx.Var.create(False), on_change=KitState.switch, show_label=False),
        class_name="flex flex-wrap gap-6",
    )


def chips_that_choose() -> rx.Component:
    """One is active. The handler gets the value of the pressed one."""
    return chips(
        (("on", "With alerts"), ("off", "Without alerts")),
        chosen=rx.cond(KitState.on, "on", "off"),
        on_choose=lambda value: KitState.switch(value == "on"),
        label="Shown accounts",
    )


def menu_of_links_and_actions() -> rx.Component:
    """Esc, a click outside and Tab close it; arrow keys move inside. A long name is cut off."""
    return rx.el.div(
        menu(
            menu_link("Personal information", "/account/personal-information"),
            menu_form_button("Log out", "/auth/logout"),
            label="Élisabeth Montgomery-Fitzgerald of the Long Names",
            test_id="kit-menu",
        ),
        class_name="flex justify-end",
    )


def menu_that_chooses() -> rx.Component:
    """Its button shows a short form of the choice; screen readers read the full one."""
    return menu(
        menu_button("With alerts", KitState.switch(True), current=KitState.on),
        menu_button("Without alerts", KitState.switch(False), current=~KitState.on, lang="en-GB"),
        label=rx.cond(KitState.on, "On", "Off"),
        name=rx.cond(KitState.on, "Alerts: On", "Alerts: Off"),
        width="w-40",
        test_id="kit-choice",
    )
