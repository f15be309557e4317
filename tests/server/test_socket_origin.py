"""Who may open the socket: pages of ours only."""

import asyncio
import re

import pytest
from socketio.exceptions import ConnectionError as Refused

from netim_app.infra.socket_limits import MAX_SOCKETS
from tests.harness import PASSWORD, Client, Server

PAGE = "/account/personal-information"
FOREIGN = [
    "https://evil.test",
    "null",
    "http://127.0.0.1:3000.evil.test",
    "http://evil.test:3000",
    "http://evil-127.0.0.1:3000",
    "http://127.0.0.1:30000",
    "http://127.0.0.1:300",
    "http://127.0.0.1",
    "https://127.0.0.1:3000",
    "http://127.0.0.1:3000/",
    "http://127.0.0.1:3000@evil.test",
    "http://localhost:3000",
    "http://[::1]:3000",
    "http://127.0.0.1:3000, https://evil.test",
    "file://",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_ws_origin(server: Server, anna: Client, origin: str) -> None:
    async with Client(server) as stranger:
        with pytest.raises(Refused):
            await stranger.connect(headers={"Origin": origin})
    with pytest.raises(Refused):
        await anna.connect(PAGE, headers={"Origin": origin})
    await anna.connect(PAGE)
    await anna.call("ShellState.open_account_page")
    assert anna.vars["ShellState.ready"]


@pytest.mark.parametrize("origin", [None, ""], ids=["missing", "empty"])
async def test_ws_origin_missing_with_a_session(server: Server, anna: Client, origin: str | None) -> None:
    with pytest.raises(Refused):
        await anna.connect(PAGE, headers={"Origin": origin})


@pytest.mark.parametrize("origin", [None, ""], ids=["missing", "empty"])
async def test_ws_origin_missing_without_a_session_is_a_stranger(
    server: Server, email: str, origin: str | None
) -> None:
    async with Client(server) as program:
        await program.connect(PAGE, headers={"Origin": origin})
        await program.call("ShellState.open_account_page")
        assert program.redirects() == [f"/login?next={PAGE}"]
        ticket = await program.ticket("SignInState.submit", form={"email": email, "password": PASSWORD})
        assert ticket == "", "without a device cookie nobody signs in"


async def test_ws_origin_no_other_transport(server: Server, anna: Client) -> None:
    for query in ("EIO=4&transport=polling", "EIO=4&transport=polling&j=1", "transport=polling", ""):
        for origin in (server.origin, "https://evil.test"):
            answer = await anna.http.get(f"/_event/?{query}", headers={"Origin": origin})
            assert answer.status_code >= 400
            assert not re.search(r'"sid"', answer.text)


async def test_ws_flood(server: Server, anna: Client) -> None:
    """A program sends too much at once, and too many things: it is shut out, and others do not notice."""
    async with Client(server) as program:
        await program.load("/login")
        await program.emit("event", program.packet("SignInState.submit", {"form": {"email": "x" * 300_000}}))
        await program.closed()
    async with Client(server) as program:
        await program.load("/login")
        for _ in range(800):
            await program.send("LocaleState.hydrate")
        await anna.call("ShellState.open_account_page")
        assert anna.vars["ShellState.ready"]
    sockets = [Client(server, local_address=program.local_address) for _ in range(MAX_SOCKETS + 1)]
    try:
        refused = 0
        for socket in sockets:
            try:
                await socket.connect("/login")
            except Refused:
                refused += 1
        assert refused >= 1
        await anna.connect(PAGE)
        await anna.call("ShellState.open_account_page")
    finally:
        await asyncio.gather(*(socket.__aexit__() for socket in sockets))
    assert server.alive
    assert "event=socket.refused" in server.log
    assert "event=socket.closed" in server.log
