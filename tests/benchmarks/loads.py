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

from tests.benchmarks.servers import COST, CounterServer, ProductServer, worker_rss
from tests.benchmarks.tabs import (
    SECURITY_PAGE,
    Tab,
    add_rule,
    count,
    give_password,
    open_all,
    opened,
    submit,
    submit_code,
    switch,
    timed,
    try_address,
)
from tests.kit.harness import PASSWORD, Server

LATENCY_ROUNDS = 7
EVENTS_PER_ROUND = 80
THROUGHPUT_ROUNDS = 5
THROUGHPUT_CLIENTS = 20
THROUGHPUT_SECONDS = 1.5
LOGIN_ROUNDS = 6
LOGINS_PER_ROUND = 3
RULES = 200
RULE_ROUNDS = 5
EVENTS_PER_RULE_ROUND = 4
BURST_ROUNDS = 4
BURST = 20
OTHERS = 10
OTHERS_PAUSE = 0.25
PAGES = 200
MEMORY_ROUNDS = 3
WARM_UP_PAGES = 20
SETTLE_SECONDS = 2.0

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
    return [Tab(server, SECURITY_PAGE, next(_numbers), customer) for customer in customers]


def counter_tabs(server: CounterServer, count: int) -> list[Tab]:
    return [Tab(server, "/", next(_numbers)) for _ in range(count)]


def login_tabs(server: ProductServer, count: int) -> list[Tab]:
    """The login form, opened by so many customers."""
    return [
        Tab(server, "/login", next(_numbers), customer) for customer in server.make_customers(count, logged_in=False)
    ]


# Memory


async def memory(product: ProductServer, counter: CounterServer) -> Rounds:
    """Bytes by which the worker grows per open page. Both servers are fresh."""
    ours: list[float] = []
    base: list[float] = []
    kept: list[Tab] = []
    try:
        kept += await open_all(product_tabs(product, WARM_UP_PAGES))
        kept += await open_all(counter_tabs(counter, WARM_UP_PAGES))
        for _ in range(MEMORY_ROUNDS):
            for server, tabs, grown in (
                (product, product_tabs(product, PAGES), ours),
                (counter, counter_tabs(counter, PAGES), base),
            ):
                before = await _settled_rss(server)
                kept += await open_all(tabs)
                grown.append((await _settled_rss(server) - before) / PAGES)
    finally:
        await asyncio.gather(*(tab.close() for tab in kept), return_exceptions=True)
    return Rounds(ours, base)


async def _settled_rss(server: Server) -> int:
    await asyncio.sleep(SETTLE_SECONDS)
    return worker_rss(server)


# Events


async def latency(product: ProductServer, counter: CounterServer) -> Rounds:
    """Seconds from an event to its answer, with one client at a time.

    Each round has a client of its own: one that sends more than the socket's credit would be slowed down on purpose.
    """
    async with (
        opened(product_tabs(product, LATENCY_ROUNDS + 1)) as ours,
        opened(counter_tabs(counter, LATENCY_ROUNDS + 1)) as base,
    ):
        rounds: tuple[list[float], list[float]] = ([], [])
        for tabs in zip(ours, base, strict=True):
            for tab, press, figures in zip(tabs, (switch, count), rounds, strict=True):
                figures.append(median([await timed(press(tab, number)) for number in range(EVENTS_PER_ROUND)]))
            await asyncio.to_thread(product.drain)
        return Rounds(rounds[0][1:], rounds[1][1:])  # the first round warms up


async def ip_rules(product: ProductServer) -> tuple[Rounds, Rounds]:
    """Seconds to add a rule among 200 and among none, and to test an address against them.

    The lists grow while rules are added: they end with 200 and 20.
    """
    many = product.make_customers(1, logged_in=True, rules=RULES - RULE_ROUNDS * EVENTS_PER_RULE_ROUND)
    none = product.make_customers(1, logged_in=True)
    tabs = [Tab(product, SECURITY_PAGE, next(_numbers), customer) for customer in (*many, *none)]
    adding: tuple[list[float], list[float]] = ([], [])
    testing: tuple[list[float], list[float]] = ([], [])
    async with opened(tabs):
        await asyncio.to_thread(product.drain)
        for tab in tabs:
            await try_address(tab, 0)
        for number in range(RULE_ROUNDS):
            numbers = range(1 + number * EVENTS_PER_RULE_ROUND, 1 + (number + 1) * EVENTS_PER_RULE_ROUND)
            for press, figures in ((add_rule, adding), (try_address, testing)):
                for tab, all_rounds in zip(tabs, figures, strict=True):
                    all_rounds.append(median([await timed(press(tab, n)) for n in numbers]))
                    await asyncio.to_thread(product.drain)
    return Rounds(*adding), Rounds(*testing)


async def throughput(product: ProductServer, counter: CounterServer) -> Rounds:
    """Events per second with 20 clients that each send the next one as soon as the last is answered."""
    async with (
        opened(product_tabs(product, THROUGHPUT_CLIENTS)) as ours,
        opened(counter_tabs(counter, THROUGHPUT_CLIENTS)) as base,
    ):
        done = dict.fromkeys((*ours, *base), 0)
        ours_rates, base_rates = [], []
        for _ in range(THROUGHPUT_ROUNDS):
            ours_rates.append(await _rate(ours, switch, done))
            await asyncio.to_thread(product.drain)
            base_rates.append(await _rate(base, count, done))
        return Rounds(ours_rates, base_rates)


async def _rate(
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
    check = _BareBcrypt()
    ours, base = [], []
    for _ in range(LOGIN_ROUNDS):
        async with opened(login_tabs(product, LOGINS_PER_ROUND)) as tabs:
            for tab in tabs:
                base.append(await timed(asyncio.to_thread(check.once)))
                ours.append(await timed(_login(tab)))
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
        ideal.append(_cores() / one)
        parallel.append(BURST / await timed(asyncio.to_thread(check.many, BURST)))
        async with opened(login_tabs(product, BURST)) as tabs:
            rates.append(BURST / await timed(_all_at_once(tabs)))
        await asyncio.to_thread(product.drain)
    for _ in range(BURST_ROUNDS):
        async with opened(login_tabs(product, BURST)) as tabs, opened(product_tabs(product, OTHERS)) as others:
            rest = asyncio.create_task(asyncio.sleep(BURST * median(base) / _cores()))
            idle += await _while_running(rest, others)
            await asyncio.to_thread(product.drain)
            busy += await _while_running(asyncio.create_task(_all_at_once(tabs)), others)
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
    """What 99 of 100 stay under."""
    return quantiles(times, n=100)[-1]


async def _login(tab: Tab) -> None:
    status = await tab.redeem(await submit(tab, PASSWORD))
    if status != 303:
        raise RuntimeError(f"a login was answered with {status}")


async def _login_with_code(tab: Tab) -> None:
    await give_password(tab, PASSWORD)
    status = await tab.redeem(await submit_code(tab))
    if status != 303:
        raise RuntimeError(f"a login with a code was answered with {status}")


async def _all_at_once(tabs: Sequence[Tab]) -> None:
    await asyncio.gather(*(_login(tab) for tab in tabs))


async def _while_running(task: "asyncio.Task[Any]", others: Sequence[Tab]) -> list[float]:
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


class _BareBcrypt:
    """One check of the cost of production, in this process while the server has nothing to do."""

    def __init__(self) -> None:
        self._password = base64.b64encode(os.urandom(32))
        self._hash = bcrypt.hashpw(self._password, bcrypt.gensalt(COST))

    def once(self, _number: int = 0) -> None:
        assert bcrypt.checkpw(self._password, self._hash)

    def many(self, count: int) -> None:
        with ThreadPoolExecutor(_cores()) as pool:
            list(pool.map(self.once, range(count)))


def _cores() -> int:
    return os.cpu_count() or 1
