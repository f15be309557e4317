"""The group `peer`: django-allauth in the same run, as a classic framework that posts forms and loads whole pages."""

import asyncio
from pathlib import Path

from tests.benchmarks import actions, cost, loads, pages
from tests.benchmarks.actions import COUNTER, SWITCH_OFF, Costs, measure, presses
from tests.benchmarks.loads import Rounds, counter_tabs, login, login_tabs, product_tabs, rate_of
from tests.benchmarks.peer_server import LOGIN_PAGE, PeerServer, change
from tests.benchmarks.report import Findings, Line, kb, ms, rate
from tests.benchmarks.servers import CounterServer, ProductServer, running
from tests.benchmarks.tabs import count, opened, switch, timed

CHANGE = "allauth: change and page, with its mail"
CHANGE_BACK = "allauth: change and page (no mail)"
LOGINS = 10


def run(folder: Path, counter_folder: Path) -> Findings:
    """Starts fresh servers, and stops them."""
    peer = PeerServer(folder / "peer")
    with running(folder / "beside", counter_folder) as (product, counter):
        try:
            peer.start()
            costs = asyncio.run(_costs(product, counter, peer))
            rates = asyncio.run(_rates(product, peer))
            counter.stop()
            ours, theirs = asyncio.run(_logins(product, peer))
            view, their_view = pages.first_view(product, "/login"), pages.first_view(peer, LOGIN_PAGE)
        finally:
            peer.stop()
    switch_cpu, change_cpu = costs[SWITCH_OFF].cpu, costs[CHANGE].cpu
    return Findings(
        lines=[
            Line("switch, CPU / allauth's change and page", ms(switch_cpu), ms(change_cpu), switch_cpu / change_cpu,
                 0.25, main=True),
            Line("changes a second / allauth, two workers", rate(rates.ours), rate(rates.base), rates.ratio,
                 4, at_least=True, main=True),
        ],
        notes=[
            f"Login / one bcrypt check: {ours.ratio:.2f} x, and {theirs.ratio:.2f} x at allauth.",
            (
                f"First view of the login page on a phone over slow 4G: {_view(view)}; at allauth {_view(their_view)}."
            ),
        ],
        actions=[cost.HEAD, *cost.rows(costs)],
    )  # fmt: skip


async def _costs(product: ProductServer, counter: CounterServer, peer: PeerServer) -> Costs:
    """The switch, and allauth's change of the main address: by turns, with and without a mail."""
    costs = actions.new_costs()
    visitors = peer.make_visitors(actions.CUSTOMERS)
    async with (
        opened(product_tabs(product, actions.CUSTOMERS)) as tabs,
        opened(counter_tabs(counter, 1)) as bare,
        opened(visitors),
    ):
        for turn in range(actions.ROUNDS):
            numbers = range(turn * actions.COUNTS, (turn + 1) * actions.COUNTS)
            await measure(counter, costs[COUNTER], presses(bare, count, numbers))
            await actions.switches(product, tabs, costs)
            await measure(peer, costs[CHANGE], presses(visitors, change, [0]))
            await measure(peer, costs[CHANGE_BACK], presses(visitors, change, [1]))
    return costs


async def _rates(product: ProductServer, peer: PeerServer) -> Rounds:
    """Changes a second, half of them with a mail."""
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(loads.THROUGHPUT_ROUNDS):
        for server, clients, press, own in (
            (product, product_tabs(product, loads.THROUGHPUT_CLIENTS), switch, rates[0]),
            (peer, peer.make_visitors(loads.THROUGHPUT_CLIENTS), change, rates[1]),
        ):
            async with opened(clients):
                own.append(await rate_of(clients, press, dict.fromkeys(clients, 0)))
                await asyncio.to_thread(server.drain)
    return Rounds(*rates)


async def _logins(product: ProductServer, peer: PeerServer) -> tuple[Rounds, Rounds]:
    """Seconds of a login here and there, each against one bcrypt check right before."""
    check = loads.BareBcrypt()
    bare, ours, theirs = [], [], []
    visitors = peer.make_visitors(LOGINS)
    async with opened(login_tabs(product, LOGINS)) as tabs:
        for tab, visitor in zip(tabs, visitors, strict=True):
            await visitor.open(LOGIN_PAGE)
            bare.append(await timed(asyncio.to_thread(check.once)))
            ours.append(await timed(login(tab)))
            theirs.append(await timed(visitor.log_in()))
            await visitor.close()
    return Rounds(ours, bare), Rounds(theirs, bare)


def _view(view: pages.FirstView) -> str:
    return f"{view.seconds:.2f} s, {view.requests} requests, {kb(view.size)}"
