"""The map from ASVS 5.0 to tests, code and documents (tests/server/README.md) is true, as far as a program can see."""

import re
from collections import Counter

import pytest

from tests.attacks import ATTACKS, attack_of
from tests.house.modules import ROOT, all_tests, is_there

MAP = (ROOT / "tests" / "server" / "README.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (\d) \| ([^|]+) \| ([^|]+) \|$", MAP, re.MULTILINE)
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
}  # fmt: skip
"""By section of ASVS 5.0.0, the level of each of its requirements, in their order."""
HELD = re.compile(r"`[^`]+`(?:, `[^`]+`)*(?: \([^()]+\))?")
UNTRUE = re.compile(r"(?:no|n/a): .+")


def kind(held: str) -> str:
    """What the last column says: "held", "no" or "n/a"."""
    return held.partition(":")[0] if UNTRUE.fullmatch(held) else "held"


def expanded(refs: str) -> list[str]:
    """`3.3.1-3.3.3, 4.4.2` one by one; what is no id of ASVS is left out."""
    found = []
    for first, last in re.findall(r"(?<![\d.])(\d+\.\d+\.\d+)(?:-\d+\.\d+\.(\d+))?", refs):
        section, _, number = first.rpartition(".")
        found += [f"{section}.{each}" for each in range(int(number), int(last or number) + 1)]
    return found


def test_every_requirement_stands_there_once_with_its_level() -> None:
    wanted = [
        (f"{section}.{number}", level) for section, levels in LEVELS.items() for number, level in enumerate(levels, 1)
    ]

    assert [(row[0], row[1]) for row in ROWS] == wanted


@pytest.mark.parametrize(("requirement", "held"), [(row[0], row[3]) for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_requirement_is_held_where_the_map_says(requirement: str, held: str) -> None:
    named = re.findall(r"`([^`]+)`", held)
    proofs = [name for name in named if name.startswith("test_")]
    if kind(held) == "held":
        assert HELD.fullmatch(held), "tests and places, and then a remark between brackets"
        proofs += re.findall(r"`([^`]+)`", held.partition(" (")[0])

    assert [name for name in proofs if not is_there(name)] == []


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
