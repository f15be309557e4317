"""identity.gate: whom an event belongs to that had to wait for its turn."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest
import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.state import StateUpdate
from reflex_base.event.context import EventContext
from sqlmodel import col, update

from netim_app.feature import Feature, LoginPolicy
from netim_app.features.backup_codes.state import NewCodesState
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.totp.state.wizard import TotpWizardState
from netim_app.identity.callers import payers_of
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.state.profile import ProfileState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from netim_app.identity.tables import AccountSession
from netim_app.infra import cost_budget
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.opening_queue import OpeningQueue
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install
from netim_app.reflex_port.tab import TabState
from tests.kit.factories import BROWSER, EMAIL, OTHER_BROWSER, Browser, actor_of, make_account, make_session, tab_states

S = TypeVar("S", bound=rx.State)
Answering = asyncio.Task[StateUpdate | None]


class Caller:
    """A tab with a session, and the Gate before it."""

    def __init__(self, units: Units) -> None:
        with units.write() as unit:
            self.browser: Browser = make_session(unit, make_account(unit))
            self.actor = actor_of(unit, self.browser)
        self.browser_digest, self.path, self.socket = BROWSER, "/account/x", "a socket"
        self.budgets = CostBudgets()
        self.gate = Gate(self.budgets, OpenSockets())
        self.root = tab_states()

    def begin(self, cls: type[rx.State] = LoginAlertsState, handler: str = "switch", **arguments: Any) -> Answering:
        """An event of the tab comes to the Gate."""
        digests = f"Session {self.browser.digest}; Browser {self.browser_digest}; Pending "
        router = {"sid": self.socket, "ip": "192.0.2.7", "headers": {"authorization": digests}, "pathname": self.path}
        context = EventContext(
            token="a tab", state_manager=cast("Any", None), enqueue_impl=cast("Any", None), router_data=router
        )
        arguments = {"on": True} if cls is LoginAlertsState else arguments
        event = Event(name=f"{cls.get_full_name()}.{handler}", payload=arguments, router_data=router)

        async def preprocess() -> StateUpdate | None:
            with context:
                return await self.gate.preprocess(cast("App", None), self.root, event)

        return asyncio.create_task(preprocess())

    def state(self, cls: type[S]) -> S:
        found = self.root.get_substate(cls.get_full_name().split("."))
        assert isinstance(found, cls)
        return found

    @property
    def notice(self) -> str:
        return self.state(ShellState).notice


@pytest.fixture
def caller(sqlite_units: Units) -> Caller:
    return Caller(sqlite_units)


async def until_it_waits(event: "asyncio.Task[Any]", caller: Caller) -> None:
    while all(budget.handled < 2 for budget in caller.budgets._budgets.values()):
        assert not event.done()
        await asyncio.sleep(0.001)


async def until_it_waits_to_open(event: "asyncio.Task[Any]", caller: Caller) -> None:
    while not caller.gate._openings._place._waiters:
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


@pytest.mark.parametrize("meanwhile", [nothing, end_session], ids=["twin", "session ended"])
async def test_a_page_opens_after_those_before_it_and_events_do_not_wait_for_them(
    sqlite_units: Units, caller: Caller, meanwhile: Callable[[Units], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is looked up anew after the wait."""
    monkeypatch.setattr(caller.gate, "_openings", OpeningQueue(60, 60))
    may_open = asyncio.Event()

    async def page_before() -> None:
        await caller.gate._openings.wait()
        await may_open.wait()

    before = asyncio.create_task(page_before())
    await asyncio.sleep(0)
    assert await caller.begin() is None
    opening = caller.begin(rx.State, "hydrate_and_load", hashes=[])
    await until_it_waits_to_open(opening, caller)
    meanwhile(sqlite_units)
    may_open.set()
    assert await opening is None
    session = 0 if meanwhile is end_session else caller.actor.session_id
    assert caller.state(TabState)._tab.session_id == session
    await before


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


async def test_an_event_of_a_page_whose_states_are_lost_is_handled_again_and_the_page_keeps_what_it_shows(
    caller: Caller,
) -> None:
    caller.root = tab_states(document="")
    answer = await caller.begin()
    assert answer is not None
    assert [(event.name.rpartition(".")[2], event.payload) for event in answer.events] == [("switch", {"on": True})]
    shown = answer.delta[ShellState.get_full_name()]
    assert shown["ready_rx_state_"] is True
    assert not any("totp" in name and "wizard" in name for name in answer.delta), "it keeps what is open"
    assert await caller.begin() is None, "the handler runs"


async def test_a_message_can_be_closed_on_a_page_whose_states_are_lost(caller: Caller) -> None:
    caller.root = tab_states(document="")
    answer = await caller.begin(ShellState, "close_notice")
    assert answer is not None
    assert [event.name.rpartition(".")[2] for event in answer.events] == ["close_notice"]


async def test_a_page_whose_states_and_session_are_gone_is_emptied_and_says_so(
    caller: Caller, sqlite_units: Units
) -> None:
    end_session(sqlite_units)
    caller.root = tab_states(document="")
    answer = await caller.begin()
    assert answer is not None
    assert answer.delta[ShellState.get_full_name()]["customer_name_rx_state_"] == ""
    answer = await caller.begin()
    assert answer is not None
    assert "ended=1" in str(answer.events)


async def test_tab_switch_user_after_a_refused_event_of_a_page_whose_states_are_lost(
    caller: Caller, sqlite_units: Units
) -> None:
    """The refused one has filled the states with the data of its caller: they are this caller's from then on."""
    caller.root = tab_states(document="")
    answer = await caller.begin(ShellState, "close_notice", odd=1)
    assert answer is not None
    assert answer.events == []
    assert caller.state(ProfileState).email == EMAIL
    assert await caller.begin() is None, "the handler runs"
    with sqlite_units.write() as unit:
        next_one = make_session(unit, make_account(unit, "next@example.com"))
    caller.browser = next_one
    answer = await caller.begin()
    assert caller.state(ProfileState).email == ""
    assert EMAIL not in str(answer)


async def test_a_page_whose_states_are_lost_is_loaded_anew_in_a_browser_of_two_accounts(
    caller: Caller, sqlite_units: Units
) -> None:
    """It may display what the first typed, whose session has ended meanwhile."""
    with sqlite_units.write() as unit:
        caller.browser = make_session(unit, make_account(unit, "next@example.com"))
    caller.root = tab_states(document="")
    for _ in range(2):
        answer = await caller.begin()
        assert answer is not None
        assert answer.events == []
        assert answer.delta[TicketExchangeState.get_full_name()]["reload_rx_state_"] is True
        assert caller.state(ProfileState).email == ""

    caller.socket = "of the page that was loaded anew"
    await caller.begin(ShellState, "open_account_page")
    assert caller.state(TicketExchangeState).reload is False
    assert await caller.begin() is None, "the handler runs"


@pytest.mark.parametrize("record", ["gone", "kept"])
async def test_token_resume_of_states_without_the_record_of_their_tab(caller: Caller, record: str) -> None:
    """Redis may have dropped it alone: nobody knows then whose the states are."""
    caller.root = tab_states(document="")
    await caller.begin()
    assert caller.state(ShellState).customer_name == "Ada Lovelace"
    if record == "gone":
        caller.state(TabState).reset()
    session, caller.browser = caller.browser, Browser("")
    caller.browser_digest, caller.path = OTHER_BROWSER, "/login"
    await caller.begin(ShellState, "open_public_page")
    assert caller.state(ShellState).customer_name == ""
    assert caller.state(ProfileState).email == ""

    caller.browser, caller.browser_digest, caller.path = session, BROWSER, "/account/x"
    caller.root = tab_states(document="")
    await caller.begin()
    caller.state(TabState).reset()
    await caller.begin()
    assert caller.state(ShellState).customer_name == "Ada Lovelace"


async def test_codes_and_keys_that_are_shown_outlive_a_second_cut_after_the_states_were_lost(caller: Caller) -> None:
    caller.root = tab_states(document="")
    await caller.begin()
    for cls in (NewCodesState, TotpWizardState):
        sent = caller.state(cls).dict()[cls.get_full_name()]
        assert set(sent) == {"errors_rx_state_"}, "not sent again, they stay"
    caller.state(NewCodesState).reset()
    assert "codes_rx_state_" in caller.state(NewCodesState).dict()[NewCodesState.get_full_name()]
