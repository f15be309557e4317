"""docs/architecture.md names what exists, and every import contract."""

import re
import tomllib

import pytest

from tests.house.modules import ROOT, is_there

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`(netim_app/[\w/]+\.py: \w+)`", DOCUMENT)))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_it_names_many_places() -> None:
    assert len(PLACES) > 40


@pytest.mark.parametrize("place", PLACES)
def test_a_place_exists(place: str) -> None:
    assert is_there(place)


def test_it_names_the_import_contracts() -> None:
    rules = DOCUMENT.partition("## Import rules")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `([\w-]+)` \|", rules, re.MULTILINE) == [contract["id"] for contract in CONTRACTS]


def test_it_is_short() -> None:
    assert len(DOCUMENT.splitlines()) <= 130
