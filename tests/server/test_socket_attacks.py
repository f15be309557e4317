"""One packet, one name, one address too many costs us nothing that others notice."""

import asyncio
import contextlib
import itertools
import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from redis import Redis
from reflex.state import BaseState
from socketio.exceptions import ConnectionError as Refused

from netim_app.identity.abandoned_tabs import MOST_OF_ONE
from netim_app.reflex_port.tab import TabState, tab_in
from netim_app.web.socket_limits import MAX_SOCKETS_WIDE
from tests.kit.fakes import until
from tests.kit.harness import NAMESPACE, Client, Server, customer, production_server, running
from tests.kit.pages import PERSONAL
from tests.server.conftest import page_states

POISON: list[dict[str, Any]] = [
    {"asPath": "["}, {"asPath": "//["}, {"asPath": "//a\u2100b"}, {"pathname": "["}, {"asPath": "@evil.test:x"},
    {"query": {"a": {"b": 1}}}, {"asPath": "/" + "x" * 5_000}, {"other": "x" * 9_000},
]  # fmt: skip


def lines_about(server: Server, client: Client) -> list[str]:
    return [line for line in server.log.splitlines() if f"ip={client.local_address}" in line]


async def assert_well(client: Client) -> None:
    await client.connect(PERSONAL)
    await client.call("ShellState.open_account_page")
    assert client.vars["ShellState.ready"]


async def assert_idle(server: Server, client: Client, written: int) -> None:
    """Nothing goes on in the server but what a customer asks for, and its log tells of no fault."""
    assert server.process is not None
    await assert_well(client)
    assert psutil.Process(server.process.pid).cpu_percent(interval=0.5) < 50
    new = server.log[written:]
    assert "Traceback" not in new
    assert "incident" not in new


async def test_poison_path(server: Server, anna: Client) -> None:
    """An address that Reflex cannot read: dropped, with one line a socket, as event and in the first packet."""
    written = len(server.log)
    async with Client(server) as program:
        for origin in (server.origin, None):
            await program.connect("/login", headers={"Origin": origin})
            for poison in POISON:
                for name in ("State.hydrate", "ShellState.open_public_page", "LoginState.submit"):
                    await program.send(name, poison)
            await program.settle()
        assert len(lines_about(server, program)) == 2
        for poison in POISON[:3]:
            with pytest.raises(Refused):
                await program.connect("/login", boot=program.packet("State.hydrate", {}, poison), patience=2)
        assert len(lines_about(server, program)) == 5
    await assert_idle(server, anna, written)


async def test_poison_path_of_a_handshake(server: Server, anna: Client) -> None:
    """Other things of which Reflex makes the address of a page, and what surrounds it: headers, origin, token."""
    written = len(server.log)
    for headers in ({"Raw-Headers": "x"}, {"raw_headers": "x"}, {"Self": "x"}, {"Sec-WebSocket-Protocol": "x" * 5_000}):
        async with Client(server, headers=headers) as program:
            await program.connect("/login")
            await program.call("ShellState.open_public_page")
            assert program.vars["ShellState.opened"]
            assert not lines_about(server, program)
    async with Client(server) as program:
        for token in ("", "a/b", "x" * 100, "_", "%00"):
            program.token = token
            with pytest.raises(Refused):
                await program.connect("/login")
        assert len(lines_about(server, program)) == 5
    await assert_idle(server, anna, written)


async def test_poison_path_twin(server: Server, anna: Client) -> None:
    """Odd addresses that a browser can show are read as ever."""
    for path in (
        f"{PERSONAL}?x=[",
        f"{PERSONAL}#[",
        f"{PERSONAL}?next=//[",
        f"{PERSONAL}?a=%ff&&=",
        f"{PERSONAL}#caf\u00e9 \u2100",
    ):
        await anna.connect(path)
        await anna.call("ShellState.open_account_page")
        assert anna.vars["ShellState.ready"]


async def test_poison_path_in_production(tmp_path: Path) -> None:
    with production_server(tmp_path) as server:
        async with Client(server) as program:
            await program.load("/login")
            for poison in POISON:
                await program.send("State.hydrate", poison)
            await program.settle()
        assert len([line for line in server.log.splitlines() if "socket.packet_dropped" in line]) == 1
        assert "incident" not in server.log
        assert "Traceback" not in server.log


async def test_unknown_names(server: Server, anna: Client) -> None:
    """Names that no handler has do not reach Reflex, which keeps something of each: one line in the log."""
    written = len(server.log)
    async with Client(server) as program:
        await program.load("/login")
        for number in range(300):
            await program.send(f"no___such.event_{number}")
        for name in (
            "State.no_such_event",
            "ShellState.show_notice",
            "ShellState.__init__",
            "ShellState._notice_visit",
        ):
            await program.send(name)
        await program.settle()
        assert len(lines_about(server, program)) == 1
        await program.call("ShellState.open_public_page")
        assert program.vars["ShellState.opened"]
        with pytest.raises(Refused):
            await program.connect("/login", boot=program.packet("no___such.event", {}), patience=2)
    assert "such" not in server.log[written:]
    await assert_idle(server, anna, written)


def tabs_of(redis: Redis, session_id: int) -> int:
    """How many tabs of a session there are in the store."""
    stored = page_states(redis)
    records = [value for key, value in stored.items() if key.endswith(TabState.get_full_name().encode())]
    restored = [BaseState._deserialize(data=value) for value in records]
    return sum(isinstance(state, TabState) and tab_in(state).session_id == session_id for state in restored)


async def test_tabs_of_one(tmp_path: Path, redis: Redis, new_email: Callable[[], str]) -> None:
    """Tabs that were opened and closed with one session, also under a token that is in use; and after it has ended."""
    many = MOST_OF_ONE + 15
    with running(tmp_path, env={"NETIM_REDIS_URL": redis.url}) as server:
        async with customer(server, new_email()) as anna, customer(server, new_email()) as program:
            for session in (1, 2):
                assert tabs_of(redis, session) == 1
            async with contextlib.AsyncExitStack() as opened:  # what has a socket is not swept
                for number in range(many):
                    tab = await opened.enter_async_context(Client(server, cookies=dict(program.http.cookies)))
                    tab.token = program.token if number % 2 else tab.token
                    await tab.connect(PERSONAL)
                    await tab.call("ShellState.open_account_page")
                assert tabs_of(redis, 2) > MOST_OF_ONE + 1
            await until(lambda: tabs_of(redis, 2) <= MOST_OF_ONE + 1)
            await program.log_out()
            await program.disconnect()
            await until(lambda: tabs_of(redis, 2) == 0)
            assert tabs_of(redis, 1) == 1
            await assert_well(anna)


async def test_token_resume_where_the_record_of_the_tab_is_gone(
    tmp_path: Path, redis: Redis, new_email: Callable[[], str]
) -> None:
    """Redis forgets each state of a tab by itself. Without the record nobody knows whose the others are."""
    with running(tmp_path, env={"NETIM_REDIS_URL": redis.url}) as server:
        async with customer(server, new_email()) as anna, Client(server) as thief:
            await anna.disconnect()
            assert redis.delete(f"{anna.token}_{TabState.get_full_name()}") == 1
            await thief.load("/login")
            thief.token = anna.token
            await thief.connect("/login")
            await thief.send("ShellState.close_notice")
            await thief.settle()
            heard = str(thief.heard)
            assert "Martin" not in heard
            assert anna.vars["ProfileState.email"] not in heard
            await assert_well(anna)


async def test_v6_blocks(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """Sockets from one /48, each from another /64 of it: so many stay open, and its neighbours are let in."""
    with running(tmp_path, env={"NETIM_TRUSTED_PROXIES": "127.0.0.0/8"}) as server:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def opens(number: int) -> aiohttp.ClientWebSocketResponse | None:
                url = f"{server.address}{NAMESPACE}/?EIO=4&transport=websocket&token={uuid.uuid4()}"
                headers = {"Origin": server.origin, "X-Forwarded-For": f"2001:db8:7:{number:x}::1"}
                with contextlib.suppress(aiohttp.WSServerHandshakeError):
                    return await session.ws_connect(url, headers=headers)
                return None

            opened = []
            for start in range(0, MAX_SOCKETS_WIDE + 50, 50):
                opened += await asyncio.gather(*(opens(start + number) for number in range(50)))
            assert len([socket for socket in opened if socket]) == MAX_SOCKETS_WIDE
            assert server.log.count('reason="too many of one network"') == 50
            neighbour = {"X-Forwarded-For": "2001:db8:8::1"}
            async with customer(server, new_email(), headers=neighbour) as anna:
                assert anna.vars["ShellState.ready"]
            await asyncio.gather(*(socket.close() for socket in opened if socket))


DEAR = ("ShellState.open_account_page", "State.hydrate")


async def clicks(client: Client, times: int) -> list[float]:
    """The seconds that a customer waits for each answer."""
    taken = []
    for number in range(times):
        start = time.monotonic()
        await client.call("LoginAlertsState.switch", on=number % 2 == 0)
        assert client.vars["LoginAlertsState.on"] is (number % 2 == 0)
        taken.append(time.monotonic() - start)
    return taken


def nine_of_ten(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.9)]


async def flood(tab: Client, on: asyncio.Event) -> None:
    """Thirty of the dearest events in a second."""
    for name in itertools.cycle(DEAR):
        await on.wait()
        await tab.send(name)
        await asyncio.sleep(1 / 30)


@pytest.mark.alone
async def test_costly_events(server: Server, anna: Client, new_email: Callable[[], str]) -> None:
    """Hundreds in a second of one account, in ten tabs: others are served, and nothing is left to do afterwards."""
    on = asyncio.Event()
    quiet, meanwhile = await clicks(anna, 10), []
    async with customer(server, new_email()) as program, contextlib.AsyncExitStack() as stack:
        tabs = [program]
        for _ in range(9):
            tab = await stack.enter_async_context(Client(server, cookies=dict(program.http.cookies)))
            await tab.connect(PERSONAL)
            tabs.append(tab)
        floods = [asyncio.create_task(flood(tab, on)) for tab in tabs]
        for _ in range(4):  # in turns: the machine has other things to do, too
            on.set()
            meanwhile += await clicks(anna, 15)
            async with customer(server, new_email()) as other:
                assert other.vars["ShellState.ready"]
            on.clear()
            quiet += await clicks(anna, 15)
        assert not any(task.done() for task in floods)
        for task in floods:
            task.cancel()
    assert nine_of_ten(meanwhile) < 3 * max(nine_of_ten(quiet[:10]), nine_of_ten(quiet[-15:]), 0.05)
    assert statistics.median(quiet[10:]) < 3 * max(statistics.median(quiet[:10]), 0.05), "no backlog"
