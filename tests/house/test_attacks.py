"""The attack list has a test for each of its lines, and the scorecard tells the truth."""

import re

import pytest

from tests.attacks import AREAS, ATTACKS, attack_of
from tests.house.modules import ROOT

pytest_plugins = ["pytester"]


def test_every_attack_has_a_test() -> None:
    names = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    tried = {attack.key for name in names if (attack := attack_of(name))}

    assert {attack.key for attack in ATTACKS} - tried == set()


def test_ids_and_keys_are_given_once() -> None:
    for values in ([attack.id for attack in ATTACKS], [attack.key for attack in ATTACKS]):
        assert len(values) == len(set(values))


def test_the_security_document_counts_what_is_tried() -> None:
    document = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \| (\d+) \|", document, re.MULTILINE)

    assert [(area, *map(int, counts)) for area, *counts in rows] == [
        (area, *(sum(attack.priority == priority for attack in attacks) for priority in ("P0", "P1", "P2")))
        for area, attacks in AREAS.items()
    ]


@pytest.mark.parametrize(
    ("test", "key"),
    [
        ("test_enrol", "enrol"),
        ("test_enrol_shows_its_secret_once", "enrol"),
        ("test_enrolment_of_a_device", None),
        ("test_pending_enrol", "pending_enrol"),
        ("test_anything", None),
    ],
)
def test_a_test_belongs_to_an_attack_by_its_name(test: str, key: str | None) -> None:
    found = attack_of(test)

    assert (found and found.key) == key


@pytest.mark.parametrize(
    ("body", "verdict"),
    [("pass", "held (1)"), ("assert False", "BROKEN"), ("__import__('pytest').skip('no time')", "BROKEN")],
)
def test_the_card_says_what_became_of_the_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, body: str, verdict: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(f"def test_csp():\n    {body}\n\ndef test_something_else():\n    assert False\n")

    run = pytester.runpytest_subprocess("-p", "tests.attacks", "--attacks")

    run.stdout.re_match_lines([rf"A93 .* csp .* {re.escape(verdict)}", r"A94 .* headers .* NOT TRIED"])
    assert run.ret == pytest.ExitCode.TESTS_FAILED  # what was not tried is not held


def test_the_run_is_good_when_everything_is_held(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile("\n".join(f"def test_{a.key}():\n    pass\n" for a in ATTACKS if a.priority in ("P0", "P1")))

    run = pytester.runpytest_subprocess("-p", "tests.attacks", "--attacks")

    assert run.ret == pytest.ExitCode.OK
