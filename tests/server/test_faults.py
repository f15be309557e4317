"""Faults of the mail server, a process and the database. And no secret is left lying about."""

import asyncio
import contextlib
import math
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from aiosmtpd.smtp import SMTP
from sqlalchemy import text

from reflex_guard.tokens import digest
from tests.kit.fakes import SmtpServer, until
from tests.kit.faults import INCIDENT, TRACES, Postgres, assert_incident, health, postgres, smtp_on
from tests.kit.harness import PASSWORD, Client, Server, free_port, link_in, running
from tests.kit.pages import PERSONAL

__all__ = ["postgres"]


class TakesAndKeepsSilent(SmtpServer):
    """Takes a message and never says so, as when the line breaks at the worst moment."""

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(3600)
        return "250 never said"


async def test_deps_down_smtp_and_up_again(tmp_path: Path, new_email: Callable[[], str]) -> None:
    port, email = free_port(), new_email()
    with running(tmp_path, env={"NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}"}) as server:
        server.create_account(email)
        async with Client(server) as client:
            await client.load("/forgot-password")
            await client.call("ForgotState.submit", form={"email": email})
            assert client.vars["ForgotState.sent_to"] == email, "the customer does not wait for the mail server"
            await until(lambda: "mail.outage" in server.log)
            answer = (await client.http.get("/healthz")).json()
            assert answer["outbox"]["queued"] == 1
            assert email not in server.log
            async with smtp_on(port, SmtpServer()) as seen:
                server.move_clock(40)
                await until(lambda: bool(seen.received))
                token = link_in(seen.received[0]).partition("#")[2]
                assert [e.rcpt_tos for e in seen.envelopes] == [[email]]
            await client.call("ResetState.submit", form={"token": token, "password": "another 9 lanterns in fog"})
            assert client.vars["ResetState.done"]
            await until(lambda: server.query("SELECT state FROM outbox_message ORDER BY id")[:1] == ["sent"])


async def test_killed_between_commit_and_send(tmp_path: Path, new_email: Callable[[], str]) -> None:
    port, first, second = free_port(), new_email(), new_email()
    server = Server(tmp_path, env={"NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}"})
    try:
        server.start()
        async with smtp_on(port, TakesAndKeepsSilent()) as before, Client(server) as client:
            for email in (first, second):
                server.create_account(email)
            await client.load("/forgot-password")
            await client.call("ForgotState.submit", form={"email": first})
            await until(lambda: bool(before.received))
            await client.call("ForgotState.submit", form={"email": second})
            assert client.vars["ForgotState.sent_to"] == second
            server.kill()
        assert server.query("SELECT state FROM outbox_message") == ["queued", "queued"]
        async with smtp_on(port, SmtpServer()) as after:
            server.start()
            server.move_clock(61)  # the dead process' claim on the mail under way ends
            await until(lambda: len(after.received) == 2)
            await asyncio.sleep(2.5)  # one more round of the sender
        ids = {str(mail["to"]): str(mail["message-id"]) for mail in after.received}
        assert set(ids) == {first, second}
        assert len(after.received) == 2
        assert [str(mail["message-id"]) for mail in before.received] == [ids[first]], "a copy can be told as one"
        assert server.query("SELECT state FROM outbox_message") == ["sent", "sent"]
    finally:
        server.stop()
        server.close()


async def test_deps_down_database_postgresql(tmp_path: Path, postgres: Postgres, new_email: Callable[[], str]) -> None:
    email = new_email()
    with running(tmp_path, env={"NETIM_DATABASE_URL": postgres.uri}) as server:
        server.create_account(email)
        async with Client(server) as client, Client(server) as guest:
            await client.log_in(email)
            await guest.load("/login")
            ticket = await guest.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
            assert ticket, guest.heard
            assert await health(server) == 200
            server.close()
            await asyncio.to_thread(postgres.stop)
            answer = await client.http.get("/healthz")
            assert (answer.status_code, answer.json()) == (503, {"database": "down"})
            await assert_incident(client, "LoginAlertsState.switch", on=True)
            await assert_incident(guest, "LoginState.submit", form={"email": email, "password": PASSWORD})
            assert not any("ticket_rx_state_': '" in str(u).replace("''", "") for u in guest.heard)
            for path in ("/login", PERSONAL):
                assert (await client.http.get(path)).status_code == 200, "pages need no database"
            answer = await guest.redeem(ticket)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login?fault=1")
            assert not any(trace in answer.text for trace in TRACES)
            assert "set-cookie" not in answer.headers
            await client.call("ShellState.close_notice")
            await asyncio.to_thread(postgres.start)
            for _ in range(200):
                if await health(server) == 200:
                    break
                await asyncio.sleep(0.1)
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True
            assert (await guest.redeem(ticket)).headers["location"] == PERSONAL, "the ticket was not spent"
            assert await asyncio.to_thread(server.wait_for_mail, email), "the outbox goes on by itself"
            assert server.alive


@contextlib.contextmanager
def hanging(postgres: Postgres) -> Iterator[None]:
    """The database keeps all connections open and answers nothing, for the length of a block."""
    postgres.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        postgres.signal(signal.SIGCONT)


async def test_deps_down_hung_database_postgresql(
    tmp_path: Path, postgres: Postgres, new_email: Callable[[], str]
) -> None:
    """Requests without the database are answered as ever; work that waits for it is done once when it comes back."""
    email = new_email()
    with running(tmp_path, env={"NETIM_DATABASE_URL": postgres.uri}) as server:
        server.create_account(email)
        async with Client(server) as client, Client(server) as guest:
            await client.log_in(email)
            await guest.load("/login")
            server.close()
            with hanging(postgres):
                await client.send("LoginAlertsState.switch", on=True)
                assert (await guest.http.get("/login")).status_code == 200
                await guest.call("ShellState.set_language", language="fr")
                assert guest.vars["LocaleState.locale"] == "fr"
                assert client.vars["LoginAlertsState.on"] is False, "it waits"
                assert await health(server) == 503, "a hanging database counts as dead"
                assert server.alive
            await until(lambda: client.vars["LoginAlertsState.on"] is True, 30)
            await guest.call("LoginState.submit", form={"email": email, "password": PASSWORD})
            assert guest.vars["LoginState.errors"] == {}
            assert await health(server) == 200
            assert server.log.count("event=alerts_switched") == 1


async def test_locked_account_postgresql(tmp_path: Path, postgres: Postgres, new_email: Callable[[], str]) -> None:
    """Somebody holds the row of one account: its customer waits, for a while; no other customer does."""
    held, free = new_email(), new_email()
    with running(tmp_path, env={"NETIM_DATABASE_URL": postgres.uri}) as server:
        server.create_account(held)
        server.create_account(free)
        async with Client(server) as one, Client(server) as other, Client(server) as guest:
            await one.log_in(held)
            await other.log_in(free)
            await guest.load("/login")
            with server.units.engine.begin() as holder:
                holder.execute(text("SELECT 1 FROM account WHERE email = :e FOR UPDATE"), {"e": held})
                one.vars["ShellState.notice"] = ""
                await one.send("LoginAlertsState.switch", on=True)
                await other.call("LoginAlertsState.switch", on=True)
                assert await guest.ticket("LoginState.submit", form={"email": free, "password": PASSWORD})
                assert other.vars["LoginAlertsState.on"] is True
                assert one.vars["ShellState.notice"] == "", "it waits still"
                await until(lambda: bool(INCIDENT.search(one.vars["ShellState.notice"])))
                assert one.vars["LoginAlertsState.on"] is False
                assert "LockNotAvailable" in server.log
            await one.call("LoginAlertsState.switch", on=True)
            assert one.vars["LoginAlertsState.on"] is True


async def test_deps_down_hung_smtp(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """A mail server that takes the call and never says a word. Nobody but the mail waits for it."""
    first, second = new_email(), new_email()
    silent = socket.create_server(("127.0.0.1", 0))
    port = int(silent.getsockname()[1])
    with running(tmp_path, env={"NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}"}) as server:
        server.create_account(first)
        server.create_account(second)
        async with Client(server) as client, Client(server) as other:
            await other.log_in(second)
            await client.load("/forgot-password")
            await client.call("ForgotState.submit", form={"email": first})
            caller, _ = await asyncio.to_thread(silent.accept)
            await client.call("ForgotState.submit", form={"email": second})
            assert client.vars["ForgotState.sent_to"] == second
            await other.call("LoginAlertsState.switch", on=True)
            assert other.vars["LoginAlertsState.on"] is True
            answer = (await client.http.get("/healthz")).json()
            assert answer["outbox"]["queued"] >= 2
            assert "mail.outage" not in server.log, "it is still waiting for the first word"
            caller.close()
            silent.close()
            await until(lambda: "mail.outage" in server.log)  # before the clock moves, or the pause begins then
            async with smtp_on(port, SmtpServer()) as seen:
                server.move_clock(5 * 60)
                await until(lambda: {str(m["to"]) for m in seen.received} == {first, second}, 15)


async def test_a_reset_mail_is_not_sent_when_its_link_is_dead(tmp_path: Path, new_email: Callable[[], str]) -> None:
    port, email = free_port(), new_email()
    with running(tmp_path, env={"NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}"}) as server:
        server.create_account(email)
        async with Client(server) as client:
            await client.load("/forgot-password")
            await client.call("ForgotState.submit", form={"email": email})
            await until(lambda: "mail.outage" in server.log)
            async with smtp_on(port, SmtpServer()) as seen:
                server.move_clock(61 * 60)
                await until(lambda: "mail.dead" in server.log)
                await client.call("ForgotState.submit", form={"email": email})
                await until(lambda: bool(seen.received))
                token = link_in(seen.received[0]).partition("#")[2]
            assert len(seen.received) == 1
            await client.call("ResetState.submit", form={"token": token, "password": "another 9 lanterns in fog"})
            assert client.vars["ResetState.done"], "the one that came works"
            assert server.query("SELECT state, length(payload) FROM outbox_message ORDER BY id")[0] == ("dead", 0)


async def test_deps_down_database_sqlite_locked(tmp_path: Path, new_email: Callable[[], str]) -> None:
    email = new_email()
    with running(tmp_path) as server:
        server.create_account(email)
        async with Client(server) as client:
            await client.log_in(email)
            before = server.dump()
            with contextlib.closing(sqlite3.connect(tmp_path / "netim.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await assert_incident(client, "LoginAlertsState.switch", on=True)
                assert await health(server) == 200, "it can still be read"
                other.execute("ROLLBACK")
            assert server.dump() == before
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True


async def test_deps_down_database_sqlite_broken(tmp_path: Path, new_email: Callable[[], str]) -> None:
    email, file = new_email(), tmp_path / "netim.db"
    with running(tmp_path) as server:
        server.create_account(email)
        async with Client(server) as client:
            await client.log_in(email)
            with contextlib.closing(sqlite3.connect(file)) as other:
                other.execute("ALTER TABLE account_session RENAME TO gone")
                other.execute("ALTER TABLE outbox_message RENAME TO gone_too")
                other.commit()
                assert await health(server) == 503
                await assert_incident(client, "LoginAlertsState.switch", on=True)
                other.execute("ALTER TABLE gone_too RENAME TO outbox_message")
                other.execute("ALTER TABLE gone RENAME TO account_session")
                other.commit()
            assert await health(server) == 200
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"] is True


async def make_it_complain(client: Client, secret: dict[str, str]) -> None:
    """Sends secrets in every way that makes the framework write about what it was sent."""
    await client.call("ProfileState.no_such_handler", form=secret)
    await client.call("LoginState.submit", form=secret, extra=secret)
    await client.call("LoginState.submit", form=[secret])
    await client.call("LoginState.submit", wrong_name=secret)
    await client.call("PasswordState.rate", password=secret)
    await client.call("SignUpState.rate", password=math.nan)
    await client.call(
        "FrontendEventExceptionState.handle_frontend_exception",
        info=f"password={secret['password']} ticket={secret['ticket']} token: {secret['token']}", component_stack="x",
    )  # fmt: skip
    for packet in (secret, [secret], f"{secret}", {"name": secret}, {"name": "x", "payload": [secret]}):
        await client.emit("event", packet)
        await client.emit("client_error", packet)
    await client.connect(PERSONAL)


def kept(folder: Path) -> tuple[bytes, str]:
    """The database files as they are on disk, and all mails."""
    database = b"".join(path.read_bytes() for path in folder.glob("netim.db*"))
    return database, "".join(path.read_text() for path in (folder / "mail").glob("*.eml"))


async def test_log_secrets(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """Everything that a customer, an attacker and a fault can put into a log, and then a look at all that is kept."""
    email, registered = new_email(), new_email()
    wrong, new, another = "wrong Secret lantern 4711", "fresh 5 harbours at dawn", "late 6 thistles by night"
    passwords = {PASSWORD, wrong, new, another}
    with running(tmp_path) as server:
        server.create_account(email)
        async with Client(server) as client, Client(server) as other:
            await client.log_in(email)
            cookies = {client.session_cookie}
            tickets = set()
            await other.load("/login")
            form = {"email": registered, "first_name": "A", "last_name": "B", "password": another}
            await other.call("SignUpState.submit", form=form)
            await other.call("ForgotState.submit", form={"email": email})
            await other.call("LoginState.submit", form={"email": email, "password": wrong})
            links = set()
            for address in (email, registered):
                mail = await asyncio.to_thread(server.wait_for_mail, address)
                links.add(link_in(mail).partition("#")[2])
            for link in links:
                await other.http.get(f"/reset-password?token={link}")
                await other.call("ResetState.submit", form={"token": link, "password": "short"})
            for ticket in [
                await client.ticket("StepUpState.submit", form={"password": PASSWORD}),
                await client.ticket("PasswordState.submit", form={"current": PASSWORD, "password": new}),
            ]:
                assert ticket
                tickets.add(ticket)
                await client.redeem(ticket)
                await client.redeem(ticket)
                cookies.add(client.session_cookie)
            await client.connect(PERSONAL)
            secret = {"email": email, "password": wrong, "token": next(iter(links)), "ticket": next(iter(tickets))}
            for hacked in (client, other):
                await make_it_complain(hacked, secret)
            with contextlib.closing(sqlite3.connect(tmp_path / "netim.db")) as database:
                database.execute("ALTER TABLE attempt_window RENAME TO gone")
                database.commit()
                await assert_incident(other, "LoginState.submit", form={"email": email, "password": wrong})
                database.execute("ALTER TABLE gone RENAME TO attempt_window")
                database.commit()
            client_tokens = {client.token, other.token}
            devices = {str(c.value) for each in (client, other) for c in each.http.cookies.jar if "browser" in c.name}
            await client.log_out()
        server.stop()
        log = server.log
        stored, mails = await asyncio.to_thread(kept, tmp_path)
        assert len(log) > 2000
        assert b"account" in stored
        opened = passwords | cookies | tickets | devices
        for value in opened | links | client_tokens:
            assert value not in log
            assert value.encode() not in stored
        for value in opened | {digest(link) for link in links}:
            assert value not in mails
        assert digest(next(iter(cookies))).encode() in stored
        assert "event=logged_in" in log
        assert "event=password_changed" in log
