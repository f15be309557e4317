"""identity.gate: whom an event belongs to that had to wait for its turn."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.state import StateUpdate
from reflex_base.event.context import EventContext
from sqlmodel import col, update

from netim_app.feature import Feature, LoginPolicy, install
from netim_app.features.login_alerts.state import LoginAlertsState
from netim_app.identity.callers import payers_of
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.state.shell import ShellState
from netim_app.identity.tables import AccountSession
from netim_app.infra import cost_budget
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import BROWSER, Browser, actor_of, make_account, make_session


class Caller:
    """A tab with a session, and the Gate before it."""

    def __init__(self, units: Units) -> None:
        with units.write() as unit:
            self.browser: Browser = make_session(unit, make_account(unit))
            self.actor = actor_of(unit, self.browser)
        self.budgets = CostBudgets()
        self.root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes those of a tab

    def begin(self) -> "asyncio.Task[StateUpdate | None]":
        """An event of the tab comes to the Gate."""
        told = f"Session {self.browser.digest}; Browser {BROWSER}; Pending "
        router = {"sid": "a socket", "ip": "192.0.2.7", "headers": {"authorization": told}, "pathname": "/account/x"}
        context = EventContext(
            token="a tab", state_manager=cast("Any", None), enqueue_impl=cast("Any", None), router_data=router
        )
        event = Event(name=f"{LoginAlertsState.get_full_name()}.switch", payload={"on": True}, router_data=router)

        async def preprocess() -> StateUpdate | None:
            with context:
                return await Gate(self.budgets, OpenSockets()).preprocess(cast("App", None), self.root, event)

        return asyncio.create_task(preprocess())

    @property
    def notice(self) -> str:
        shell = self.root.get_substate(ShellState.get_full_name().split("."))
        assert isinstance(shell, ShellState)
        return shell.notice


@pytest.fixture
def caller(sqlite_units: Units) -> Caller:
    return Caller(sqlite_units)


async def until_it_waits(event: "asyncio.Task[Any]", caller: Caller) -> None:
    while all(budget.handled < 2 for budget in caller.budgets._budgets.values()):
        assert not event.done()
        await asyncio.sleep(0.001)


def nothing(_units: Units) -> None:
    pass


def end_session(units: Units) -> None:
    with units.write() as unit:
        unit.session.exec(
            update(AccountSession).where(col(AccountSession.ended_at).is_(None)).values(ended_at=unit.now)
        )


def close_the_door(_units: Units) -> None:
    install((Feature(name="door", login_policies=(LoginPolicy(name="ip", refusal=lambda _u, _a, _o: "refused"),)),))


@pytest.mark.parametrize(
    ("meanwhile", "goes_to"),
    [(nothing, ""), (end_session, "/login?next="), (close_the_door, "refused=1")],
    ids=["twin", "session ended", "address kept out"],
)
async def test_an_event_that_waited_is_authorize_by_what_holds_after_the_wait(
    sqlite_units: Units, caller: Caller, meanwhile: Callable[[Units], None], goes_to: str
) -> None:
    before = await caller.budgets.take_turn(*payers_of(caller.actor, "192.0.2.7"))
    event = caller.begin()
    await until_it_waits(event, caller)
    meanwhile(sqlite_units)
    assert before
    before.end()
    answer = await event
    if goes_to:
        assert answer is not None
        assert goes_to in str(answer.events)
    else:
        assert answer is None, "the handler runs"


async def test_an_event_whose_turn_does_not_come_is_refused_and_the_page_says_so(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_budget, "MAX_WAIT_SECONDS", 0.01)
    before = await caller.budgets.take_turn(*payers_of(caller.actor, "192.0.2.7"))
    assert before
    answer = await caller.begin()
    assert answer is not None
    assert answer.events == []
    assert caller.notice == "The service is very busy right now. Please try again in a moment."
    assert caller.notice in str(answer.delta)
    before.end()
    assert await caller.begin() is None
