"""Cards."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import button
from netim_app.ui.card import badge, card, empty, status
from netim_app.ui.switch import switch


def card_with_everything() -> rx.Component:
    """What is on now stands first, then what can be done. A click on the title presses the switch."""
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
    """The least."""
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
    """Lines wrap, and the action goes below when there is no room beside."""
    return card(
        rx.el.p("anna.elisabeth.montgomery-fitzgerald@a-very-long-domain-name.example", class_name="break-words"),
        title="Élisabeth Montgomery-Fitzgerald of the Society for the Preservation of Long Names",
        state="Changed on 3 March 2026 in Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson",
        action=button("Change the address", KitState.close),
        icon="user",
    )


def states() -> rx.Component:
    """The state of a card: a check and green for the safe one, else a circle and grey. `on` takes a var too."""
    return rx.fragment(
        status("On since 3 March"),
        status("Off", on=False),
        status(rx.cond(KitState.on, "Switched on", "Switched off"), on=KitState.on),
    )


def badges() -> rx.Component:
    """A word or two beside the thing that they are about: never by colour alone. `on` takes a var too."""
    return rx.el.div(
        badge("This browser"),
        badge("Not used for long", on=False),
        badge(rx.cond(KitState.on, "Switched on", "Switched off"), on=KitState.on),
        class_name="flex flex-wrap gap-3",
    )
