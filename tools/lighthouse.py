"""Lighthouse on every page as on a phone: `python -m tools.lighthouse [--runs 3] [path ...]`, from the root.

It builds the pages if they are not built yet, starts the server of the tests in a temporary folder, and opens the
pages in a Chromium of its own: those for visitors without a cookie, those of the account logged in by the form. The
npm package is installed once into `.lighthouse/`, by the npm of the virtual environment. Exit 1 when a page misses a
target.

Lighthouse reckons with a slow phone and network, but measures our scripts on this machine, also while it does other
work. So speed is compared with that of a bare Reflex page, the counter of the benchmarks: each run opens it right
after ours, and the medians count. The reports stay in `.lighthouse/reports/`; Lighthouse's own viewer shows them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect, sync_playwright

from tests.benchmarks.servers import CounterServer, build_both
from tests.kit.harness import PASSWORD, ROOT, Server, free_port, running
from tools.find_program import BROWSER, find

PACKAGE = "lighthouse@13.5.0"
FOLDER = ROOT / ".lighthouse"
PROGRAM = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
TARGETS = {"accessibility": 1.0, "best-practices": 1.0}
SCORE_BELOW_BARE = 0.02
PAINT_OF_BARE = 1.0
BLOCKED_OF_BARE = 1.5
BLOCKED_MS = 50
"""A main thread that is blocked no longer than this is good, whatever the bare page does: one short task."""
VISITORS = ("/login", "/signup", "/forgot-password", "/reset-password", "/restore-email", "/verify-email")
CUSTOMERS = ("/account/personal-information", "/account/connection-and-security")
BIN = Path(sys.executable).parent
"""Where node and npm are, too."""
START_SECONDS = 30
AUDIT_SECONDS = 180
EMAIL = "anna.martin@example.com"


def environment() -> dict[str, str]:
    """With node on PATH: npm looks for it there."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def install() -> None:
    """Installs the package, unless this very version is there."""
    stamp = FOLDER / "installed"
    if stamp.exists() and stamp.read_text() == PACKAGE:
        return
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--no-save", "--ignore-scripts", "--prefix", FOLDER)
    subprocess.run([BIN / "npm", "install", *options, PACKAGE], env=environment(), check=True, stdout=sys.stderr)
    stamp.write_text(PACKAGE)


@contextmanager
def chromium(server: Server, profile: Path) -> Iterator[int]:
    """A browser for the length of a block, sent from the build's address to where the server listens.

    Gives its debugging port.
    """
    path = find(BROWSER)
    if not path:
        raise RuntimeError("no browser: run `make lighthouse`, which finds or installs one")
    port = free_port()
    arguments = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={profile}",
        f"--remote-debugging-port={port}",
        f"--host-resolver-rules=MAP localhost:3000 127.0.0.1:{server.port}",
        "about:blank",
    )
    process = subprocess.Popen([path, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/json/version", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the browser did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@contextmanager
def bare_page(folder: Path) -> Iterator[tuple[Server, int]]:
    """The bare page's server, and the debugging port of a browser for it."""
    server = CounterServer(build_both(folder)).start()
    try:
        with chromium(server, folder / "profile-bare") as port:
            yield server, port
    finally:
        server.stop()


def log_in(server: Server, port: int) -> None:
    """Leaves the session cookie in the browser."""
    server.create_account(EMAIL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        page = browser.contexts[0].new_page()
        page.goto(f"{server.origin}/login")
        page.locator("input[name=email]").fill(EMAIL)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        expect(page).to_have_url(f"{server.origin}{CUSTOMERS[0]}", timeout=10_000)
        page.close()


def audit(url: str, port: int, report: Path) -> dict[str, Any]:
    """One run: the report as Lighthouse writes it."""
    subprocess.run(
        [
            BIN / "node",
            PROGRAM,
            url,
            f"--port={port}",
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(('performance', *TARGETS))}",
        ],
        env=environment(),
        check=True,
        timeout=AUDIT_SECONDS,
    )
    found: dict[str, Any] = json.loads(report.read_text())
    if found["finalDisplayedUrl"] != url:
        raise RuntimeError(f"{url} led to {found['finalDisplayedUrl']}")
    return found


def complaints(report: dict[str, Any], category: str) -> list[str]:
    """The audits that cost points, the dearest first."""
    weights = {ref["id"]: ref["weight"] for ref in report["categories"][category]["auditRefs"]}
    lost = {name: (1 - (report["audits"][name]["score"] or 0)) * weight for name, weight in weights.items() if weight}
    applying = {name: cost for name, cost in lost.items() if report["audits"][name]["score"] is not None and cost > 0}
    return [
        f"{report['audits'][name]['title']} {report['audits'][name].get('displayValue', '')}".strip()
        for name in sorted(applying, key=lambda name: -applying[name])
    ]


def score_of(report: dict[str, Any]) -> float:
    """Lighthouse's score for speed, 0 to 1."""
    return float(report["categories"]["performance"]["score"])


def measured(report: dict[str, Any], audit_name: str) -> float:
    """An audit's measurement, in ms."""
    return float(report["audits"][audit_name]["numericValue"])


def judge_speed(ours: list[dict[str, Any]], bare: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Score, first paint and blocked main thread: ours/bare, and whether that hits the target."""
    score, bare_score = (statistics.median(map(score_of, reports)) for reports in (ours, bare))
    yield f"{score:.2f}/{bare_score:.2f}", score >= round(bare_score - SCORE_BELOW_BARE, 2)
    for name, factor, always_good in (
        ("first-contentful-paint", PAINT_OF_BARE, 0),
        ("total-blocking-time", BLOCKED_OF_BARE, BLOCKED_MS),
    ):
        own, other = (statistics.median(measured(report, name) for report in reports) for reports in (ours, bare))
        yield f"{own:.0f}/{other:.0f} ms", own <= max(other * factor, always_good)


def judge(path: str, ours: list[dict[str, Any]], bare: list[dict[str, Any]]) -> bool:
    """Prints the page's line of the table; whether it hits every target."""
    verdicts = list(judge_speed(ours, bare))
    missed = [] if all(good for _, good in verdicts) else complaints(ours[-1], "performance")
    for category, target in TARGETS.items():
        score = min(report["categories"][category]["score"] for report in ours)
        verdicts.append((f"{score:.2f}", score >= target))
        if score < target:
            missed += complaints(ours[-1], category)
    cells = [f"{value} {'ok' if good else 'MISSED'}" for value, good in verdicts]
    print(f"{path:<34}" + "".join(f"{cell:<22}" for cell in cells), *(f"    {line}" for line in missed), sep="\n")
    sys.stdout.flush()
    return all(good for _, good in verdicts)


HEAD = (
    f"score >= bare - {SCORE_BELOW_BARE}", f"paint <= {PAINT_OF_BARE} bare", f"blocked <= {BLOCKED_OF_BARE} bare",
    *(f"{category} {target}" for category, target in TARGETS.items()),
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Audits the pages, prints the table, and returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="lighthouse")
    parser.add_argument("--runs", type=int, default=3, help="how often each page is opened (3)")
    parser.add_argument("paths", nargs="*", default=[*VISITORS, *CUSTOMERS], help="pages (all)")
    options = parser.parse_args(arguments)
    install()
    subprocess.run([sys.executable, "-m", "netim_app", "build"], cwd=ROOT, check=True)
    reports = FOLDER / "reports"
    reports.mkdir(exist_ok=True)
    print(f"{'page':<34}" + "".join(f"{name:<22}" for name in HEAD))
    good = True
    with (
        tempfile.TemporaryDirectory() as var,
        running(Path(var) / "var") as server,
        bare_page(Path(var)) as (bare_server, bare_port),
    ):
        for paths, logged_in in ((VISITORS, False), (CUSTOMERS, True)):
            wanted = [path for path in paths if path in options.paths]
            if not wanted:
                continue
            with chromium(server, Path(var) / f"profile-{logged_in}") as port:
                if logged_in:
                    log_in(server, port)
                for path in wanted:
                    name = path.strip("/").replace("/", "-")
                    ours, bare = [], []
                    for n in range(options.runs):
                        ours.append(audit(server.origin + path, port, reports / f"{name}-{n}.json"))
                        bare.append(audit(f"{bare_server.origin}/", bare_port, reports / f"{name}-bare-{n}.json"))
                    good &= judge(path, ours, bare)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
