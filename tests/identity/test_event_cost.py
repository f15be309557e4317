"""How many hand-overs to threads, transactions, states and deltas an event takes: the table of docs/architecture.md."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pyotp
import pytest
import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex_base.event.context import EventContext
from sqlalchemy import Connection, event
from starlette.requests import Request

from netim_app.features.ip_restriction.state.card import IpTestState
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.totp.service import stored
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity.callers import KINDS, CallerDigests
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.infra import unit_of_work
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.db import WRITES
from netim_app.infra.unit_of_work import Units
from netim_app.web import login_routes
from reflex_guard.tokens import authorization_of
from tests.kit.factories import BROWSER, EMAIL, PASSWORD, make_account, make_session, tab_states

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Count:
    """The counts since the last `take`."""

    threads: int = 0
    reads: int = 0
    writes: int = 0
    deltas: int = 0
    states: set[str] = field(default_factory=set)

    def take(self) -> tuple[int, ...]:
        """A line of the table."""
        line = (self.threads, self.reads, self.writes, len(self.states), self.deltas)
        self.__init__()  # type: ignore[misc]
        return line


class CountingThreads(ThreadPoolExecutor):
    """Those of the units."""

    def __init__(self, count: Count) -> None:
        super().__init__(1)
        self._count = count

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        self._count.threads += 1
        return super().submit(*args, **kwargs)


@pytest.fixture(autouse=True)
def no_stale_rows() -> None:
    """Its looks before and after a unit would be counted."""


@pytest.fixture
def count(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    count = Count()
    get_state = rx.State.get_state

    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            count.writes += 1
        else:
            count.reads += 1

    async def counted(self: rx.State, cls: Any) -> Any:
        if not cls.__module__.startswith("netim_app.features."):
            count.states.add(cls.__name__)
        return await get_state(self, cls)

    event.listen(sqlite_units.engine, "begin", begun)
    monkeypatch.setattr(rx.State, "get_state", counted)
    with CountingThreads(count) as threads:
        monkeypatch.setattr(unit_of_work, "_threads", lambda: threads)
        yield count


class Page:
    """A tab, with the Gate before its events."""

    def __init__(self, count: Count) -> None:
        self.count = count
        self.root = tab_states(socket="s")
        self.digests = CallerDigests(browser=BROWSER)
        self.gate = Gate(CostBudgets(), OpenSockets())
        self.seen: list[str] = []

    async def send(self, cls: type[rx.State], handler: str, **arguments: Any) -> None:
        """One event, in a task of its own: the Gate, the handler, and a delta for each of its steps."""
        await asyncio.create_task(self._handle(cls, handler, arguments))

    async def _handle(self, cls: type[rx.State], handler: str, arguments: dict[str, Any]) -> None:
        router = {"sid": "s", "ip": "192.0.2.7", "headers": {"authorization": answer_about(self.digests)}}
        router |= {"pathname": "/account/x", "asPath": "/account/x"}
        context = EventContext(
            token="a tab", state_manager=cast("Any", None), enqueue_impl=cast("Any", None), router_data=router
        )
        sent = Event(name=f"{cls.get_full_name()}.{handler}", payload=arguments, router_data=router)
        with context:
            assert await self.gate.preprocess(cast("App", None), self.root, sent) is None
            state = await self.root.get_state(cls)
            result = cls.event_handlers[handler].fn(state, **arguments)
            if hasattr(result, "__aiter__"):
                async for _ in result:
                    self._delta()
            else:
                await result
            self._delta()

    def _delta(self) -> None:
        if self.root.get_delta():
            self.count.deltas += 1
        self.seen.append(self.root.get_substate(TicketExchangeState.get_full_name().split(".")).ticket)  # type: ignore[attr-defined]
        self.root._clean()  # type: ignore[no-untyped-call]

    @property
    def ticket(self) -> str:
        return next(ticket for ticket in reversed(self.seen) if ticket)


def documented() -> dict[str, tuple[int, ...]]:
    """The lines of the table, by their first cell."""
    lines = re.findall(r"^\| (an event that reads|[a-z ]+) \|((?: \d+ \|){5})$", PAGE.read_text(), re.MULTILINE)
    return {name: tuple(map(int, re.findall(r"\d+", cells))) for name, cells in lines}


async def test_the_table_of_the_architecture_page_is_true(sqlite_units: Units, count: Count) -> None:
    page = Page(count)
    with sqlite_units.write() as unit:
        account_id = make_account(unit)
        page.digests = page.digests._replace(session=make_session(unit, account_id).digest)
    found = {}
    await page.send(ShellState, "open_account_page")
    count.take()

    await page.send(IpTestState, "submit", form={"address": "192.0.2.7"})
    found["an event that reads"] = count.take()
    await page.send(LoginAlertsState, "switch", on=True)
    found["an event that writes"] = count.take()
    await page.send(ShellState, "open_account_page")
    found["a page that opens"] = count.take()

    assert found == {name: documented()[name] for name in found}


async def test_the_table_is_true_of_a_login_with_a_code(sqlite_units: Units, count: Count) -> None:
    with sqlite_units.write() as unit:
        row = TotpAuthenticator(account_id=make_account(unit), name="P", sealed=b"", last_step=0, added_at=unit.now)
        unit.session.add(row)
        unit.session.flush()
        row.sealed = unit.vault.seal(SECRET.encode(), stored.authenticator_context(row))
    page = Page(count)
    count.take()

    await page.send(LoginState, "submit", form={"email": EMAIL, "password": PASSWORD})
    steps = [count.take()]
    await page.send(LoginState, "submit_code", form={"code": pyotp.TOTP(SECRET).at(sqlite_units.clock())})
    steps.append(count.take())
    response = await login_routes.open_session(posted(page, ticket=page.ticket))
    steps.append(count.take())

    assert response.headers["location"] == "/account/personal-information"
    assert tuple(map(sum, zip(*steps, strict=True))) == documented()["a login with a code"]


def answer_about(digests: CallerDigests) -> str:
    """The answer of `CookieDigests` about these."""
    return authorization_of(dict(zip(KINDS.values(), digests, strict=True)))


def posted(page: Page, **form: str) -> Request:
    """The form that the page posts by itself."""
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": answer_about(page.digests),
        "cookie": "",
    }
    scope = {
        "type": "http", "method": "POST", "path": "/auth/session", "client": ("192.0.2.7", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)
