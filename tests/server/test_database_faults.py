"""The database fails under customers: no room on the disk, the file gone, connections cut, the server restarted."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from sqlalchemy import text

from tests.kit.fakes import until
from tests.kit.faults import INCIDENT, Postgres, health, postgres
from tests.kit.harness import PASSWORD, Client, Server, customer, running
from tests.kit.killed import PAID, UNSENT, WAITING
from tests.kit.pages import PERSONAL

__all__ = ["postgres"]
NEW_PASSWORD = "another 9 lanterns in fog"
WAIT = 30


@contextlib.contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """No file of the server can be written any more: not the database, no mail, not the log."""
    assert server.process is not None
    limits = [(child, child.rlimit(psutil.RLIMIT_FSIZE)) for child in psutil.Process(server.process.pid).children()]
    assert limits
    for process, (_, hard) in limits:
        process.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for process, limit in limits:
            process.rlimit(psutil.RLIMIT_FSIZE, limit)


async def press(client: Client, on: bool) -> bool:
    """Presses a switch; whether the page says that it is done. Otherwise it says that something went wrong."""
    shell = "ShellState.notice"
    client.vars[shell] = ""
    await client.send("LoginAlertsState.switch", on=on)
    await until(lambda: bool(client.vars[shell]), WAIT)
    if client.vars["ShellState.notice_kind"] == "success":
        return True
    assert INCIDENT.search(client.vars[shell]), client.vars[shell]
    assert "Traceback" not in str(client.heard)
    return False


def alerts_on(server: Server, email: str) -> bool:
    found = server.query(
        "SELECT 1 FROM login_alert JOIN account ON account.id = account_id WHERE email = :e AND setting <> 'off'",
        e=email,
    )
    return bool(found)


def move(source: Path, target: Path) -> None:
    """The database, with its journal."""
    for file in list(source.glob("netim.db*")):
        file.rename(target / file.name)


async def test_deps_down_disk_full(tmp_path: Path, new_email: Callable[[], str]) -> None:
    email = new_email()
    with running(tmp_path) as server:
        async with customer(server, email) as client, Client(server) as guest:
            await guest.load("/login")
            before = server.dump()
            with full_disk(server):
                assert not await press(client, True)
                await guest.call("LoginState.submit", form={"email": email, "password": PASSWORD})
                await until(lambda: bool(INCIDENT.search(guest.vars["ShellState.notice"])), WAIT)
                assert not any("ticket_rx_state_': '" in str(u).replace("''", "") for u in guest.heard)
                await client.connect(PERSONAL)
                await client.call("ShellState.open_account_page")
                assert client.vars["ShellState.customer_name"] == "Anna Martin", "what is there can be looked at"
                assert server.dump() == before
            assert await press(client, True)
            await guest.call("ForgotState.submit", form={"email": email})
            assert await asyncio.to_thread(server.wait_for_mail, email)
            assert server.alive


async def test_deps_down_database_sqlite_gone_and_back(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """As when a disk is unmounted. Files that are open can go on; nothing takes the place of what is gone."""
    emails = [new_email() for _ in range(8)]
    away = tmp_path / "away"
    away.mkdir()
    with running(tmp_path) as server:
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(customer(server, email)) for email in emails]
            server.close()
            move(tmp_path, away)
            on, said = False, [True]
            async with asyncio.timeout(2 * WAIT):
                while all(said):
                    on = not on
                    said = await asyncio.gather(*(press(client, on) for client in clients))
            assert not (tmp_path / "netim.db").exists()
            move(away, tmp_path)
            for email, done in zip(emails, said, strict=True):
                assert not done or alerts_on(server, email) is on, "what was said to be done is done"
            assert await health(server) == 200
            assert all(await asyncio.gather(*(press(client, not on) for client in clients)))
            with contextlib.closing(sqlite3.connect(tmp_path / "netim.db")) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_deps_down_database_postgresql_under_load(
    tmp_path: Path, postgres: Postgres, new_email: Callable[[], str]
) -> None:
    """Connections are cut in the middle of a change, then PostgreSQL is restarted while everybody works."""
    emails = [new_email() for _ in range(4)]
    with running(tmp_path, env={"NETIM_DATABASE_URL": postgres.uri}) as server:
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(customer(server, email)) for email in emails]
            await cut_in_the_middle(server, clients[0], emails[0])
            await restart_under_load(server, postgres, dict(zip(emails[1:], clients[1:], strict=True)))
            assert server.alive


async def cut_in_the_middle(server: Server, client: Client, email: str) -> None:
    form = {"current": PASSWORD, "password": NEW_PASSWORD}
    async with Client(server) as other:
        await other.log_in(email)
        await until(lambda: server.query(UNSENT) == [0], WAIT)
        with server.units.engine.begin() as holder:
            # The other session is the last thing that a new password changes.
            assert holder.execute(text("SELECT id FROM account_session ORDER BY id DESC LIMIT 1 FOR UPDATE")).all()
            before = server.dump(*PAID)
            await client.send("PasswordState.submit", form=form)
            await until(lambda: server.query(WAITING) == [1], WAIT)
            victims = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            assert server.query(f"SELECT pg_terminate_backend(pid) {victims}") == [True]
            await until(lambda: bool(INCIDENT.search(client.vars["ShellState.notice"])), WAIT)
        assert server.dump(*PAID) == before
    assert await client.ticket("PasswordState.submit", form=form), "it can be tried again"


async def restart_under_load(server: Server, postgres: Postgres, customers: dict[str, Client]) -> None:
    stop = asyncio.Event()

    async def work(client: Client) -> list[tuple[bool, bool]]:
        done, on = [], False
        while not stop.is_set():
            on = not on
            done.append((on, await press(client, on)))
        return done

    working = [asyncio.create_task(work(client)) for client in customers.values()]
    await asyncio.sleep(0.5)
    server.close()
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)
    async with asyncio.timeout(WAIT):
        while await health(server) != 200:  # noqa: ASYNC110  a server, which has no event of ours
            await asyncio.sleep(0.1)
    stop.set()
    for email, task in zip(customers, working, strict=True):
        [*_, (on, said)] = await task
        assert not said or alerts_on(server, email) is on
        assert await press(customers[email], not on)
        assert alerts_on(server, email) is not on
