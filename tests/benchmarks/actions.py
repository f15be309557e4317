"""The cost of one action: seconds as the customer waits, and CPU seconds of the server with all its processes.

One client at a time, in rounds that take turns between the product and the counter.
"""

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.benchmarks.loads import counter_tabs, login, login_tabs, passkey_tabs, product_tabs, rule_tabs
from tests.benchmarks.servers import CounterServer, ProductServer, cpu_seconds
from tests.benchmarks.tabs import PasskeyLogin, Tab, add_rule, count, opened, switch, timed, try_address
from tests.kit.harness import Server

ROUNDS = 5
"""No more mails about switched-off alerts go to one customer within an hour: those beyond would be held back."""
SIDE_ROUNDS = 10
"""Of the product and a copy of it: the difference is small."""
CUSTOMERS = 20
COUNTS = 150
RULES = 200
RULE_CUSTOMERS = 6
COMMITS = 200

Action = Callable[[], Awaitable[object]]

COUNTER = "one more"
COUNTER_OPENING = "open the page of the counter"
SWITCH_ON = "switch alerts on (no mail)"
SWITCH_OFF = "switch alerts off, with its mail"
READ = "test an address"
RULE = "add an IP rule among 200, with its mail"
OPENING = "open Connection and Security"
PROMPT, ANSWER, COOKIE = "ask for a passkey", "answer with the passkey", "get the cookie of the session"
"""The three requests of a login with a passkey."""
LOGIN = "log in with a password"
BASES = {OPENING: COUNTER_OPENING}
"""The base of an action's comparison, if it is not one event of the counter."""


@dataclass
class Cost:
    """Of one kind of action, over all rounds."""

    took: list[float] = field(default_factory=list)
    cpu_total: float = 0.0

    @property
    def wall(self) -> float:
        """The median, in seconds."""
        return median(self.took)

    @property
    def cpu(self) -> float:
        """The mean, in seconds."""
        return self.cpu_total / len(self.took)


Costs = defaultdict[str, Cost]


def new_costs() -> Costs:
    return defaultdict(Cost)


async def measure(server: Server, cost: Cost, actions: Iterable[Action]) -> None:
    """Does one after the other. The mails that they send are a part of the CPU seconds, and no part of the wait."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    before = cpu_seconds(process)
    cost.took += [await timed(action()) for action in actions]
    await asyncio.to_thread(server.drain)  # type: ignore[attr-defined]
    cost.cpu_total += cpu_seconds(process) - before


def presses(tabs: Sequence[Tab], press: Callable[[Tab, int], Awaitable[None]], numbers: Iterable[int]) -> list[Action]:
    """One action for each tab and number."""
    return [lambda tab=tab, number=number: press(tab, number) for number in numbers for tab in tabs]  # type: ignore[misc]


async def actions(product: ProductServer, counter: CounterServer) -> Costs:
    """All kinds of action that are one event, and the opening of a page."""
    costs = new_costs()
    async with (
        opened(product_tabs(product, CUSTOMERS)) as tabs,
        opened(rule_tabs(product, RULE_CUSTOMERS, RULES - ROUNDS)) as ruled,
        opened(counter_tabs(counter, 1)) as bare,
    ):
        await _round(product, counter, tabs[:2], ruled[:1], bare, new_costs(), 0)  # warms up
        for turn in range(1, ROUNDS + 1):
            await _round(product, counter, tabs[2:], ruled[1:], bare, costs, turn)
    return costs


async def _round(
    product: ProductServer,
    counter: CounterServer,
    tabs: Sequence[Tab],
    ruled: Sequence[Tab],
    bare: Sequence[Tab],
    costs: Costs,
    turn: int,
) -> None:
    await measure(counter, costs[COUNTER], presses(bare, count, range(turn * COUNTS, (turn + 1) * COUNTS)))
    await switches(product, tabs, costs)
    await measure(product, costs[READ], presses(tabs, try_address, (2 * turn, 2 * turn + 1)))
    await measure(product, costs[RULE], presses(ruled, add_rule, [turn]))
    async with opened(passkey_tabs(product, len(tabs))) as logging_in:
        logins = [PasskeyLogin(tab) for tab in logging_in]
        for kind, step in ((PROMPT, "ask"), (ANSWER, "answer"), (COOKIE, "redeem")):
            await measure(product, costs[kind], [getattr(login, step) for login in logins])
    for server, kind, fresh in (
        (product, OPENING, product_tabs(product, len(tabs))),
        (counter, COUNTER_OPENING, counter_tabs(counter, len(tabs))),
    ):
        await measure(server, costs[kind], [tab.open for tab in fresh])
        await asyncio.gather(*(tab.close() for tab in fresh))


async def switches(product: ProductServer, tabs: Sequence[Tab], costs: Costs) -> None:
    """Each customer switches the alerts on, which sends no mail, and then off, which sends one."""
    await measure(product, costs[SWITCH_ON], presses(tabs, switch, [0]))
    await measure(product, costs[SWITCH_OFF], presses(tabs, switch, [1]))


async def side_by_side(plain: ProductServer, other: ProductServer) -> tuple[Costs, Costs]:
    """The same actions by turns in the product as it is and in a copy of it."""
    costs = new_costs(), new_costs()
    async with (
        opened(product_tabs(plain, CUSTOMERS)) as plain_tabs,
        opened(product_tabs(other, CUSTOMERS)) as other_tabs,
    ):
        for server, tabs in ((plain, plain_tabs), (other, other_tabs)):
            await switches(server, tabs[:2], new_costs())  # warms up
        for _ in range(SIDE_ROUNDS):
            for server, tabs, own in ((plain, plain_tabs, costs[0]), (other, other_tabs, costs[1])):
                await switches(server, tabs[2:], own)
    for _ in range(ROUNDS):
        for server, own in ((plain, costs[0]), (other, costs[1])):
            async with opened(login_tabs(server, 3)) as tabs:
                await measure(server, own[LOGIN], [lambda tab=tab: login(tab) for tab in tabs])  # type: ignore[misc]
    return costs


def commit_cost(folder: Path) -> tuple[float, float]:
    """Median seconds of a commit of one small row in SQLite: with full sync, as the product commits, and without."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE note (number INTEGER)")
    medians = []
    for synchronous in ("FULL", "OFF"):
        connection.execute(f"PRAGMA synchronous={synchronous}")
        took = []
        for number in range(COMMITS):
            start = time.perf_counter()
            connection.execute("INSERT INTO note VALUES (?)", (number,))
            took.append(time.perf_counter() - start)
        medians.append(median(took))
    connection.close()
    return medians[0], medians[1]
