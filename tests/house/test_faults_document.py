"""docs/faults.md names a test for each case, and tests that exist."""

import re

from tests.house.modules import ROOT, all_tests

DOCUMENT = (ROOT / "docs" / "faults.md").read_text("utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", DOCUMENT))


def test_every_test_that_is_named_exists() -> None:
    assert NAMED - all_tests() == set()


def test_every_case_names_a_test() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|")][2:]

    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"`test_\w+`[^|]*\|$", row)] == []
