"""Only pages of ours may open the socket."""

import asyncio
import contextlib
import json
import re
import time
import uuid
from pathlib import Path

import aiohttp
import psutil
import pytest
from socketio.exceptions import ConnectionError as Refused

from netim_app.web.session_sockets import MAX_SOCKETS_PER_SESSION
from netim_app.web.socket_limits import BURST, MAX_SOCKETS, MESSAGES_PER_SECOND
from tests.kit.harness import NAMESPACE, PASSWORD, Client, Server, fresh_address, production_server
from tests.kit.pages import PERSONAL

FOREIGN = [
    "https://evil.test",
    "null",
    "http://localhost:3000.evil.test",
    "http://127.0.0.1:3000.evil.test",
    "http://evil.test:3000",
    "http://evil-localhost:3000",
    "http://evil.localhost:3000",
    "http://evil-127.0.0.1:3000",
    "http://localhost:30000",
    "http://127.0.0.1:30000",
    "http://localhost:300",
    "http://127.0.0.1:300",
    "http://localhost",
    "http://127.0.0.1",
    "https://localhost:3000",
    "https://127.0.0.1:3000",
    "http://localhost:3000/",
    "http://127.0.0.1:3000/",
    "http://localhost:3000@evil.test",
    "http://127.0.0.1:3000@evil.test",
    "http://127.0.0.2:3000",
    "http://[::1]:3000",
    "http://localhost:3000, https://evil.test",
    "http://127.0.0.1:3000, https://evil.test",
    "file://",
]
OURS = ["http://localhost:3000", "http://127.0.0.1:3000"]
"""In development people open the one as well as the other."""


def lines_about_socket(server: Server, client: Client) -> list[str]:
    """The log's events about refused and closed sockets of this address."""
    return re.findall(rf"event=(socket\.\w+) ip={re.escape(client.local_address)}(?=\s)", server.log)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_ws_origin(server: Server, anna: Client, origin: str) -> None:
    async with Client(server) as stranger:
        with pytest.raises(Refused):
            await stranger.connect(headers={"Origin": origin})
    with pytest.raises(Refused):
        await anna.connect(PERSONAL, headers={"Origin": origin})
    await anna.connect(PERSONAL)
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.ready"]


@pytest.mark.parametrize("origin", OURS)
async def test_ws_origin_both_names_of_this_machine(server: Server, anna: Client, origin: str) -> None:
    await anna.connect(PERSONAL, headers={"Origin": origin})
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.ready"]


async def test_ws_origin_of_development_is_foreign_in_production(tmp_path: Path) -> None:
    """The public address was typed in capitals, with its usual port: browsers send neither."""
    with production_server(tmp_path, "https://Localhost:443/") as server:
        for origin in (*OURS, "https://127.0.0.1", "https://Localhost:443"):
            async with Client(server) as stranger:
                with pytest.raises(Refused):
                    await stranger.connect(headers={"Origin": origin})
        async with Client(server) as customer:
            await customer.connect(headers={"Origin": "https://localhost"})


@pytest.mark.parametrize("origin", [None, ""], ids=["missing", "empty"])
async def test_ws_origin_missing_with_a_session(server: Server, anna: Client, origin: str | None) -> None:
    with pytest.raises(Refused):
        await anna.connect(PERSONAL, headers={"Origin": origin})


@pytest.mark.parametrize("origin", [None, ""], ids=["missing", "empty"])
async def test_ws_origin_missing_without_a_session_is_a_stranger(
    server: Server, email: str, origin: str | None
) -> None:
    async with Client(server) as program:
        await program.connect(PERSONAL, headers={"Origin": origin})
        await program.call("ShellState.open_account_page")
        assert program.redirects() == [f"/login?next={PERSONAL}"]
        ticket = await program.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        assert ticket == "", "without a browser cookie nobody logs in"


async def test_ws_origin_no_other_transport(server: Server, anna: Client) -> None:
    for query in ("EIO=4&transport=polling", "EIO=4&transport=polling&j=1", "transport=polling", ""):
        for origin in (server.origin, "https://evil.test"):
            answer = await anna.http.get(f"/_event/?{query}", headers={"Origin": origin})
            assert answer.status_code >= 400
            assert not re.search(r'"sid"', answer.text)


async def test_ws_flood_of_large_messages(server: Server, anna: Client) -> None:
    """A megabyte at once closes the sender's socket, and no other one."""
    for _ in range(3):
        async with Client(server) as program:
            await program.load("/login")
            form = {"email": "x" * 1_000_000, "password": PASSWORD}
            await program.emit("event", program.packet("LoginState.submit", {"form": form}))
            await program.closed()
            assert lines_about_socket(server, program) == ["socket.closed"]
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.ready"]


@pytest.mark.alone
async def test_ws_flood_of_events(server: Server, anna: Client) -> None:
    """A thousand a second: they are handled at the pace that is allowed, and others do not wait behind them."""
    async with Client(server) as program:
        await program.load("/login")
        await program.settle()
        program.heard.clear()
        start = time.monotonic()
        for number in range(2_000):
            await program.send("ShellState.set_language", language=("fr", "en")[number % 2])
        for number in range(5):
            await anna.call("LoginAlertsState.switch", on=number % 2 == 0)
            assert anna.vars["LoginAlertsState.on"] is (number % 2 == 0)
        handled = len(program.heard)
        assert handled < 2_000
        assert handled <= BURST + MESSAGES_PER_SECOND * (time.monotonic() - start) + 50
    assert server.alive


@pytest.mark.alone
async def test_ws_flood_is_read_no_faster_than_is_allowed(server: Server) -> None:
    """Even packets that cost us nothing: behind a thousand heartbeats everything else of that address has to wait."""
    many = 1_000
    url = f"{server.address}{NAMESPACE}/?EIO=4&transport=websocket&token={uuid.uuid4()}"
    for frames, seconds in ((1, 0.0), (many, (many - BURST) / MESSAGES_PER_SECOND)):
        connector = aiohttp.TCPConnector(local_addr=(fresh_address(), 0))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect(url, headers={"Origin": server.origin}) as socket,
        ):
            start = time.monotonic()
            for _ in range(frames):
                await socket.send_str("3")
            await socket.send_str("40/_event,")
            async for message in socket:
                if str(message.data).startswith("40/_event"):
                    break
            assert time.monotonic() - start >= seconds * 0.9


async def test_ws_flood_of_one_session(server: Server, anna: Client, email: str) -> None:
    """A stolen cookie uses up the sockets of its own session, and keeps the owner out of nothing, ended or not."""
    cookies = dict(anna.http.cookies)

    async with contextlib.AsyncExitStack() as stack:

        async def one_more() -> Client:
            return await stack.enter_async_context(Client(server, cookies=cookies))

        for _ in range(MAX_SOCKETS_PER_SESSION - 1):  # anna's own page is one
            await (await one_more()).connect("/account/connection-and-security")
        with pytest.raises(Refused):
            await (await one_more()).connect("/account/connection-and-security")
        assert 'reason="too many of one session"' in server.log
        async with Client(server) as owner:
            await owner.log_in(email)
            assert owner.vars["ShellState.ready"]
        await anna.log_out()
        async with Client(server) as owner:
            await owner.log_in(email)
            assert owner.vars["ShellState.ready"], "sockets of an ended session count for nobody"


async def test_ws_flood_of_sockets(server: Server, anna: Client) -> None:
    """Five hundred from one address: so many stay open as may, and the next machine is let in."""
    address = fresh_address()
    connector = aiohttp.TCPConnector(local_addr=(address, 0), limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, Client(server, local_address=address) as later:

        async def opens() -> aiohttp.ClientWebSocketResponse | None:
            url = f"{server.address}{NAMESPACE}/?EIO=4&transport=websocket&token={uuid.uuid4()}"
            try:
                return await session.ws_connect(url, headers={"Origin": server.origin})
            except aiohttp.WSServerHandshakeError:
                return None

        opened = []
        for _ in range(10):
            opened += [socket for socket in await asyncio.gather(*(opens() for _ in range(50))) if socket]
        assert len(opened) == MAX_SOCKETS
        assert lines_about_socket(server, later).count("socket.refused") == 500 - MAX_SOCKETS
        with pytest.raises(Refused):
            await later.connect("/login")
        await anna.connect(PERSONAL)
        await anna.call("ShellState.open_account_page")
        assert anna.vars["ShellState.ready"]
        await asyncio.gather(*(socket.close() for socket in opened))
        server.move_clock(120)  # so many a minute, besides
        await later.connect("/login")
        await later.settle()


TOKENS = 2_000
BYTES_PER_TOKEN = 60_000
"""The size of the state of a stranger's tab, and half as much again."""


async def test_ws_flood_of_client_tokens(server: Server, anna: Client) -> None:
    """Each new token in a socket's address is a new tab, with a state of its own. Memory stays within bounds."""
    assert server.process is not None
    family = [server.process.pid, *(child.pid for child in psutil.Process(server.process.pid).children(recursive=True))]

    def memory() -> int:
        return sum(int(psutil.Process(pid).memory_info().rss) for pid in family)

    before = memory()
    hydrate = anna.packet("State.hydrate", {})
    connect = f"40/_event,{json.dumps({'event': hydrate})}"

    async def visit(session: aiohttp.ClientSession) -> bool:
        url = f"{server.address}{NAMESPACE}/?EIO=4&transport=websocket&token={uuid.uuid4()}"
        async with session.ws_connect(url, headers={"Origin": server.origin}) as socket:
            await socket.send_str(connect)
            async for message in socket:
                if str(message.data).startswith("42"):
                    return True
        return False

    seen = 0
    for _ in range(TOKENS // 100):
        connector = aiohttp.TCPConnector(local_addr=(fresh_address(), 0), limit=25)
        async with aiohttp.ClientSession(connector=connector) as session:
            seen += sum(await asyncio.gather(*(visit(session) for _ in range(100))))
        await anna.call("ShellState.close_notice")
    assert seen == TOKENS
    assert memory() - before < TOKENS * BYTES_PER_TOKEN
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.ready"]
