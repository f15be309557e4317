"""The state behind every page: whose page it is, and what it has to say."""

import re
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx

from netim_app.core.actor import Actor, actor, visitor
from netim_app.core.errors import DomainError
from netim_app.feature import offers
from netim_app.identity import accounts, changes, profiles, sessions
from netim_app.identity.access import ANYONE, LOGGED_IN, open_to
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit, in_unit_thread, units
from netim_app.reflex_port.tab import tab_of
from netim_app.reflex_port.visits import end_earlier_visit, visit_of
from netim_app.settings import get_settings
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState

MIN_PASSWORD_LENGTH = get_settings().password_min_length
"""In characters; the hint at a password field says so."""
REMEMBER_DAYS = get_settings().session_remember_days
SUPPORT_CONTACT = get_settings().support_contact
P = ParamSpec("P")
R = TypeVar("R")
_Loaded = tuple[accounts.ShellView, dict[str, Any]]
SECURITY = "/account/connection-and-security"
"""The page with the wizard."""
_ACCOUNT_PATH = re.compile(r"/account/[a-z-]{1,40}(#[a-z-]{1,40})?")


def safe_path(path: object) -> str:
    """The path to go on to: inside the account area, or the first page of it."""
    return path if isinstance(path, str) and _ACCOUNT_PATH.fullmatch(path) else sessions.HOME


class ShellState(rx.State):
    """What surrounds a page: the customer's name and the present notice. `ready` turns a skeleton into the page."""

    ready: bool = False
    opened: bool = False
    """The same for a page outside of the account area."""
    customer_name: str = ""
    notice: str = ""
    notice_kind: str = "info"
    answers: int = 0
    """Counts the answers of the server. A page learns by it that there was an answer, even an unchanged one."""
    reload: bool = False
    """Mounts a component that connects anew: the session was renewed in another tab."""

    _notice_visit: str = ""
    """The visit that the notice belongs to."""
    _visit_being_left: str = ""
    """The visit that ends as the page posts a ticket. A lost connection may come back just then, and opens the old page
    once more."""

    @rx.event(supersedes=True)
    @open_to(LOGGED_IN)
    async def open_account_page(self) -> Any:
        """Runs when a page of the account area opens or comes back. Opens what the wizard still has to show.

        Of several that wait in one tab the last is enough.
        """
        for begin_visit in offers().page_opened:
            await begin_visit(self)
        for dialog in offers().dialogs:
            await end_earlier_visit(self, dialog)
        self._end_earlier_notice()
        await refresh(self, everything=True)
        self.ready = True
        return await self._due_step()

    async def _due_step(self) -> Any:
        """Opens what the wizard still has to show, while the proof is fresh that this takes."""
        if actor().is_fresh(units().clock()) and self.router.url.path.rstrip("/") == SECURITY:
            for step in offers().wizard_steps:
                if await step.is_due(self):
                    return step.begin
        return None

    @rx.event
    @open_to(ANYONE)
    async def open_public_page(self) -> None:
        """Runs when a page outside of the account area opens."""
        locale = await self.get_state(LocaleState)
        caller = visitor()
        if isinstance(caller, Actor):
            locale.locale, _ = await in_read_unit(accounts.locale_of, caller.account_id)
        elif locale.locale not in catalog.LOCALES:
            locale.locale = catalog.choose_locale(caller.languages)
        self._end_earlier_notice()
        self.opened = True

    def _end_earlier_notice(self) -> None:
        """A notice is about the visit in which it was said, and does not follow the customer to other pages."""
        visit = visit_of(self)
        if visit == self._visit_being_left:
            return
        if self._notice_visit != visit and not self._visit_being_left:
            self.notice = ""
        self._notice_visit, self._visit_being_left = visit, ""

    @rx.event
    @open_to(ANYONE)
    async def set_language(self, language: str) -> None:
        """Switches the language of the page, and of the account when somebody is logged in."""
        if language not in catalog.LOCALES:
            return
        (await self.get_state(LocaleState)).locale = language
        caller = visitor()
        if isinstance(caller, Actor):
            await in_unit(profiles.set_language, caller, language)
            if self.ready:
                await refresh(self)

    @rx.event
    @open_to(ANYONE, unchecked=True)
    def recheck_session(self) -> Any:
        """Asked of a tab whose session was ended: a page of the account opens anew, and finds that out by itself."""
        return ShellState.open_account_page if self.router.url.path.startswith("/account/") else None

    @rx.event
    @open_to(ANYONE, unchecked=True)
    def close_notice(self) -> None:
        """Takes the notice away."""
        self.notice = ""


async def leave_visit(state: rx.State) -> None:
    """Notes that the page is about to be loaded anew: its notice is for the next visit."""
    shell = await state.get_state(ShellState)
    shell._visit_being_left = visit_of(state)


async def explain(state: rx.State, error: DomainError) -> dict[str, str]:
    """The messages of a refusal in the page's language, by field; the empty name is the whole form."""
    (await state.get_state(ShellState)).answers += 1
    language = (await state.get_state(LocaleState)).locale
    return {fault.field: in_words(language, fault.key, **fault.params) for fault in error.all}


def in_words(language: str, key: str, **params: object) -> str:
    """The text of a key. Where support has an address, and the text has a form that names it, it is that form."""
    with_support = f"{key}.support"
    if SUPPORT_CONTACT and catalog.has(with_support):
        return f"{catalog.text(language, with_support, **params)} {SUPPORT_CONTACT}"
    return catalog.text(language, key, **params)


async def show_notice(state: rx.State, kind: str, key: str, **params: object) -> None:
    """Shows a notice on the page and says it to screen readers. `kind`: success, info, warning or danger."""
    shell = await state.get_state(ShellState)
    shell.answers += 1
    shell._notice_visit, shell._visit_being_left = visit_of(state), ""
    shell.notice_kind = kind
    shell.notice = in_words((await state.get_state(LocaleState)).locale, key, **params)


def _load(unit: UnitOfWork, account_id: int, since: int) -> _Loaded:
    """What surrounds a page, and by feature the rows that changed after this revision; all of them after -1."""
    view = accounts.view_shell(unit, account_id)
    refreshers = offers().refreshers
    changed = refreshers if since == -1 else changes.changed_since(unit, account_id, since)
    return view, {name: refreshers[name].load(unit, account_id) for name in refreshers if name in changed}


async def change(
    state: rx.State, service: Callable[Concatenate[UnitOfWork, Actor, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Runs a service for the caller, then `refresh`, with one hand-over to a thread.

    What the service raises comes out, and nothing is shown anew then.
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
    """Shows the account as it is now, in the shell and in the states of the features that a change concerned.

    Call it, or `change`, at the end of every handler that changed something about the account.

    Args:
        state: any of the tab.
        everything: shows all features anew. For a page that opens, and for rows that are gone without a fact.
    """
    tab = await tab_of(state)
    await _show(state, await in_read_unit(_load, actor().account_id, -1 if everything else tab.revision))


async def _show(state: rx.State, loaded: _Loaded) -> None:
    view, rows = loaded
    tab = await tab_of(state)
    shell = await state.get_state(ShellState)
    shell.customer_name = view.name
    tab.session_id, tab.revision = actor().session_id, view.revision
    (await state.get_state(LocaleState)).locale = view.language
    for name, row in rows.items():
        await offers().refreshers[name].show(state, row)
