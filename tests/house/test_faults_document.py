"""docs/faults.md names tests that exist, and every test of a fault stands in it."""

import re

from tests.attacks import attack_of
from tests.house.modules import ROOT

DOCUMENT = (ROOT / "docs" / "faults.md").read_text("utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", DOCUMENT))
ABOUT_FAULTS = (
    "test_clock",
    "test_database_faults",
    "test_killed",
    "test_mail_faults",
    "test_redis",
    "test_worker_killed",
)


def functions_in(pattern: str) -> set[str]:
    return {
        name
        for path in (ROOT / "tests").rglob(pattern)
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }


def test_every_test_that_is_named_exists() -> None:
    assert NAMED - functions_in("test_*.py") == set()


def test_every_case_names_a_test() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|")][2:]

    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"`test_\w+`[^|]*\|$", row)] == []


def test_every_test_of_a_fault_is_named() -> None:
    found = {name for module in ABOUT_FAULTS for name in functions_in(f"server/{module}.py")}
    found |= {name for name in functions_in("server/*.py") if (attack := attack_of(name)) and attack.key == "deps_down"}

    assert found - NAMED == set()
