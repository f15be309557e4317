"""The group `cost`: what one action costs, what ten features that are not touched add to it, and what the journal."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import actions, copies
from tests.benchmarks.actions import (
    ANSWER,
    BASES,
    COOKIE,
    COUNTER,
    LOGIN,
    OPENING,
    PROMPT,
    READ,
    RULE,
    SWITCH_OFF,
    SWITCH_ON,
    Cost,
    Costs,
)
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
    plain, fuller, features = _beside(folder / "ten", copies.add_ten_features)
    kept, unkept, _ = _beside(folder / "unkept", copies.remove_journal)
    return Findings(
        lines=[
            _cpu("switch with its mail, CPU / counter", costs, SWITCH_OFF, 8),
            _cpu("the same without mail, CPU / counter", costs, SWITCH_ON, 5),
            _cpu("event that reads, CPU / counter", costs, READ, 2.5),
            _cpu("page opening, CPU / counter's", costs, OPENING, 3),
            _wall("switch with its mail, wall / counter", costs, SWITCH_OFF, 7),
            _wall("add an IP rule among 200, wall / counter", costs, RULE, 10),
            _compared("answer of a passkey, CPU / event that reads", costs[ANSWER].cpu, costs[READ].cpu, 3),
            _compared("switch, CPU, ten more features / none", fuller[SWITCH_ON].cpu, plain[SWITCH_ON].cpu, 1.1),
            _compared("switch, CPU, with journal / without", kept[SWITCH_ON].cpu, unkept[SWITCH_ON].cpu, 1.3),
        ],
        notes=[
            f"One commit costs {ms(synced)} here with full sync, and {ms(unsynced)} without.",
            (
                "Switch, wall, ten more features / none: "
                f"{fuller[SWITCH_ON].wall / plain[SWITCH_ON].wall:.2f} x ({features} features)."
            ),
            (
                "Login with a passkey, all three requests / event that reads, CPU: "
                f"{sum(costs[step].cpu for step in (PROMPT, ANSWER, COOKIE)) / costs[READ].cpu:.2f} x."
            ),
            (
                f"With journal / without, CPU: switch with its mail {_ratio(kept, unkept, SWITCH_OFF)}, "
                f"login with a password {_ratio(kept, unkept, LOGIN)} (bcrypt included)."
            ),
        ],
        actions=[HEAD, *rows(costs)],
    )


def _beside(folder: Path, make_copy: Callable[[Path], None]) -> tuple[Costs, Costs, int]:
    """The product as it is and a copy of it, by turns; and how many features the copy has."""
    copy = folder / "copy"
    make_copy(copy)
    copies.make_ready(copy)
    plain, other = ProductServer(folder / "plain"), ProductServer(folder / "other", checkout=copy)
    try:
        plain.start()
        other.start()
        of_plain, of_other = asyncio.run(actions.side_by_side(plain, other))
    finally:
        plain.stop()
        other.stop()
        plain.close()
        other.close()
    return of_plain, of_other, len(copies.installed(copy))


def _ratio(one: Costs, other: Costs, name: str) -> str:
    return f"{one[name].cpu / other[name].cpu:.2f} x"


def _cpu(goal: str, costs: Costs, name: str, limit: float) -> Line:
    ours, base = costs[name], costs[BASES.get(name, COUNTER)]
    return Line(goal, ms(ours.cpu), ms(base.cpu), ours.cpu / base.cpu, limit, main=True)


def _wall(goal: str, costs: Costs, name: str, limit: float) -> Line:
    ours, base = costs[name], costs[COUNTER]
    return Line(goal, ms(ours.wall), ms(base.wall), ours.wall / base.wall, limit, main=True)


def _compared(goal: str, ours: float, base: float, limit: float) -> Line:
    return Line(goal, ms(ours), ms(base), ours / base, limit, main=True)
