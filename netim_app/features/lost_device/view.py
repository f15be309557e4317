"""The panel "Lost your device?"."""

import reflex as rx

from netim_app.feature import ReplacementStep
from netim_app.features.lost_device.state import LostDeviceState
from netim_app.offers import offers
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, button_in_text
from netim_app.ui.icons import icon
from netim_app.ui.text import tr


def panel() -> rx.Component:
    """Guides the customer through the steps in order: the first remaining one has a button."""
    steps = rx.el.ol(*(_step(step) for step in offers().replacement_steps), class_name="flex flex-col gap-3")
    shown = kit.card(
        steps,
        rx.el.div(button_in_text(tr("lost_device.keep"), LostDeviceState.keep)),
        title=tr("lost_device.title"),
        text=tr("lost_device.text"),
        anchor="lost-device",
        icon="phone",
        level=2,
    )
    return rx.cond(LostDeviceState.steps.length() > 0, shown)


def _step(step: ReplacementStep) -> rx.Component:
    left = LostDeviceState.steps.contains(step.key)
    is_next = left & (LostDeviceState.steps[0] == step.key)
    done = rx.fragment(
        icon("check", class_name="text-success"), rx.el.span(tr("lost_device.done"), class_name="sr-only")
    )
    return rx.el.li(
        rx.cond(left, icon("circle", class_name="text-muted"), done),
        rx.el.div(
            rx.el.p(tr(f"{step.key}.title"), class_name=rx.cond(is_next, "font-medium", "text-muted")),
            rx.cond(is_next, button(tr(f"{step.key}.action"), step.press, "primary", class_name="mt-1")),
            class_name="flex min-w-0 flex-1 flex-col items-start gap-1",
        ),
        class_name="flex items-start gap-3",
        custom_attrs={"data-testid": f"lost-device-{step.key}"},
    )
