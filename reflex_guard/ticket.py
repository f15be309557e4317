"""The ticket of a login on its way from a state over the page to the route."""

from collections.abc import AsyncIterator
from typing import cast

import reflex as rx

from reflex_guard.session_routes import OPEN
from reflex_guard.ticket_form import ticket_form
from reflex_guard.transient_vars import show_once


class TicketState(rx.State):
    """Holds a ticket until the page has been told it."""

    ticket: str = ""


def exchange_form() -> rx.Component:
    """For each page with a login: posts the ticket as soon as there is one."""
    return ticket_form(OPEN, cast("rx.Var[str]", TicketState.ticket), "ticket", "exchange")


async def exchange(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Lets the page post a ticket, and get a cookie for it.

    Used as `async for step in exchange(self, ticket): yield step`.
    """
    async for step in show_once(await state.get_state(TicketState), ticket=ticket):
        yield step
