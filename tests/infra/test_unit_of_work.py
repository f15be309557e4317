"""infra.unit_of_work: what is undone, and the threads in which units run."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from netim_app.infra import outbox
from netim_app.infra.db import MAX_CONNECTIONS
from netim_app.infra.unit_of_work import UnitOfWork, Units, in_read_unit, in_unit
from tests.fakes import FakeTransport

told: ContextVar[str] = ContextVar("told", default="nothing")


def thread_and_context(_unit: UnitOfWork) -> tuple[str, str]:
    answer = threading.current_thread().name, told.get()
    told.set("something of the unit's own")
    return answer


@pytest.mark.parametrize("run", [in_unit, in_read_unit])
async def test_a_unit_runs_in_a_thread_of_its_own_kind_and_sees_the_callers_context(
    sqlite_units: Units, run: type
) -> None:
    token = told.set("what the caller knows")
    thread, context = await run(thread_and_context)
    assert thread.startswith("unit_")
    assert context == "what the caller knows"
    assert told.get() == "what the caller knows", "and keeps its own"
    told.reset(token)


async def test_threads_that_wait_for_something_else_hold_no_unit_up(sqlite_units: Units) -> None:
    release = threading.Event()
    others = [asyncio.create_task(asyncio.to_thread(release.wait, 60)) for _ in range(100)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            assert await in_unit(lambda _unit: "done") == "done"
            assert await in_read_unit(lambda _unit: "done") == "done"
            assert await outbox.Sender(sqlite_units, FakeTransport(), "a").drain() == 0
    finally:
        release.set()
        await asyncio.gather(*others)


async def test_as_many_units_run_at_once_as_there_are_connections(sqlite_units: Units) -> None:
    together = threading.Barrier(MAX_CONNECTIONS)
    async with asyncio.timeout(30):
        await asyncio.gather(*(in_read_unit(lambda _unit: together.wait(20)) for _ in range(MAX_CONNECTIONS)))


async def test_an_error_comes_through(sqlite_units: Units) -> None:
    def fail(_unit: UnitOfWork) -> None:
        raise ValueError("as it was raised")

    with pytest.raises(ValueError, match="as it was raised"):
        await in_unit(fail)


async def test_what_follows_a_commit_is_not_called_when_the_change_is_undone(sqlite_units: Units) -> None:
    called: list[str] = []
    sqlite_units.after_write = lambda: called.append("after write")

    def change(unit: UnitOfWork, name: str, *, fails: bool) -> None:
        unit.after_commit.append(lambda: called.append(name))
        if fails:
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await in_unit(change, "undone", fails=True)
    assert called == []
    await in_unit(change, "stands", fails=False)
    assert called == ["stands", "after write"]
