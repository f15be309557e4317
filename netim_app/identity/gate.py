"""The Gate: asks before every event who is calling, and refuses what is not open to them. Closed by default.

Every method of a state whose name does not start with an underscore can be called by anybody who opens the socket, from
any page, with any arguments. So no page is guarded: each event is, right before its handler runs.
"""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from urllib.parse import quote

import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import EventSpec
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.identity import second_factor, sessions
from netim_app.identity.access import ANYONE, FRESH, PENDING, Access, access_of
from netim_app.identity.http import CallerDigests, caller_digests, origin_of, payers_of
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.security_log import log_refusal
from netim_app.identity.sessions import Lookup
from netim_app.identity.state.shell import ShellState, StepUpState, refresh, show_notice
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.trace import begin_trace
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from netim_app.texts import catalog
from netim_app.ui.once import begin_event, visit_of
from netim_app.ui.text import LocaleState

FRAMEWORK_EVENTS = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "update_vars_internal",
        "handle_frontend_exception",
    }
)
"""Reflex's own handlers: they move no data but the page's own states, which the Gate has made the caller's before."""


class Gate(Middleware):
    """Runs before every event handler, background ones too.

    Args:
        budgets: from which events are paid.
        sockets: those of customers.
    """

    def __init__(self, budgets: CostBudgets, sockets: OpenSockets) -> None:
        self._budgets = budgets
        self._sockets = sockets

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002  Reflex's signature
        """Finds out who calls, makes the tab's states theirs, and stops the event if it is not open to them."""
        begin_trace(EventContext.get().txid)
        access = _access(event.name)
        root = state._get_root_state()
        shell = await root.get_state(ShellState)
        socket = str(EventContext.get().router_data.get("sid"))
        if access is not None and access.unchecked:  # sent by whomever: it decides nothing about the visit
            begin_event(shell._document or socket)
            return None if _matches_signature(event) else await _answer(root)
        _note_document(shell, socket, event)
        if (caller := await self._caller_in_turn(shell)) is None:
            return await _tell_busy(root, event.name)
        visitor, lookup = caller
        set_caller(lookup.actor or visitor)
        shell.reload = lookup.renewed_elsewhere and shell._reload_told_to in ("", socket)
        if shell.reload:
            shell._reload_told_to = socket
            return await _answer(root)
        told = shell._reload_told_to if lookup.renewed_elsewhere else ""
        await _bind_tab_to_caller(root, shell, lookup.actor.session_id if lookup.actor else 0, visitor.browser_digest)
        shell._reload_told_to = told
        if _connects_again(event):
            await _show_again(root, shell, lookup.actor or visitor)
        if fault := _fault(access, event):
            log_refusal("event.refused", event=event.name[:200], reason=fault)
            return await _answer(root)
        if access is not None and access.level == PENDING:
            return await _authorize_pending(root, visitor, event.name)
        name = event.name
        return None if access is None or access.level == ANYONE else await _authorize(root, shell, access, lookup, name)

    async def _caller_in_turn(self, shell: ShellState) -> tuple[Visitor, Lookup] | None:
        """Waits for the event's turn; returns who calls then. None when it does not come in time.

        What an earlier event ended or forbade holds for those that waited for it.
        """
        visitor, lookup = await _identify(shell)
        if lookup.actor is None:
            self._sockets.charge_visitors({_digests().session}, visitor.origin.address)
        turn = await self._budgets.take_turn(*payers_of(lookup.actor, visitor.origin.address))
        if turn is None:
            set_caller(lookup.actor or visitor)
            return None
        if event := asyncio.current_task():
            event.add_done_callback(lambda _: turn.end())
        return await _identify(shell) if turn.waited else (visitor, lookup)


async def _tell_busy(root: BaseState, event_name: str) -> StateUpdate:
    """Refuses an event whose turn did not come."""
    log_refusal("event.refused", event=event_name[:200], reason="busy")
    await show_notice(root, "warning", "form.busy")
    return await _answer(root)


async def _authorize_pending(root: BaseState, visitor: Visitor, event_name: str) -> StateUpdate | None:
    """Lets a tab go on that owes a code."""
    if await in_read_unit(second_factor.is_pending, visitor):
        return None
    log_refusal("event.refused", event=event_name, reason="no code is asked for")
    return await _answer(root, rx.redirect("/login?again=1"))


async def _authorize(
    root: BaseState, shell: ShellState, access: Access, lookup: Lookup, event_name: str
) -> StateUpdate | None:
    """Lets a customer go on: with a fresh proof where one is needed, and on a page that is up to date."""
    actor = lookup.actor
    if actor is None:
        log_refusal("event.refused", event=event_name, reason=lookup.refusal or "not logged in")
        return await _answer(root, rx.redirect(_login_path(lookup, shell)))
    if access.level == FRESH and not actor.is_fresh(units().clock()):
        dialog = await root.get_state(StepUpState)
        dialog.open = True
        dialog.needs_code = await in_read_unit(second_factor.enrolled, actor.account_id)
        dialog.errors = {}
        dialog._resume = access.resume
        dialog._visit = visit_of(root)
        return await _answer(root)
    if lookup.seen_long_ago:
        await in_unit(sessions.mark_seen, actor.session_id)
    if shell.ready and shell._revision != actor.revision:
        await refresh(root)
    return None


async def _bind_tab_to_caller(root: BaseState, shell: ShellState, session_id: int, browser_digest: str) -> None:
    """Empties all states of a tab when what they hold belongs to somebody else, or to nobody any more.

    Visitors who are not logged in are told apart by their browser: a form that was sent holds an address.
    """
    if shell._session_id != session_id or shell._browser not in ("", browser_digest):
        ended = shell._session_id != 0 and session_id == 0
        document, socket = shell._document, shell._socket
        for cls in _own_states():
            (await root.get_state(cls)).reset()  # type: ignore[no-untyped-call]
        shell._session_id = session_id
        shell._ended = ended
        shell._document, shell._socket = document, socket
    shell._browser = browser_digest


def _access(event_name: str) -> Access | None:
    registered = RegistrationContext.get().event_handlers.get(event_name)
    return access_of(registered.handler.fn) if registered else None


def _fault(access: Access | None, event: Event) -> str:
    """Why nobody at all may send this event; empty when it depends on who does."""
    if access is None and not _is_framework_event(event.name):
        return "not marked"
    return "" if _matches_signature(event) else "wrong arguments"


def _matches_signature(event: Event) -> bool:
    """Whether the handler can be called with these arguments at all. What is in them is for ours to doubt."""
    try:
        _signature(RegistrationContext.get().event_handlers[event.name].handler.fn).bind(None, **event.payload)
    except TypeError:
        return False
    return not _is_framework_event(event.name) or _sound_for_reflex(event.payload)


def _sound_for_reflex(arguments: dict[str, object]) -> bool:
    """Whether these are what pages send to Reflex's own handlers, which stumble over anything else.

    No var of ours is kept by browsers, so a page has none to bring along.
    """
    return (
        arguments.get("vars", {}) == {}
        and isinstance(arguments.get("hashes") or [], list)
        and isinstance(arguments.get("value", True), bool)  # sent back as it is: half a character would end the socket
        and all(isinstance(arguments.get(name, ""), str) for name in ("info", "component_stack"))
    )


@cache
def _signature(handler: Callable[..., object]) -> inspect.Signature:
    return inspect.signature(handler)


def _is_framework_event(event_name: str) -> bool:
    registered = RegistrationContext.get().event_handlers.get(event_name)
    return (
        registered is not None
        and event_name.rpartition(".")[2] in FRAMEWORK_EVENTS
        and registered.states[0].__module__.startswith("reflex.")
    )


def _connects_again(event: Event) -> bool:
    """Whether a document asks for its data because it has lost its connection: without hashes of what it holds."""
    return event.name.endswith(".hydrate_and_load") and "hashes" not in (event.payload or ())


def _note_document(shell: ShellState, socket: str, event: Event) -> None:
    """A new socket is a document that was loaded anew, unless it says that it has only lost its connection."""
    if socket != shell._socket:
        if not (_connects_again(event) and shell._document):
            shell._document = socket
            shell.opened = False  # its page shows nothing before what it shows is settled
        shell._socket = socket
    begin_event(shell._document)


async def _show_again(root: BaseState, shell: ShellState, caller: Visitor) -> None:
    """After a restart of the server: a page that stands there already gets its data and no skeleton.

    A skeleton would take the form away, and with it what was typed.
    """
    if shell.ready or shell.opened:
        return
    if isinstance(caller, Actor) and str(EventContext.get().router_data.get("pathname")).startswith("/account/"):
        await refresh(root)
        shell.ready = True
    else:
        (await root.get_state(LocaleState)).locale = catalog.choose_locale(caller.languages)
        shell.opened = True


def _digests() -> CallerDigests:
    """The cookies of the handshake of the socket that the present event came in by."""
    headers = EventContext.get().router_data.get("headers") or {}
    return caller_digests(headers.get("authorization", ""))


async def _identify(shell: ShellState) -> tuple[Visitor, Lookup]:
    """The holder of the socket that the event came in by. Only what the server saw at its handshake counts.

    A login that owes its code was begun in this tab, or in another one of its browser.
    """
    router = EventContext.get().router_data
    headers = router.get("headers") or {}
    digests = _digests()
    origin = origin_of((router.get("ip") or "",), headers.get("user-agent", ""))
    visitor = Visitor(
        origin=origin,
        browser_digest=digests.browser,
        languages=headers.get("accept-language", ""),
        pending_digests=tuple(filter(None, (shell._pending, digests.pending))),
    )
    if not digests.session:
        return visitor, Lookup()
    lookup = await in_read_unit(sessions.look_up, digests.session, digests.browser, origin)
    if lookup.actor is None:
        return visitor, lookup
    # A customer may log in to a second account in the same browser: the login that owes its code is the tab's.
    actor = replace(lookup.actor, languages=visitor.languages, pending_digests=visitor.pending_digests)
    return visitor, lookup._replace(actor=actor)


def _own_states() -> list[type[BaseState]]:
    return [
        cls
        for cls in RegistrationContext.get().base_states.values()
        if not cls.__module__.startswith("reflex.") and cls is not LocaleState
    ]


def _login_path(lookup: Lookup, shell: ShellState) -> str:
    router = EventContext.get().router_data
    path, whole = router.get("pathname"), router.get("asPath")
    query = "?next="
    if isinstance(path, str) and path.startswith("/account/"):
        _, anchor, card = str(whole).partition("#")  # links in mails lead to one card of the page
        query += quote(path + anchor + card)
    if lookup.refusal is not None:
        return f"/login{query}&refused=1"
    ended, shell._ended = shell._ended, False
    return f"/login{query}&ended=1" if ended else f"/login{query}"


async def _answer(root: BaseState, *specs: EventSpec) -> StateUpdate:
    """Ends the event here: sends what changed in the states, and these events, to the browser."""
    delta = await root._get_resolved_delta()
    root._clean()  # type: ignore[no-untyped-call]
    return StateUpdate(delta=delta, events=Event.from_event_type(list(specs)) if specs else [])
