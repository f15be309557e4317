"""Expensive work is done in turn: customers are served while others ask for all that they may."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from netim_app.identity.password_queues import JUDGE_PLACES_PER_SOURCE, cores_for_strangers
from netim_app.infra.rate_limit import LOGIN_PER_ADDRESS, NEW_PASSWORD_PER_ADDRESS, RATING_PER_ADDRESS
from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server, fresh_address, running
from tests.kit.login import NEW_PASSWORD

COST = 11
"""These tests are about how long hashes take. One step below production, so that the test takes half as long."""
PATIENCE = 150
"""Seconds: hashes give way to everything else, and the machine may be busy."""
GUESSES = 3
"""Of each tab, when it may send them all."""
SIGNS = "4@8({[<369!1|0$5+7%2"
WRONG = "wrong " + PASSWORD
NOTICE = "ShellState.notice"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("queues"), env={"NETIM_BCRYPT_COST": str(COST)}) as started:
        yield started


@asynccontextmanager
async def crowd(server: Server, count: int, path: str, per_address: int = 1) -> AsyncIterator[list[Client]]:
    """Visitors with an open page, so many from each address."""
    async with AsyncExitStack() as stack:
        clients: list[Client] = []
        for number in range(count):
            shared = clients[-1].local_address if number % per_address else fresh_address()
            clients.append(await stack.enter_async_context(Client(server, local_address=shared)))
            await clients[-1].load(path)
        yield clients


async def press(client: Client, handler: str, form: dict[str, Any], is_answered: Callable[[], bool]) -> None:
    """Sends a form and waits until it is answered.

    On a busy machine the Gate may refuse it because earlier events of the customer have cost too much: press again.
    """
    while not is_answered():
        client.vars[NOTICE] = ""
        await client.send(handler, form=form)
        await until(lambda: is_answered() or bool(client.vars[NOTICE]), PATIENCE)


async def answered(client: Client, handler: str, answer: str, form: dict[str, Any]) -> None:
    """Sends a form and waits until its answer is there."""
    client.vars[answer] = None
    await press(client, handler, form, lambda: bool(client.vars[answer]))


async def log_in(client: Client, email: str) -> None:
    """Waits until a right login in this browser has its ticket."""
    marker = len(client.heard)
    form = {"email": email, "password": PASSWORD}
    await press(client, "LoginState.submit", form, lambda: "'ticket_rx_state_': '" in str(client.heard[marker:]))


async def attempt_of(client: Client, email: str) -> str:
    """The answer to a wrong password."""
    form = {"email": email, "password": WRONG}
    await answered(client, "LoginState.submit", "LoginState.errors", form)
    return str(client.vars["LoginState.errors"])


async def test_hash_queue(server: Server) -> None:
    """Ten addresses try wrong passwords as fast as they may. A known browser is served; strangers hear "busy"."""
    email, other, third = (server.create_account(f"{name}@example.com") for name in ("anna", "bert", "chloe"))
    heard: list[tuple[bool, str]] = []
    over = asyncio.Event()

    def tried() -> int:
        """How many guesses had their turn."""
        return sum("busy" not in words for _, words in heard)

    async with Client(server) as owner, crowd(server, 40, "/login", 4) as attackers:
        await owner.log_in(email)
        await owner.load("/login")

        async def storm(client: Client, number: int) -> None:
            for guess in range(LOGIN_PER_ADDRESS.amount // 4):
                if over.is_set():
                    return
                named = other if guess % 2 else f"u{number}.{guess}@example.com"
                heard.append((named == other, await attempt_of(client, named)))

        storms = [asyncio.create_task(storm(client, number)) for number, client in enumerate(attackers)]
        await until(lambda: len(heard) > 1, PATIENCE)
        turns: list[int] = []
        for _ in range(5):
            before = tried()
            await log_in(owner, email)
            turns.append(tried() - before)
        over.set()
        await asyncio.gather(*storms)
    assert statistics.median(turns) < 8 * cores_for_strangers(), "a third of those who wait: the owner goes first"
    assert {known for known, words in heard if "busy" in words} == {True, False}, "whether there is an account or not"
    guesses = server.query("SELECT coalesce(sum(failures), 0) FROM attempt_window")
    assert guesses[0] < len(attackers) * LOGIN_PER_ADDRESS.amount / 4, "who hears that has not tried"
    async with Client(server) as newcomer:
        await newcomer.load("/login")
        await log_in(newcomer, third)  # and may, in a moment


async def test_hash_queue_of_known_browsers(server: Server) -> None:
    """Twelve browsers fill the first lane, each by wrong passwords for its own account. A new one gets its turn."""
    email = server.create_account("dora@example.com")
    own = [server.create_account(f"own{number}@example.com") for number in range(12)]
    answers: list[str] = []
    over = asyncio.Event()

    async def storm(client: Client, named: str) -> None:
        for _ in range(GUESSES):
            if over.is_set():
                return
            answer = await attempt_of(client, named)
            answers.append(answer)

    async with Client(server) as newcomer, AsyncExitStack() as stack:
        await newcomer.load("/login")
        tabs: list[tuple[Client, str]] = []
        for named in own:
            first = await stack.enter_async_context(Client(server))
            await first.log_in(named)
            cookies = {cookie.name: str(cookie.value) for cookie in first.http.cookies.jar}
            second = Client(server, local_address=first.local_address, cookies=cookies)
            tabs += [(first, named), (await stack.enter_async_context(second), named)]
        for client, _ in tabs:
            await client.load("/login")

        storms = [asyncio.create_task(storm(client, named)) for client, named in tabs]
        await until(lambda: len(answers) >= len(own), PATIENCE)
        before = len(answers)
        await log_in(newcomer, email)
        turns = len(answers) - before
        over.set()
        await asyncio.gather(*storms)
    assert not [words for words in answers if "busy" in words], "the lane has room for them all"
    assert turns < (GUESSES * len(tabs) - before) / 2, "it does not wait until they have all been served"


@pytest.mark.alone
async def test_judge_queue(server: Server) -> None:
    """One address has passwords judged that cost as much as any can. Another customer's sign-up does not wait."""
    hostile = SIGNS * 6
    judged = 0

    async def sign_up(client: Client, number: int) -> int:
        """How many passwords of the attack were judged meanwhile."""
        form = {"email": f"new{number}@example.com", "first_name": "A", "last_name": "B", "password": NEW_PASSWORD}
        before = judged
        await answered(client, "SignUpState.submit", "SignUpState.sent_to", form)
        return judged - before

    async def attack(client: Client, rounds: int) -> None:
        nonlocal judged
        for _ in range(rounds):
            await client.call("SignUpState.rate", password=hostile)
            await client.call("SignUpState.submit", form={"password": hostile, "email": "no address"})
            judged += 1

    async with Client(server) as customer, crowd(server, 6, "/signup", 6) as attackers:
        await customer.load("/signup")
        rounds = RATING_PER_ADDRESS.amount // len(attackers)
        assert rounds * len(attackers) <= NEW_PASSWORD_PER_ADDRESS.amount
        attacks = [asyncio.create_task(attack(client, rounds)) for client in attackers]
        turns: list[int] = []
        while len(turns) < 12 and not all(task.done() for task in attacks):
            turns.append(await sign_up(customer, len(turns)))
        await asyncio.gather(*attacks)
    assert statistics.median(turns) <= JUDGE_PLACES_PER_SOURCE, "one address has no more places than these"
