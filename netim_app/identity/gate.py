"""The Gate: identifies the caller of every event and refuses handlers that are not open to them. Closed by default.

Anybody who opens the socket can call every method of a state whose name does not start with an underscore, from any
page, with any arguments. So the Gate guards events instead of pages: it checks each one right before its handler runs.
"""

import asyncio
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.identity import known_browsers, pending_logins, sessions
from netim_app.identity.access import ANYONE, FRESH, PENDING, Access
from netim_app.identity.callers import CallerDigests, caller_digests, origin_of, payers_of
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.security_log import log_refusal
from netim_app.identity.sessions import Lookup
from netim_app.identity.state.messages import show_notice
from netim_app.identity.state.shell import ShellState, begin_document, refresh
from netim_app.identity.state.step_up import ask_for_proof, ways_of
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.opening_queue import MAX_PAGE_WAIT, PAGE_SECONDS, OpeningQueue
from netim_app.infra.trace import begin_trace
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from netim_app.reflex_port.tab import Tab, TabState, tab_of
from netim_app.reflex_port.visits import begin_event, visit_of
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState
from reflex_guard import gate
from reflex_guard.current_event import Answer, answer, answer_and_repeat, current_event
from reflex_guard.handlers import is_framework_event, matches_signature, opens_page, reconnects
from reflex_guard.marks import Mark
from reflex_guard.states import empty_leftovers, empty_states
from reflex_guard.transient_vars import keep_shown

KEPT = (LocaleState, TabState)
"""States that belong to no caller, so they survive a change of callers."""


class Case(NamedTuple):
    """An event whose sender is known.

    Attributes:
        tab: the record of its tab, which now belongs to the caller.
        visitor: the sender, apart from any session.
        lookup: the result of looking up the session.
        lost: the server had lost the states of the page.
    """

    tab: Tab
    visitor: Visitor
    lookup: Lookup
    lost: bool


class Gate(gate.Gate[Case]):
    """Runs before every event handler, including background ones.

    Args:
        budgets: the budgets that events are charged to.
        sockets: the sockets of customers.
    """

    def __init__(self, budgets: CostBudgets, sockets: OpenSockets) -> None:
        super().__init__(log_refusal)
        self._budgets = budgets
        self._sockets = sockets
        self._openings = OpeningQueue(PAGE_SECONDS, MAX_PAGE_WAIT)

    async def check(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Answer | None:
        """Checks an event as every Gate does, but lets unchecked handlers run without identifying the caller."""
        begin_trace(current_event().trace)
        mark, tab = gate.mark_of_event(name), await tab_of(root)
        if isinstance(mark, Access) and mark.unchecked and tab.document and not tab.lost:
            begin_event(tab.document)
            return None if matches_signature(name, arguments) else await answer(root)
        return await super().check(root, name, arguments)

    async def identify(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Case | Answer:
        """Identifies the caller and binds the tab's states to them."""
        tab = await tab_of(root)
        reconnected = reconnects(name, arguments)
        loaded = await _note_document(root, tab, name, reconnected=reconnected)
        if (caller := await self._caller_in_turn(tab, opens=opens_page(name))) is None:
            return await self._refuse_busy(root, name)
        visitor, lookup = caller
        set_caller(lookup.actor or visitor)
        if await _must_reload(root, tab, lookup):
            return await answer(root)
        lost, tab.lost = tab.lost, False  # from here on its states are the caller's, even if the event is refused
        if lost:
            tab.session_id = _owner_of_lost(lookup)
        await _bind_tab_to_caller(root, tab, lookup.actor.session_id if lookup.actor else 0, visitor.browser_digest)
        if not current_event().path.startswith(paths.ACCOUNT):
            tab.ended = False
        if loaded and tab.session_id == 0:
            # The earlier visit is over. If its content appeared, it would replace a form that is being filled in.
            await empty_leftovers(root, keep=(*KEPT, ShellState))
        if reconnected or lost:
            await _show_reconnected(root, lookup.actor or visitor)
        return Case(tab, visitor, lookup, lost)

    async def admit(
        self, root: rx.State, name: str, arguments: dict[str, Any], mark: Mark | None, caller: Case
    ) -> Answer | None:
        """Checks the mark if the server knows the page; otherwise the event is repeated."""
        if caller.lost:
            return await answer_and_repeat(root, name, arguments)
        return await _authorize(root, mark, caller, name)

    async def _refuse_busy(self, root: rx.State, name: str) -> Answer:
        """Refuses an event whose turn did not come in time."""
        await show_notice(root, "warning", "form.busy")
        return await self.refuse(root, name, "busy")

    async def _caller_in_turn(self, tab: Tab, *, opens: bool) -> tuple[Visitor, Lookup] | None:
        """Waits for the event's turn and returns the caller at that time. None if the turn does not come in time.

        The caller is looked up again after a wait, because an earlier event may have ended the session.
        """
        visitor, lookup = await _identify(tab)
        if lookup.actor is None:
            self._sockets.charge_visitors(
                {caller_digests(current_event().headers.get("authorization", "")).session}, visitor.origin.address
            )
        turn = await self._budgets.take_turn(*payers_of(lookup.actor, visitor.origin.address))
        if turn is None:
            set_caller(lookup.actor or visitor)
            return None
        if event := asyncio.current_task():
            event.add_done_callback(lambda _: turn.end())
        waited = opens and await self._openings.wait()
        if waited:
            turn.restart()
        return await _identify(tab) if turn.waited or waited else (visitor, lookup)


async def _authorize_pending(root: rx.State, visitor: Visitor, event_name: str) -> Answer | None:
    """Admits a tab that owes a code."""
    if await in_read_unit(pending_logins.is_pending, visitor):
        return None
    log_refusal("event.refused", event=event_name, reason="no code is asked for")
    return await answer(root, rx.redirect(f"{paths.LOGIN}?again=1"))


async def _authorize(root: rx.State, mark: Mark | None, caller: Case, event_name: str) -> Answer | None:
    """Admits a customer, with a fresh proof if the mark needs one, and refreshes an outdated page."""
    if mark is None or mark.level == ANYONE:
        return None
    tab, visitor, lookup, _ = caller
    if mark.level == PENDING:
        return await _authorize_pending(root, visitor, event_name)
    actor = lookup.actor
    if actor is None:
        log_refusal("event.refused", event=event_name, reason=lookup.refusal or "not logged in")
        return await answer(root, rx.redirect(_login_path(lookup, tab)))
    if mark.level == FRESH and not actor.is_fresh(units().clock()):
        await ask_for_proof(root, await in_read_unit(ways_of, actor.account_id))
        return await answer(root)
    if lookup.seen_long_ago:
        await in_unit(sessions.mark_seen, actor.session_id)
    if tab.revision not in (-1, actor.revision):
        await refresh(root)
    return None


async def _must_reload(root: rx.State, tab: Tab, lookup: Lookup) -> bool:
    """Makes the page reconnect if another tab renewed its session, or if it is unclear whose data it displays.

    A renewed session causes at most one reconnection per socket.
    """
    sent_to = tab.reload_sent_to
    wanted = await _has_unclear_owner(tab, lookup) or (lookup.renewed_elsewhere and sent_to in ("", tab.socket))
    if wanted or sent_to:
        (await root.get_state(TicketExchangeState)).reload = wanted
    if wanted:
        tab.reload_sent_to = tab.socket
    elif not lookup.renewed_elsewhere:
        tab.reload_sent_to = ""
    return wanted


async def _bind_tab_to_caller(root: rx.State, tab: Tab, session_id: int, browser_digest: str) -> None:
    """Empties all states of a tab if they belong to another caller, or no longer to anybody.

    Visitors without a session are told apart by their browser, because a submitted form may hold an address.
    """
    if tab.session_id != session_id or tab.browser not in ("", browser_digest):
        await empty_states(root, keep=KEPT)
        tab.ended = tab.session_id != 0 and session_id == 0
        tab.session_id, tab.revision, tab.pending = session_id, -1, ""
    tab.browser = browser_digest


async def _note_document(root: rx.State, tab: Tab, event_name: str, *, reconnected: bool) -> bool:
    """Notes a new document: each new socket is one, unless it reconnects.

    Returns whether the document was loaded in a tab that the server knows.

    If the first event of a document does not ask for all data, the page is already displayed, so the server has lost
    its states.
    """
    socket = current_event().socket
    loaded = socket != tab.socket and bool(tab.document) and not reconnected
    if socket != tab.socket:
        if not (reconnected and tab.document):
            if not tab.document:
                await empty_leftovers(root, keep=KEPT)
            tab.lost = not tab.document and (reconnected or not is_framework_event(event_name))
            tab.document = socket
            await begin_document(root)
        tab.socket = socket
    begin_event(tab.document)
    return loaded


async def _has_unclear_owner(tab: Tab, lookup: Lookup) -> bool:
    """Whether a displayed page whose states the server has lost may hold the data of another account.

    Input there must not be saved for the account that has logged in since in the same browser.
    """
    if lookup.actor is None or not tab.lost:
        return False
    return await in_read_unit(known_browsers.knows_another, lookup.actor)


def _owner_of_lost(lookup: Lookup) -> int:
    """The session whose data a displayed page holds, if the server has lost the states of its tab.

    Returns:
        The id of the caller's session. Without one, -1 for an account page, whose session has ended, and 0 elsewhere.
    """
    if lookup.actor is not None:
        return lookup.actor.session_id
    return -1 if current_event().path.startswith(paths.ACCOUNT) else 0


async def _show_reconnected(root: rx.State, caller: Visitor) -> None:
    """After a restart of the server, sends data but no skeleton to a page that is already displayed.

    A skeleton would remove the form, and with it the customer's input.
    """
    shell = await root.get_state(ShellState)
    if shell.ready or shell.opened:
        return
    shell._begun_visit = visit_of(root)  # noqa: SLF001  a public var would be sent to the page
    if isinstance(caller, Actor) and current_event().path.startswith(paths.ACCOUNT):
        await refresh(root, everything=True)
        await keep_shown(root)
        shell.ready = True
    else:
        (await root.get_state(LocaleState)).locale = catalog.choose_locale(caller.languages)
        shell.opened = True


def _digests() -> CallerDigests:
    """The cookies in the handshake of the present event's socket."""
    return caller_digests(current_event().headers.get("authorization", ""))


async def _identify(tab: Tab) -> tuple[Visitor, Lookup]:
    """Identifies the sender of the present event, using only what the server saw at the socket's handshake.

    A pending login may have begun in this tab or in another tab of its browser.
    """
    event = current_event()
    digests = _digests()
    origin = origin_of((event.ip,), event.headers.get("user-agent", ""))
    visitor = Visitor(
        origin=origin,
        browser_digest=digests.browser,
        languages=event.headers.get("accept-language", ""),
        pending_digests=tuple(filter(None, (tab.pending, digests.pending))),
    )
    if not digests.session:
        return visitor, Lookup()
    lookup = await in_read_unit(sessions.look_up, digests.session, digests.browser, origin)
    if lookup.actor is None:
        return visitor, lookup
    # A customer may log in to a second account in the same browser, so the caller keeps the tab's pending login.
    actor = replace(lookup.actor, languages=visitor.languages, pending_digests=visitor.pending_digests)
    return visitor, lookup._replace(actor=actor)


def _login_path(lookup: Lookup, tab: Tab) -> str:
    event = current_event()
    query = "?next="
    if event.path.startswith(paths.ACCOUNT):
        _, anchor, card = event.url.partition("#")  # links in mails lead to a single card of the page
        query += quote(event.path + anchor + card)
    if lookup.refusal is not None:
        return f"{paths.LOGIN}{query}&refused=1"
    return f"{paths.LOGIN}{query}&ended=1" if tab.ended else f"{paths.LOGIN}{query}"
