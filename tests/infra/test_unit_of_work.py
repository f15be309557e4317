"""infra.unit_of_work: what is undone, and the threads in which units run."""

import asyncio
import threading
from contextvars import ContextVar

import pytest
from sqlalchemy.event import listen
from sqlmodel import select

from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.infra import mail_sender, outbox, unit_of_work
from netim_app.infra.db import MAX_CONNECTIONS
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units, in_read_unit, in_unit
from tests.kit.fakes import FakeTransport

context_value: ContextVar[str] = ContextVar("context_value", default="nothing")


def thread_and_context(_unit: UnitOfWork) -> tuple[str, str]:
    answer = threading.current_thread().name, context_value.get()
    context_value.set("something of the unit's own")
    return answer


@pytest.mark.parametrize("run", [in_unit, in_read_unit])
async def test_a_unit_runs_in_a_thread_of_its_own_kind_and_sees_the_callers_context(
    sqlite_units: Units, run: type
) -> None:
    token = context_value.set("what the caller knows")
    thread, context = await run(thread_and_context)
    assert thread.startswith("unit_")
    assert context == "what the caller knows"
    assert context_value.get() == "what the caller knows", "and keeps its own"
    context_value.reset(token)


async def test_threads_that_wait_for_something_else_hold_no_unit_up(sqlite_units: Units) -> None:
    release = threading.Event()
    others = [asyncio.create_task(asyncio.to_thread(release.wait, 60)) for _ in range(100)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            assert await in_unit(lambda _unit: "done") == "done"
            assert await in_read_unit(lambda _unit: "done") == "done"
            assert await mail_sender.Sender(sqlite_units, FakeTransport(), "a").drain() == 0
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
        unit.queued_mail = True
        if fails:
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await in_unit(change, "undone", fails=True)
    assert called == []
    await in_unit(change, "stands", fails=False)
    assert called == ["stands", "after write"]


async def test_a_refusal_undoes_what_its_unit_wrote_unless_it_is_a_recorded_one(units: Units) -> None:
    called: list[str] = []

    def refuse(unit: UnitOfWork, refusal: DomainError) -> None:
        outbox.ask(unit, refusal.key, origin=Origin(), params={})
        unit.after_commit.append(lambda: called.append(refusal.key))
        raise refusal

    for refusal in (DomainError("undone"), RecordedRefusal("kept", field="code")):
        with pytest.raises(type(refusal)) as raised, units.write() as unit:
            refuse(unit, refusal)
        assert raised.value is refusal

    with units.read() as unit:
        assert [row.event for row in unit.session.exec(select(OutboxMessage))] == ["kept"]
    assert called == ["kept"]


async def test_the_mail_sender_is_woken_by_what_queues_a_mail_alone(
    sqlite_units: Units, sample_templates: object
) -> None:
    woken: list[int] = []
    sqlite_units.after_write = lambda: woken.append(1)
    await in_unit(lambda unit: unit.session.add(make_message(unit)))
    assert not woken
    with sqlite_units.write() as unit:
        outbox.queue(
            unit,
            event="logged_in",
            to="jane@example.com",
            locale="en",
            params={"first_name": "Jane", "browser": "Firefox", "link": "-"},
        )
    assert woken == [1]


def make_message(unit: UnitOfWork) -> OutboxMessage:
    """Any row: here one that was sent long ago."""
    return OutboxMessage(
        message_id="old", event="logged_in", payload=b"", created_at=unit.now, due_at=unit.now, state="sent"
    )


async def test_a_reading_unit_asks_for_a_row_once_and_a_writing_one_anew(units: Units) -> None:
    with units.write() as unit:
        unit.session.add(make_message(unit))
    asked: list[str] = []
    listen(units.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def ask_twice(unit: UnitOfWork) -> int:
        asked.clear()
        for _ in range(2):
            assert unit.session.get_one(OutboxMessage, 1).message_id == "old"
        return sum("outbox_message" in statement for statement in asked)

    assert await in_read_unit(ask_twice) == 1
    assert await in_unit(ask_twice) == 2, "a change may hang on it"


async def test_writers_of_one_process_take_turns_and_none_waits_for_ever(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold(_unit: UnitOfWork) -> None:
        held.set()
        assert go_on.wait(20)

    first = asyncio.create_task(in_unit(hold))
    await asyncio.to_thread(held.wait, 20)
    second = asyncio.create_task(in_unit(lambda _unit: "its turn"))
    assert await in_read_unit(lambda _unit: "reads") == "reads"
    assert not second.done()
    monkeypatch.setattr(unit_of_work, "BUSY_TIMEOUT_MS", 10)
    assert await in_unit(lambda _unit: "did not wait for ever") == "did not wait for ever"
    go_on.set()
    await first
    assert await second == "its turn"
