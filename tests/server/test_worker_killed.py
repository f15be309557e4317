"""A worker is killed: one of two, on PostgreSQL and Redis, and the only one."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import psutil
from aiosmtpd.smtp import SMTP

from tests.conftest import new_postgres_database
from tests.kit.fakes import SmtpServer, until
from tests.kit.faults import smtp_on
from tests.kit.harness import Client, Server, customer, free_port, running
from tests.kit.pages import PERSONAL
from tests.kit.redis_store import Store, store

__all__ = ["store"]
WAIT = 60


class KeepsSilentOnce(SmtpServer):
    """Takes the first message and never says so."""

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:  # noqa: N802
        first = not self.received
        answer = await super().handle_DATA(server, session, envelope)
        if first:
            await asyncio.sleep(3600)
        return answer


def workers(server: Server) -> dict[int, psutil.Process]:
    """The processes that serve, by their ids."""
    assert server.process is not None
    return {child.pid: child for child in psutil.Process(server.process.pid).children()}


async def worker_of(server: Server, client: Client) -> int:
    """The process that holds the websocket of this client; what it asks for by HTTP may be answered by another one."""
    assert client._sio is not None
    end = client._sio.eio.ws.get_extra_info("sockname")
    found: list[int] = []

    def look() -> bool:
        found.extend(
            pid
            for pid, process in workers(server).items()
            if any(line.raddr == end for line in process.net_connections("tcp"))
        )
        return bool(found)

    await until(look, WAIT)
    return found[0]


async def open_page(client: Client) -> None:
    await client.connect(PERSONAL)
    await client.call("ShellState.open_account_page")
    assert client.vars["ShellState.customer_name"] == "Anna Martin"


async def test_one_of_two_workers_killed(
    tmp_path: Path, postgres_uri: str, store: Store, new_email: Callable[[], str]
) -> None:
    """Customers of the other one notice nothing; those of the dead one go on; a mail that it had begun is sent."""
    port = free_port()
    env = {
        "NETIM_WORKERS": "2",
        "NETIM_REDIS_URL": store.url,
        "NETIM_DATABASE_URL": new_postgres_database(postgres_uri, "netim_workers"),
        "NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    forgetful = new_email()
    async with contextlib.AsyncExitStack() as stack:
        server = stack.enter_context(running(tmp_path, env=env))
        seen = await stack.enter_async_context(smtp_on(port, KeepsSilentOnce()))
        await until(lambda: server.log.count("Started worker-") == 2, WAIT)
        served: dict[int, list[Client]] = {pid: [] for pid in workers(server)}
        guest = await stack.enter_async_context(Client(server))
        while not all(served.values()):
            client = await stack.enter_async_context(customer(server, new_email()))
            served[await worker_of(server, client)].append(client)
            assert sum(map(len, served.values())) < 40, "all customers come to the same worker"

        server.create_account(forgetful)
        await guest.load("/forgot-password")
        await guest.call("ForgotState.submit", form={"email": forgetful})
        await until(lambda: bool(seen.received), WAIT)
        [claim] = server.query("SELECT claimed_by FROM outbox_message WHERE claimed_by <> ''")
        dead = int(claim.partition(":")[0])
        victims = served.pop(dead)
        [lucky] = served.values()
        psutil.Process(dead).kill()

        for client in lucky:
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True
        for client in victims:
            await client.closed()
            await open_page(client)
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True
        await until(lambda: len(workers(server)) == 2 and server.log.count("Started worker-") == 3, WAIT)
        assert "Unexpected exit from worker-" in server.log
        for _ in range(8):  # both answer
            assert (await guest.http.get("/healthz", headers={"Connection": "close"})).status_code == 200

        server.move_clock(61)  # the dead worker's claim ends
        await until(lambda: server.query("SELECT count(*) FROM outbox_message WHERE state <> 'sent'") == [0], WAIT)
        copies = [str(mail["message-id"]) for mail in seen.received if mail["to"] == forgetful]
        assert len(copies) == 2
        assert len(set(copies)) == 1, "a copy can be told as one"


async def test_the_only_worker_killed(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """It is replaced, and customers go on. One that dies again at once ends the server, so that somebody sees it."""
    email = new_email()
    with running(tmp_path) as server:
        async with customer(server, email) as client:
            [first] = workers(server)
            psutil.Process(first).kill()
            await client.closed()
            await until(lambda: server.log.count("Started worker-") == 2, WAIT)
            await open_page(client)
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True
            assert server.alive

        process = server.process
        assert process is not None
        killed = {first}
        while process.poll() is None:
            for pid in workers(server).keys() - killed:
                killed.add(pid)
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(pid).kill()
            await asyncio.sleep(0.05)
            assert len(killed) < 10, "it is replaced for ever"
        assert process.returncode == 1
        assert "crash loop" in server.log
