"""Passes secrets from a state to the route that exchanges them for a cookie."""

from collections.abc import AsyncIterator

import reflex as rx

from netim_app.identity.state.shell import leave_visit
from netim_app.reflex_port.tab import tab_of
from reflex_guard.tokens import digest
from reflex_guard.transient_vars import show_once


class TicketExchangeState(rx.State):
    """Secrets that the page posts in exchange for a cookie. The server forgets them at once."""

    ticket: str = ""
    repeat: bool = False
    """Whether the page repeats the press that was refused for lack of a fresh proof."""
    pending: str = ""
    """The secret of a pending login."""
    reload: bool = False
    """Mounts a component that makes the page reconnect: another tab renewed the session, or its owner is unclear."""


async def exchange_ticket(state: rx.State, ticket: str) -> AsyncIterator[None]:
    """Makes the page post a ticket.

    Used as `async for step in exchange_ticket(self, ticket): yield step`.
    """
    await leave_visit(state)
    async for step in show_once(await state.get_state(TicketExchangeState), ticket=ticket):
        yield step


async def renew_session(state: rx.State, ticket: str, *, repeat: bool = False) -> AsyncIterator[None]:
    """Makes an account page post a ticket while it stays open with all input. Used like `exchange_ticket`.

    Args:
        state: any state of the tab.
        ticket: renews the open session.
        repeat: see `TicketExchangeState`.
    """
    async for step in show_once(await state.get_state(TicketExchangeState), ticket=ticket, repeat=repeat):
        yield step


async def keep_pending(state: rx.State, secret: str) -> AsyncIterator[None]:
    """Lets this tab finish the pending login, and makes the page keep its secret in a cookie of the browser.

    With this cookie, other tabs can continue, and so can this one if the server has lost its state. Used like
    `exchange_ticket`.
    """
    (await tab_of(state)).pending = digest(secret)
    async for step in show_once(await state.get_state(TicketExchangeState), pending=secret):
        yield step
