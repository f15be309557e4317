"""The panel for customers who may have lost their device."""

import reflex as rx

from netim_app.features.lost_device.service import keep_device
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.shell import change


class LostDeviceState(rx.State):
    """The steps that are left."""

    steps: list[str] = []
    """Keys in their order; empty when no device was lost."""

    @rx.event
    @open_to(LOGGED_IN)
    async def keep(self) -> None:
        """The customer still has the device: the panel disappears."""
        await change(self, keep_device)


async def show_steps(state: rx.State, steps: tuple[str, ...]) -> None:
    """Updates the panel with the steps left."""
    (await state.get_state(LostDeviceState)).steps = list(steps)
