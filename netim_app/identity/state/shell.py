"""The state behind every page: whose page it is, what it has to say, and the step-up dialog."""

import re
from typing import Any

import reflex as rx
from reflex.state import BaseState

from netim_app.core.actor import Actor, actor, visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.core.tokens import digest
from netim_app.feature import offers
from netim_app.identity import accounts, flows, limits, profiles, sessions
from netim_app.identity.access import ANYONE, LOGGED_IN, open_to
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit
from netim_app.settings import get_settings
from netim_app.texts import catalog
from netim_app.ui.once import begin_event, end_earlier_visit, visit_of
from netim_app.ui.text import LocaleState

MIN_PASSWORD_LENGTH = get_settings().password_min_length
"""In characters; the hint at a password field says so."""
REMEMBER_DAYS = get_settings().session_remember_days
_ACCOUNT_PATH = re.compile(r"/account/[a-z-]{1,40}(\?open=[a-z_]{1,30})?(#[a-z-]{1,40})?")
_NEXT_AFTER = "next after "


def safe_path(path: object) -> str:
    """An address inside the account area to go on to, whatever the browser asked for."""
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
    resumed: bool = False
    """The page goes on where a step-up interrupted: mounts a component that takes `?open=` out of the address."""
    reload: bool = False
    """Mounts a component that loads the page anew: the session was renewed in another tab."""

    _reload_told_to: str = ""
    """The socket that was told. A tab that comes back by another one with the same old cookie has lost the new one."""
    _document: str = ""
    """Which loaded document the tab shows: the socket by which that asked for its data first."""
    _socket: str = ""
    """The one that it has now."""
    _notice_visit: str = ""
    """The visit that the notice belongs to, or `_NEXT_AFTER` and the one that ends as the page is loaded anew for a
    ticket: a lost connection may come back just then, and opens the old page once more."""
    _ended: bool = False
    """A session ended in this tab, and the page has not said so yet."""
    _browser: str = ""
    """The digest of the cookie of the browser that the tab is in."""
    _pending: str = ""
    """The digest of the secret of the login that was begun in this tab and owes its code."""
    _session_id: int = 0
    """Whose data this tab's states hold. The Gate empties them when somebody else comes."""
    _revision: int = -1
    """The account's revision that they show."""

    @rx.event(supersedes=True)
    @open_to(LOGGED_IN)
    async def open_account_page(self) -> Any:
        """Runs when a page of the account area opens. Goes on where a step-up interrupted.

        Of several that wait in one tab the last is enough.
        """
        for begin_visit in offers().page_opened:
            await begin_visit(self)
        for dialog in offers().dialogs:
            await end_earlier_visit(self, dialog)
        self._end_earlier_notice()
        await refresh(self)
        self.ready = True
        handler = offers().resumes.get(str(self.router.url.query_parameters.get("open", "")))
        self.resumed = handler is not None
        return handler

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
        if self._notice_visit == _NEXT_AFTER + visit:
            return  # the page is about to be loaded anew
        if self._notice_visit != visit and not self._notice_visit.startswith(_NEXT_AFTER):
            self.notice = ""
        self._notice_visit = visit

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


async def show_incident(root: BaseState, number: str) -> None:
    """Says that something went wrong on our side, on the page as it is. Works without the database."""
    begin_event((await root.get_state(ShellState))._document)
    await show_notice(root, "danger", "shell.incident", number=number)


def incident_delta(number: str, languages: str) -> dict[str, dict[str, Any]]:
    """What `show_incident` sends to a page, made without the page's states: for when these are out of reach.

    Args:
        number: of the incident.
        languages: what the browser accepts; the page's own choice is one of the things that are out of reach.
    """
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes the states of a new tab
    shell = root.get_substate(ShellState.get_full_name().split("."))
    shell.notice = catalog.text(catalog.choose_locale(languages), "shell.incident", number=number)
    shell.notice_kind = "danger"
    shell.answers = int(number, 16)  # any number that the page has not seen
    return shell.get_delta()


class TicketExchangeState(rx.State):
    """A secret on its way to what posts it, and gets a cookie for it. It is here for one round trip only."""

    ticket: str = ""
    pending: str = ""
    """Of a login that owes its code."""


class StepUpState(rx.State):
    """The dialog that asks a logged-in customer to prove again who is there."""

    open: bool = False
    needs_code: bool = False
    errors: dict[str, str] = {}

    _resume: str = ""
    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Gives up the change that asked for a proof."""
        self.open = False
        self.errors = {}

    @rx.event
    @open_to(LOGGED_IN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Checks the proof; the ticket then renews the session and loads the page again."""
        self.errors = {}
        read = Form(form)
        password = read.secret("password")
        code = read.code(required=self.needs_code)
        path = self.router.url.path.rstrip("/")
        return_to = safe_path(f"{path}?open={self._resume}" if self._resume else path)
        try:
            read.finish()
            await limits.allow_proof(actor())
            ticket = await flows.prove_again(actor(), password, code, return_to)
        except DomainError as error:
            self.needs_code = self.needs_code or any(fault.field == "code" for fault in error.all)
            self.errors = await explain(self, error)
            return
        self.open = False
        async for step in exchange_ticket(self, ticket):
            yield step


async def exchange_ticket(state: BaseState, ticket: str) -> Any:
    """Lets the page post a ticket.

    Used as `async for step in exchange_ticket(self, ticket): yield step`. The ticket leaves the state at once: a page
    that is loaded again would post it again.
    """
    (await state.get_state(ShellState))._notice_visit = _NEXT_AFTER + visit_of(state)
    bearer = await state.get_state(TicketExchangeState)
    bearer.ticket = ticket
    yield
    bearer.ticket = ""
    yield


async def keep_pending(state: BaseState, secret: str) -> Any:
    """Lets this tab finish a login that owes its code, and lets the page keep the secret in a cookie of its browser.

    Other tabs go on by this cookie, and so does this one when the server has lost its state. Used like
    `exchange_ticket`.
    """
    (await state.get_state(ShellState))._pending = digest(secret)
    bearer = await state.get_state(TicketExchangeState)
    bearer.pending = secret
    yield
    bearer.pending = ""
    yield


async def explain(state: BaseState, error: DomainError) -> dict[str, str]:
    """The messages of a refusal in the page's language, by field; the empty name stands for the whole form."""
    (await state.get_state(ShellState)).answers += 1
    language = (await state.get_state(LocaleState)).locale
    return {fault.field: catalog.text(language, fault.key, **fault.params) for fault in error.all}


async def show_notice(state: BaseState, kind: str, key: str, **params: object) -> None:
    """Shows a notice on the page and says it to screen readers. `kind`: success, info, warning or danger."""
    shell = await state.get_state(ShellState)
    shell.answers += 1
    shell._notice_visit = visit_of(state)
    shell.notice_kind = kind
    shell.notice = catalog.text((await state.get_state(LocaleState)).locale, key, **params)


def _load(unit: UnitOfWork, account_id: int) -> tuple[accounts.ShellView, list[Any]]:
    rows = [refresher.load(unit, account_id) for refresher in offers().refreshers]
    return accounts.view_shell(unit, account_id), rows


async def refresh(state: BaseState) -> None:
    """Shows the account as it is now: in the shell, in the personal information and in the states of all features.

    Call it at the end of every handler that changed something about the account.
    """
    caller = actor()
    view, rows = await in_read_unit(_load, caller.account_id)
    shell = await state.get_state(ShellState)
    shell.customer_name = view.name
    shell._session_id = caller.session_id
    shell._revision = view.revision
    (await state.get_state(LocaleState)).locale = view.language
    for refresher, row in zip(offers().refreshers, rows, strict=True):
        await refresher.show(state, row)
