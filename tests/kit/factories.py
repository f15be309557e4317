"""Makes what a test starts from: accounts, sessions, callers, tabs. And opens what was mailed."""

import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

import reflex as rx
from sqlmodel import col, select

from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.core.facts import Origin
from netim_app.identity import account_creation, operations, passwords, sessions, tickets
from netim_app.identity.tables import Account
from netim_app.infra import queued_mail
from netim_app.infra.outbox import context_of
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import offers
from netim_app.reflex_port.tab import TabState, tab_in
from reflex_guard.tokens import digest

R = TypeVar("R")
S = TypeVar("S", bound=rx.State)

PASSWORD = "correct horse battery staple 42"
NEW_PASSWORD = "purple monkey dishwasher 77"
EMAIL = "Ada.Lovelace@example.org"
BROWSER = digest("the browser of the tests")
OTHER_BROWSER = digest("another browser")
PENDING = digest("the secret of a login that owes its code")
HERE = Origin(address="192.0.2.7", browser="Firefox", system="Linux")


@lru_cache
def quick_hash(password: str) -> str:
    """A bcrypt hash of the lowest cost."""
    return passwords.hash_password(password, 4)


def make_account(unit: UnitOfWork, email: str = EMAIL, *, password: str = PASSWORD, **values: Any) -> int:
    """The id of a new account. `values` replace fields of the table."""
    account = account_creation.create_account(
        unit,
        account_creation.NewCustomer(
            email=email, first_name="Ada", last_name="Lovelace", password="", language="en", time_zone="Europe/Paris"
        ),
        quick_hash(password),
    )
    for name, value in values.items():
        setattr(account, name, value)
    unit.session.flush()
    return account.id


def account_id_of(unit: UnitOfWork, email: str) -> int:
    """The id of the account with this address."""
    account_id = operations.find_account(unit, email)
    assert account_id is not None, email
    return account_id


@dataclass(frozen=True)
class Browser:
    """A logged-in browser: the cookie it holds."""

    token: str
    browser_digest: str = BROWSER

    @property
    def digest(self) -> str:
        return digest(self.token)


def make_session(
    unit: UnitOfWork, account_id: int, *, browser_digest: str = BROWSER, remember: bool = False, origin: Origin = HERE
) -> Browser:
    """Logs a browser in, the way the HTTP route does."""
    ticket = tickets.issue_ticket(
        unit, purpose="login", account_id=account_id, browser_digest=browser_digest, remember=remember
    )
    opened = tickets.redeem_ticket(unit, ticket, browser_digest, origin)
    assert opened is not None
    return Browser(opened.token, browser_digest)


def actor_of(unit: UnitOfWork, browser: Browser, origin: Origin = HERE) -> Actor:
    """Whom the Gate would see behind this browser."""
    found = sessions.look_up(unit, browser.digest, browser.browser_digest, origin).actor
    assert found is not None
    return found


def logged_in_actor(units: Units, email: str = EMAIL, *, browser_digest: str = BROWSER, **values: Any) -> Actor:
    """A new account with one session, as the Gate would see it."""
    with units.write() as unit:
        account_id = make_account(unit, email, **values)
        return actor_of(unit, make_session(unit, account_id, browser_digest=browser_digest))


def visitor_of(browser_digest: str = BROWSER, origin: Origin = HERE) -> Visitor:
    return Visitor(origin=origin, browser_digest=browser_digest, pending_digests=(PENDING,))


# Mail


@dataclass(frozen=True)
class Mail:
    """A queued mail, opened."""

    event: str
    to: str
    subject: str
    text: str
    html: str

    @property
    def token(self) -> str:
        """The secret in its link."""
        found = re.search(r"https://account\.netim\.example/[a-z-]+(?:\?for=[a-z-]+)?#([A-Za-z0-9_-]{43})", self.text)
        assert found, self.text
        return found[1]


def answer_requests(units: Units) -> None:
    """Does the sender's work with requests: finds out which mails they lead to."""
    requests = offers().mail_requests
    with units.write() as unit:
        waiting = (col(OutboxMessage.event).in_(requests), col(OutboxMessage.due_at) <= unit.now)
        rows = unit.session.exec(select(OutboxMessage).where(*waiting).order_by(col(OutboxMessage.id))).all()
        for row in rows:
            content = json.loads(unit.vault.open(row.payload, context_of(row.message_id)))
            copy_context().run(_answer, unit, requests[row.event], content)
            unit.session.delete(row)


def _answer(unit: UnitOfWork, answer: Callable[..., None], content: dict[str, Any]) -> None:
    origin = Origin(**content["origin"])
    set_caller(Visitor(origin=origin))
    answer(unit, origin, content["params"])


def mails(unit: UnitOfWork) -> list[Mail]:
    """All queued mails, oldest first, as the sender would render them."""
    opened = []
    for row in unit.session.exec(select(OutboxMessage).order_by(col(OutboxMessage.id))):
        if row.event in offers().mail_requests or not row.payload:
            continue  # it leads to mails later, or was held back
        content = unit.vault.open(row.payload, context_of(row.message_id))
        opened.append(open_mail(row.event, content, unit.settings.public_url))
    return opened


@cache
def open_mail(event: str, content: bytes, public_url: str) -> Mail:
    """The mail, rendered once in a test however often the test looks at its mails."""
    mail = queued_mail.read(content)
    texts = mail.render(public_url)
    return Mail(event.partition(".")[0], mail.to, texts.subject, texts.text, texts.html)


def mailed(units: Units) -> list[tuple[str, str]]:
    """(event, recipient) of all queued mails, oldest first."""
    answer_requests(units)
    with units.read() as unit:
        return [(mail.event, mail.to) for mail in mails(unit)]


def last_mail(units: Units, event: str) -> Mail:
    answer_requests(units)
    with units.read() as unit:
        return next(mail for mail in reversed(mails(unit)) if mail.event == event)


# The database, and many at once


def stored_account(units: Units, account_id: int) -> Account:
    """The row as it is now."""
    with units.read() as unit:
        return unit.session.get_one(Account, account_id)


def at_once(count: int, call: Callable[[int], R]) -> list[R]:
    """The results of `call(0)` ... `call(count - 1)` when all start at the same moment, each in its own thread."""
    barrier = threading.Barrier(count)

    def run(number: int) -> R:
        barrier.wait(timeout=30)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


# Tabs


def tab_states(document: str = "a document", socket: str = "") -> rx.State:
    """The states of a tab as Reflex makes them; the tab shows this document already, or none that the server knows."""
    root: Any = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex does
    tab = tab_in(root.get_substate(TabState.get_full_name().split(".")))
    tab.document, tab.socket = document, socket
    return root  # type: ignore[no-any-return]


class Tab:
    """All states of one browser tab, without a browser."""

    def __init__(self, url: str = "") -> None:
        self.root = rx.State()
        if url:
            self.visit(url)

    def visit(self, url: str) -> None:
        """Makes this the page that the tab shows."""
        from reflex.istate.data import RouterData

        path = url.partition("?")[0]
        self.root.router = RouterData.from_router_data(
            {"pathname": path, "asPath": url, "headers": {"origin": "https://account.netim.example"}}
        )

    async def state(self, cls: type[S]) -> S:
        return await self.root.get_state(cls)

    async def run(self, cls: type[S], handler: str, *args: Any) -> tuple[S, list[dict[str, Any]]]:
        """Runs a handler; returns its state, and what TicketExchangeState.ticket was at each step."""
        from netim_app.identity.state.ticket_exchange import TicketExchangeState

        state = await self.state(cls)
        bearer = await self.state(TicketExchangeState)
        result = cls.event_handlers[handler].fn(state, *args)
        steps: list[Any] = []
        if hasattr(result, "__aiter__"):
            steps = [bearer.ticket async for _ in self.sent(result)]
            assert bearer.ticket == "", "no ticket stays in the state"
        elif hasattr(result, "__await__"):
            steps.append(await result)
        else:
            steps.append(result)
        return state, steps

    async def sent(self, steps: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """The steps of a handler. After each, Reflex sends what has changed."""
        async for step in steps:
            yield step
            self.root._clean()  # type: ignore[no-untyped-call]


def tickets_of(steps: Sequence[Any]) -> list[str]:
    """The tickets that a handler handed out."""
    return [step for step in steps if isinstance(step, str) and step]
