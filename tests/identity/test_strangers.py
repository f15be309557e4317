"""identity.strangers: which states go, with Reflex's own store."""

import asyncio
from typing import NoReturn

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex.utils.token_manager import SocketRecord

from netim_app import netim_app
from netim_app.identity import strangers
from netim_app.identity.state.entry import SignInState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.strangers import KEEP_SECONDS, Strangers


@pytest.fixture
async def manager():
    store = StateManagerMemory(token_expiration=1800)  # type: ignore[abstract]  # Reflex' overloads confuse mypy
    yield store
    await store.close()


def token_of(name: str) -> BaseStateToken:
    return BaseStateToken(ident=name, cls=State)


async def open_tab(manager: StateManagerMemory, name: str, *, session_id: int = 0, needs_code: bool = False) -> None:
    async with manager.modify_state(token_of(name)) as root:
        (await root.get_state(ShellState))._session_id = session_id
        (await root.get_state(SignInState)).needs_code = needs_code


def kept(manager: StateManagerMemory) -> list[str]:
    return sorted(token.ident for _, token in manager._token_expires_at.values())


async def test_dos_memory_of_a_strangers_tab_goes_a_minute_after_its_socket(manager: StateManagerMemory) -> None:
    for number in range(200):
        await open_tab(manager, f"stranger {number}")
    sweeper = Strangers(manager, connected=set)
    assert sweeper.sweep(1000) == 0
    assert sweeper.sweep(1000 + KEEP_SECONDS - 1) == 0
    assert sweeper.sweep(1000 + KEEP_SECONDS) == 200
    assert manager.states == {}
    assert manager._states_locks == {}


async def test_customers_and_whoever_is_connected_or_owes_a_code_stays(manager: StateManagerMemory) -> None:
    await open_tab(manager, "customer", session_id=7)
    await open_tab(manager, "looks a code up", needs_code=True)
    await open_tab(manager, "open")
    await open_tab(manager, "stranger")
    sweeper = Strangers(manager, connected=lambda: {"open"})
    sweeper.sweep(0)
    assert sweeper.sweep(KEEP_SECONDS) == 1
    assert kept(manager) == ["customer", "looks a code up", "open"]


async def test_a_stranger_who_comes_back_begins_a_new_minute(manager: StateManagerMemory) -> None:
    await open_tab(manager, "stranger")
    connected: set[str] = set()
    sweeper = Strangers(manager, lambda: connected)
    sweeper.sweep(0)
    connected.add("stranger")
    sweeper.sweep(30)
    connected.clear()
    sweeper.sweep(50)
    assert sweeper.sweep(50 + KEEP_SECONDS - 1) == 0
    assert sweeper.sweep(50 + KEEP_SECONDS) == 1


async def test_a_tab_in_the_middle_of_an_event_is_left_alone(manager: StateManagerMemory) -> None:
    sweeper = Strangers(manager, connected=set)
    await open_tab(manager, "busy")
    sweeper.sweep(0)
    async with manager.modify_state(token_of("busy")):
        assert sweeper.sweep(KEEP_SECONDS) == 0
    assert kept(manager) == ["busy"]


async def test_dos_memory_has_a_ceiling_and_the_longest_gone_go_first(
    manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MOST", 3)
    sweeper = Strangers(manager, connected=set)
    for number in range(3):
        await open_tab(manager, f"old {number}")
    assert sweeper.sweep(0) == 0
    for number in range(2):
        await open_tab(manager, f"new {number}")
    assert sweeper.sweep(10) == 2
    assert [name for name in kept(manager) if name.startswith("new")] == ["new 0", "new 1"]
    assert len(kept(manager)) == 3


async def test_the_server_asks_at_each_sweep_who_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Reflex gives for its sockets is a copy: one that was made at the start would know nobody."""
    begun: list[Strangers] = []

    async def run(self: Strangers) -> NoReturn:
        begun.append(self)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Strangers, "run", run)
    namespace = netim_app.app.event_namespace
    assert namespace is not None
    async with netim_app.forget_strangers():
        await asyncio.sleep(0)
        later = {"later": SocketRecord(instance_id="this one", sid="a socket")}
        monkeypatch.setattr(namespace._token_manager, "token_to_socket", later)
        assert "later" in begun[0]._connected()
