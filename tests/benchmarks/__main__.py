"""`make bench`: measures, and prints the table. A goal that is missed is marked and does not fail the run."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# The settings are read when modules are imported: nothing of the developer's own environment may leak in.
for name in [name for name in os.environ if name.startswith("NETIM_") and not name.startswith("NETIM_TEST_")]:
    del os.environ[name]

from tests.benchmarks import crowd, loads, pages  # noqa: E402
from tests.benchmarks.servers import CounterServer, ProductServer, build_both  # noqa: E402

QUIET = 0.9
"""Share of cores / bcrypt time that bare checks must reach, or the lines that depend on every core mean nothing."""


@dataclass(frozen=True)
class Line:
    """One goal. `limit` is the most that the ratio may be, or the least where `at_least`."""

    goal: str
    ours: str
    base: str
    ratio: float
    limit: float
    at_least: bool = False
    unit: str = " x"

    @property
    def verdict(self) -> str:
        met = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
        return "met" if met else "MISSED"

    def cells(self) -> tuple[str, ...]:
        target = f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"
        shown = f"{self.ratio:.0f}{self.unit}" if self.unit == " ms" else f"{self.ratio:.2f}{self.unit}"
        return self.goal, self.ours, self.base, shown, target, self.verdict


@contextmanager
def running(folder: Path, counter_folder: Path) -> Iterator[tuple[ProductServer, CounterServer]]:
    """Both servers, fresh, for the length of a block."""
    product, counter = ProductServer(folder), CounterServer(counter_folder)
    try:
        product.start()
        counter.start()
        yield product, counter
    finally:
        product.stop()
        counter.stop()


def say(words: str) -> None:
    """Progress goes to standard error, the table to standard output."""
    print(words, file=sys.stderr, flush=True)


def measure_speed(folder: Path, counter_folder: Path) -> tuple[list[Line], list[str]]:
    """Size, events and logins of a server that has little to do."""
    say("memory ...")
    with running(folder / "memory", counter_folder) as servers:
        held = asyncio.run(loads.memory(*servers))
    with running(folder / "speed", counter_folder) as servers:
        say("page weight ...")
        page, bare_page = pages.weigh(*servers)
        say("one event ...")
        event = asyncio.run(loads.latency(*servers))
        say("many events ...")
        events = asyncio.run(loads.throughput(*servers))
        say("IP rules ...")
        adding, testing = asyncio.run(loads.ip_rules(servers[0]))
        say("logins ...")
        product, counter = servers
        counter.stop()
        signed = asyncio.run(loads.logins(product))
    idle, busy = loads.p99(signed.others_idle), loads.p99(signed.others_busy)
    lines = [
        Line("first load, JS and CSS", _kb(page.code), _kb(bare_page.code), page.code / bare_page.code, 1.3),
        Line("alert switch, median", _ms(event.ours), _ms(event.base), event.ratio, 3),
        Line("alert switch, throughput", _rate(events.ours), _rate(events.base), events.ratio, 0.4, at_least=True),
        Line("login / one bcrypt check", _ms(signed.alone.ours), _ms(signed.alone.base), signed.alone.ratio, 1.1),
        Line(
            "login with code / one bcrypt check",
            _ms(signed.with_code.ours), _ms(signed.with_code.base), signed.with_code.ratio, 1.2,
        ),
        Line("add an IP rule among 200", _ms(adding.ours), _ms(event.base), adding.ours / event.base, 3),
        Line("test an address, 200 rules", _ms(testing.ours), _ms(event.base), testing.ours / event.base, 3),
        Line(
            "logins at once / (cores / bcrypt)",
            _rate(signed.rate.ours), _rate(signed.rate.base), signed.rate.ratio, 0.9, at_least=True,
        ),
        Line("others during 20 logins, p99", _ms(busy), f"{_ms(idle)} idle", busy * 1000, 150, unit=" ms"),
        Line("memory per open page", _kb(held.ours), _kb(held.base), held.ratio, 1.5),
    ]  # fmt: skip
    notes = [
        (
            f"HTML of the first load: {_kb(page.html)} against {_kb(bare_page.html)}. "
            f"Answers of ours: {page.encodings}; of the counter: {bare_page.encodings}."
        ),
        (
            f"Bare bcrypt checks in as many threads as cores reach {_rate(signed.parallel_bcrypt.ours)}: "
            f"{signed.parallel_bcrypt.ratio:.2f} x cores / bcrypt time is what the machine gave; "
            f"logins reach {signed.rate.ours / signed.parallel_bcrypt.ours:.2f} x of that."
        ),
        f"Among 200 rules / none: adding {adding.ratio:.2f} x, testing {testing.ratio:.2f} x.",
        f"p99 of the others' events: {busy / idle:.1f} x of idle ({len(signed.others_busy)} events).",
        f"{os.cpu_count()} cores, shared by server and load generator; the client costs both sides the same.",
    ]
    if signed.parallel_bcrypt.ratio < QUIET:
        notes.append(
            "NOT A QUIET MACHINE: bare bcrypt alone did not get its cores. The lines on logins and p99, "
            "met or MISSED, say nothing about the product; run again with nothing beside."
        )
    return lines, notes


def measure_load(folder: Path, counter_folder: Path) -> tuple[list[Line], list[str]]:
    """Many customers, a big database, two workers, and visitors who leave nothing."""
    say("a thousand customers ...")
    with running(folder / "crowd", counter_folder) as servers:
        many = asyncio.run(crowd.crowd(*servers))
    say("a big database ...")
    slowest = crowd.big_database(folder / "database")
    crowd.clear(folder / "database")
    say("two workers ...")
    workers = crowd.workers(folder / "workers")
    say("visitors ...")
    with running(folder / "strangers", counter_folder) as (product, _):
        gone = asyncio.run(crowd.strangers(product))
    p99s = [loads.p99(busy.took) for busy in (many.many, many.few)]
    p50s = [median(busy.took) for busy in (many.many, many.few)]
    storm = loads.p99(many.storm_others)
    lines = [
        Line(
            f"memory each of {crowd.CROWD} customers", _kb(many.memory), _kb(many.bare_memory),
            many.memory / many.bare_memory, 1.5,
        ),
        Line(
            f"mixed actions, {crowd.CROWD} pages / {crowd.FEW}, rate", _rate(many.many.rate), _rate(many.few.rate),
            many.many.rate / many.few.rate, 0.8, at_least=True,
        ),
        Line(f"the same, p50 with {crowd.FEW} at once", _ms(p50s[0]), _ms(p50s[1]), p50s[0] / p50s[1], 1.5),
        Line(f"the same, p99 with {crowd.FEW} at once", _ms(p99s[0]), _ms(p99s[1]), p99s[0] / p99s[1], 2),
        Line(
            f"{crowd.STORM} logins at once / (cores / bcrypt)", _rate(many.storm_rate), _rate(many.storm_ideal),
            many.storm_rate / many.storm_ideal, 0.8, at_least=True,
        ),
        Line("others during these, p99", _ms(storm), _ms(p99s[1]), storm * 1000, 150, unit=" ms"),
        Line(
            f"slowest query, {crowd.ACCOUNTS} accounts / {crowd.FEW_ACCOUNTS}", f"{slowest.big * 1000:.3f} ms",
            f"{slowest.small * 1000:.3f} ms", slowest.ratio, 2,
        ),
        Line(
            "CPU per event, two workers / one", _ms(workers.cpu.ours), _ms(workers.cpu.base), workers.cpu.ratio, 1.25
        ),
        Line(
            f"memory after {crowd.STRANGERS} visitors / their states", _mb(gone.peak), _mb(gone.unbounded),
            gone.peak / gone.unbounded, 0.5,
        ),
    ]  # fmt: skip
    notes = [
        f"The counter with {crowd.CROWD} open pages: {_rate(many.bare.rate)}, p99 {_ms(loads.p99(many.bare.took))}.",
        f"Filling the big database ({slowest.rows} IP rules and more) took {slowest.filled_in:.0f} s.",
        f"The query that it slows down most: {slowest.statement[:160]}",
        (
            f"Events per second, two workers / one: {_rate(workers.rate.ours)} / {_rate(workers.rate.base)} = "
            f"{workers.rate.ratio:.2f} x (PostgreSQL, Redis, and the load generator share the cores)."
        ),
        f"Visitors came at {_rate(gone.per_second)}; {_mb(gone.left)} more than before when all were forgotten.",
    ]
    return lines, notes


GROUPS = {"speed": measure_speed, "load": measure_load}


def _mb(size: float) -> str:
    return f"{size / 1_000_000:.0f} MB"


def _kb(size: float) -> str:
    return f"{size / 1000:.1f} kB"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _rate(per_second: float) -> str:
    return f"{per_second:.1f}/s"


def table(lines: list[Line]) -> str:
    """Plain text, columns aligned."""
    rows = [("goal", "ours", "base", "ratio", "target", "verdict"), *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main() -> None:
    """Measures in a temporary folder and prints: all groups, or those named on the command line."""
    start = time.monotonic()
    wanted = sys.argv[1:] or list(GROUPS)
    if unknown := set(wanted) - set(GROUPS):
        sys.exit(f"no such group: {', '.join(sorted(unknown))}. There are {', '.join(GROUPS)}.")
    lines: list[Line] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="netim-bench-") as name:
        folder = Path(name)
        say("building both apps ...")
        counter_folder = build_both(folder)
        for group in wanted:
            more_lines, more_notes = GROUPS[group](folder, counter_folder)
            lines += more_lines
            notes += more_notes
    print(table(lines))
    print()
    for note in notes:
        print(note)
    say(f"({time.monotonic() - start:.0f} s)")


if __name__ == "__main__":
    main()
