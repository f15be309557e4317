"""The group `cost`: what one action costs, and whether it costs more with ten features that are not touched."""

import asyncio
from pathlib import Path

from tests.benchmarks import actions, ten_features
from tests.benchmarks.actions import BASES, COUNTER, OPENING, READ, RULE, SWITCH_OFF, SWITCH_ON, Cost, Costs
from tests.benchmarks.report import Findings, Line, ms
from tests.benchmarks.servers import ProductServer, running

HEAD = ("action", "wall median", "/ counter", "CPU", "/ counter")


def rows(costs: Costs) -> list[tuple[str, ...]]:
    """The table of actions: each with the ratio to its base."""
    base = costs[COUNTER]
    return [_row(name, cost, costs[BASES[name]] if name in BASES else base) for name, cost in costs.items()]


def _row(name: str, cost: Cost, base: Cost) -> tuple[str, ...]:
    return name, ms(cost.wall), f"{cost.wall / base.wall:.2f} x", ms(cost.cpu), f"{cost.cpu / base.cpu:.2f} x"


def measure(folder: Path, counter_folder: Path) -> Findings:
    """Starts fresh servers, and stops them."""
    with running(folder / "cost", counter_folder) as servers:
        costs = asyncio.run(actions.actions(*servers))
    synced, unsynced = actions.commit_cost(folder / "commits")
    plain, fuller, features = _with_ten_features(folder)
    return Findings(
        lines=[
            _cpu("switch with its mail, CPU / counter", costs, SWITCH_OFF, 8),
            _cpu("the same without mail, CPU / counter", costs, SWITCH_ON, 5),
            _cpu("event that reads, CPU / counter", costs, READ, 2.5),
            _cpu("page opening, CPU / counter's", costs, OPENING, 3),
            _wall("switch with its mail, wall / counter", costs, SWITCH_OFF, 7),
            _wall("add an IP rule among 200, wall / counter", costs, RULE, 10),
            _compared("switch, CPU, ten more features / none", fuller.cpu, plain.cpu),
        ],
        notes=[
            f"One commit costs {ms(synced)} here with full sync, and {ms(unsynced)} without.",
            f"Switch, wall, ten more features / none: {fuller.wall / plain.wall:.2f} x ({features} features).",
        ],
        actions=[HEAD, *rows(costs)],
    )


def _with_ten_features(folder: Path) -> tuple[Cost, Cost, int]:
    copy = folder / "copy"
    ten_features.add_ten_features(copy)
    ten_features.make_ready(copy)
    plain, fuller = ProductServer(folder / "plain"), ten_features.server(folder / "fuller", copy)
    try:
        plain.start()
        fuller.start()
        of_plain, of_fuller = asyncio.run(actions.with_ten_features(plain, fuller))
    finally:
        plain.stop()
        fuller.stop()
    return of_plain[SWITCH_ON], of_fuller[SWITCH_ON], len(ten_features.installed(copy))


def _cpu(goal: str, costs: Costs, name: str, limit: float) -> Line:
    ours, base = costs[name], costs[BASES.get(name, COUNTER)]
    return Line(goal, ms(ours.cpu), ms(base.cpu), ours.cpu / base.cpu, limit, main=True)


def _wall(goal: str, costs: Costs, name: str, limit: float) -> Line:
    ours, base = costs[name], costs[COUNTER]
    return Line(goal, ms(ours.wall), ms(base.wall), ours.wall / base.wall, limit, main=True)


def _compared(goal: str, ours: float, base: float) -> Line:
    return Line(goal, ms(ours), ms(base), ours / base, 1.1, main=True)
