"""The group `load`: a thousand open pages. The group `scale`: a big database, two workers, visitors by the thousand."""

import asyncio
from pathlib import Path
from statistics import median

from tests.benchmarks import crowd, loads
from tests.benchmarks.report import Findings, Line, kb, mb, ms, rate
from tests.benchmarks.servers import running


def load(folder: Path, counter_folder: Path) -> Findings:
    """Starts fresh servers, and stops them."""
    with running(folder / "crowd", counter_folder) as servers:
        many = asyncio.run(crowd.crowd(*servers))
    p99s = [loads.p99(busy.took) for busy in (many.many, many.few)]
    p50s = [median(busy.took) for busy in (many.many, many.few)]
    storm = loads.p99(many.storm_others)
    lines = [
        Line(
            f"memory each of {crowd.CROWD} customers", kb(many.memory), kb(many.bare_memory),
            many.memory / many.bare_memory, 1.5, main=True,
        ),
        Line(
            f"mixed actions, {crowd.CROWD} pages / {crowd.FEW}, rate", rate(many.many.rate), rate(many.few.rate),
            many.many.rate / many.few.rate, 0.8, at_least=True,
        ),
        Line(f"the same, p50 with {crowd.FEW} at once", ms(p50s[0]), ms(p50s[1]), p50s[0] / p50s[1], 1.5),
        Line(f"the same, p99 with {crowd.FEW} at once", ms(p99s[0]), ms(p99s[1]), p99s[0] / p99s[1], 2),
        Line(
            f"{crowd.STORM} logins at once / (cores / bcrypt)", rate(many.storm_rate), rate(many.storm_ideal),
            many.storm_rate / many.storm_ideal, 0.9, at_least=True, main=True,
        ),
        Line(
            f"others during {crowd.STORM} logins, p99", ms(storm), ms(p99s[1]), storm * 1000, 150, unit=" ms", main=True
        ),
    ]  # fmt: skip
    notes = [
        f"The counter with {crowd.CROWD} open pages: {rate(many.bare.rate)}, p99 {ms(loads.p99(many.bare.took))}.",
    ]
    return Findings(lines, notes)


def scale(folder: Path, counter_folder: Path) -> Findings:
    """Starts fresh servers, and stops them."""
    slowest = crowd.big_database(folder / "database")
    crowd.clear(folder / "database")
    workers = crowd.workers(folder / "workers")
    with running(folder / "strangers", counter_folder) as (product, _):
        gone = asyncio.run(crowd.strangers(product))
    lines = [
        Line(
            f"slowest query, {crowd.ACCOUNTS} accounts / {crowd.FEW_ACCOUNTS}", f"{slowest.big * 1000:.3f} ms",
            f"{slowest.small * 1000:.3f} ms", slowest.ratio, 2,
        ),
        Line(
            "CPU per event, two workers / one", ms(workers.cpu.ours), ms(workers.cpu.base), workers.cpu.ratio, 1.25
        ),
        Line(
            f"memory after {crowd.STRANGERS} visitors / their states", mb(gone.peak), mb(gone.unbounded),
            gone.peak / gone.unbounded, 0.5,
        ),
    ]  # fmt: skip
    notes = [
        f"Filling the big database ({slowest.rows} IP rules and more) took {slowest.filled_in:.0f} s.",
        f"The query that it slows down most: {slowest.statement[:160]}",
        (
            f"Events per second, two workers / one: {rate(workers.rate.ours)} / {rate(workers.rate.base)} = "
            f"{workers.rate.ratio:.2f} x (PostgreSQL, Redis, and the load generator share the cores)."
        ),
        f"Visitors came at {rate(gone.per_second)}; {mb(gone.left)} more than before when all were forgotten.",
    ]
    return Findings(lines, notes)
