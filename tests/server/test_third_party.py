"""The server asks nobody else for anything: no telemetry, no font, no list of broken passwords."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.kit.faults import assert_incident
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.login import NEW_PASSWORD, ask_reset
from tests.kit.pages import SECURITY
from tests.kit.two_factor import Owner

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class Trap:
    """Where all that asks for a foreign host ends up, because the environment names it as the proxy."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.env: dict[str, str] = {}

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            self.asked.append(await reader.readline())
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    made = Trap()
    listener = await asyncio.start_server(made.hear, "127.0.0.1", 0)
    async with listener:
        made.env = dict.fromkeys(PROXIES, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        yield made


def peers(server: Server) -> set[str]:
    """The addresses at the other ends of all connections that the server has just now."""
    assert server.process is not None
    root = psutil.Process(server.process.pid)
    processes = [root, *root.children(recursive=True)]
    return {c.raddr.ip for process in processes for c in process.net_connections("inet") if c.raddr}


async def test_third_party_hears_nothing_from_the_server(tmp_path: Path, trap: Trap) -> None:
    """From its start to its end: login, wizard, codes, reset, new password, a fault."""
    server = Server(tmp_path, env={**trap.env, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    seen: set[str] = set()
    try:
        await asyncio.to_thread(server.start)
        async with customer(server, "anna@example.com") as client, Client(server) as other:
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(server, client, "anna@example.com")
            await owner.enable()
            seen |= peers(server)
            await client.call("PasswordState.rate", password=NEW_PASSWORD)
            form = {"current": PASSWORD, "password": NEW_PASSWORD}
            await client.redeem(await client.ticket("PasswordState.submit", form=form))
            await other.load("/forgot-password")
            await ask_reset(server, other, owner.email)
            seen |= peers(server)
            with contextlib.closing(sqlite3.connect(tmp_path / "netim.db")) as database:
                database.execute("ALTER TABLE attempt_window RENAME TO gone")
                database.commit()
                form = {"email": owner.email, "password": PASSWORD}
                await assert_incident(other, "LoginState.submit", form=form)
                database.execute("ALTER TABLE gone RENAME TO attempt_window")
                database.commit()
            seen |= peers(server)
        await asyncio.to_thread(server.stop)
    finally:
        server.stop()
        server.close()
    assert trap.asked == []
    assert {address.removeprefix("::ffff:").partition(".")[0] for address in seen} == {"127"}

    script = "import httpx, contextlib\nwith contextlib.suppress(httpx.HTTPError): httpx.get('https://evil.test/')"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=trap.env)
    assert await process.wait() == 0
    assert trap.asked == [b"CONNECT evil.test:443 HTTP/1.1\r\n"], "and the trap hears every request"
