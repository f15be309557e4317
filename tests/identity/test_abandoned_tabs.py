"""identity.abandoned_tabs: which states go, with Reflex's own stores."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex.utils.token_manager import SocketRecord

from netim_app import lifespan, netim_app
from netim_app.core.actor import Actor
from netim_app.identity import abandoned_tabs, sessions
from netim_app.identity.abandoned_tabs import KEEP_SECONDS, MOST_OF_ONE, AbandonedTabs
from netim_app.identity.state.login import LoginState
from netim_app.infra.unit_of_work import Units
from netim_app.reflex_port.kept_states import KeptInMemory, kept_states
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.reflex_port.tab import TabState, tab_of
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock
from tests.kit.harness import redis_server


class Store:
    """Page states, and which tabs have a socket."""

    def __init__(self, manager: StateManager, connected: set[str]) -> None:
        self.manager = manager
        self.connected = connected

    async def open_tab(self, name: str, *, session_id: int = 0, owes_code: str = "") -> None:
        async with self.manager.modify_state(token_of(name)) as root:
            root.router_data = {"sid": name}  # as each event does
            tab = await tab_of(root)
            tab.session_id, tab.browser = session_id, owes_code
            (await root.get_state(LoginState)).needs_code = bool(owes_code)

    def sweeper(self) -> AbandonedTabs:
        kept = kept_states(self.manager, lambda: self.connected)
        assert kept
        return AbandonedTabs(kept)

    async def connect(self, name: str) -> None:
        self.connected.add(name)

    async def disconnect(self, name: str) -> None:
        self.connected.remove(name)

    async def kept(self) -> list[str]:
        assert isinstance(self.manager, StateManagerMemory)
        return sorted(token.ident for _, token in self.manager._token_expires_at.values())


class StoreInRedis(Store):
    def __init__(self, manager: StateManagerRedis) -> None:
        super().__init__(manager, set())
        self.redis = manager.redis

    async def connect(self, name: str) -> None:
        await self.redis.set(f"token_manager_socket_record_{name}", "x")

    async def disconnect(self, name: str) -> None:
        await self.redis.delete(f"token_manager_socket_record_{name}")

    async def kept(self) -> list[str]:
        keys = [key.decode() for key in await self.redis.keys("*") if b"socket_record" not in key]
        return sorted({key.partition("_")[0] for key in keys})


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        memory = StateManagerMemory(token_expiration=1800)  # type: ignore[abstract]  # Reflex' overloads confuse mypy
        yield Store(memory, set())
        await memory.close()
        return
    with redis_server(tmp_path) as (_, url):
        manager = StateManagerRedis(redis=Redis.from_url(url), token_expiration=1800)  # type: ignore[abstract]
        yield StoreInRedis(manager)
        await manager.close()


def token_of(name: str) -> BaseStateToken:
    return BaseStateToken(ident=name, cls=State)


async def test_dos_memory_of_a_strangers_tab_goes_a_minute_after_its_socket(store: Store) -> None:
    for number in range(20):
        await store.open_tab(f"stranger {number}")
    sweeper = store.sweeper()
    assert await sweeper.sweep(1000) == 0
    assert await sweeper.sweep(1000 + KEEP_SECONDS - 1) == 0
    assert await sweeper.sweep(1000 + KEEP_SECONDS) == 20
    assert await store.kept() == []
    if isinstance(store.manager, StateManagerMemory):
        assert store.manager.states == {}
        assert store.manager._states_locks == {}


async def test_tabs_of_customers_connected_ones_and_those_that_owe_a_code_stay(
    store: Store, sqlite_units: Units
) -> None:
    await store.open_tab("customer", session_id=logged_in_actor(sqlite_units).session_id)
    await store.open_tab("looks a code up", owes_code="a browser")
    await store.open_tab("open")
    await store.open_tab("stranger")
    await store.connect("open")
    sweeper = store.sweeper()
    await sweeper.sweep(0)
    assert await sweeper.sweep(KEEP_SECONDS) == 1
    assert await sweeper.sweep(10 * KEEP_SECONDS) == 0
    assert await store.kept() == ["customer", "looks a code up", "open"]


async def test_a_stranger_who_comes_back_begins_a_new_minute(store: Store) -> None:
    await store.open_tab("stranger")
    sweeper = store.sweeper()
    await sweeper.sweep(0)
    await store.connect("stranger")
    await sweeper.sweep(30)
    await store.disconnect("stranger")
    await sweeper.sweep(50)
    assert await sweeper.sweep(50 + KEEP_SECONDS - 1) == 0
    assert await sweeper.sweep(50 + KEEP_SECONDS) == 1


async def test_tabs_of_one_session_are_few(store: Store, sqlite_units: Units) -> None:
    """Of those that have no socket the latest stay. Open ones, and those of another session, are not counted."""
    mine, other = (
        logged_in_actor(sqlite_units).session_id,
        logged_in_actor(sqlite_units, "other@example.com").session_id,
    )
    await store.open_tab("other", session_id=other)
    for number in range(3):
        await store.open_tab(f"old {number}", session_id=mine)
        await store.open_tab(f"open {number}", session_id=mine)
        await store.connect(f"open {number}")
    sweeper = store.sweeper()
    assert await sweeper.sweep(0) == 0
    for number in range(MOST_OF_ONE + 2):
        await store.open_tab(f"new {number}", session_id=mine)
    assert await sweeper.sweep(10) == 5
    kept = await store.kept()
    assert len([name for name in kept if name.startswith("new")]) == MOST_OF_ONE
    assert [name for name in kept if not name.startswith("new")] == ["open 0", "open 1", "open 2", "other"]


async def test_tabs_of_one_browser_that_owes_a_code_are_few(store: Store) -> None:
    for number in range(MOST_OF_ONE + 5):
        await store.open_tab(f"half {number}", owes_code="a browser")
    await store.open_tab("other", owes_code="another browser")
    assert await store.sweeper().sweep(0) == 5
    assert "other" in await store.kept()


@pytest.mark.parametrize("how", ["ended", "idle"])
async def test_tabs_of_one_session_go_when_it_has_ended(
    store: Store, sqlite_units: Units, clock: FakeClock, how: str
) -> None:
    actor: Actor = logged_in_actor(sqlite_units)
    await store.open_tab("left", session_id=actor.session_id)
    await store.open_tab("open", session_id=actor.session_id)
    await store.connect("open")
    sweeper = store.sweeper()
    assert await sweeper.sweep(0) == 0
    if how == "ended":
        with sqlite_units.write() as unit:
            sessions.end_sessions(unit, actor.account_id)
    else:
        clock.advance(minutes=31)
    assert await sweeper.sweep(10) == 1
    assert await store.kept() == ["open"]


async def test_a_tab_in_the_middle_of_an_event_is_left_alone() -> None:
    manager = StateManagerMemory(token_expiration=1800)  # type: ignore[abstract]  # Reflex' overloads confuse mypy
    store = Store(manager, set())
    sweeper = store.sweeper()
    await store.open_tab("busy")
    await sweeper.sweep(0)
    async with manager.modify_state(token_of("busy")):
        assert await sweeper.sweep(KEEP_SECONDS) == 0
    assert await store.kept() == ["busy"]
    await manager.close()


async def test_dos_memory_has_a_ceiling_and_the_longest_gone_go_first(
    store: Store, sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoned_tabs, "MOST", 3)
    session = logged_in_actor(sqlite_units).session_id
    sweeper = store.sweeper()
    for number in range(3):
        await store.open_tab(f"old {number}")
        await store.open_tab(f"customer {number}", session_id=session)
    assert await sweeper.sweep(0) == 0
    for number in range(2):
        await store.open_tab(f"new {number}")
    assert await sweeper.sweep(10) == 2
    assert [name for name in await store.kept() if name.startswith("new")] == ["new 0", "new 1"]
    assert len(await store.kept()) == 6, "strangers take no customer's place"


async def test_dos_memory_is_shared_when_it_is_full(
    store: Store, sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with many tabs pushes out nobody's latest, and customers push out no login that owes its code."""
    monkeypatch.setattr(abandoned_tabs, "MOST", 3)
    mine = logged_in_actor(sqlite_units).session_id
    other = logged_in_actor(sqlite_units, "other@example.com").session_id
    await store.open_tab("looks a code up", owes_code="a browser")
    await store.open_tab("other", session_id=other)
    for number in range(5):
        await store.open_tab(f"mine {number}", session_id=mine)
    assert await store.sweeper().sweep(0) == 3
    assert await store.kept() == ["looks a code up", "mine 3", "mine 4", "other"]


async def test_a_tab_without_a_readable_record_is_a_strangers(store: Store) -> None:
    if not isinstance(store, StoreInRedis):
        return
    await store.open_tab("old", owes_code="a browser")
    await store.redis.delete(f"old_{TabState.get_full_name()}")
    sweeper = store.sweeper()
    assert await sweeper.sweep(0) == 0
    assert await sweeper.sweep(KEEP_SECONDS) == 1


async def test_what_an_older_version_has_stored_is_a_strangers(store: Store) -> None:
    if not isinstance(store, StoreInRedis):
        return
    await store.open_tab("old", session_id=7)
    await store.redis.set(f"old_{TabState.get_full_name()}", b"no pickle")
    sweeper = store.sweeper()
    assert await sweeper.sweep(0) == 0
    assert await sweeper.sweep(KEEP_SECONDS) == 1


async def test_the_server_asks_at_each_sweep_who_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reflex hands out a copy of its sockets: one that was made at the start would know nobody."""
    begun: list[AbandonedTabs] = []

    async def run(self: AbandonedTabs) -> NoReturn:
        begun.append(self)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(AbandonedTabs, "run", run)
    namespace = netim_app.app.event_namespace
    assert namespace is not None
    async with lifespan.forget_abandoned_tabs(netim_app.app.state_manager, ConnectedTabs(netim_app.app)):
        await asyncio.sleep(0)
        later = {"later": SocketRecord(instance_id="this one", sid="a socket")}
        monkeypatch.setattr(namespace._token_manager, "token_to_socket", later)
        kept = begun[0]._kept
        assert isinstance(kept, KeptInMemory)
        assert "later" in kept._connected()


@pytest.mark.parametrize("fault", [RedisError("away"), ValueError("a state that nobody understands")], ids=repr)
async def test_a_sweep_that_fails_is_logged_and_the_next_one_comes(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    third = asyncio.Event()
    swept: list[float] = []

    async def sweep(_self: AbandonedTabs, now: float) -> int:
        swept.append(now)
        if len(swept) == 3:
            third.set()
        raise fault

    monkeypatch.setattr(abandoned_tabs, "SWEEP_EVERY_SECONDS", 0)
    monkeypatch.setattr(AbandonedTabs, "sweep", sweep)
    memory = StateManagerMemory(token_expiration=1800)  # type: ignore[abstract]  # Reflex' overloads confuse mypy
    sweeper = AbandonedTabs(KeptInMemory(memory, set))
    running = asyncio.create_task(sweeper.run())
    done, _ = await asyncio.wait({running, asyncio.create_task(third.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert running not in done
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    logged = caplog.records[0]
    assert logged.levelname == "ERROR"
    assert type(fault).__name__ in str(logged.exc_text)
