"""Sockets whose session has ended: they are closed, and spend nothing of the account's; those of others go on."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from netim_app.identity import sessions
from netim_app.identity.open_sockets import QUIET_SECONDS
from tests.kit.cookies import is_logged_in
from tests.kit.harness import NAMESPACE, Client, Server, customer, running
from tests.kit.login import disable
from tests.kit.pages import PERSONAL

TABS = 40
"""Of each of a thief's two sessions: so many messages wait at once, and who comes last would wait for them."""
MOST_TIMES_SLOWER = 10
"""Than an event of another customer. An owner who pays for the thief's waits 300 times as long."""


def _id(server: Server, email: str) -> int:
    return int(server.query("SELECT id FROM account WHERE email = :e", e=email)[0])


def end_all(server: Server, email: str, keep: Client | None = None) -> None:
    """As if the customer had pressed "Log out everywhere else"."""
    live = server.query("SELECT max(id) FROM account_session WHERE account_id = :i", i=_id(server, email))[0]
    with server.units.write() as unit:
        sessions.end_sessions(unit, _id(server, email), keep=live if keep else None)


async def _log_out(server: Server, client: Client, _email: str) -> None:
    cookies = dict(client.http.cookies)
    await client.log_out()
    for name, value in cookies.items():  # what a thief's copy holds
        client.http.cookies.set(name, value, domain="127.0.0.1")


async def _revoke(server: Server, _client: Client, email: str) -> None:
    await asyncio.to_thread(end_all, server, email)


async def _disable(server: Server, _client: Client, email: str) -> None:
    await asyncio.to_thread(disable, server, email)


async def _delete(server: Server, _client: Client, email: str) -> None:
    def run() -> None:
        with server.units.writing_engine.begin() as connection:
            connection.execute(text("DELETE FROM account WHERE email = :e"), {"e": email})

    await asyncio.to_thread(run)


async def _ends(server: Server, email: str, end: Callable[[Server, Client, str], Awaitable[None]]) -> None:
    """A while after the page was told. It comes back as a visitor's, and stays open."""
    async with customer(server, email) as client:
        client.events.clear()
        begun = time.monotonic()
        await end(server, client, email)
        await client.closed()
        assert time.monotonic() - begun > 3, "a page shows meanwhile what it says"
        assert ("recheck_session" in str(client.events)) is (end is not _delete)
        await client.connect(PERSONAL)
        await client.call("ShellState.open_account_page")
        await client.sent_to("/login")
        await asyncio.sleep(QUIET_SECONDS + 1.5)
        await client.call("ShellState.open_public_page")
        assert client.vars["ShellState.opened"]


async def test_live_revoke_closes_the_socket(server: Server, new_email: Callable[[], str], anna: Client) -> None:
    """Of four customers at once, each in another way."""
    async with asyncio.TaskGroup() as group:
        for end in (_log_out, _revoke, _disable, _delete):
            group.create_task(_ends(server, new_email(), end))
    assert await is_logged_in(anna), "whose socket has been open all the time"


async def test_live_revoke_closes_the_socket_of_a_session_whose_time_is_over(
    tmp_path: Path, new_email: Callable[[], str]
) -> None:
    email = new_email()
    with running(tmp_path) as server:
        async with customer(server, email) as client, Client(server) as other:
            await other.log_in(email, remember=True)
            server.move_clock(3600)
            await client.closed()
            await other.call("ShellState.open_account_page")
            assert other.vars["ProfileState.email"] == email
            await client.log_in(email)
            await asyncio.sleep(QUIET_SECONDS + 1.5)
            assert await is_logged_in(client)


async def test_live_revoke_lets_the_same_browser_log_in_again(server: Server, new_email: Callable[[], str]) -> None:
    """While its old sockets are still open, from the page of one of them; and its new one stays open."""
    email = new_email()
    async with customer(server, email) as client, Client(server, cookies=dict(client.http.cookies)) as tab:
        await tab.connect(PERSONAL)
        await tab.call("ShellState.open_account_page")
        end_all(server, email)
        await client.until(lambda: "recheck_session" in str(client.events), "being told")
        await client.log_in(email)
        await tab.closed()
        await asyncio.sleep(3)
        await client.call("LoginAlertsState.switch", on=True)
        assert client.vars["LoginAlertsState.on"] is True


async def _median(client: Client, seconds: float) -> float:
    """How long an event of this client takes, of those that are sent one after the other."""
    taken = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        await client.settle()
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


async def _flood(tab: Client, packet: Callable[[Client], Awaitable[None]]) -> None:
    with contextlib.suppress(Exception):  # it has been closed
        while True:
            await packet(tab)
            await asyncio.sleep(0.2)


async def _cheap_event(tab: Client) -> None:
    await tab.send("ShellState.close_notice")


async def _ping(tab: Client) -> None:
    assert tab._sio is not None
    await tab._sio.emit("ping", namespace=NAMESPACE)


@pytest.mark.alone
@pytest.mark.parametrize(("packet", "ended"), [(_cheap_event, True), (_ping, False)])
async def test_costly_events_of_a_thief(
    server: Server, new_email: Callable[[], str], anna: Client, packet: Callable[[Client], Awaitable[None]], ended: bool
) -> None:
    """Two stolen sessions that were ended, or that send what costs nothing: their owner waits no more than others."""
    email = new_email()
    async with contextlib.AsyncExitStack() as stack:
        thieves = [await stack.enter_async_context(customer(server, email))]
        thieves.append(await stack.enter_async_context(Client(server)))
        await thieves[1].log_in(email)
        tabs = []
        for number in range(2 * TABS):
            cookies = dict(thieves[number % 2].http.cookies)
            tab = await stack.enter_async_context(Client(server, cookies=cookies))
            tab.local_address = thieves[number % 2].local_address
            await tab.connect(PERSONAL)
            tabs.append(tab)
        owner = await stack.enter_async_context(Client(server))
        await owner.log_in(email)
        if ended:
            await asyncio.to_thread(end_all, server, email, owner)
            await thieves[0].until(lambda: "recheck_session" in str(thieves[0].events), "being told")
            await asyncio.sleep(1)
        floods = [asyncio.create_task(_flood(tab, packet)) for tab in tabs]
        try:
            await asyncio.sleep(5)  # as long as it takes to spend what there is at once
            assert not any(task.done() for task in floods)
            assert await _median(owner, 4) < MOST_TIMES_SLOWER * await _median(anna, 4)
        finally:
            for task in floods:
                task.cancel()
            await asyncio.gather(*(tab.disconnect() for tab in tabs))  # each has to wait until the server reads it
