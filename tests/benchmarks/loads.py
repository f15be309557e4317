"""The measurements over sockets: events, logins, memory. Each takes turns between the product and its base."""

import asyncio
import base64
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import bcrypt

from tests.benchmarks.servers import COST, CounterServer, ProductServer
from tests.benchmarks.tabs import (
    Tab,
    count,
    give_password,
    opened,
    submit,
    submit_code,
    switch,
    timed,
)
from tests.kit.harness import PASSWORD
from tests.kit.pages import SECURITY

THROUGHPUT_ROUNDS = 5
THROUGHPUT_CLIENTS = 20
THROUGHPUT_SECONDS = 1.5
LOGIN_ROUNDS = 6
LOGINS_PER_ROUND = 3
BURST_ROUNDS = 4
BURST = 20
OTHERS = 10
OTHERS_PAUSE = 0.25

OPENINGS = 100
OPENING_ROUNDS = 3
IDLE_SECONDS = 2.0
CORES = os.cpu_count() or 1

IdleAndBusy = tuple[Sequence[float], Sequence[float]]
"""How long others' events took while the server had nothing else to do, and while it had."""
_numbers = itertools.count()
Press = Callable[[Tab, int], Awaitable[None]]


@dataclass(frozen=True)
class Rounds:
    """One figure of the product and the same of its base, measured right after each other, round by round."""

    all_ours: Sequence[float]
    all_base: Sequence[float]

    @property
    def ours(self) -> float:
        return median(self.all_ours)

    @property
    def base(self) -> float:
        return median(self.all_base)

    @property
    def ratio(self) -> float:
        """The median of the ratios of all rounds: what else the machine does changes from round to round."""
        return median(ours / base for ours, base in zip(self.all_ours, self.all_base, strict=True))


def product_tabs(server: ProductServer, count: int) -> list[Tab]:
    """Connection and Security, opened by so many customers with an account each."""
    customers = server.make_customers(count, logged_in=True)
    return [Tab(server, SECURITY, next(_numbers), customer) for customer in customers]


def rule_tabs(server: ProductServer, count: int, rules: int) -> list[Tab]:
    """The same, by customers who have so many IP rules."""
    customers = server.make_customers(count, logged_in=True, rules=rules)
    return [Tab(server, SECURITY, next(_numbers), customer) for customer in customers]


def passkey_tabs(server: ProductServer, count: int) -> list[Tab]:
    """The login form, opened by so many customers with a passkey."""
    customers = server.make_customers(count, logged_in=False, with_passkey=True)
    return [Tab(server, "/login", next(_numbers), customer) for customer in customers]


def counter_tabs(server: CounterServer, count: int) -> list[Tab]:
    return [Tab(server, "/", next(_numbers)) for _ in range(count)]


def login_tabs(server: ProductServer, count: int) -> list[Tab]:
    """The login form, opened by so many customers."""
    return [
        Tab(server, "/login", next(_numbers), customer) for customer in server.make_customers(count, logged_in=False)
    ]


# Events


async def throughput(product: ProductServer, counter: CounterServer) -> Rounds:
    """Events per second with 20 clients that each send the next one as soon as the last is answered.

    Each second change of ours sends a mail, up to five for each customer. The customers are new in each round.
    """
    ours_rates: list[float] = []
    base_rates: list[float] = []
    for _ in range(THROUGHPUT_ROUNDS):
        for server, tabs, press, rates in (
            (product, product_tabs(product, THROUGHPUT_CLIENTS), switch, ours_rates),
            (counter, counter_tabs(counter, THROUGHPUT_CLIENTS), count, base_rates),
        ):
            async with opened(tabs):
                rates.append(await rate_of(tabs, press, dict.fromkeys(tabs, 0)))
                await asyncio.to_thread(server.drain)
    return Rounds(ours_rates, base_rates)


async def rate_of(
    tabs: Sequence[Tab], press: Press, done: dict[Tab, int], *, seconds: float = THROUGHPUT_SECONDS
) -> float:
    start = time.perf_counter()
    end = start + seconds
    before = sum(done.values())

    async def run(tab: Tab) -> None:
        while time.perf_counter() < end:
            await press(tab, done[tab])
            done[tab] += 1

    await asyncio.gather(*(run(tab) for tab in tabs))
    return (sum(done.values()) - before) / (time.perf_counter() - start)


async def openings(product: ProductServer) -> IdleAndBusy:
    """Others' events while nothing else happens, and while a hundred pages are opened at once."""
    idle: list[float] = []
    busy: list[float] = []
    for _ in range(OPENING_ROUNDS):
        tabs = product_tabs(product, OPENINGS)
        async with opened(product_tabs(product, OTHERS)) as others:
            idle += await while_running(asyncio.create_task(asyncio.sleep(IDLE_SECONDS)), others)
            await asyncio.to_thread(product.drain)
            busy += await while_running(asyncio.create_task(_open_at_once(tabs)), others)
            await asyncio.gather(*(tab.close() for tab in tabs))
        await asyncio.to_thread(product.drain)
    return idle, busy


async def _open_at_once(tabs: Sequence[Tab]) -> None:
    await asyncio.gather(*(tab.open() for tab in tabs))


# Logins


@dataclass(frozen=True)
class Logins:
    """Seconds for one; logins per second with 20 at once, and what bare checks in as many threads reach there."""

    alone: Rounds
    with_code: Rounds
    rate: Rounds
    parallel_bcrypt: Rounds
    others_idle: Sequence[float]
    others_busy: Sequence[float]


async def logins(product: ProductServer) -> Logins:
    """Real logins: form, bcrypt, ticket, POST, 303 with the cookie."""
    check = BareBcrypt()
    ours, base = [], []
    for _ in range(LOGIN_ROUNDS):
        async with opened(login_tabs(product, LOGINS_PER_ROUND)) as tabs:
            for tab in tabs:
                base.append(await timed(asyncio.to_thread(check.once)))
                ours.append(await timed(login(tab)))
    coded, coded_base = [], []
    for _ in range(LOGIN_ROUNDS):
        customers = product.make_customers(LOGINS_PER_ROUND, logged_in=False, with_code=True)
        async with opened([Tab(product, "/login", next(_numbers), customer) for customer in customers]) as tabs:
            for tab in tabs:
                coded_base.append(await timed(asyncio.to_thread(check.once)))
                coded.append(await timed(_login_with_code(tab)))
    rates, ideal, parallel = [], [], []
    idle: list[float] = []
    busy: list[float] = []
    for _ in range(BURST_ROUNDS):
        one = median([await timed(asyncio.to_thread(check.once)) for _ in range(LOGINS_PER_ROUND)])
        ideal.append(CORES / one)
        parallel.append(BURST / await timed(asyncio.to_thread(check.many, BURST)))
        async with opened(login_tabs(product, BURST)) as tabs:
            rates.append(BURST / await timed(all_at_once(tabs)))
        await asyncio.to_thread(product.drain)
    for _ in range(BURST_ROUNDS):
        async with opened(login_tabs(product, BURST)) as tabs, opened(product_tabs(product, OTHERS)) as others:
            rest = asyncio.create_task(asyncio.sleep(BURST * median(base) / CORES))
            idle += await while_running(rest, others)
            await asyncio.to_thread(product.drain)
            busy += await while_running(asyncio.create_task(all_at_once(tabs)), others)
        await asyncio.to_thread(product.drain)
    return Logins(
        alone=Rounds(ours, base),
        with_code=Rounds(coded, coded_base),
        rate=Rounds(rates, ideal),
        parallel_bcrypt=Rounds(parallel, ideal),
        others_idle=idle,
        others_busy=busy,
    )


def p99(times: Sequence[float]) -> float:
    """The time that 99 of 100 stay under."""
    return quantiles(times, n=100)[-1]


async def login(tab: Tab) -> None:
    status = await tab.redeem(await submit(tab, PASSWORD))
    if status != 303:
        raise RuntimeError(f"a login was answered with {status}")


async def _login_with_code(tab: Tab) -> None:
    await give_password(tab, PASSWORD)
    status = await tab.redeem(await submit_code(tab))
    if status != 303:
        raise RuntimeError(f"a login with a code was answered with {status}")


async def all_at_once(tabs: Sequence[Tab]) -> None:
    await asyncio.gather(*(login(tab) for tab in tabs))


async def while_running(task: "asyncio.Task[Any]", others: Sequence[Tab]) -> list[float]:
    """How long other customers' events take until a task has ended: each sends four a second."""
    took: list[float] = []

    async def press(position: int, tab: Tab) -> None:
        await asyncio.sleep(OTHERS_PAUSE * position / len(others))
        number = 0
        while not task.done() or number % 2:  # ends with the switch off, as it began
            took.append(await timed(switch(tab, number)))
            number += 1
            await asyncio.sleep(max(0.0, OTHERS_PAUSE - took[-1]))

    await asyncio.gather(task, *(press(position, tab) for position, tab in enumerate(others)))
    return took


class BareBcrypt:
    """One check of the cost of production, in this process while the server has nothing to do."""

    def __init__(self) -> None:
        self._password = base64.b64encode(os.urandom(32))
        self._hash = bcrypt.hashpw(self._password, bcrypt.gensalt(COST))

    def once(self, _number: int = 0) -> None:
        assert bcrypt.checkpw(self._password, self._hash)

    def many(self, count: int) -> None:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(self.once, range(count)))
