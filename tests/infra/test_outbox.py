"""infra.outbox: a mail is kept or lost with its transaction, and is sent once, even if a process dies meanwhile."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from jinja2 import UndefinedError
from pydantic import SecretStr
from sqlalchemy.event import listen as record
from sqlalchemy.exc import NoResultFound, OperationalError
from sqlmodel import select

from netim_app.core.actor import visitor
from netim_app.core.facts import Origin
from netim_app.feature import Feature
from netim_app.infra import mail_sender, outbox, outbox_claims, outbox_upkeep
from netim_app.infra.handlers import MailAbout, MailAddition
from netim_app.infra.mail_sender import Sender
from netim_app.infra.mail_templates import Templates
from netim_app.infra.mail_transport import DeliveryFailed, RecipientRefused, SmtpTransport, TransportDown
from netim_app.infra.outbox import queue
from netim_app.infra.outbox_claims import MAX_ATTEMPTS, Claimed, catch_up, pause_after
from netim_app.infra.outbox_upkeep import backlog, purge, retry_dead, rewrap
from netim_app.infra.tables import DEAD, QUEUED, SENT, OutboxMessage
from netim_app.infra.trace import begin_trace, trace
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install, offers
from netim_app.setting_values import read_smtp_server
from tests.conftest import settings_for
from tests.kit.fakes import (
    BrokenTransport,
    FakeClock,
    FakeTransport,
    GatedTransport,
    captured_log,
    events,
    smtp_server,
    until,
)


@pytest.fixture(autouse=True)
def _templates(sample_templates: Templates) -> None:
    """All tests of this module see the event `logged_in`."""


def _queue(
    units: Units,
    to: str = "jane@example.com",
    link: str = "https://x.test/secret-link",
    expires_at: datetime | None = None,
    kind: str = "",
) -> None:
    params = {"first_name": "Jane", "at": units.clock(), "browser": "Firefox", "link": link}
    with units.write() as unit:
        queue(
            unit, event="logged_in", to=to, locale="en", params=params, account_id=7, expires_at=expires_at, kind=kind
        )


def _rows(units: Units) -> list[OutboxMessage]:
    with units.read() as unit:
        return list(unit.session.exec(select(OutboxMessage).order_by(OutboxMessage.id)))  # type: ignore[arg-type]


def _row(units: Units) -> OutboxMessage:
    (row,) = _rows(units)
    return row


def _sender(units: Units, transport: Any, name: str = "a", jitter: float = 0.0) -> Sender:
    return Sender(units, transport, name, jitter=lambda: jitter)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@asynccontextmanager
async def _running(sender: Sender) -> Any:
    """The sender as a lifespan task."""
    task = asyncio.create_task(sender.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# --- queueing


def test_a_mail_falls_with_its_transaction(units: Units) -> None:
    def use_case() -> None:
        with units.write() as unit:
            queue(
                unit,
                event="logged_in",
                to="jane@example.com",
                locale="fr",
                params={"first_name": "J", "browser": "B", "link": "x"},
            )
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        use_case()
    assert _rows(units) == []


def test_what_lies_in_the_database_tells_nothing(units: Units) -> None:
    _queue(units)
    row = _row(units)
    assert (row.event, row.account_id, row.state, row.attempts) == ("logged_in", 7, QUEUED, 0)
    assert row.created_at == row.due_at == units.clock()
    assert not [word for word in (b"jane", b"Jane", b"secret-link") if word in row.payload]
    assert not {"jane@example.com", "Jane"} & {str(value) for value in row.model_dump(exclude={"payload"}).values()}


@pytest.mark.parametrize("to", ["", "jane", "jane@example.com\nBcc: x@y.test"])
def test_a_wrong_recipient_is_refused_at_once(sqlite_units: Units, to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        _queue(sqlite_units, to=to)
    assert _rows(sqlite_units) == []


# --- sending


async def test_what_is_due_is_sent_and_emptied(units: Units) -> None:
    _queue(units, "jane@example.com")
    _queue(units, "joe@example.com")
    transport = FakeTransport()
    with captured_log(mail_sender.__name__) as records:
        assert await _sender(units, transport).drain() == 2
    assert [message["To"] for message in transport.sent] == ["jane@example.com", "joe@example.com"]
    for row, message in zip(_rows(units), transport.sent, strict=True):
        assert (row.state, row.payload, row.sent_at, row.attempts) == (SENT, b"", units.clock(), 1)
        assert (row.claimed_by, row.claimed_until) == ("", None)
        assert message["Message-ID"] == f"<{row.message_id}@account.example>"
    assert events(records) == ["mail.sent", "mail.sent"]


async def test_a_batch_goes_over_one_connection_that_ends_with_it(sqlite_units: Units) -> None:
    async with smtp_server() as server:
        sender = _sender(sqlite_units, SmtpTransport(read_smtp_server(server.url)))
        for expected in (1, 2):
            for name in ("a", "b", "c"):
                _queue(sqlite_units, f"{name}@example.com")
            assert await sender.drain() == 3
            assert server.connections == expected


async def test_a_moment_is_told_in_the_recipients_language_and_time_zone(units: Units) -> None:
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    params = {"first_name": "J", "browser": moment, "link": "x"}
    with units.write() as unit:
        queue(unit, event="logged_in", to="j@example.com", locale="fr", time_zone="Asia/Tokyo", params=params)
    transport = FakeTransport()
    await _sender(units, transport).drain()
    assert "2 mars 2026" in text_of(transport.sent[0])


async def test_features_add_to_a_mail_what_they_know_when_it_is_queued(sqlite_units: Units) -> None:
    """One that returns None adds nothing."""
    asked: list[MailAbout] = []

    def values(_unit: UnitOfWork, about: MailAbout) -> dict[str, object] | None:
        asked.append(about)
        return {"words": "blue heron"} if about.is_personal else None

    installed = offers().features
    install([Feature(name="extra", mail_additions=[MailAddition(name="missing", place="head", values=values)])])
    try:
        _queue(sqlite_units)
    finally:
        install(installed)
    transport = FakeTransport()
    assert await Sender(sqlite_units, transport, "a").drain() == 1
    assert asked == [MailAbout("logged_in", 7, is_personal=False, to="jane@example.com")]


def _headers(name: str, messages: list[EmailMessage]) -> list[str | None]:
    return [message[name] for message in messages]


async def test_mails_of_one_event_about_one_account_make_a_thread(units: Units) -> None:
    """In one mailbox: what another one holds must not lead to it. Nothing in it is an address or an account."""
    params = {"first_name": "Jane", "at": units.clock(), "browser": "Firefox", "link": "x"}
    for to, account_id, event in (
        ("jane@example.com", 7, "logged_in"),
        ("jane@example.com", 7, "logged_in"),
        ("jane@example.com", 8, "logged_in"),
        ("new@example.com", 7, "logged_in"),
        ("jane@example.com", None, "logged_in"),
    ):
        with units.write() as unit:
            queue(unit, event=event, to=to, locale="en", params=params, account_id=account_id)
    transport = FakeTransport()
    await _sender(units, transport).drain()

    first, second, other_account, other_mailbox, visitors = _headers("References", transport.sent)
    assert first
    assert re.fullmatch(r"<[0-9a-f]{32}@account\.example>", first)
    assert first == second
    assert len({first, other_account, other_mailbox}) == 3
    assert visitors is None
    assert _headers("In-Reply-To", transport.sent) == _headers("References", transport.sent)
    assert len(set(_headers("Message-ID", transport.sent))) == 5


async def test_a_mail_names_the_language_it_was_rendered_in(units: Units) -> None:
    params = {"first_name": "Jane", "at": units.clock(), "browser": "Firefox", "link": "x"}
    for locale in ("fr", "en", "xx"):
        with units.write() as unit:
            queue(unit, event="logged_in", to="j@example.com", locale=locale, params=params)
    transport = FakeTransport()
    await _sender(units, transport).drain()
    assert _headers("Content-Language", transport.sent) == ["fr", "en", "en"]


async def test_no_mail_has_a_button_that_switches_alerts_off(units: Units) -> None:
    """RFC 8058 needs no login: anybody who reads along could press it."""
    _queue(units)
    transport = FakeTransport()
    await _sender(units, transport).drain()
    assert not [name for name in transport.sent[0].keys() if name.lower().startswith("list-")]  # noqa: SIM118


async def test_a_mail_that_cannot_be_rendered_is_logged_and_holds_up_no_other(
    units: Units, clock: FakeClock, sample_templates: Templates
) -> None:
    """It is sent once the fault is mended. The change that caused it is kept in any case."""
    broken = sample_templates.events["logged_in"]
    whole = broken.read_text()
    broken.write_text(whole.replace("{{ mail.button", "{{ missing }}{{ mail.button"))
    _queue(units, "first@example.com")
    transport = FakeTransport()
    sender = _sender(units, transport)
    with captured_log() as records:
        await sender.drain()
    row = _row(units)
    assert (row.state, row.last_error, transport.sent) == (QUEUED, "cannot be rendered: UndefinedError", [])
    assert "a mail could not be rendered" in [record.getMessage() for record in records]
    assert "mail.deferred" in events(records)

    broken.write_text(whole)
    _queue(units, "second@example.com")
    await sender.drain()
    assert [message["To"] for message in transport.sent] == ["second@example.com"]
    clock.advance(minutes=1)
    await sender.drain()
    assert [row.state for row in _rows(units)] == [SENT, SENT]


async def test_a_mail_that_the_version_before_has_rendered_is_sent_as_it_is(sqlite_units: Units) -> None:
    _queue(sqlite_units)
    old = {"to": "jane@example.com", "subject": "Hello", "text": "Words\n", "html": "<p>Words</p>\n"}
    with sqlite_units.write() as unit:
        row = unit.session.exec(select(OutboxMessage)).one()
        row.payload = unit.vault.seal(json.dumps(old).encode(), outbox.context_of(row.message_id))
    transport = FakeTransport()
    await _sender(sqlite_units, transport).drain()
    assert (transport.sent[0]["Subject"], text_of(transport.sent[0])) == ("Hello", "Words\n")


async def test_no_log_line_names_a_recipient_or_content(sqlite_units: Units) -> None:
    async with smtp_server("refuse") as server:
        _queue(sqlite_units)
        with captured_log("netim_app") as records:
            await _sender(sqlite_units, SmtpTransport(read_smtp_server(server.url))).drain()
    log = "\n".join(record.getMessage() for record in records)
    assert "mail.dead" in log
    assert "550 5.1.1" in log
    assert not [word for word in ("jane", "Jane", "example.com", "secret-link") if word in log]
    assert "jane" not in _row(sqlite_units).last_error


async def test_nothing_to_do_writes_nothing(sqlite_units: Units) -> None:
    sender = _sender(sqlite_units, FakeTransport())
    await sender.drain()  # the first one purges
    begun: list[str] = []
    record(sqlite_units.engine, "before_cursor_execute", lambda *args: begun.append(args[2]))
    assert await sender.drain() == 0
    assert begun
    assert "BEGIN IMMEDIATE" not in begun


# --- failures


async def test_a_failed_mail_waits_longer_each_time_and_is_given_up(units: Units, clock: FakeClock) -> None:
    _queue(units)
    transport = BrokenTransport(DeliveryFailed("450 later"))
    sender = _sender(units, transport, jitter=0.5)
    pauses = [30, 120, 600, 1800, 3600, *[10_800] * 6]
    with captured_log(mail_sender.__name__) as records:
        for attempt, seconds in enumerate(pauses, 1):
            await sender.drain()
            row = _row(units)
            assert (row.state, row.attempts, row.last_error) == (QUEUED, attempt, "450 later")
            assert row.due_at == clock() + timedelta(seconds=seconds * 1.1)
            clock.advance(seconds=seconds * 1.1 - 1)
            await sender.drain()
            assert transport.calls == attempt  # a second too early
            clock.advance(seconds=1)
        await sender.drain()
        clock.advance(days=2)
        await sender.drain()
    row = _row(units)
    assert (row.state, row.attempts, transport.calls) == (DEAD, MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert events(records) == ["mail.deferred"] * 11 + ["mail.dead"]


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_pauses_grow_and_stay_bounded(jitter: float) -> None:
    pauses = [pause_after(attempts, jitter) for attempts in range(1, 30)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=3) * (1 + 0.2 * jitter)


async def test_a_refused_recipient_is_given_up_at_once_and_can_be_retried(units: Units) -> None:
    _queue(units)
    transport = FakeTransport(RecipientRefused("550"))
    sender = _sender(units, transport)
    await sender.drain()
    assert _row(units).state == DEAD
    with units.write() as unit:
        assert retry_dead(unit) == 1
        assert retry_dead(unit) == 0
    assert _row(units).attempts == 0
    await sender.drain()
    assert (_row(units).state, len(transport.sent)) == (SENT, 1)


async def test_a_mail_that_needs_smtputf8_is_given_up_at_once_where_there_is_none(sqlite_units: Units) -> None:
    for to in ("josé@example.com", "anna@bücher-laden.fr"):
        _queue(sqlite_units, to)
    async with smtp_server(utf8=False) as server:
        await _sender(sqlite_units, SmtpTransport(read_smtp_server(server.url))).drain()
        assert [envelope.rcpt_tos for envelope in server.envelopes] == [["anna@xn--bcher-laden-thb.fr"]]
    assert [(row.state, row.attempts) for row in _rows(sqlite_units)] == [(DEAD, 1), (SENT, 1)]

    with sqlite_units.write() as unit:
        retry_dead(unit)
    async with smtp_server() as server:
        await _sender(sqlite_units, SmtpTransport(read_smtp_server(server.url))).drain()
        assert [envelope.rcpt_tos for envelope in server.envelopes] == [["josé@example.com"]]


async def test_a_mail_is_sent_until_its_link_expires(units: Units, clock: FakeClock) -> None:
    _queue(units, expires_at=clock() + timedelta(hours=1))
    transport = FakeTransport(TransportDown("SMTPConnectError"))
    await _sender(units, transport).drain()
    clock.advance(minutes=59, seconds=59)
    assert await _sender(units, transport).drain() == 1
    assert _row(units).state == SENT


async def test_a_mail_whose_link_has_expired_is_given_up_and_forgotten(units: Units, clock: FakeClock) -> None:
    _queue(units, expires_at=clock() + timedelta(hours=1))
    transport = FakeTransport(TransportDown("SMTPConnectError"))
    await _sender(units, transport).drain()
    assert _row(units).payload, "kept for the next try"
    clock.advance(hours=1)
    _queue(units, "joe@example.com")
    with captured_log(mail_sender.__name__) as records:
        assert await _sender(units, transport).drain() == 1
    assert [message["To"] for message in transport.sent] == ["joe@example.com"], "it holds up nobody"
    expired = _rows(units)[0]
    assert (expired.state, expired.last_error, expired.payload) == (DEAD, "its link has expired", b"")
    assert "mail.dead" in events(records)
    with units.write() as unit:
        assert retry_dead(unit) == 0
        assert rewrap(unit).sealed == 0


async def test_what_was_given_up_is_not_sent_late_either(sqlite_units: Units, clock: FakeClock) -> None:
    _queue(sqlite_units, expires_at=clock() + timedelta(hours=1))
    await _sender(sqlite_units, FakeTransport(RecipientRefused("550"))).drain()
    clock.advance(hours=2)
    with sqlite_units.write() as unit:
        assert retry_dead(unit) == 1
    transport = FakeTransport()
    await _sender(sqlite_units, transport).drain()
    assert (_row(sqlite_units).state, transport.sent) == (DEAD, [])


async def test_one_bad_mail_does_not_hold_up_the_others(units: Units) -> None:
    for name in ("a", "b", "c"):
        _queue(units, f"{name}@example.com")
    transport = FakeTransport(DeliveryFailed("451"), RuntimeError("a bug in the transport"))
    await _sender(units, transport).drain()
    assert [message["To"] for message in transport.sent] == ["c@example.com"]
    assert [row.last_error for row in _rows(units)] == ["451", "transport failed: RuntimeError", ""]


async def test_a_damaged_payload_is_given_up_in_the_end(sqlite_units: Units, clock: FakeClock) -> None:
    _queue(sqlite_units, "a@example.com")
    _queue(sqlite_units, "b@example.com")
    with sqlite_units.write() as unit:
        first, second = unit.session.exec(select(OutboxMessage)).all()
        first.payload, second.payload = second.payload, first.payload  # swapped rows fail closed
        unit.session.add_all([first, second])
    transport = FakeTransport()
    for _ in range(MAX_ATTEMPTS):
        await _sender(sqlite_units, transport).drain()
        clock.advance(hours=4)
    assert [row.state for row in _rows(sqlite_units)] == [DEAD, DEAD]
    assert transport.sent == []


async def test_while_the_server_is_down_one_mail_is_tried_and_one_error_logged(
    sqlite_units: Units, clock: FakeClock
) -> None:
    for name in ("a", "b", "c"):
        _queue(sqlite_units, f"{name}@example.com")
    transport = FakeTransport(*[TransportDown("SMTPConnectError")] * 3)
    sender = _sender(sqlite_units, transport)
    with captured_log(mail_sender.__name__) as records:
        assert await sender.drain() == 0
        assert transport.calls == 1
        await sender.drain()
        await sender.drain()
        clock.advance(minutes=1)
        assert await sender.drain() == 3
    assert events(records).count("mail.outage") == 1
    assert events(records).count("mail.outage_over") == 1


@pytest.mark.parametrize("behaviour", ["up", "greylist", "reject", "hang", "close", "busy"])
async def test_with_a_real_server_in_every_mood(sqlite_units: Units, clock: FakeClock, behaviour: str) -> None:
    _queue(sqlite_units)
    async with smtp_server(behaviour) as server:
        patience = 1 if behaviour == "hang" else 10
        sender = _sender(sqlite_units, SmtpTransport(read_smtp_server(server.url), timeout=patience))
        await sender.drain()
        if behaviour != "up":
            assert _row(sqlite_units).state == QUEUED
            server.behaviour = "up"
            clock.advance(minutes=1)
            await sender.drain()
    assert _row(sqlite_units).state == SENT
    assert len(server.received) == 1


async def test_a_transport_that_never_returns_is_cut_off(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "SEND_TIMEOUT", 0.05)
    _queue(sqlite_units)
    await asyncio.wait_for(_sender(sqlite_units, GatedTransport()).drain(), 5)
    assert _row(sqlite_units).last_error == "sending took too long"


def test_sending_is_cut_off_before_the_lease_ends() -> None:
    assert outbox_claims.LEASE.total_seconds() > mail_sender.SEND_TIMEOUT


# --- several senders


async def test_two_senders_share_the_work_and_send_each_mail_once(units: Units) -> None:
    for number in range(30):
        _queue(units, f"c{number}@example.com")
    transports = [FakeTransport(), FakeTransport(), FakeTransport()]
    senders = [_sender(units, transport, f"w{number}") for number, transport in enumerate(transports)]
    await asyncio.gather(*(sender.drain() for sender in senders))
    recipients = [str(message["To"]) for transport in transports for message in transport.sent]
    assert sorted(recipients) == sorted(f"c{number}@example.com" for number in range(30))
    assert {row.state for row in _rows(units)} == {SENT}
    assert [row.attempts for row in _rows(units)] == [1] * 30


async def test_of_two_that_want_the_same_mail_one_gets_it(units: Units) -> None:
    """Both have looked it up before either claims it."""
    _queue(units)
    row_id = _row(units).id
    assert row_id is not None
    barrier = threading.Barrier(4)

    def take(number: int) -> bool:
        barrier.wait(5)
        with units.write() as unit:
            return outbox_claims.take(unit, row_id, f"w{number}") is not None

    assert sum(await asyncio.gather(*(asyncio.to_thread(take, number) for number in range(4)))) == 1
    assert _row(units).attempts == 1


async def test_a_killed_workers_mail_is_sent_by_another_when_its_lease_ends(units: Units, clock: FakeClock) -> None:
    _queue(units)
    assert _sender(units, FakeTransport(), "dies")._claim() is not None  # and nothing more is heard of it
    transport = FakeTransport()
    other = _sender(units, transport, "lives")
    clock.advance(seconds=59)
    assert await other.drain() == 0
    clock.advance(seconds=1)
    assert await other.drain() == 1
    assert (_row(units).state, _row(units).attempts) == (SENT, 2)


@pytest.mark.parametrize("claimed", [False, True])
async def test_a_mail_that_a_clock_has_left_in_the_future_is_sent(
    units: Units, clock: FakeClock, claimed: bool
) -> None:
    sender = _sender(units, FakeTransport())
    clock.advance(days=1)
    await sender.drain()
    _queue(units)
    if claimed:
        assert _sender(units, FakeTransport(), "dies")._claim() is not None
    clock.advance(days=-1)
    assert await sender.drain() == 1


async def test_a_pause_is_not_cut_short_by_the_care_for_clocks(units: Units, clock: FakeClock) -> None:
    _queue(units)
    sender = _sender(units, BrokenTransport(), jitter=1.0)
    for attempt in range(1, MAX_ATTEMPTS):
        await sender.drain()
        due = _row(units).due_at
        assert due == clock.now + pause_after(attempt, 1.0)
        with units.write() as unit:
            catch_up(unit)
        assert _row(units).due_at == due
        clock.now = due


async def test_a_mail_that_kills_its_worker_is_given_up(sqlite_units: Units, clock: FakeClock) -> None:
    _queue(sqlite_units)
    for _ in range(MAX_ATTEMPTS - 1):
        assert _sender(sqlite_units, FakeTransport())._claim() is not None
        clock.advance(minutes=2)
    await _sender(sqlite_units, BrokenTransport()).drain()
    assert _row(sqlite_units).state == DEAD


async def test_a_sender_that_lost_its_claim_overwrites_nothing(units: Units, clock: FakeClock) -> None:
    _queue(units)
    slow = _sender(units, FakeTransport(), "slow")
    claimed = slow._claim()
    assert claimed is not None
    clock.advance(minutes=2)
    assert await _sender(units, FakeTransport(), "fast").drain() == 1
    with captured_log(mail_sender.__name__) as records:
        slow._settle(claimed, DeliveryFailed("too late"))
    assert events(records) == ["mail.claim_lost"]
    assert _row(units).state == SENT


async def test_a_mail_that_was_sent_late_is_sent_all_the_same(units: Units, clock: FakeClock) -> None:
    """The lease ended and another has claimed it: it need not send it again, and its failure changes nothing."""
    _queue(units)
    slow, other = _sender(units, FakeTransport(), "slow"), _sender(units, FakeTransport(), "other")
    first = slow._claim()
    clock.advance(minutes=2)
    second = other._claim()
    assert first is not None
    assert second is not None
    slow._settle(first, None)
    other._settle(second, DeliveryFailed("x"))
    assert (_row(units).state, _row(units).payload) == (SENT, b"")


# --- the running task


async def test_a_commit_wakes_the_sender_at_once(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "POLL_SECONDS", 3600)
    transport = FakeTransport()
    sender = _sender(units, transport)
    units.after_write = sender.wake
    async with _running(sender):
        await until(lambda: sender._purged_at is not None)
        await asyncio.to_thread(_queue, units)
        await until(lambda: len(transport.sent) == 1)
        await until(lambda: _row(units).state == SENT)


async def test_without_a_wake_it_polls(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "POLL_SECONDS", 0.01)
    transport = FakeTransport()
    async with _running(_sender(sqlite_units, transport)):
        await asyncio.to_thread(_queue, sqlite_units)
        await until(lambda: len(transport.sent) == 1)


async def test_an_idle_sender_does_not_wake_itself(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "POLL_SECONDS", 3600)
    transport = FakeTransport()
    sender = _sender(sqlite_units, transport)
    sqlite_units.after_write = sender.wake
    rounds = 0
    drain = sender.drain

    async def counted() -> int:
        nonlocal rounds
        rounds += 1
        return await drain()

    monkeypatch.setattr(sender, "drain", counted)
    async with _running(sender):
        await asyncio.to_thread(_queue, sqlite_units)
        await until(lambda: len(transport.sent) == 1)
        await asyncio.sleep(0.2)
    assert rounds <= 6


def test_waking_a_sender_that_does_not_run_is_harmless(sqlite_units: Units) -> None:
    sender = _sender(sqlite_units, FakeTransport())
    sender.wake()
    asyncio.run(_run_shortly(sender))
    sender.wake()


async def _run_shortly(sender: Sender) -> None:
    async with _running(sender):
        await asyncio.sleep(0.01)


@contextmanager
def _database_down(units: Units, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_args: Any) -> Any:
        raise OperationalError("SELECT secret", {"x": "jane@example.com"}, Exception("server closed the connection"))

    with monkeypatch.context() as patch:
        patch.setattr(units, "read", fail)
        patch.setattr(units, "write", fail)
        yield


async def test_it_survives_a_database_outage_and_says_so_once(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_sender, "POLL_SECONDS", 0.01)
    _queue(sqlite_units)
    transport = FakeTransport()
    sender = _sender(sqlite_units, transport)
    with captured_log(mail_sender.__name__) as records:
        with _database_down(sqlite_units, monkeypatch):
            task = asyncio.create_task(sender.run())
            await until(lambda: "mail.outage" in events(records))
            await asyncio.sleep(0.1)
        await until(lambda: len(transport.sent) == 1)
        await until(lambda: "mail.outage_over" in events(records))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert events(records).count("mail.outage") == 1
    assert "jane" not in "".join(record.getMessage() for record in records)


async def test_it_survives_a_fault_of_ours(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "POLL_SECONDS", 0.01)
    _queue(sqlite_units)
    transport = FakeTransport()
    sender = _sender(sqlite_units, transport)
    claim, calls = sender._claim, 0

    def faulty() -> Any:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise ZeroDivisionError
        return claim()

    monkeypatch.setattr(sender, "_claim", faulty)
    with captured_log(mail_sender.__name__) as records:
        async with _running(sender):
            await until(lambda: len(transport.sent) == 1)
    assert sum(bool(record.exc_info or record.exc_text) for record in records) == 1


async def test_a_claim_that_fails_sends_no_mail_again(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result of the mail before it is already committed."""
    for name in ("a", "b"):
        _queue(units, f"{name}@example.com")
    transport = FakeTransport()
    sender = _sender(units, transport)
    claims: list[int] = []

    def fail_once(unit: UnitOfWork, row: int, claim: str) -> Claimed | None:
        claims.append(row)
        if len(claims) == 2:
            raise OperationalError("statement", {}, Exception("lock timeout"))
        return outbox_claims.take(unit, row, claim)

    monkeypatch.setattr(mail_sender, "take", fail_once)
    with pytest.raises(OperationalError):
        await sender.drain()
    clock.advance(minutes=2)
    await sender.drain()
    assert [message["To"] for message in transport.sent] == ["a@example.com", "b@example.com"]


async def test_a_stop_lets_the_mail_under_way_finish_and_claims_no_other(units: Units) -> None:
    for name in ("a", "b"):
        _queue(units, f"{name}@example.com")
    transport = GatedTransport()
    sender = _sender(units, transport)
    task = asyncio.create_task(sender.run())
    await asyncio.wait_for(transport.reached.wait(), 5)
    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    transport.open.set()
    with captured_log(mail_sender.__name__) as records, pytest.raises(asyncio.CancelledError):
        await task
    assert [(row.state, row.attempts) for row in _rows(units)] == [(SENT, 1), (QUEUED, 0)]
    assert events(records) == ["mail.sent"], "the other one was not even taken"


async def test_a_stop_gives_back_what_it_cannot_finish(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "GRACE_SECONDS", 0.02)
    _queue(units)
    transport = GatedTransport()
    task = asyncio.create_task(_sender(units, transport).run())
    await asyncio.wait_for(transport.reached.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    row = _row(units)
    assert (row.state, row.claimed_by, row.claimed_until, row.attempts) == (QUEUED, "", None, 0)
    assert await _sender(units, FakeTransport(), "next").drain() == 1


async def test_a_stop_without_a_database_still_stops(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_sender, "GRACE_SECONDS", 0.02)
    _queue(sqlite_units)
    transport = GatedTransport()
    task = asyncio.create_task(_sender(sqlite_units, transport).run())
    await asyncio.wait_for(transport.reached.wait(), 5)
    with _database_down(sqlite_units, monkeypatch):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)


# --- looking after it


async def test_the_backlog_counts_and_tells_the_age(units: Units, clock: FakeClock) -> None:
    with units.read() as unit:
        assert backlog(unit) == outbox_upkeep.Backlog(0, 0.0, 0)
    _queue(units, "dead@example.com")
    await _sender(units, FakeTransport(RecipientRefused("550"))).drain()
    _queue(units, "sent@example.com")
    await _sender(units, FakeTransport()).drain()
    clock.advance(minutes=1)
    _queue(units)
    clock.advance(seconds=90)
    _queue(units)
    with units.read() as unit:
        assert backlog(unit) == outbox_upkeep.Backlog(queued=2, oldest_age_seconds=90.0, dead=1)


async def test_only_what_was_sent_or_given_up_long_ago_is_purged(units: Units, clock: FakeClock) -> None:
    async def one_of_each() -> None:
        _queue(units, "dead@example.com")
        await _sender(units, FakeTransport(RecipientRefused("550"))).drain()
        _queue(units, "sent@example.com")
        await _sender(units, FakeTransport()).drain()

    with units.write() as unit:
        assert purge(unit) == 0
    await one_of_each()
    clock.advance(days=20)
    await one_of_each()
    _queue(units, "waiting@example.com")
    clock.advance(days=9, hours=23)
    with units.write() as unit:
        assert purge(unit) == 0
    clock.advance(hours=2)
    with units.write() as unit:
        assert purge(unit) == 2
    assert [row.state for row in _rows(units)] == [DEAD, SENT, QUEUED]
    clock.advance(days=400)
    with units.write() as unit:
        assert purge(unit) == 2
    assert [row.state for row in _rows(units)] == [QUEUED]


async def test_the_running_sender_purges(sqlite_units: Units, clock: FakeClock) -> None:
    _queue(sqlite_units)
    sender = _sender(sqlite_units, FakeTransport())
    await sender.drain()
    clock.advance(days=31)
    await sender.drain()
    assert _rows(sqlite_units) == []


async def test_a_rotated_key_opens_what_was_queued_before(units: Units) -> None:
    old = units.settings.secret_key.get_secret_value()
    _queue(units)
    rotated = settings_for(
        units.settings.database_url,
        units.settings.var_dir,
        secret_key=SecretStr("n" * 40),
        secret_key_old=SecretStr(old),
    )
    after = Units(units.engine, rotated, units.clock)
    with after.write() as unit:
        assert rewrap(unit).sealed == 1
        assert rewrap(unit).sealed == 0
    only_new = settings_for(units.settings.database_url, units.settings.var_dir, secret_key=SecretStr("n" * 40))
    transport = FakeTransport()
    assert await _sender(Units(units.engine, only_new, units.clock), transport).drain() == 1


def test_moments_come_back_aware(units: Units) -> None:
    _queue(units)
    created: datetime = _row(units).created_at
    assert created.utcoffset() == timedelta(0)


# Requests


def answering(answers: list[Any], fault: Exception = ValueError("not yet")) -> None:  # noqa: B008  raised, not changed
    """A feature that answers "question" by a mail, unless the question is `silent`."""

    def answer(unit: UnitOfWork, origin: Origin, request: Mapping[str, Any]) -> None:
        answers.append((origin, request, visitor().origin, trace()))
        if request["fail"] > len(answers):
            raise fault
        if not request["silent"]:
            params = {"first_name": "Jane", "at": unit.now, "browser": "Firefox", "link": "https://x.test/link"}
            queue(unit, event="logged_in", to=request["to"], locale="en", params=params)

    install((*offers().features, Feature(name="asked", mail_requests={"question": answer})))


def put(units: Units, *, silent: bool = False, fail: int = 0, **times: Any) -> None:
    with units.write() as unit:
        params = {"to": "ada@example.org", "silent": silent, "fail": fail}
        outbox.ask(unit, "question", origin=Origin(address="192.0.2.7"), params=params, **times)


@pytest.mark.parametrize("silent", [False, True])
async def test_a_request_is_answered_by_the_sender_once(units: Units, clock: FakeClock, silent: bool) -> None:
    """Every caller writes the same row in any case, and the answer knows from where it was asked."""
    answers: list[Any] = []
    answering(answers)
    begin_trace("asked")
    put(units, silent=silent)
    assert answers == []

    transport = FakeTransport()
    await asyncio.gather(*(mail_sender.Sender(units, transport, f"w{number}").drain() for number in range(2)))

    [(origin, _, caller, trace_id)] = answers
    assert (origin.address, caller.address, trace_id) == ("192.0.2.7", "192.0.2.7", "asked")
    assert len(transport.sent) == (0 if silent else 1)


async def test_a_stop_releases_no_request_that_was_answered(sqlite_units: Units) -> None:
    answering([])
    put(sqlite_units, silent=True)
    sender = mail_sender.Sender(sqlite_units, FakeTransport(), "w")
    await sender.drain()
    assert sender._held is None


async def test_a_request_that_fails_is_tried_again_and_leaves_nothing_half_done(units: Units, clock: FakeClock) -> None:
    answers: list[Any] = []
    answering(answers)
    put(units, fail=2)
    transport = FakeTransport()
    sender = mail_sender.Sender(units, transport, "w", jitter=lambda: 0)

    await sender.drain()
    assert (len(answers), transport.sent) == (1, [])
    clock.advance(seconds=31)
    await sender.drain()
    assert (len(answers), len(transport.sent)) == (2, 1)


@pytest.mark.parametrize("fault", [AttributeError("x"), UndefinedError("x"), NoResultFound(), OSError("x")], ids=type)
async def test_a_request_that_always_fails_is_given_up(sqlite_units: Units, clock: FakeClock, fault: Exception) -> None:
    answers: list[Any] = []
    answering(answers, fault)
    put(sqlite_units, fail=100)
    _queue(sqlite_units)
    transport = FakeTransport()
    with captured_log(mail_sender.__name__) as records:
        for _ in range(MAX_ATTEMPTS + 3):
            await mail_sender.Sender(sqlite_units, transport, "w").drain()
            clock.advance(hours=5)
    assert len(answers) == MAX_ATTEMPTS
    assert len(transport.sent) == 1, "the mails behind it are sent"
    assert events(records).count("mail.dead") == 1
    with sqlite_units.read() as unit:
        assert backlog(unit).dead == 1


async def test_a_request_waits_while_the_database_is_away(sqlite_units: Units, clock: FakeClock) -> None:
    answers: list[Any] = []
    answering(answers, OperationalError("SELECT", {}, Exception("server closed the connection")))
    put(sqlite_units, fail=2)
    transport = FakeTransport()
    sender = mail_sender.Sender(sqlite_units, transport, "w")
    with pytest.raises(OperationalError):
        await sender.drain()
    clock.advance(seconds=61)
    await sender.drain()
    assert (len(answers), len(transport.sent)) == (2, 1)


def test_a_mail_is_queued_under_the_name_that_it_is_sent_under(sqlite_units: Units) -> None:
    with captured_log("netim_app.infra") as records:
        _queue(sqlite_units)
        _queue(sqlite_units, kind="logged_in.new_browser")
    said = [record.getMessage() for record in records if "mail.queued" in record.getMessage()]
    assert ["kind=logged_in " in said[0], "kind=logged_in.new_browser " in said[1]] == [True, True], said
    with sqlite_units.read() as unit:
        names = unit.session.exec(select(OutboxMessage.event).order_by(OutboxMessage.id)).all()  # type: ignore[arg-type]
    assert names == ["logged_in", "logged_in.new_browser"]


async def test_a_request_waits_for_its_time_and_is_not_answered_too_late(units: Units, clock: FakeClock) -> None:
    answers: list[Any] = []
    answering(answers)
    put(units, due_at=clock() + timedelta(minutes=15))
    put(units, expires_at=clock())
    sender = mail_sender.Sender(units, FakeTransport(), "w")

    await sender.drain()
    assert answers == []
    clock.advance(minutes=15)
    await sender.drain()
    assert len(answers) == 1
