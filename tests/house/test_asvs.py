"""The map from ASVS 5.0 to tests, code and documents (tests/server/README.md) is true, as far as a program can see."""

import re
from collections import Counter

import pytest

from tests.attacks import ATTACKS, attack_of
from tests.house.modules import ROOT, all_tests, is_there

MAP = (ROOT / "tests" / "server" / "README.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (\d) \| ([^|]+) \| ([^|]+) \|$", MAP, re.MULTILINE)
HELD = re.compile(r"`[^`]+`(?:, `[^`]+`)*(?: \([^()]+\))?")
UNTRUE = re.compile(r"(?:no|n/a): .+")


def kind(held: str) -> str:
    """The kind of the last column: "held", "no" or "n/a"."""
    return held.partition(":")[0] if UNTRUE.fullmatch(held) else "held"


def expanded(refs: str) -> list[str]:
    """`3.3.1-3.3.3, 4.4.2` one by one; what is no id of ASVS is left out."""
    found = []
    for first, last in re.findall(r"(?<![\d.])(\d+\.\d+\.\d+)(?:-\d+\.\d+\.(\d+))?", refs):
        section, _, number = first.rpartition(".")
        found += [f"{section}.{each}" for each in range(int(number), int(last or number) + 1)]
    return found


def test_every_requirement_stands_there_once_and_none_is_left_out() -> None:
    """The summary of the map says how many there are in each chapter: see below."""
    sections: dict[str, list[int]] = {}
    for requirement, level, _, _ in ROWS:
        section, _, number = requirement.rpartition(".")
        sections.setdefault(section, []).append(int(number))
        assert level in {"1", "2", "3"}, requirement

    assert len(ROWS) > 250
    assert {
        section: numbers for section, numbers in sections.items() if numbers != list(range(1, len(numbers) + 1))
    } == {}


def test_requirements_are_held_where_the_map_says() -> None:
    """A test that was renamed, or code that has moved, leaves the map wrong."""
    wrong = []
    for requirement, _, _, held in ROWS:
        named = re.findall(r"`([^`]+)`", held)
        proofs = [name for name in named if name.startswith("test_")]
        if kind(held) == "held":
            assert HELD.fullmatch(held), f"{requirement}: tests and places, and then a remark between brackets"
            proofs += re.findall(r"`([^`]+)`", held.partition(" (")[0])
        wrong += [(requirement, name) for name in proofs if not is_there(name)]

    assert wrong == []


def test_what_an_attack_is_about_is_held_by_its_tests() -> None:
    held = {row[0]: row[3] for row in ROWS}
    tried = {attack.key for name in all_tests() if (attack := attack_of(name))}
    about: dict[str, set[str]] = {}
    for attack in ATTACKS:
        for requirement in expanded(attack.refs):
            assert requirement in held, (attack.key, requirement)
            about.setdefault(requirement, set()).add(attack.key)
    missing = {
        requirement: keys & tried
        for requirement, keys in about.items()
        if kind(held[requirement]) == "held" and keys & tried and not keys & attacks_in(held[requirement])
    }

    assert missing == {}


def attacks_in(held: str) -> set[str]:
    """The keys of the attacks whose tests are named."""
    return {attack.key for name in re.findall(r"`(test_\w+)`", held) if (attack := attack_of(name))}


def test_the_summary_adds_up() -> None:
    by_chapter: dict[str, Counter[str]] = {}
    for row in ROWS:
        for chapter in (f"V{row[0].partition('.')[0]}", "all"):
            by_chapter.setdefault(chapter, Counter())[kind(row[3])] += 1
    said = re.findall(r"^\| (V\d+|all)[^|]* \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", MAP, re.MULTILINE)

    assert {chapter: tuple(map(int, numbers)) for chapter, *numbers in said} == {
        chapter: (found.total(), found["held"], found["no"], found["n/a"]) for chapter, found in by_chapter.items()
    }


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("test_what_an_attack_is_about_is_held_by_its_tests", True),
        ("test_nobody_has_written_this_one", False),
        ("netim_app/infra/vault.py: Vault.seal", True),
        ("netim_app/infra/vault.py: Vault.sell", False),
        ("netim_app/infra/fault.py: Vault", False),
        ("docs/security.md: ## Logs", True),
        ("docs/security.md: ## Frogs", False),
        ("docs/security.md", False),
    ],
)
def test_the_judgement_itself(named: str, there: bool) -> None:
    assert is_there(named) is there


def test_ranges_are_read() -> None:
    assert expanded("3.3.4-3.3.5, 4.4.2") == ["3.3.4", "3.3.5", "4.4.2"]
    assert expanded("RFC 4226 and 6238") == []
