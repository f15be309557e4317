"""Two workers on PostgreSQL and Redis are one server: each acts on all that the other one knows or decides.

A test chooses its worker: the kernel spreads connections over both, so it connects until it is where it wants to be.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import psutil
import pytest
from redis import Redis

from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.passkeys.facts import PasskeyAdded, PasskeysOnlyOn
from netim_app.features.passkeys.service import recovery
from netim_app.features.passkeys.tables import Passkey, PasskeysOnly
from netim_app.identity import links
from tests.conftest import new_postgres_database
from tests.kit.factories import account_id_of, actor_of, make_session
from tests.kit.fakes import SmtpServer, until
from tests.kit.faults import smtp_on
from tests.kit.harness import PASSWORD, START_SECONDS, Client, Server, free_port, link_in, redis_server, running
from tests.kit.ip_restriction import HOME, OFFICE, restrict
from tests.kit.journal import check
from tests.kit.login import NEW_PASSWORD, WRONG, attempt
from tests.kit.pages import SECURITY
from tests.kit.two_factor import Owner, give_code

ATTEMPTS = 60
"""Each has a chance of one half."""


class Workers:
    """The worker processes of a server, and ways to reach each of them."""

    def __init__(self, server: Server, redis: Redis) -> None:
        self.server, self.redis = server, redis
        self.all = listening(server)
        self.first, self.second = (worker.pid for worker in self.all)

    def of(self, client: tuple[str, int]) -> int:
        """Which of them holds the connection that comes from this address and port; 0 when none does (yet)."""
        return next((w.pid for w in self.all if any(c.raddr == client for c in _connections(w))), 0)

    def of_socket(self, client: Client) -> int:
        assert client._sio is not None
        return self.of(client._sio.eio.ws.get_extra_info("sockname"))

    def of_answer(self, response: httpx.Response) -> int:
        return self.of(response.extensions["network_stream"].get_extra_info("client_addr"))

    async def connect(self, client: Client, worker: int, path: str = "/login") -> None:
        """Opens the client's socket (anew) in this worker."""
        for _ in range(ATTEMPTS):
            await client.disconnect()
            # In a browser a moment lies between the sockets. A token that is still open would count as a second tab.
            await until(lambda: not self.redis.exists(f"token_manager_socket_record_{client.token}"))
            await client.connect(path)
            if self.of_socket(client) == worker:
                return
        raise AssertionError(f"worker {worker} takes no connection")

    async def load(self, client: Client, worker: int, path: str = "/login") -> None:
        await client.http.get(path)
        await self.connect(client, worker, path)

    async def http_to(self, client: Client, worker: int) -> None:
        """Lets the client's next requests go to this worker, over a connection that is kept open."""
        for _ in range(ATTEMPTS):
            if self.of_answer(await client.http.get("/ping")) == worker:
                return
            await client.http.get("/ping", headers={"Connection": "close"})
        raise AssertionError(f"worker {worker} takes no request")

    async def log_in(self, client: Client, email: str, worker: int, path: str = SECURITY) -> None:
        """Logs in, and opens a page whose socket this worker holds."""
        await client.log_in(email)
        await self.connect(client, worker, path)
        await client.call("ShellState.open_account_page")


def listening(server: Server) -> list[psutil.Process]:
    """The workers that take connections."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child for child in children if any(c.status == psutil.CONN_LISTEN for c in _connections(child))]


def _connections(process: psutil.Process) -> list[Any]:
    return process.net_connections("tcp4")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """With a password, as production wants it."""
    with redis_server(tmp_path_factory.mktemp("redis"), "open sesame") as (client, url):
        client.url = url
        yield client


@pytest.fixture(scope="module")
def smtp_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, postgres_uri: str, redis: Redis, smtp_port: int
) -> Iterator[Server]:
    """Two workers. Their mail server is up only where a test says so."""
    environment = {
        "NETIM_WORKERS": "2",
        "NETIM_DATABASE_URL": new_postgres_database(postgres_uri, "netim_workers"),
        "NETIM_REDIS_URL": redis.url,
        "NETIM_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
    }
    with running(tmp_path_factory.mktemp("workers"), env=environment) as started:
        deadline = time.monotonic() + START_SECONDS
        while len(listening(started)) < 2:  # it answers as soon as one of them does
            assert time.monotonic() < deadline, started.log
            time.sleep(0.1)
        yield started


@pytest.fixture
def workers(server: Server, redis: Redis) -> Workers:
    return Workers(server, redis)


async def test_a_ticket_is_redeemed_by_the_other_worker(workers: Workers, server: Server, email: str) -> None:
    async with Client(server) as client:
        await workers.load(client, workers.first)
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        await workers.http_to(client, workers.second)
        response = await client.redeem(ticket)
        assert workers.of_answer(response) == workers.second
        assert client.session_cookie
        await workers.connect(client, workers.first, response.headers["location"])
        await client.call("ShellState.open_account_page")
        assert client.vars["ProfileState.email"] == email
        await workers.http_to(client, workers.first)
        assert (await client.redeem(ticket)).headers["location"] == "/login?again=1", "and it is spent for both"


async def test_a_page_goes_on_in_the_other_worker(workers: Workers, server: Server, email: str) -> None:
    """A wizard is opened in one worker, and its code is accepted in the other."""
    async with Client(server) as client:
        owner = Owner(server, client, email)
        await workers.log_in(client, email, workers.first)
        owner.key = await owner.begin()
        assert owner.key
        await workers.connect(client, workers.second, SECURITY)
        assert await owner.confirm(owner.code())
        assert owner.is_on


async def test_live_revoke_in_both_workers(
    workers: Workers, server: Server, email: str, new_email: Callable[[], str]
) -> None:
    """Ended by a third process: tabs in both workers are told, refused what they ask, and closed."""
    bystander = server.create_account(new_email())
    async with Client(server) as one, Client(server) as two, Client(server) as other:
        await workers.log_in(one, email, workers.first)
        await workers.log_in(two, email, workers.second)
        await workers.log_in(other, bystander, workers.second)
        for client in (one, two, other):
            client.events.clear()
        done = await asyncio.to_thread(server.netim, "sessions", "revoke", email)
        assert done.returncode == 0, done.stderr
        await one.until(lambda: "recheck_session" in str(one.events), "being told")
        await two.until(lambda: "recheck_session" in str(two.events), "being told")
        for client in (one, two):
            await client.call("LoginAlertsState.switch", on=True)
            await client.sent_to("&ended=1")
        for client in (one, two):
            await client.closed()
        await other.call("LoginAlertsState.switch", on=True)
        assert other.vars["LoginAlertsState.on"] is True
        assert other.events == []


async def test_bf_parallel_over_two_workers(
    workers: Workers, server: Server, email: str, new_email: Callable[[], str]
) -> None:
    """Each worker is asked at once, from many addresses: five guesses are looked at, not five each."""
    async with AsyncExitStack() as stack:
        guessers = [await stack.enter_async_context(Client(server)) for _ in range(10)]
        for number, guesser in enumerate(guessers):
            await workers.load(guesser, workers.all[number % 2].pid)
        tickets = await asyncio.gather(*(attempt(c, email, f"{WRONG} {n}") for n, c in enumerate(guessers)))
        assert not any(tickets)
        assert server.log.count(f"event=login_failed account_id={_id(server, email)} reason=wrong") == 5
        for guesser in guessers[:2]:
            assert await attempt(guesser, email, PASSWORD) == "", "throttled in both"
        neighbour = server.create_account(new_email())
        for guesser in guessers[:2]:
            assert await attempt(guesser, neighbour, PASSWORD)


async def test_bf_parallel_limits_of_an_address_are_one_for_both_workers(
    workers: Workers, server: Server, new_email: Callable[[], str]
) -> None:
    async with Client(server) as one, Client(server) as two, Client(server) as elsewhere:
        two.local_address = one.local_address
        await workers.load(one, workers.first, "/forgot-password")
        await workers.load(two, workers.second, "/forgot-password")
        for _ in range(10):
            for client in (one, two):
                await client.call("ForgotState.submit", form={"email": new_email()})
                assert client.vars["ForgotState.errors"] == {}
        for client in (one, two):
            await client.call("ForgotState.submit", form={"email": new_email()})
            assert client.vars["ForgotState.errors"], "the twenty-first, whichever worker is asked"
        await workers.load(elsewhere, workers.second, "/forgot-password")
        await elsewhere.call("ForgotState.submit", form={"email": new_email()})
        assert elsewhere.vars["ForgotState.errors"] == {}


async def test_race_once_over_two_workers(workers: Workers, server: Server, email: str, smtp_port: int) -> None:
    """One reset link, submitted ten times at once, by five sockets in each worker."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(server)) for _ in range(10)]
        for number, client in enumerate(clients):
            await workers.load(client, workers.all[number % 2].pid, "/reset-password")
        async with smtp_on(smtp_port, SmtpServer()) as seen:
            await clients[0].call("ForgotState.submit", form={"email": email})
            mail = await _mail_to(server, seen, email)
        token = link_in(mail).partition("#")[2]
        await asyncio.gather(
            *(
                client.call("ResetState.submit", form={"token": token, "password": f"{NEW_PASSWORD} {number}"})
                for number, client in enumerate(clients)
            )
        )
        assert len([client for client in clients if client.vars["ResetState.done"]]) == 1
        assert not any("incident" in str(client.heard) for client in clients)


async def test_race_once_of_a_code_over_two_workers(workers: Workers, server: Server, email: str) -> None:
    """A code of the application, then a backup code: twelve browsers give it at once, six to each worker."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(server))
        owner = Owner(server, client, email)
        await workers.log_in(client, email, workers.first)
        await owner.enable()
        for kind in ("application", "backup"):
            thieves = [await stack.enter_async_context(Client(server)) for _ in range(12)]
            for number, thief in enumerate(thieves):
                await workers.load(thief, workers.all[number % 2].pid)
                assert await attempt(thief, email, PASSWORD) == ""
                assert thief.vars["LoginState.needs_code"]
            code = owner.code() if kind == "application" else owner.codes[0]
            tickets = await asyncio.gather(*(give_code(thief, code) for thief in thieves))
            assert len([ticket for ticket in tickets if ticket]) == 1
            owner.wait(16 * 60)
        assert owner.row("backup_code", "count(used_at)") == [1]


async def test_ip_live_in_the_other_worker(workers: Workers, server: Server, email: str) -> None:
    """A restriction that is switched on holds at once for a socket that another worker has had open for long."""
    async with Client(server, local_address=HOME) as home, Client(server, local_address=OFFICE) as office:
        await workers.log_in(home, email, workers.first)
        await workers.log_in(office, email, workers.second)
        restrict(server, email, HOME, on=False)
        await home.connect(SECURITY)
        await workers.connect(home, workers.first, SECURITY)
        await home.call("ShellState.open_account_page")
        await home.call("IpDialogState.begin_switch")
        await home.call("IpDialogState.switch", form={})
        assert server.query("SELECT count(*) FROM ip_restriction WHERE account_id = :i", i=_id(server, email)) == [1]
        assert workers.of_socket(home) == workers.first
        assert workers.of_socket(office) == workers.second

        await office.call("LoginAlertsState.switch", on=True)
        assert "refused=1" in office.redirects()[-1]
        assert not server.query(
            "SELECT 1 FROM login_alert WHERE account_id = :i AND setting <> 'off'", i=_id(server, email)
        )
        await home.call("LoginAlertsState.switch", on=True)
        assert home.vars["LoginAlertsState.on"] is True


class PatientSmtpServer(SmtpServer):
    """Takes no mail before both senders are at work."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def handle_DATA(self, *args: object) -> str:  # noqa: N802
        await self.go_on.wait()
        return await super().handle_DATA(*args)


async def test_each_mail_is_sent_once_by_two_senders(
    workers: Workers, server: Server, new_email: Callable[[], str], smtp_port: int
) -> None:
    """Twelve mails wait while the mail server is away; then both workers send, and none of them twice."""
    emails = {server.create_account(new_email()) for _ in range(12)}
    senders: set[str] = set()
    async with Client(server) as client:
        for number, email in enumerate(sorted(emails)):
            await workers.load(client, workers.all[number % 2].pid, "/forgot-password")
            client.local_address = f"127.2.0.{number + 1}"
            await client.call("ForgotState.submit", form={"email": email})
    seen = PatientSmtpServer()
    async with smtp_on(smtp_port, seen):
        server.move_clock(60)

        def all_sent() -> bool:
            claims = server.query("SELECT claimed_by FROM outbox_message WHERE claimed_by <> ''")
            senders.update(claim.partition(":")[0] for claim in claims)
            if len(senders) > 1:
                seen.go_on.set()
            return len({str(mail["to"]) for mail in seen.received} & emails) == len(emails)

        await until(all_sent, 60)
        await asyncio.sleep(2.5)  # one more round of both
    recipients = [str(mail["to"]) for mail in seen.received if str(mail["to"]) in emails]
    assert sorted(recipients) == sorted(emails)
    assert len({mail["message-id"] for mail in seen.received}) == len(seen.received)
    assert senders == {str(workers.first), str(workers.second)}


def _id(server: Server, email: str) -> int:
    return int(server.query("SELECT id FROM account WHERE email = :e", e=email)[0])


async def _mail_to(server: Server, seen: SmtpServer, email: str) -> EmailMessage:
    server.move_clock(60)  # the pause after the mail server was away is over
    await until(lambda: any(re.search(rf"\b{email}\b", str(mail["to"])) for mail in seen.received), 30)
    return next(mail for mail in seen.received if email in str(mail["to"]))


async def test_passkeys_only_holds_in_both_workers_and_one_end_of_the_wait_leads_in(
    workers: Workers, server: Server, email: str
) -> None:
    """The same browser in both: the first takes the code, and both are asked for the session at the same moment."""
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        key = Passkey(
            account_id=account_id, credential_id=secrets.token_bytes(32), public_key=b"", sign_count=0,
            can_sync=True, backed_up=True, name="Lost", added_at=unit.now,
        )  # fmt: skip
        unit.session.add(key)
        unit.session.flush()
        unit.record(PasskeyAdded(account_id=account_id, at=unit.now, name="Lost"))
        codes = backup_code_sets.make(unit, actor_of(unit, make_session(unit, account_id))).codes
        unit.session.add(PasskeysOnly(account_id=account_id, since=unit.now))
        unit.record(PasskeysOnlyOn(account_id=account_id, at=unit.now))
        begin = links.new_link(unit, purpose=recovery.BEGIN, life=timedelta(hours=1), account_id=account_id)
    async with Client(server) as one, Client(server) as two:
        await workers.load(one, workers.first)
        two.http.cookies.update(one.http.cookies)
        await workers.connect(two, workers.second)
        for client in (one, two):
            assert await attempt(client, email, PASSWORD) == ""
            assert "Wrong email address or password" in client.vars["LoginState.errors"][""]
        await one.call("PasskeyRecoveryState.begin", form={"token": begin, "code": codes[0]})
        assert one.vars["PasskeyRecoveryState.opens"]
        server.move_clock(24 * 3600 + 1)
        with server.units.write() as unit:
            end = links.new_link(unit, purpose=recovery.FINISH, life=timedelta(hours=1), account_id=account_id)
        finish = [client.ticket("PasskeyRecoveryState.finish", form={"token": end}) for client in (one, two)]
        tickets = await asyncio.gather(*finish)
        opened = await asyncio.gather(
            *(client.redeem(ticket) for client, ticket in zip((one, two), tickets, strict=True))
        )
        assert sorted("netim_session" in answer.headers.get("set-cookie", "") for answer in opened) == [False, True]
        server.move_clock(0)


async def test_one_journal_one_memory_of_mails_and_one_end_of_all_sessions_in_both_workers(
    workers: Workers, server: Server, email: str, smtp_port: int
) -> None:
    """Both write for one account at once. A mail is known in both, and its link stops what goes on in the other."""
    account_id = _id(server, email)
    async with (
        smtp_on(smtp_port, SmtpServer()) as seen,
        Client(server) as one,
        Client(server) as two,
        Client(server) as owner,
    ):
        await workers.log_in(one, email, workers.first)
        await workers.log_in(two, email, workers.second)

        async def write(client: Client) -> None:
            for _ in range(4):
                await client.call("JournalState.export")

        await asyncio.gather(write(one), write(two))
        exports = "SELECT number FROM journal_entry WHERE account_id = :a AND event = 'journal_exported'"
        assert len(server.query(exports, a=account_id)) == 8
        numbers = server.query("SELECT number FROM journal_entry WHERE account_id = :a ORDER BY number", a=account_id)
        assert numbers == list(range(1, len(numbers) + 1))
        for client in (one, two):
            await client.call("JournalCheckState.check")
            assert client.vars["ShellState.notice"] == f"Verified from no. 1 to {len(numbers)}."

        body = (await _mail_to(server, seen, email)).get_body(("plain",))
        assert body is not None
        text = body.get_content()
        for client in (one, two):
            await client.call("QuestionState.submit", form={"text": text})
            assert client.vars["QuestionState.answer"] == "yes"

        [token] = re.findall(r"/not-me#([\w-]{43})", text)
        await workers.load(owner, workers.first, "/not-me")
        two.events.clear()
        await owner.call("NotMeState.submit", form={"token": token})
        await owner.sent_to("then=reset")
        await two.until(lambda: "recheck_session" in str(two.events), "being told")
        await two.call("LoginAlertsState.switch", on=True)
        await two.sent_to("&ended=1")
    with server.units.read() as unit:
        assert check(unit, account_id)[2] == 0
    server.move_clock(0)
