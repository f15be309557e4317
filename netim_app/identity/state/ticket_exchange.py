"""Secrets on their way from a state to the route that sets a cookie for them."""

from collections.abc import AsyncIterator

import reflex as rx

from netim_app.identity.state.shell import leave_visit
from netim_app.reflex_port.tab import tab_of
from reflex_guard.tokens import digest
from reflex_guard.transient_vars import show_once


class TicketExchangeState(rx.State):
    """A secret that the page posts, and gets a cookie for. The server forgets it at once."""

    ticket: str = ""
    repeat: bool = False
    """The page sends the press once more that was refused for want of a fresh proof."""
    pending: str = ""
    """Of a login that owes its code."""
    reload: bool = False
    """Mounts a component that connects anew: the session was renewed in another tab."""


async def exchange_ticket(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Lets the page post a ticket.

    Used as `async for step in exchange_ticket(self, ticket): yield step`.
    """
    await leave_visit(state)
    async for step in show_once(await state.get_state(TicketExchangeState), ticket=ticket):
        yield step


async def renew_session(state: rx.State, ticket: str, *, repeat: bool = False) -> AsyncIterator[None]:
    """Lets an account page post a ticket and stay, with all that was typed in it. Used like `exchange_ticket`.

    Args:
        state: any of the tab.
        ticket: for the session that is open.
        repeat: see `TicketExchangeState`.
    """
    async for step in show_once(await state.get_state(TicketExchangeState), ticket=ticket, repeat=repeat):
        yield step


async def keep_pending(state: rx.State, secret: str) -> AsyncIterator[None]:
    """Lets this tab finish a login that owes its code, and lets the page keep the secret in a cookie of its browser.

    Other tabs go on by this cookie, and so does this one when the server has lost its state. Used like
    `exchange_ticket`.
    """
    (await tab_of(state)).pending = digest(secret)
    async for step in show_once(await state.get_state(TicketExchangeState), pending=secret):
        yield step
