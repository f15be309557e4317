"""Redis, where page states and limits are kept, goes away, comes back, or comes back empty."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from socketio.exceptions import ConnectionError as SocketRefused

from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server, customer, running
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.redis_store import WAIT, Store, store

__all__ = ["store"]

INCIDENT = re.compile(r"\b[0-9a-f]{8}\b")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), env={"NETIM_REDIS_URL": store.url}) as started:
        yield started


async def healthy(server: Server) -> bool:
    async with Client(server) as client:
        answer = await client.http.get("/healthz")
    assert answer.status_code == (503 if "down" in answer.json().values() else 200)
    assert answer.json()["database"] == "up"
    return bool(answer.json()["redis"] == "up")


async def back(server: Server, store: Store) -> None:
    await asyncio.to_thread(store.start)
    async with asyncio.timeout(WAIT):
        while not await healthy(server):  # noqa: ASYNC110  a server, which has no event of ours
            await asyncio.sleep(0.1)


async def say_incident(client: Client, handler: str, **payload: object) -> None:
    """The page learns at once, and only once, that something went wrong, with the number that is in the log."""
    client.heard.clear()
    client.vars["ShellState.notice"] = ""
    await client.send(handler, **payload)
    await until(lambda: bool(client.vars["ShellState.notice"]), WAIT)
    number = INCIDENT.search(client.vars["ShellState.notice"])
    assert number, client.vars["ShellState.notice"]
    assert client.vars["ShellState.notice_kind"] == "danger"
    assert f"incident {number[0]}" in client.server.log
    assert "Traceback" not in str(client.heard)


async def test_deps_down_redis_and_up_again(server: Server, store: Store, new_email: Callable[[], str]) -> None:
    email = new_email()
    french = {"Accept-Language": "fr"}
    async with customer(server, email) as client, Client(server) as guest, Client(server, headers=french) as late:
        await guest.load("/login")
        ticket = await guest.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        await late.load("/login")
        await asyncio.to_thread(store.stop)
        assert not await healthy(server)
        before, incidents = server.dump(), server.log.count("incident ")

        await say_incident(client, "LoginAlertsState.switch", on=True)
        await say_incident(late, "LoginState.submit", form={"email": email, "password": PASSWORD})
        assert "(Incident" in late.vars["ShellState.notice"], "in the language of the browser"
        assert not any("'ticket_rx_state_'" in str(heard) for heard in late.heard), "nobody is let in meanwhile"
        for path in (PERSONAL, "/login"):
            assert (await late.http.get(path)).status_code == 200, "the pages themselves need no Redis"
        with pytest.raises(SocketRefused):  # with the event that a browser sends along
            await late.connect("/login", boot=late.packet("State.hydrate", {}))
        assert server.dump() == before, "nothing was done by halves"
        assert server.log.count("incident ") == incidents + 2, "each fault is reported once"

        await back(server, store)
        assert (await guest.redeem(ticket)).headers["location"] == PERSONAL, "what was proved before counts"
        await client.send("LoginAlertsState.switch", on=True)
        await client.until(lambda: client.vars.get("LoginAlertsState.on") is True)
        await late.load("/login")
        assert await late.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        assert server.alive


async def test_redis_that_lost_everything_signs_nobody_out(
    server: Server, store: Store, new_email: Callable[[], str]
) -> None:
    """An open page is filled anew with the first thing that its customer does; limits per address begin anew."""
    email = new_email()
    async with customer(server, email) as client, customer(server, new_email()) as other:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        cookies = client.session_cookie, other.session_cookie
        await asyncio.to_thread(store.lose)
        await back(server, store)

        client.vars.clear()
        await client.send("LoginAlertsState.switch", on=True)
        await until(lambda: client.vars.get("ShellState.ready") is True, WAIT)
        await client.until(lambda: client.vars.get("ProfileState.email") == email)
        await client.until(lambda: client.vars.get("LoginAlertsState.on") is True)
        assert client.redirects() == []
        await other.connect(PERSONAL)
        await other.call("ShellState.open_account_page")
        assert other.vars["ShellState.customer_name"] == "Anna Martin"
        assert (client.session_cookie, other.session_cookie) == cookies
