"""docs/architecture.md names what exists, and every import contract; docs/reuse.md names every part."""

import re
import tomllib

import pytest

from tests.house.modules import PARTS, ROOT, is_there

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
REUSE = (ROOT / "docs" / "reuse.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`((?:netim_app|reflex_guard)/[\w/]+\.py: \w+)`", DOCUMENT + REUSE)))
SHARED = {
    "__init__",
    "asgi",
    "cookie_header",
    "current_event",
    "handlers",
    "javascript",
    "log",
    "script",
    "states",
    "ticket_form",
    "tokens",
}
"""The modules of the parts."""
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_it_names_many_places() -> None:
    assert len(PLACES) > 40


@pytest.mark.parametrize("place", PLACES)
def test_a_place_exists(place: str) -> None:
    assert is_there(place)


def test_it_names_the_import_contracts() -> None:
    rules = DOCUMENT.partition("## Import rules")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `([\w-]+)` \|", rules, re.MULTILINE) == [contract["id"] for contract in CONTRACTS]


def test_every_part_is_in_the_table_of_those_that_can_be_reused() -> None:
    parts = {path.stem for path in PARTS.glob("*.py")} - SHARED
    named = re.findall(r"^\| (`[^|]+) \|", REUSE.partition("## The parts")[2], re.MULTILINE)

    assert parts == {name for cell in named for name in re.findall(r"`(\w+)`", cell)}


def test_it_is_short() -> None:
    assert len(DOCUMENT.splitlines()) <= 130
