import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import check_locks, lighthouse

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-otel.lock", "requirements-dev.lock"]
COMMANDS = re.findall(r"^(\w+):.*## \S", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
HASH = "sha256:" + "0" * 64


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(name: str) -> None:
    lock = check_locks.read_lock(name, (ROOT / name).read_text(encoding="utf-8"))

    assert lock.faults == []
    assert "reflex" in lock.versions


def test_all_locks_are_in_step_with_pyproject() -> None:
    assert check_locks.faults() == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("reflex==0.10.1", "has no sha256 hash"),
        (f"reflex==0.10.1 --hash={HASH}x", "has no sha256 hash"),
        (f"reflex>=0.10.1 --hash={HASH}", "is not pinned to one version"),
        (f"reflex @ https://example.com/reflex.whl --hash={HASH}", "holds an address"),
        ("--index-url https://example.com/simple", "holds an address"),
        ("-e .", "not a pinned requirement"),
    ],
)
def test_a_faulty_line_in_a_lock_is_found(line: str, fault: str) -> None:
    assert any(fault in found for found in check_locks.read_lock("a.lock", line).faults)


def test_a_missing_and_an_outdated_package_are_found() -> None:
    lock = check_locks.read_lock("a.lock", f"Typing_Extensions==4.0 \\\n    --hash={HASH}\n    # via nobody\n")

    assert check_locks.unsatisfied(["typing-extensions>=4"], lock) == []
    assert check_locks.unsatisfied(["typing-extensions>=5", "typer"], lock) == [
        "a.lock: typing-extensions 4.0 does not satisfy >=5",
        "a.lock: typer is missing",
    ]


def test_locks_that_disagree_are_found() -> None:
    runtime = check_locks.read_lock("a.lock", f"typer==1.0 --hash={HASH}")
    development = check_locks.read_lock("b.lock", f"typer==1.1 --hash={HASH}")

    assert check_locks.disagreements(runtime, runtime) == []
    assert len(check_locks.disagreements(runtime, development)) == 1


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ('{"integrity": "sha512-x"}', None),
        ('{"integrity": "sha512-x", "resolved": "https://example.com/a.tgz"}', "names a download address"),
        ("{}", "has no hash"),
    ],
)
def test_the_npm_lock_is_checked(tmp_path: Path, package: str, fault: str | None) -> None:
    path = tmp_path / check_locks.NPM
    path.parent.mkdir()
    path.write_text(f'{{"packages": {{"": {{}}, "node_modules/a": {package}}}}}', encoding="utf-8")

    found = check_locks.npm_faults(tmp_path)

    assert len(found) == (fault is not None)
    assert all(str(fault) in line for line in found)


def test_a_missing_npm_lock_is_found(tmp_path: Path) -> None:
    assert len(check_locks.npm_faults(tmp_path)) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_make_can_read_every_command(command: str) -> None:
    subprocess.run(["make", "--dry-run", command], cwd=ROOT, check=True, capture_output=True, timeout=30)


def report(speed: float = 1.0, contrast: float = 1.0, paint: float = 2000, blocked: float = 0) -> dict[str, Any]:
    """A report as Lighthouse writes it, as far as we read it."""
    names = {"performance": "speed-index", "accessibility": "color-contrast", "best-practices": "errors-in-console"}
    scores = {"performance": speed, "accessibility": contrast, "best-practices": 1.0}
    times = {"first-contentful-paint": paint, "total-blocking-time": blocked}
    return {
        "categories": {
            category: {"score": scores[category], "auditRefs": [{"id": name, "weight": 1}]}
            for category, name in names.items()
        },
        "audits": {name: {"score": scores[category], "title": f"On {name}"} for category, name in names.items()}
        | {name: {"score": 1.0, "numericValue": value} for name, value in times.items()},
    }


BARE = report(0.97, blocked=80)


def test_lighthouse_hits_its_targets(capsys: pytest.CaptureFixture[str]) -> None:
    assert lighthouse.judge("/login", [report(0.95, paint=2000, blocked=120)], [BARE])
    assert lighthouse.judge("/login", [report(0.2), report(0.95), report(0.99)], [BARE]), "the median of the runs"
    assert lighthouse.judge("/login", [report(blocked=50)], [report(blocked=0)]), "one short task is good"
    assert "MISSED" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (report(0.94), "On speed-index"),
        (report(0.98, paint=2001), "On speed-index"),
        (report(0.98, blocked=121), "On speed-index"),
        (report(contrast=0.99), "On color-contrast"),
    ],
)
def test_lighthouse_says_what_cost_points(ours: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Speed is compared with the bare page; all else is the worst of the runs."""
    assert not lighthouse.judge("/login", [ours], [BARE])
    shown = capsys.readouterr().out
    assert shown.count("MISSED") == 1
    assert said in shown


def test_documents_name_only_commands_that_there_are() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/**/*.md")]
    named = {name for path in documents for name in re.findall(r"`make (\w+)", path.read_text("utf-8"))}

    assert {"run", "check", "test"} <= named
    assert named <= set(COMMANDS)


@pytest.mark.parametrize(
    ("broken", "called"), [("", ["check", "test"]), ("check", ["check"]), ("test", ["check", "test"])]
)
def test_ci_runs_the_checks_and_then_the_tests_and_fails_with_either(
    tmp_path: Path, broken: str, called: list[str]
) -> None:
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n[ "$1" != "{broken}" ]\n')
    make.chmod(0o700)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", ROOT / ".ci" / "run"], check=False, env={**os.environ, "PATH": path}, capture_output=True, timeout=30
    )

    assert (done.returncode == 0) is (broken == "")
    assert (tmp_path / "called").read_text().split() == called


def test_make_dev_watches_the_code_and_not_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each click changes the database in `var/`: were it watched, the pages would be built without end."""
    from reflex.utils.exec import get_reload_paths

    watched = re.search(
        r"REFLEX_HOT_RELOAD_OVERRIDE_PATHS=(\S+) \$\(PYTHON\) -m reflex run", (ROOT / "Makefile").read_text("utf-8")
    )
    assert watched
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("REFLEX_HOT_RELOAD_OVERRIDE_PATHS", watched[1])

    assert list(get_reload_paths()) == [ROOT / "netim_app", ROOT / "reflex_guard"]


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [("run", "make dev"), ("run --env dev", "make dev"), ("db migrate", "netim migrate"), ("db init", "netim migrate")],
)
def test_a_command_of_reflex_that_does_not_fit_names_ours(arguments: str, instead: str) -> None:
    done = reflex_starts(arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert instead in done.stderr


@pytest.mark.parametrize("arguments", ["run --env preview", "run --env prod", "export --frontend-only"])
def test_a_command_of_reflex_that_fits_is_not_refused(arguments: str) -> None:
    assert reflex_starts(arguments).returncode == 0


def reflex_starts(arguments: str) -> subprocess.CompletedProcess[str]:
    """Reads the options of Reflex as its command line does."""
    start = f"import sys; sys.argv = ['reflex', *{arguments.split()}]; import rxconfig"
    return subprocess.run([sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=False)
