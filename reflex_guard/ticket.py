"""Passes the ticket of a login from a state through the page to the route."""

from collections.abc import AsyncIterator
from typing import cast

import reflex as rx

from reflex_guard.session_routes import OPEN
from reflex_guard.ticket_form import ticket_form
from reflex_guard.transient_vars import show_once


class TicketState(rx.State):
    """Holds a ticket until the page has received it."""

    ticket: str = ""


def exchange_form() -> rx.Component:
    """For each page with a login: posts the ticket as soon as there is one."""
    return ticket_form(OPEN, cast("rx.Var[str]", TicketState.ticket), "ticket", "exchange")


async def exchange(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Makes the page post a ticket to get a cookie.

    Used as `async for step in exchange(self, ticket): yield step`.
    """
    async for step in show_once(await state.get_state(TicketState), ticket=ticket):
        yield step
