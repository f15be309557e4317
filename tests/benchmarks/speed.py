"""The group `speed`: size, events and logins of a server that has little else to do."""

import asyncio
from pathlib import Path

from tests.benchmarks import loads, pages
from tests.benchmarks.report import Findings, Line, kb, ms, rate
from tests.benchmarks.servers import running


def measure(folder: Path, counter_folder: Path) -> Findings:
    """Starts fresh servers, and stops them."""
    with running(folder / "speed", counter_folder) as (product, counter):
        page, bare_page = pages.weigh(product, counter)
        events = asyncio.run(loads.throughput(product, counter))
        counter.stop()
        opening = asyncio.run(loads.openings(product))
        signed = asyncio.run(loads.logins(product))
    weight = page.code / bare_page.code
    return Findings(
        lines=[
            Line("first load, JS and CSS", kb(page.code), kb(bare_page.code), weight, 1.3, main=True),
            Line("changes a second / counter's", rate(events.ours), rate(events.base), events.ratio, 0.4, True),
            *_login_lines(signed),
            _others(f"others while {loads.OPENINGS} pages open at once, p99", opening, main=True),
            _others(f"others during {loads.BURST} logins, p99", (signed.others_idle, signed.others_busy)),
        ],
        notes=[
            (
                f"HTML of the first load: {kb(page.html)} against {kb(bare_page.html)}. "
                f"Answers of ours: {page.encodings}; of the counter: {bare_page.encodings}."
            ),
            (
                f"Bare bcrypt checks in as many threads as cores reach {rate(signed.parallel_bcrypt.ours)}: "
                f"{signed.parallel_bcrypt.ratio:.2f} x cores / bcrypt time is what the machine gave; "
                f"logins reach {signed.rate.ours / signed.parallel_bcrypt.ours:.2f} x of that."
            ),
            f"{loads.CORES} cores, shared by server and load generator; the client costs both sides the same.",
        ],
    )  # fmt: skip


def _login_lines(signed: loads.Logins) -> list[Line]:
    alone, coded, at_once = signed.alone, signed.with_code, signed.rate
    return [
        Line("login / one bcrypt check", ms(alone.ours), ms(alone.base), alone.ratio, 1.05, main=True),
        Line("login with code / one bcrypt check", ms(coded.ours), ms(coded.base), coded.ratio, 1.2),
        Line(
            "logins at once / (cores / bcrypt)", rate(at_once.ours), rate(at_once.base), at_once.ratio, 0.92,
            at_least=True, main=True,
        ),
    ]  # fmt: skip


def _others(goal: str, waits: loads.IdleAndBusy, *, main: bool = False) -> Line:
    idle, busy = (loads.p99(times) for times in waits)
    return Line(goal, ms(busy), f"{ms(idle)} idle", busy * 1000, 150, unit=" ms", main=main)
