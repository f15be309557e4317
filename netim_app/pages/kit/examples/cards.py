"""Cards."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import button
from netim_app.ui.card import badge, card, empty, fold, part, status
from netim_app.ui.switch import switch


def card_with_everything() -> rx.Component:
    """The current state comes first, then the actions. A click on the title presses the switch."""
    return card(
        rx.el.p("The last one was sent on 3 March."),
        title="Email alerts",
        state=rx.cond(KitState.on, status("On since today"), status("Off", on=False)),
        text="You get an email whenever somebody logs in.",
        control=switch("Email alerts of the card", KitState.on, KitState.switch, show_label=False, html_id="kit-on"),
        control_id="kit-on",
        icon="mail",
        anchor="kit-alerts",
    )


def card_with_nothing_but_a_title() -> rx.Component:
    """The minimum."""
    return card(title="Nothing to do")


def card_that_is_empty() -> rx.Component:
    """An empty list says so, and what to do next."""
    return card(
        empty("No device has been added yet."),
        title="Devices",
        text="What shows you the codes.",
        action=button("Add a device", KitState.close, "primary"),
        icon="phone",
    )


def card_with_long_texts() -> rx.Component:
    """Lines wrap, and the action moves below when there is no room beside the text."""
    return card(
        rx.el.p("anna.elisabeth.montgomery-fitzgerald@a-very-long-domain-name.example"),
        title="Élisabeth Montgomery-Fitzgerald of the Society for the Preservation of Long Names",
        state="Changed on 3 March 2026 in Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson",
        action=button("Change the address", KitState.close),
        icon="user",
    )


def card_in_parts() -> rx.Component:
    """A part has a line above it, and everything that a card has except a switch."""
    return card(
        part(
            rx.el.p("Two of them are left."),
            title="Backup codes",
            state="Created on 3 March",
            text="Each works once.",
            action=button("Generate new codes", KitState.close),
            anchor="kit-codes",
        ),
        part(rx.el.p("Nothing more."), title="On a card of level 2", level=3),
        part(rx.el.p("Nothing more."), title="On a card of level 3", level=4),
        title="Two-factor authentication",
    )


def card_with_a_folded_rest() -> rx.Component:
    """Shown while it is on, and when a link leads to the card. A press on the title also shows or hides it."""
    return card(
        fold("Allowed addresses", rx.el.p("203.0.113.7"), is_open=KitState.on, anchor="kit-restriction"),
        title="IP Restriction",
        anchor="kit-restriction",
    )


def states() -> rx.Component:
    """The state of a card: a green check for the safe one, otherwise a grey circle. `on` also takes a var."""
    return rx.fragment(
        status("On since 3 March"),
        status("Off", on=False),
        status(rx.cond(KitState.on, "Switched on", "Switched off"), on=KitState.on),
    )


def badges() -> rx.Component:
    """A word or two beside the thing that they describe: never colour alone. `on` also takes a var."""
    return rx.el.div(
        badge("This browser"),
        badge("Not used for long", on=False),
        badge(rx.cond(KitState.on, "Switched on", "Switched off"), on=KitState.on),
        class_name="flex flex-wrap gap-3",
    )
