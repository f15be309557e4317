"""Print the path of a Chromium that starts here, for the browser tests.

Looked at in this order: the environment variable NETIM_TEST_BROWSER, the usual names on PATH, Playwright's
own download. With `--install`, when none of them starts: Playwright's download is tried, then (as root, where
there is apt-get) the Debian package. Only the path goes to standard output. Exit 1 with one line when there
is none: browser tests are never skipped in silence.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "NETIM_TEST_BROWSER"
NAMES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
START_SECONDS = 30
INSTALL_SECONDS = 600


def starts(browser: str) -> bool:
    """Whether the program answers `--version`: a stub or one with missing libraries does not."""
    try:
        done = subprocess.run(
            [browser, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def playwrights_own() -> str | None:
    """Where Playwright puts its Chromium, downloaded or not; None without Playwright."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  slow, and not needed when PATH has one
    except ImportError:
        return None
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def candidates() -> Iterator[str]:
    """Every place where a browser may be, cheapest first."""
    yield from (path for name in NAMES if (path := shutil.which(name)))
    own = playwrights_own()
    if own and Path(own).exists():
        yield own


def find() -> str | None:
    """The first browser that starts."""
    return next((path for path in candidates() if starts(path)), None)


def attempt(*command: str) -> bool:
    """Run one step of an installation, its output on standard error; whether it succeeded."""
    print("find_browser:", *command, file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env=environment,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"find_browser: {error}", file=sys.stderr)
        return False
    return done.returncode == 0


def install() -> str | None:
    """Try each way of getting a browser until one gives a browser that starts."""
    attempt(sys.executable, "-m", "playwright", "install", "chromium")
    if browser := find():
        return browser
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempt("apt-get", "update")
        attempt("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        return find()
    return None


def main(arguments: list[str]) -> int:
    """Print the path and return 0, or say in one line what is missing and return 1."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        browser = shutil.which(chosen)
        if browser is None or not starts(browser):
            print(f"find_browser: {VARIABLE}={chosen} is not a browser that starts", file=sys.stderr)
            return 1
    else:
        browser = find() or (install() if "--install" in arguments else None)
    if browser is None:
        print(
            "find_browser: no Chromium found: install the package `chromium` (or Google Chrome), "
            f"or set {VARIABLE} to the program",
            file=sys.stderr,
        )
        return 1
    print(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
