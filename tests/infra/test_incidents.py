"""infra.incidents: each fault once, and under a number."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from netim_app.infra import incidents
from netim_app.infra.incidents import MOST_KINDS, Incidents, Seldom
from tests.kit.fakes import captured_log


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    with captured_log("netim_app.infra.incidents") as records:
        yield records


def fault(text: str) -> Exception:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def another_fault(number: int) -> Exception:
    return type(f"Fault{number}", (Exception,), {})()


async def test_poison_path_a_fault_that_comes_again_is_counted(
    log: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "WINDOW_SECONDS", 0.01)
    reported = Incidents()
    numbers = {reported.report(fault(f"said by somebody {turn}")) for turn in range(500)}
    other = reported.report(another_fault(1))

    (number,) = numbers
    assert other != number
    assert [record.getMessage() for record in log] == [f"incident {number}", f"incident {other}"]
    while reported._recent:  # noqa: ASYNC110  the loop's own timer, which nobody is told of
        await asyncio.sleep(0.01)
    assert log[2].getMessage() == f"the fault of {number} came again within a second: 499 times"
    assert reported.report(fault("later")) != number
    assert len(log) == 4


async def test_poison_path_many_kinds_of_faults_have_an_end(log: list[logging.LogRecord]) -> None:
    reported = Incidents()
    numbers = [reported.report(another_fault(number)) for number in range(10 * MOST_KINDS)]
    assert len(log) == len(set(numbers)) == MOST_KINDS + 1


def test_seldom() -> None:
    seldom = Seldom(3)
    assert [seldom.passes(100) for _ in range(5)] == [True] * 3 + [False] * 2
    assert not seldom.passes(159)
    assert seldom.passes(160)
