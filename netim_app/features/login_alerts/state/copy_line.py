"""The line of the card about the address that receives copies."""

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.features.login_alerts.service import copies
from netim_app.features.login_alerts.state.copy_dialog import allow_request
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.messages import show_notice
from netim_app.identity.state.shell import change, refresh
from netim_app.infra.unit_of_work import in_read_unit


class CopyState(rx.State):
    """The line of the card about copies."""

    email: str = ""
    confirmed: bool = False

    @rx.event
    @open_to(LOGGED_IN)
    async def ask_again(self) -> None:
        """Mails the link again to the unconfirmed address."""
        email = (await in_read_unit(copies.view_copy, actor().account_id)).email
        try:
            if not email or not await _send_link_again(self, email):
                await refresh(self)
                return
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_notice(self, "success", "login_alerts.copy.asked", email=email)

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> None:
        """Ends the copies."""
        try:
            await limits.allow_change(actor().account_id)
            await change(self, copies.remove)
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        await show_notice(self, "success", "login_alerts.copy.removed")


async def _send_link_again(state: CopyState, email: str) -> bool:
    await allow_request(email)
    return await change(state, copies.ask_again, email)
