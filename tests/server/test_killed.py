"""kill -9 in the middle of what a customer does: all of it is done, or nothing, and after the restart he goes on.

To stop the server at a chosen place, a test locks a row in PostgreSQL that the transaction comes to when it has changed
others already. It is killed while it waits for that row.
"""

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from reflex_guard.tokens import digest
from tests.conftest import new_postgres_database
from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server, customer, running
from tests.kit.killed import PAID, UNSENT, WAITING
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.two_factor import Owner, give_code, give_password

NEW_PASSWORD = "another 9 lanterns in fog"
WAIT = 100
WORKING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgres_uri: str) -> Iterator[Server]:
    """One server on PostgreSQL that every test kills and starts again."""
    url = new_postgres_database(postgres_uri, "netim_killed")
    with running(tmp_path_factory.mktemp("server"), env={"NETIM_DATABASE_URL": url}) as started:
        yield started


@pytest.fixture(autouse=True)
def runs(server: Server) -> Iterator[None]:
    """The next test finds a server that runs, however this one ends."""
    yield
    if not server.alive:
        server.start()


async def kill(server: Server) -> None:
    await asyncio.to_thread(server.kill)


async def start(server: Server) -> None:
    await asyncio.to_thread(server.start)


@contextlib.asynccontextmanager
async def killed_at(server: Server, table: str, where: str, **params: Any) -> AsyncIterator[None]:
    """The server is killed when the work of the block wants to change this row; then the server is started again.

    What it had changed before that in the same transaction is undone. Other transactions are kept.
    """
    await until(lambda: server.query(UNSENT) == [0], WAIT)
    with server.units.engine.begin() as holder:
        rows = holder.execute(text(f"SELECT 1 FROM {table} WHERE {where} FOR UPDATE"), params).all()  # noqa: S608
        assert len(rows) == 1, "the row to stop at"
        before = server.dump(*PAID)
        yield
        await until(lambda: server.query(WAITING) >= [1], WAIT)  # the minute's sweep may wait for it too
        await kill(server)
    await until(lambda: server.query(f"{WORKING} AND state <> 'idle'") == [0], WAIT)
    assert server.dump(*PAID) == before, "nothing was done by halves"
    await start(server)


async def can_log_in(server: Server, email: str, password: str) -> bool:
    async with Client(server) as client:
        await client.load("/login")
        return bool(await client.ticket("LoginState.submit", form={"email": email, "password": password}))


async def open_page(client: Client, path: str = PERSONAL) -> None:
    await client.connect(path)
    await client.call("ShellState.open_account_page")


def mails(server: Server, email: str, kind: str) -> list[str]:
    """The states of all mails of this kind for this customer."""
    return server.query(
        "SELECT state FROM outbox_message WHERE event LIKE :k || '%'"
        " AND account_id = (SELECT id FROM account WHERE email = :e)",
        k=kind,
        e=email,
    )


def sessions(server: Server, email: str) -> int:
    return int(
        server.query(
            "SELECT count(*) FROM account_session WHERE ended_at IS NULL"
            " AND account_id = (SELECT id FROM account WHERE email = :e)",
            e=email,
        )[0]
    )


OF = "account_id = (SELECT id FROM account WHERE email = :e)"


async def test_killed_in_a_login(server: Server, new_email: Callable[[], str]) -> None:
    """After the password, in the middle of what the ticket does, and between ticket and cookie."""
    email = new_email()
    async with customer(server, email) as client:
        await client.call("LoginAlertsState.switch", on=True)
        await client.log_out()
        await client.load("/login")
        form = {"email": email, "password": PASSWORD}
        async with killed_at(server, "account", "email = :e", e=email):
            await client.send("LoginState.submit", form=form)

        await client.connect("/login")
        ticket = await client.ticket("LoginState.submit", form=form)
        issued = time.monotonic()
        async with killed_at(server, "known_browser", OF, e=email):
            redeemed = asyncio.create_task(client.redeem(ticket))
        with pytest.raises(httpx.TransportError):
            await redeemed
        assert sessions(server, email) == 0

        server.move_clock(issued - time.monotonic())  # it lives 30 seconds: a busy machine may need longer to start
        assert (await client.redeem(ticket)).headers["location"] == PERSONAL, "it was not spent"
        await open_page(client)
        assert client.vars["ShellState.customer_name"] == "Anna Martin"
        assert sessions(server, email) == 1
        await until(lambda: mails(server, email, "logged_in") == ["sent"], WAIT)
        assert len(mail_ids(server, email)) == 1


async def test_killed_between_ticket_and_cookie(server: Server, new_email: Callable[[], str]) -> None:
    email = server.create_account(new_email())
    async with Client(server) as client:
        await client.load("/login")
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        await kill(server)
        await start(server)
        response = await client.redeem(ticket)
        assert response.headers["location"] in (PERSONAL, "/login?again=1"), "it lives 30 seconds"
        await client.connect("/login")
        again = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        assert (await client.redeem(again)).headers["location"] == PERSONAL
        assert sessions(server, email) == 1


async def test_killed_in_the_wizard_and_at_a_code(server: Server, new_email: Callable[[], str]) -> None:
    """Between the key and the code, in the middle of enabling, after the password, and while a code is spent."""
    email = new_email()
    async with customer(server, email) as other, Client(server) as client:
        await client.log_in(email)
        await open_page(client, SECURITY)
        owner = Owner(server, client, email)
        lost = await owner.begin()
        await kill(server)
        await start(server)
        await open_page(client, SECURITY)
        assert not owner.is_on
        assert not client.vars.get("TotpWizardState.step"), "a key is shown once"

        owner.key = await owner.begin()
        assert owner.key != lost
        device = "browser_digest = (SELECT browser_digest FROM account_session WHERE token_digest = :t)"
        [theirs] = server.query(
            f"SELECT token_digest FROM account_session WHERE {OF} ORDER BY id LIMIT 1",  # noqa: S608
            e=email,
        )
        async with killed_at(server, "account_session", device, t=theirs):
            await client.send("TotpWizardState.confirm", form={"code": owner.code(), "name": "Phone"})
        assert not owner.is_on
        await open_page(other)
        assert other.redirects() == [], "other sessions go on"

        await open_page(client, SECURITY)
        await owner.enable()
        assert owner.is_on
        await until(lambda: mails(server, email, "two_factor_changed") == ["sent"], WAIT)
        await client.log_out()

        await give_password(client, email)
        assert client.vars["LoginState.needs_code"]
        await kill(server)
        await start(server)
        await client.load("/login")
        await client.call("LoginState.open_page")
        assert client.vars["LoginState.needs_code"], "the password need not be given again"
        async with killed_at(server, "totp_authenticator", OF, e=email):
            await client.send("LoginState.submit_code", form={"code": owner.code()})
        await client.connect("/login")
        ticket = await give_code(client, owner.code())
        assert ticket, "the code was not spent"
        assert (await client.redeem(ticket)).headers["location"] == PERSONAL


async def test_killed_in_a_change_of_password(server: Server, new_email: Callable[[], str]) -> None:
    """In the middle, after the commit, and when only the new cookie is missing."""
    email = new_email()
    change = {"current": PASSWORD, "password": NEW_PASSWORD}
    async with customer(server, email) as other, Client(server) as client:
        await client.log_in(email)
        others = f"{OF} AND id = (SELECT min(id) FROM account_session WHERE {OF})"  # noqa: S608
        async with killed_at(server, "account_session", others, e=email):
            await client.send("PasswordState.submit", form=change)
        assert await can_log_in(server, email, PASSWORD)
        assert not await can_log_in(server, email, NEW_PASSWORD)
        await open_page(other)
        assert other.redirects() == []
        assert mails(server, email, "password_changed") == []

        await open_page(client, SECURITY)
        assert await client.ticket("PasswordState.submit", form=change)
        await kill(server)
        await start(server)
        assert await can_log_in(server, email, NEW_PASSWORD)
        assert not await can_log_in(server, email, PASSWORD)
        await open_page(other)
        assert other.redirects(), "it was logged out"
        client.events.clear()
        await open_page(client, SECURITY)
        assert client.redirects() == [], "the browser that has changed it is logged in still"
        server.move_clock(61)  # the dead process may have held the mail: its claim ends
        await until(lambda: mails(server, email, "password_changed") == ["sent"], WAIT)
        assert len(mail_ids(server, email, "password")) == 1


async def test_killed_before_the_new_cookie_arrives(server: Server, new_email: Callable[[], str]) -> None:
    """The database has the new session value, the browser the old one. It reloads, and is asked to log in."""
    email = new_email()
    async with customer(server, email) as client:
        form = {"current": PASSWORD, "password": NEW_PASSWORD}
        ticket = await client.ticket("PasswordState.submit", form=form)
        unused = "SELECT count(*) FROM ticket WHERE digest = :d AND used_at IS NULL"
        with contextlib.closing(post(client, ticket)):  # nobody reads the answer
            await until(lambda: server.query(unused, d=digest(ticket)) == [0], WAIT)
            await kill(server)
        await start(server)
        await open_page(client, SECURITY)
        assert client.vars["TicketExchangeState.reload"] is True, "another tab might have the new value"
        client.events.clear()
        await open_page(client, SECURITY)
        assert client.redirects()[0].startswith("/login")
        assert client.vars.get("ShellState.customer_name", "") == ""
        await client.load("/login")
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": NEW_PASSWORD})
        assert (await client.redeem(ticket)).headers["location"] == PERSONAL


def mail_ids(server: Server, email: str, subject: str = "") -> set[str]:
    """The ids of the mails that were sent. A mail that a dead process sent, and did not note, keeps its id."""
    return {str(mail["message-id"]) for mail in server.mails(email) if subject in str(mail["subject"]).lower()}


def post(client: Client, ticket: str) -> socket.socket:
    """Posts a ticket as `Client.redeem` does, and does not read the answer."""
    body = urlencode({"ticket": ticket})
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.http.cookies.jar)
    line = socket.create_connection(("127.0.0.1", client.server.port), source_address=(client.local_address, 0))
    line.sendall(
        f"POST /auth/session HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    return line


async def test_killed_at_any_moment(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """A change of password on SQLite, killed after a while that chance chooses: all of it is kept, or nothing."""
    chance = random.Random(4)  # noqa: S311  moments, not secrets
    passwords = [PASSWORD, NEW_PASSWORD]
    with running(tmp_path) as server:
        email = server.create_account(new_email())
        changes = 0
        for _ in range(3):
            async with Client(server) as client, Client(server) as other:
                await other.log_in(email, passwords[0])
                await client.log_in(email, passwords[0])
                open_before = sessions(server, email)
                await client.send(
                    "PasswordState.submit", form=dict(zip(("current", "password"), passwords, strict=True))
                )
                await asyncio.sleep(chance.uniform(0, 0.12))
                await kill(server)
            done = len(mails(server, email, "password_changed")) - changes
            assert done in (0, 1)
            assert sessions(server, email) == (1 if done else open_before)
            await start(server)
            changes += done
            if done:
                passwords.reverse()
            assert await can_log_in(server, email, passwords[0])
            assert not await can_log_in(server, email, passwords[1])
        server.move_clock(61)  # a process that was killed may have held one of the mails: its claim ends
        await until(lambda: set(mails(server, email, "password_changed")) <= {"sent"}, WAIT)
        assert len(mail_ids(server, email, "password")) == changes
