"""How a page comes on a phone over slow 4G: `python -m tools.first_view [--runs 3] [--pictures FOLDER] [path ...]`.

It loads our pages and the bare Reflex page of the benchmarks in the same run, each in a browser without a past:
requests, bytes, first paint, blocked main thread, and when the data is shown. Round trips are counted by what a longer
way costs: the same visit over a line without latency and over one with a known one. A second visit shows what is
fetched again. With `--pictures`, each visit leaves a filmstrip.
"""

import argparse
import base64
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright

from tests.benchmarks.pages import ARGS
from tests.benchmarks.servers import ORIGIN, CounterServer, Customer, ProductServer, build_both
from tests.kit.harness import Server
from tools.find_program import BROWSER, find

BARE = "/"
DATA = {
    BARE: "main p",
    "/login": "input[name=password]",
    "/signup": "input[name=password]",
    "/account/personal-information": "input[name=first_name]",
    "/account/connection-and-security": "[data-testid=login-alerts-switch]",
}
"""Path -> an element that appears with the data of the page."""
SLOW_4G = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
CPU_SLOWDOWN = 4
FAR_MS = 400
"""Latency of the line on which round trips are counted."""
TIMEOUT_MS = 60_000

# The moment is that of the frame in which the data is painted. Long tasks count by what is over 50 ms, from the first
# paint until then, as Lighthouse counts them.
WATCH = """
(selector) => {
  window.tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({type: "longtask", buffered: true});
  const look = (now) => {
    const found = document.querySelector(selector);
    if (found?.checkVisibility()) window.stands = now;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
READ = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  const over = tasks.filter((task) => task.startTime + task.duration > paint);
  return {stands, paint, blocked: over.reduce((sum, task) => sum + Math.max(0, task.duration - 50), 0)};
}"""


@dataclass(frozen=True)
class Visit:
    """One load of a page. Times in ms from the press of Enter; bytes as they went over the wire, with headers."""

    requests: int
    size: int
    paint: float
    blocked: float
    stands: float
    answer: float
    """When the first delta of the server has come."""


@dataclass(frozen=True)
class View:
    """The results of the visits of one page; medians."""

    first: Visit
    again: Visit
    round_trips: float


@contextmanager
def browser_for(server: Server) -> Iterator[Browser]:
    """A browser that is sent from the build's address to where the server listens."""
    path = find(BROWSER)
    if not path:
        raise RuntimeError("no browser: run `make lighthouse`, which finds or installs one")
    rules = f"--host-resolver-rules=MAP localhost:3000 127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGS, rules])
        yield browser
        browser.close()


def new_context(browser: Browser, customer: Customer | None) -> BrowserContext:
    """A browser without a past, but for the cookies of who is logged in."""
    context = browser.new_context(base_url=ORIGIN, locale="en-GB", viewport={"width": 360, "height": 740})
    cookies = customer.cookies if customer else {}
    context.add_cookies([{"name": name, "value": value, "url": ORIGIN} for name, value in cookies.items()])
    return context


def visit(context: BrowserContext, path: str, line: dict[str, Any], slowdown: float, film: Path | None = None) -> Visit:
    """Loads a page in a new tab and waits for its data."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **line})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    fetched = _count(devtools)
    starts: list[float] = []
    answers: list[float] = []
    devtools.on("Network.requestWillBeSent", lambda event: starts.append(event["timestamp"]))

    def note_answer(event: dict[str, Any]) -> None:
        if event["response"]["payloadData"].startswith("42/_event"):
            answers.append(event["timestamp"])

    devtools.on("Network.webSocketFrameReceived", note_answer)
    frames = _film(devtools) if film else []
    page.add_init_script(f"({WATCH})({DATA[path]!r})")
    page.goto(path, wait_until="commit", timeout=TIMEOUT_MS)
    page.wait_for_load_state("load", timeout=TIMEOUT_MS)
    while not answers or not page.evaluate("window.stands"):
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)  # a picture of the end, and what is fetched beside
    seen = page.evaluate(READ)
    answer = (answers[0] - starts[0]) * 1000
    if film:
        _develop(frames, film)
    page.close()
    return Visit(len(fetched), sum(fetched.values()), seen["paint"], seen["blocked"], seen["stands"], answer)


def _count(devtools: CDPSession) -> dict[str, int]:
    """Collects what goes over the wire from now on: request -> bytes. A websocket is one request."""
    fetched: dict[str, int] = {}
    cached: set[str] = set()
    devtools.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))

    def answered(event: dict[str, Any]) -> None:
        response = event["response"]
        if (
            not response.get("fromDiskCache")
            and event["requestId"] not in cached
            and response["url"].startswith("http")
        ):
            fetched.setdefault(event["requestId"], 0)

    def ended(event: dict[str, Any]) -> None:
        if event["requestId"] in fetched:
            fetched[event["requestId"]] = int(event["encodedDataLength"])

    def framed(event: dict[str, Any]) -> None:
        fetched[event["requestId"]] = fetched.get(event["requestId"], 0) + len(event["response"]["payloadData"])

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.loadingFinished", ended)
    devtools.on("Network.webSocketFrameReceived", framed)
    return fetched


def _film(devtools: CDPSession) -> list[tuple[float, bytes]]:
    frames: list[tuple[float, bytes]] = []

    def keep(event: dict[str, Any]) -> None:
        frames.append((event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        devtools.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    devtools.on("Page.screencastFrame", keep)
    devtools.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    return frames


def _develop(frames: list[tuple[float, bytes]], film: Path) -> None:
    """Writes a frame for each tenth of a second in which something changed, named by the ms since the first one."""
    film.mkdir(parents=True, exist_ok=True)
    tenths = {int((moment - frames[0][0]) * 10): picture for moment, picture in frames}
    for tenth, picture in tenths.items():
        (film / f"{tenth * 100:05d}.png").write_bytes(picture)


def look(browser: Browser, path: str, customer: Customer | None, *, runs: int, film: Path | None) -> View:
    """Visits a page as often as is wanted, over all three lines."""
    first: list[Visit] = []
    again: list[Visit] = []
    near: list[float] = []
    far: list[float] = []
    line = {"downloadThroughput": -1, "uploadThroughput": -1}
    for run in range(runs):
        context = new_context(browser, customer)
        first.append(visit(context, path, SLOW_4G, CPU_SLOWDOWN, film if run == 0 else None))
        again.append(visit(context, path, SLOW_4G, CPU_SLOWDOWN))
        context.close()
        for latency, seen in ((0, near), (FAR_MS, far)):
            context = new_context(browser, customer)
            seen.append(visit(context, path, {"latency": latency, **line}, 1).answer)
            context.close()
    trips = (statistics.median(far) - statistics.median(near)) / FAR_MS
    return View(_median(first), _median(again), trips)


def _median(visits: list[Visit]) -> Visit:
    return sorted(visits, key=lambda one: one.stands)[len(visits) // 2]


HEAD = (
    "page",
    "requests",
    "bytes",
    "paint ms",
    "blocked ms",
    "stands ms",
    "answer ms",
    "round trips",
    "again: requests",
    "bytes",
    "answer ms",
)


def row(path: str, view: View) -> str:
    """A page's line of the table."""
    first, again = view.first, view.again
    cells = (
        first.requests, first.size, round(first.paint), round(first.blocked), round(first.stands),
        round(first.answer), f"{view.round_trips:.1f}", again.requests, again.size, round(again.answer),
    )  # fmt: skip
    return f"| {' | '.join(map(str, (path, *cells)))} |"


def main(arguments: list[str]) -> None:
    """Prints the table, the bare page first."""
    parser = argparse.ArgumentParser(prog="first_view")
    parser.add_argument("--runs", type=int, default=3, help="how often each page is opened (3)")
    parser.add_argument("--pictures", type=Path, help="a folder for filmstrips")
    ours = [path for path in DATA if path != BARE]
    parser.add_argument("paths", nargs="*", default=ours, help="pages (all)")
    options = parser.parse_args(arguments)
    print(f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", sep="\n")
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        counter = CounterServer(build_both(folder)).start()
        servers.callback(counter.stop)
        product = ProductServer(folder / "var")
        servers.callback(product.stop)
        product.start()
        customer = product.make_customers(1, logged_in=True)[0]
        for path in (BARE, *options.paths):
            film = options.pictures / (path.strip("/").replace("/", "-") or "bare") if options.pictures else None
            who = customer if path.startswith("/account/") else None
            with browser_for(counter if path == BARE else product) as browser:
                print(
                    row("bare page" if path == BARE else path, look(browser, path, who, runs=options.runs, film=film))
                )


if __name__ == "__main__":
    main(sys.argv[1:])
