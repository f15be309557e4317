"""Print the path of a program that the tests need and that starts here.

The names: `browser`, `whole-browser`, `nginx`, `caddy`, `redis`.

A browser without a window, where there is one: a page costs it two thirds of the CPU. Tests that need a
whole browser, such as for settings of a profile, use `whole-browser`.

Looked at in this order: the environment variable NETIM_TEST_BROWSER (or ..._NGINX and so on), the usual names on PATH,
and what was fetched before. With `--install`, when none of them starts, it is fetched. A browser: Playwright's download
is tried, then (as root, where there is apt-get) the Debian packages are installed. A server: its Debian packages are
unpacked into `.programs/` and not installed, because that would start it, on ports that everybody can reach.
Only paths go to standard output. If a program is missing, the script says so in one line and exits with 1: no test is
skipped silently.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

UNPACKED = Path(__file__).resolve().parent.parent / ".programs"
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where web servers live, and where nobody but root looks."""
START_SECONDS = 30
WITH_LIBRARIES = UNPACKED / "redis-server" / "start"
_RUN_WITH_LIBRARIES = """#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu) exec "$here/usr/bin/redis-server" "$@"
"""
INSTALL_SECONDS = 600


@dataclass(frozen=True)
class Program:
    """One that is looked for.

    Attributes:
        variable: the environment variable that names it.
        names: what it is called.
        version: the argument that makes it say its version and end.
        fetched: where it is when it was fetched, downloaded or not.
        fetch: the ways of getting it, tried in turn until it starts.
        package: the package that a reader is told of.
    """

    variable: str
    names: tuple[str, ...]
    version: str
    fetched: Callable[[], Path | None]
    fetch: tuple[Callable[[], bool], ...]
    package: str


def starts(path: str, program: Program) -> bool:
    """Whether the program says its version: a stub or one with missing libraries does not."""
    try:
        done = subprocess.run(
            [path, program.version],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def candidates(program: Program) -> Iterator[str]:
    """Every place where it may be, cheapest first."""
    path = os.pathsep.join((os.environ.get("PATH", ""), SYSTEM_PATH))
    yield from (found for name in program.names if (found := shutil.which(name, path=path)))
    fetched = program.fetched()
    if fetched and fetched.exists():
        yield str(fetched)


def find(program: Program) -> str | None:
    """The one that its variable names, or the first that starts."""
    if chosen := os.environ.get(program.variable):
        path = shutil.which(chosen)
        return path if path and starts(path, program) else None
    return next((path for path in candidates(program) if starts(path, program)), None)


def install(program: Program) -> str | None:
    """Tries each way of getting it until it starts."""
    return next((path for way in program.fetch if way() and (path := find(program))), None)


def attempt(*command: str, folder: str | None = None) -> bool:
    """Runs one step of an installation, its output on standard error; whether it succeeded."""
    print("find_program:", *command, file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env=environment,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"find_program: {error}", file=sys.stderr)
        return False
    return done.returncode == 0


def playwrights_own() -> Path | None:
    """Where Playwright puts its Chromium, downloaded or not; None without Playwright."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  slow, and not needed when PATH has one
    except ImportError:
        return None
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _download_chromium() -> bool:
    return attempt(sys.executable, "-m", "playwright", "install", "chromium")


def _install_chromium() -> bool:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    attempt("apt-get", "update")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
    return attempt(*install, "chromium-headless-shell") or attempt(*install)


def _unpack(*packages: str) -> bool:
    """Into a folder that has the name of the first one."""
    if not shutil.which("apt-get"):
        return False
    if os.geteuid() == 0:
        attempt("apt-get", "update")
    UNPACKED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # apt-get downloads as a user of its own
        if not attempt("apt-get", "download", *packages, folder=folder):
            return False
        return all(
            attempt("dpkg-deb", "--extract", str(archive), str(UNPACKED / packages[0]))
            for archive in Path(folder).glob("*.deb")
        )


def _unpack_redis() -> bool:
    """With the libraries that few machines have."""
    if not _unpack("redis-server", "redis-tools", "libjemalloc2", "liblzf1"):
        return False
    WITH_LIBRARIES.write_text(_RUN_WITH_LIBRARIES)
    WITH_LIBRARIES.chmod(0o755)
    return True


WHOLE_BROWSER = Program(
    variable="NETIM_TEST_WHOLE_BROWSER",
    names=("chromium", "google-chrome", "chromium-browser", "google-chrome-stable"),
    version="--version",
    fetched=playwrights_own,
    fetch=(_download_chromium, _install_chromium),
    package="chromium (or Google Chrome)",
)
BROWSER = replace(WHOLE_BROWSER, variable="NETIM_TEST_BROWSER", names=("chromium-headless-shell", *WHOLE_BROWSER.names))
NGINX = Program(
    variable="NETIM_TEST_NGINX",
    names=("nginx",),
    version="-v",
    fetched=lambda: UNPACKED / "nginx/usr/sbin/nginx",
    fetch=(lambda: _unpack("nginx"),),
    package="nginx",
)
CADDY = Program(
    variable="NETIM_TEST_CADDY",
    names=("caddy",),
    version="version",
    fetched=lambda: UNPACKED / "caddy/usr/bin/caddy",
    fetch=(lambda: _unpack("caddy"),),
    package="caddy",
)
REDIS = Program(
    variable="NETIM_TEST_REDIS",
    names=("redis-server", "valkey-server"),
    version="--version",
    fetched=lambda: WITH_LIBRARIES,
    fetch=(_unpack_redis,),
    package="redis-server (or valkey)",
)
PROGRAMS = {"browser": BROWSER, "whole-browser": WHOLE_BROWSER, "nginx": NGINX, "caddy": CADDY, "redis": REDIS}


def main(arguments: list[str]) -> int:
    """Prints a path for each name and returns 0, or says in one line each what is missing and returns 1."""
    missing = 0
    for name in (argument for argument in arguments if argument != "--install"):
        program = PROGRAMS[name]
        chosen = os.environ.get(program.variable)
        path = find(program) or (install(program) if "--install" in arguments and not chosen else None)
        if path:
            print(path)
            continue
        missing = 1
        wrong = f"{program.variable}={chosen} is no {name} that starts" if chosen else f"no {name} found"
        hint = f"install the package {program.package}, or set {program.variable} to the program"
        print(f"find_program: {wrong}: {hint}", file=sys.stderr)
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
