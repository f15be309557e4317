"""The state behind every page, and what brings the pages of a tab up to date."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx

from netim_app.core import paths
from netim_app.core.actor import Actor, actor, visitor
from netim_app.core.errors import DomainError
from netim_app.identity import accounts, changes, limits, profiles
from netim_app.identity.access import ANYONE, LOGGED_IN, open_to
from netim_app.identity.state.cards import shows_cards
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit, in_unit_thread, units
from netim_app.offers import offers
from netim_app.reflex_port.tab import tab_of
from netim_app.reflex_port.visits import end_earlier_visit, visit_of
from netim_app.settings import get_settings
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState

MIN_PASSWORD_LENGTH = get_settings().password_min_length
"""In characters. The hint at a password field shows it."""
REMEMBER_DAYS = get_settings().session_remember_days
P = ParamSpec("P")
R = TypeVar("R")
_Loaded = tuple[accounts.ShellView, dict[str, Any]]


class ShellState(rx.State):
    """The frame of a page: the customer's name and the present notice. `ready` replaces the skeleton by the page."""

    ready: bool = False
    opened: bool = False
    """The same for a page outside of the account area."""
    customer_name: str = ""
    notice: str = ""
    notice_kind: str = "info"
    notice_undo: str = ""
    """Name of the feature that can undo what the notice reports; empty if none can."""
    notice_number: int = 0
    """Counts the notices."""
    answers: int = 0
    """Counts the server's answers, so that the page notices even an unchanged one."""

    _begun_visit: str = ""
    """The visit whose page has opened, or whose form was sent before that."""
    _notice_visit: str = ""
    """The visit that the notice belongs to."""
    _visit_being_left: str = ""
    """The visit that ends because the page posts a ticket or leads to a card. If a lost connection returns at that
    moment, it opens the old page once more."""

    @rx.event(supersedes=True)
    @open_to(LOGGED_IN)
    async def open_account_page(self) -> Any:
        """Runs when a page of the account area opens or reconnects. Opens the wizard's next step if one is due.

        If several of these events wait in one tab, only the last one needs to run.
        """
        for begin_visit in offers().page_opened:
            await begin_visit(self)
        for dialog in offers().dialogs:
            await end_earlier_visit(self, dialog)
        self._end_earlier_notice()
        await refresh(self, everything=True)
        self.ready = True
        return await due_step(self)

    @rx.event
    @open_to(ANYONE)
    async def open_public_page(self) -> None:
        """Runs when a page outside of the account area opens."""
        locale = await self.get_state(LocaleState)
        caller = visitor()
        if isinstance(caller, Actor):
            stored, _ = await in_read_unit(accounts.locale_of, caller.account_id)
            locale.locale = catalog.known(stored)
        elif locale.locale not in catalog.LOCALES:
            locale.locale = catalog.choose_locale(caller.languages)
        self._end_earlier_notice()
        self.opened = True

    def _end_earlier_notice(self) -> None:
        """Removes the notice of an earlier visit, so that it does not follow the customer to other pages."""
        visit = self._begun_visit = visit_of(self)
        if visit == self._visit_being_left:
            return
        if self._notice_visit != visit and not self._visit_being_left:
            self.notice = ""
        self._notice_visit, self._visit_being_left = visit, ""

    @rx.event
    @open_to(ANYONE)
    async def set_language(self, language: str) -> None:
        """Switches the language of the page, and of the account if somebody is logged in."""
        if language not in catalog.LOCALES:
            return
        (await self.get_state(LocaleState)).locale = language
        caller = visitor()
        if isinstance(caller, Actor):
            try:
                await limits.allow_edit(caller.account_id)
            except DomainError:
                return  # the page switches, but the account keeps its language
            await in_unit(profiles.set_language, caller, language)
            if self.ready:
                await refresh(self)

    @rx.event
    @open_to(ANYONE, unchecked=True)
    def recheck_session(self) -> Any:
        """Sent to a tab whose session was ended. An account page opens again, so the Gate sends it to the login.

        A page that ended the session itself is already leaving, so it does nothing.
        """
        if self._visit_being_left == visit_of(self) or not self.router.url.path.startswith(paths.ACCOUNT):
            return None
        return ShellState.open_account_page

    @rx.event
    @open_to(ANYONE, unchecked=True)
    def close_notice(self) -> None:
        """Removes the notice."""
        self.notice = ""

    @rx.event
    @open_to(ANYONE, unchecked=True)
    def end_notice(self, number: int) -> None:
        """Removes an expired notice, unless a newer one has replaced it."""
        if number == self.notice_number:
            self.notice = ""


async def due_step(state: rx.State) -> Any:
    """The event that opens the wizard's next due step; None if there is none or it would need a new proof."""
    if actor().is_fresh(units().clock()) and shows_cards(state):
        for step in offers().wizard_steps:
            if await step.is_due(state):
                return step.begin
    return None


async def begin_document(state: rx.State) -> None:
    """Makes a newly loaded page show nothing until its content is known, and no notice of an earlier visit."""
    shell = await state.get_state(ShellState)
    shell.opened = False
    if not shell._visit_being_left:
        shell.notice = ""


async def begin_visit(state: rx.State) -> None:
    """Resets the state of a page at the first event of a visit.

    A form that is sent at once may be handled before the event that opens its page; then its answer stays. A page that
    reconnects keeps its content.
    """
    shell = await state.get_state(ShellState)
    if shell._begun_visit != visit_of(state):
        shell._begun_visit = visit_of(state)
        state.reset()


async def leave_visit(state: rx.State) -> None:
    """Notes that this visit is about to end, so that its notice is shown in the next one."""
    shell = await state.get_state(ShellState)
    shell._visit_being_left = visit_of(state)


def _load(unit: UnitOfWork, account_id: int, since: int) -> _Loaded:
    """Loads the frame's data, and by refresher the rows that changed since this revision; all rows if it is -1."""
    view = accounts.view_shell(unit, account_id)
    refreshers = offers().refreshers
    changed = refreshers if since == -1 else changes.changed_since(unit, account_id, since)
    return view, {name: refreshers[name].load(unit, account_id) for name in refreshers if name in changed}


async def change(
    state: rx.State, service: Callable[Concatenate[UnitOfWork, Actor, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Runs a service for the caller, then `refresh`, in a single call to a thread.

    If the service raises an error, it is passed on and nothing is refreshed.
    """
    caller, tab = actor(), await tab_of(state)

    def call() -> tuple[R, _Loaded]:
        with units().write() as unit:
            result = service(unit, caller, *args, **kwargs)
        with units().read() as unit:
            return result, _load(unit, caller.account_id, tab.revision)

    result, loaded = await in_unit_thread(call)
    await _show(state, loaded)
    return result


async def refresh(state: rx.State, *, everything: bool = False) -> None:
    """Shows the account as it is now, in the shell and in the states of all features that have changed.

    Call it, or `change`, at the end of every handler that changed something about the account.

    Args:
        state: any state of the tab.
        everything: refreshes all features. For a page that opens, and for rows that disappeared without a fact.
    """
    tab = await tab_of(state)
    await _show(state, await in_read_unit(_load, actor().account_id, -1 if everything else tab.revision))


async def _show(state: rx.State, loaded: _Loaded) -> None:
    view, rows = loaded
    tab = await tab_of(state)
    shell = await state.get_state(ShellState)
    shell.customer_name = view.name
    tab.session_id, tab.revision = actor().session_id, view.revision
    (await state.get_state(LocaleState)).locale = catalog.known(view.language)
    for name, row in rows.items():
        await offers().refreshers[name].show(state, row)
