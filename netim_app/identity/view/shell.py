"""The frames of all pages: a narrow one outside of the account area, and the shell inside it."""

import reflex as rx

from netim_app.core import paths
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.identity.view.step_up import step_up_dialog
from netim_app.offers import offers
from netim_app.ui import layout
from netim_app.ui.browser import come_back_when
from netim_app.ui.buttons import button_in_text
from netim_app.ui.menu import menu_form_button, menu_link
from netim_app.ui.notice import live_region
from netim_app.ui.text import tr
from netim_app.ui.ticket_exchange import post_in_background, renewal_form
from reflex_guard.ticket_form import ticket_form


def exchange_ticket() -> rx.Component:
    """Posts a ticket as soon as there is one."""
    return ticket_form("/auth/session", TicketExchangeState.ticket, "ticket", "hand-over")


def renew_session() -> rx.Component:
    """Posts a ticket that renews the open session, as soon as there is one; the page stays."""
    state = TicketExchangeState
    return renewal_form("/auth/session", state.ticket, "ticket", "hand-over", repeat=state.repeat)


def keep_pending() -> rx.Component:
    """Keeps a pending login in a cookie, for all tabs of the browser."""
    return post_in_background("/auth/pending", TicketExchangeState.pending, "secret", "keep-pending")


def notices() -> rx.Component:
    """The place for the page's notices."""
    return rx.fragment(
        live_region(
            ShellState.notice,
            ShellState.notice_kind,
            on_close=ShellState.close_notice,
            number=ShellState.notice_number,
            action=_undo(),
            on_end=ShellState.end_notice(ShellState.notice_number),
        ),
        rx.el.span(ShellState.answers, hidden=True),
    )


def _undo() -> rx.Component:
    presses = [(name, button_in_text(tr("ui.notice.undo"), undo)) for name, undo in offers().undos.items()]
    return rx.match(ShellState.notice_undo, *presses, rx.fragment()) if presses else rx.fragment()


def entry_page(
    *content: rx.Component,
    title: rx.Var[str],
    below: rx.Component | None = None,
    skeleton: rx.Component | None = None,
    early: bool = False,
) -> rx.Component:
    """A page outside of the account area; `below` holds links to other pages. See `layout.public_page`."""
    return layout.public_page(
        *content,
        exchange_ticket(),
        title=title,
        ready=ShellState.opened,
        notices=notices(),
        below=below,
        skeleton=skeleton,
        early=early,
        locale_switch=ShellState.set_language,
    )


def account_page(*content: rx.Component, heading: rx.Var[str], skeleton: rx.Component) -> rx.Component:
    """A page of the account area. It shows the skeleton until the customer's data is loaded."""
    return layout.account_page(
        *content,
        heading=heading,
        ready=ShellState.ready,
        skeleton=skeleton,
        customer_name=ShellState.customer_name,
        menu_items=(
            menu_link(tr("ui.menu.personal_information"), paths.PERSONAL),
            menu_link(tr("ui.menu.connection_and_security"), paths.SECURITY),
            menu_form_button(tr("ui.menu.log_out"), "/auth/logout"),
        ),
        locale_switch=ShellState.set_language,
        notices=rx.fragment(notices(), come_back_when(TicketExchangeState.reload)),
        overlays=(step_up_dialog(), renew_session()),
    )
