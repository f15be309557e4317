"""The Gate: asks before every event who is calling, and refuses what is not open to them. Closed by default.

Every method of a state whose name does not start with an underscore can be called by anybody who opens the socket, from
any page, with any arguments. So no page is guarded: each event is, right before its handler runs.
"""

import asyncio
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

import reflex as rx

from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.identity import known_browsers, pending_logins, sessions
from netim_app.identity.access import ANYONE, FRESH, PENDING, Access
from netim_app.identity.callers import CallerDigests, caller_digests, origin_of, payers_of
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.security_log import log_refusal
from netim_app.identity.sessions import Lookup
from netim_app.identity.state.shell import ShellState, begin_document, refresh, show_notice
from netim_app.identity.state.step_up import ask_for_proof, ways_of
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.opening_queue import OpeningQueue
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
"""States that are no caller's: they outlive a change of callers."""


class Case(NamedTuple):
    """An event whose sender is known.

    Attributes:
        tab: the record of its tab, which is the caller's by now.
        visitor: who sent it, without a session.
        lookup: what became of the session.
        lost: the server had lost the states of the page.
    """

    tab: Tab
    visitor: Visitor
    lookup: Lookup
    lost: bool


class Gate(gate.Gate[Case]):
    """Runs before every event handler, background ones too.

    Args:
        budgets: from which events are paid.
        sockets: those of customers.
    """

    def __init__(self, budgets: CostBudgets, sockets: OpenSockets) -> None:
        super().__init__(log_refusal)
        self._budgets = budgets
        self._sockets = sockets
        self._openings = OpeningQueue()

    async def check(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Answer | None:
        """As every Gate. Who sends what anybody may send unchecked decides nothing about the visit."""
        begin_trace(current_event().trace)
        mark, tab = gate.mark_of_event(name), await tab_of(root)
        if isinstance(mark, Access) and mark.unchecked and tab.document and not tab.lost:
            begin_event(tab.document)
            return None if matches_signature(name, arguments) else await answer(root)
        return await super().check(root, name, arguments)

    async def identify(self, root: rx.State, name: str, arguments: dict[str, Any]) -> Case | Answer:
        """Finds out who calls, and makes the tab's states theirs."""
        tab = await tab_of(root)
        reconnected = reconnects(name, arguments)
        loaded = await _note_document(root, tab, name, reconnected=reconnected)
        if (caller := await self._caller_in_turn(tab, opens=opens_page(name))) is None:
            return await self._tell_busy(root, name)
        visitor, lookup = caller
        set_caller(lookup.actor or visitor)
        if await _must_reload(root, tab, lookup):
            return await answer(root)
        lost, tab.lost = tab.lost, False  # from here on its states are the caller's, whatever becomes of the event
        if lost:
            tab.session_id = _owner_of_lost(lookup)
        await _bind_tab_to_caller(root, tab, lookup.actor.session_id if lookup.actor else 0, visitor.browser_digest)
        if not current_event().path.startswith("/account/"):
            tab.ended = False
        if loaded and tab.session_id == 0:
            # What a visitor was shown is over. Seen for a moment, it would replace a form that is typed into.
            await empty_leftovers(root, keep=(*KEPT, ShellState))
        if reconnected or lost:
            await _show_reconnected(root, lookup.actor or visitor)
        return Case(tab, visitor, lookup, lost)

    async def admit(
        self, root: rx.State, name: str, arguments: dict[str, Any], mark: Mark | None, caller: Case
    ) -> Answer | None:
        """Lets a customer go on whose page the server knows."""
        if caller.lost:
            return await answer_and_repeat(root, name, arguments)
        return await _authorize(root, mark, caller, name)

    async def _tell_busy(self, root: rx.State, name: str) -> Answer:
        """Refuses an event whose turn did not come."""
        await show_notice(root, "warning", "form.busy")
        return await self.refuse(root, name, "busy")

    async def _caller_in_turn(self, tab: Tab, *, opens: bool) -> tuple[Visitor, Lookup] | None:
        """Waits for the event's turn; returns who calls then. None when it does not come in time.

        What an earlier event ended or forbade holds for those that waited for it.
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
    """Lets a tab go on that owes a code."""
    if await in_read_unit(pending_logins.is_pending, visitor):
        return None
    log_refusal("event.refused", event=event_name, reason="no code is asked for")
    return await answer(root, rx.redirect("/login?again=1"))


async def _authorize(root: rx.State, mark: Mark | None, caller: Case, event_name: str) -> Answer | None:
    """Lets a customer go on: with a fresh proof where one is needed, and on a page that is up to date."""
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
    """Has the page load anew when its session was renewed in another tab, or when it is unclear whose data it displays.

    A renewed session asks for it once for each socket.
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
    """Empties all states of a tab when what they hold belongs to somebody else, or to nobody any more.

    Visitors who are not logged in differ by their browser: a form that was sent holds an address.
    """
    if tab.session_id != session_id or tab.browser not in ("", browser_digest):
        await empty_states(root, keep=KEPT)
        tab.ended = tab.session_id != 0 and session_id == 0
        tab.session_id, tab.revision, tab.pending = session_id, -1, ""
    tab.browser = browser_digest


async def _note_document(root: rx.State, tab: Tab, event_name: str, *, reconnected: bool) -> bool:
    """A new socket is a document that was loaded anew, unless it reconnects.

    Returns whether it was loaded in a tab that the server knows.

    When the first event of a document does not ask for all data, the page is displayed already: the server has lost its
    states.
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
    """Whether a displayed page, whose states the server has lost, may hold the data of another account.

    What is typed there must not be saved for the account that was logged in to in the same browser since.
    """
    if lookup.actor is None or not tab.lost:
        return False
    return await in_read_unit(known_browsers.knows_another, lookup.actor)


def _owner_of_lost(lookup: Lookup) -> int:
    """The session whose data a displayed page holds, when the server has lost the states of its tab.

    Returns:
        Its id: the caller's. Without a caller, -1 for a page of an account, whose session has ended, and 0 elsewhere.
    """
    if lookup.actor is not None:
        return lookup.actor.session_id
    return -1 if current_event().path.startswith("/account/") else 0


async def _show_reconnected(root: rx.State, caller: Visitor) -> None:
    """After a restart of the server: a page that is already displayed gets its data and no skeleton.

    A skeleton would take the form away, and with it what was typed.
    """
    shell = await root.get_state(ShellState)
    if shell.ready or shell.opened:
        return
    shell._begun_visit = visit_of(root)  # noqa: SLF001  public, the page would get it
    if isinstance(caller, Actor) and current_event().path.startswith("/account/"):
        await refresh(root, everything=True)
        await keep_shown(root)
        shell.ready = True
    else:
        (await root.get_state(LocaleState)).locale = catalog.choose_locale(caller.languages)
        shell.opened = True


def _digests() -> CallerDigests:
    """The cookies of the handshake of the socket that the present event came in by."""
    return caller_digests(current_event().headers.get("authorization", ""))


async def _identify(tab: Tab) -> tuple[Visitor, Lookup]:
    """The holder of the socket that the event came in by. Only what the server saw at its handshake counts.

    A login that owes its code was begun in this tab, or in another one of its browser.
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
    # A customer may log in to a second account in the same browser: the login that owes its code is the tab's.
    actor = replace(lookup.actor, languages=visitor.languages, pending_digests=visitor.pending_digests)
    return visitor, lookup._replace(actor=actor)


def _login_path(lookup: Lookup, tab: Tab) -> str:
    event = current_event()
    query = "?next="
    if event.path.startswith("/account/"):
        _, anchor, card = event.url.partition("#")  # links in mails lead to one card of the page
        query += quote(event.path + anchor + card)
    if lookup.refusal is not None:
        return f"/login{query}&refused=1"
    return f"/login{query}&ended=1" if tab.ended else f"/login{query}"
