"""The outbox: mail queued in the transaction that causes it, and the task that sends it afterwards.

Delivery is at least once: a worker that dies between the server's yes and our note of it leaves a mail that
is sent again, under the same Message-ID.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, Update, case, func
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlmodel import and_, col, delete, or_, select, update

from netim_app.core.actor import Visitor, set_caller
from netim_app.core.facts import Origin
from netim_app.infra import handlers
from netim_app.infra.mail import (
    DeliveryFailed,
    RecipientRefused,
    RenderedMail,
    Transport,
    TransportDown,
    address,
    build,
    render,
)
from netim_app.infra.redaction import log_event
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.tables import DEAD, QUEUED, SENT, OutboxMessage
from netim_app.infra.trace import begin_trace, trace
from netim_app.infra.unit_of_work import UnitOfWork, Units, in_unit_thread
from netim_app.infra.vault import VaultError

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)
_random = secrets.SystemRandom()

LEASE = timedelta(seconds=60)
SEND_TIMEOUT = 45.0
"""Seconds that sending one mail may take: less than the lease, so that nobody else sends it meanwhile."""
POLL_SECONDS = 2.0
GRACE_SECONDS = 3.0
"""How long a stopping sender waits for the mail that is under way."""
PAUSES = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 3600, 10_800))
MAX_ATTEMPTS = 12
JITTER = 0.2
KEEP = timedelta(days=30)
PURGE_EVERY = timedelta(hours=1)
DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
DELIVERED = "delivered"
ANSWERED = "answered"
HELD_BACK = ".held_back"


@dataclass(frozen=True)
class Backlog:
    """How the outbox does. `oldest_age_seconds` is that of the oldest mail not yet sent, 0 without one."""

    queued: int
    oldest_age_seconds: float
    dead: int


def queue(
    uow: UnitOfWork,
    *,
    event: str,
    to: str,
    locale: str,
    params: Mapping[str, object],
    account_id: int | None = None,
    expires_at: datetime | None = None,
    kind: str = "",
) -> None:
    """Renders a mail and puts it into the outbox, in the caller's transaction.

    Templates find `public_url` among their parameters besides what is handed in. A mail whose link stops working is
    queued with that moment as `expires_at`: it is not sent later than that. It is kept under the name of its `kind`, or
    of the event.

    Raises:
        ValueError: `to` is no e-mail address.
        jinja2.TemplateError: no such event or language, or a parameter is missing.
    """
    recipient = address(to).addr_spec
    mail = render(event, locale, {"public_url": uow.settings.public_url, **params})
    message_id = secrets.token_hex(16)
    content = json.dumps({"to": recipient, "subject": mail.subject, "text": mail.text, "html": mail.html})
    uow.session.add(
        OutboxMessage(
            message_id=message_id,
            event=kind or event,
            account_id=account_id,
            payload=uow.vault.seal(content.encode(), _context(message_id)),
            created_at=uow.now,
            due_at=uow.now,
            expires_at=expires_at,
        )
    )
    uow.queued_mail = True
    # Its trace leads from the mail to what caused it; `mail` from here to the lines of the sender.
    uow.after_commit.append(
        lambda: log_event(logger, "mail.queued", mail=message_id, kind=kind or event, account_id=account_id)
    )


def ask(
    uow: UnitOfWork,
    request: str,
    *,
    origin: Origin,
    params: Mapping[str, object],
    expires_at: datetime | None = None,
    due_at: datetime | None = None,
    account_id: int | None = None,
) -> None:
    """Leaves it to the sender to find out which mails a request leads to: `Feature.mail_requests` answers it.

    The caller does the same work whatever the answer will be, so that nobody learns it from the time that this takes.
    """
    message_id = secrets.token_hex(16)
    content = json.dumps({"origin": asdict(origin), "trace": trace(), "params": dict(params)})
    uow.session.add(
        OutboxMessage(
            message_id=message_id,
            event=request,
            account_id=account_id,
            payload=uow.vault.seal(content.encode(), _context(message_id)),
            created_at=uow.now,
            due_at=due_at or uow.now,
            expires_at=expires_at,
        )
    )
    uow.queued_mail = True


def withdraw(uow: UnitOfWork, account_id: int, event: str) -> None:
    """Takes back the mails of this kind that were queued for the account in this very unit: another one says more."""
    own = (col(OutboxMessage.account_id) == account_id, col(OutboxMessage.event) == event)
    uow.session.exec(delete(OutboxMessage).where(*own, col(OutboxMessage.created_at) == uow.now))


def count_since(uow: UnitOfWork, account_id: int, kind: str, since: datetime) -> int:
    """How many mails of a kind this account was sent since then."""
    found = select(func.count(col(OutboxMessage.id))).where(
        OutboxMessage.account_id == account_id, OutboxMessage.event == kind, OutboxMessage.created_at > since
    )
    return uow.session.exec(found).one()


def hold_back(uow: UnitOfWork, account_id: int, kind: str, since: datetime) -> bool:
    """Notes that a mail was not sent, for `held_back`. Says whether it is the first after that and after `since`."""
    name = kind + HELD_BACK
    is_first = count_since(uow, account_id, name, since) == 0
    uow.session.add(
        OutboxMessage(
            message_id=secrets.token_hex(16),
            event=name,
            account_id=account_id,
            payload=b"",
            created_at=uow.now,
            due_at=uow.now,
            state=SENT,
            sent_at=uow.now,
        )
    )
    return is_first


def held_back(uow: UnitOfWork, account_id: int, kind: str) -> int:
    """How many mails of a kind were not sent, and begins to count anew."""
    own = (col(OutboxMessage.account_id) == account_id, col(OutboxMessage.event) == kind + HELD_BACK)
    return int(uow.session.exec(delete(OutboxMessage).where(*own)).rowcount)


def queued_since(uow: UnitOfWork, account_id: int, event: str, since: datetime) -> bool:
    """Whether such a mail, of whatever kind, was sent to this account or held back since then."""
    of_event = or_(col(OutboxMessage.event) == event, col(OutboxMessage.event).startswith(f"{event}.", autoescape=True))
    found = select(OutboxMessage.id).where(
        OutboxMessage.account_id == account_id, of_event, OutboxMessage.created_at > since
    )
    return uow.session.exec(found.limit(1)).first() is not None


def backlog(uow: UnitOfWork) -> Backlog:
    """What is waiting and what was given up."""
    states = col(OutboxMessage.state)
    queued, dead, oldest = uow.session.exec(
        select(
            func.count(case((states == QUEUED, 1))),
            func.count(case((states == DEAD, 1))),
            func.min(case((states == QUEUED, col(OutboxMessage.created_at)))),
        ).where(states.in_((QUEUED, DEAD)))
    ).one()
    age = max(0.0, (uow.now - oldest).total_seconds()) if oldest else 0.0
    return Backlog(queued=queued, oldest_age_seconds=age, dead=dead)


def retry_dead(uow: UnitOfWork) -> int:
    """Queues again all mails that were given up but may still be of use, with a full set of attempts.

    Returns how many.
    """
    message = OutboxMessage
    return _change(
        uow,
        update(message)
        .where(col(message.state) == DEAD, func.length(col(message.payload)) > 0)
        .values(state=QUEUED, attempts=0, due_at=uow.now, claimed_by="", claimed_until=None),
    )


def rewrap(uow: UnitOfWork) -> Rewrapped:
    """Seals waiting mails with the present secret (`netim rotate-key`)."""
    waiting = select(OutboxMessage).where(col(OutboxMessage.state) != SENT, func.length(col(OutboxMessage.payload)) > 0)
    return rewrap_rows(
        uow, uow.session.exec(waiting.with_for_update()), lambda row: _context(row.message_id), "payload"
    )


def purge(uow: UnitOfWork) -> int:
    """Deletes what was sent or given up more than 30 days ago; returns how many rows."""
    before = uow.now - KEEP
    old = delete(OutboxMessage).where(
        col(OutboxMessage.due_at) < before,  # whatever was sent was due before: this is what the index knows
        or_(
            col(OutboxMessage.state) == DEAD,
            and_(col(OutboxMessage.state) == SENT, col(OutboxMessage.sent_at) < before),
        ),
        col(OutboxMessage.state).in_((SENT, DEAD)),
    )
    return int(uow.session.exec(old).rowcount)


def catch_up(uow: UnitOfWork) -> None:
    """Makes due what a clock that was set back has left in the future: no pause and no lease is as long as that."""
    message = OutboxMessage
    _change(
        uow,
        update(message)
        .where(
            col(message.state) == QUEUED,
            or_(
                col(message.due_at) > uow.now + PAUSES[-1] * (1 + JITTER),
                col(message.claimed_until) > uow.now + 2 * LEASE,
            ),
        )
        .values(due_at=uow.now, claimed_by="", claimed_until=None),
    )


def pause_after(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many failed attempts (1 is the first).

    Args:
        attempts: failures so far.
        jitter: 0 to 1; spreads the pauses of many mails over 20 % more.
    """
    return PAUSES[min(attempts, len(PAUSES)) - 1] * (1 + JITTER * jitter)


class Expired(DeliveryFailed):
    """The link in this mail no longer works."""


@dataclass(frozen=True)
class _Claimed:
    """A mail that this sender may send until its lease ends."""

    id: int
    message_id: str
    event: str
    claim: str
    attempts: int
    payload: bytes
    created_at: datetime
    expires_at: datetime | None


class Sender:
    """Sends what is due, one mail at a time. Several may run on one database, each in its own process.

    Args:
        units: the database and the clock.
        transport: the way out.
        worker_id: names this process in the table and the log.
        jitter: gives 0 to 1, anew for each pause.
    """

    def __init__(
        self,
        units: Units,
        transport: Transport,
        worker_id: str,
        *,
        jitter: Callable[[], float] = _random.random,
    ) -> None:
        self._units = units
        self._transport = transport
        self._worker_id = worker_id[:64]
        self._jitter = jitter
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._purged_at: datetime | None = None
        self._outages: set[str] = set()
        self._held: _Claimed | None = None

    def wake(self) -> None:
        """Something may be due now. May be called from any thread, also when the sender does not run."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Sends until it is cancelled. No failure of the database or the mail server ends it.

        When cancelled, a mail under way gets a few seconds to be finished; otherwise its claim is given back.
        """
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                await self._guarded_drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        finally:
            self._loop = None

    async def _guarded_drain(self) -> None:
        try:
            await self.drain()
        except (SQLAlchemyError, OSError) as error:
            self._outage("database", type(error).__name__)
        except Exception:
            # A fault of ours must not silence all mail of this process: it is logged, and the next round
            # tries again.
            if "sender" not in self._outages:
                logger.exception("the mail sender failed")
            self._outage("sender", "see the traceback")
        else:
            self._recovered("database")
            self._recovered("sender")

    async def drain(self) -> int:
        """Sends what is due until nothing is left or nothing can be sent; returns how many were sent."""
        sent = 0
        await self._purge()
        while True:
            step = asyncio.create_task(self._step())
            try:
                outcome = await asyncio.shield(step)
            except asyncio.CancelledError:
                await self._stop(step)
                raise
            if outcome is None or isinstance(outcome, TransportDown):
                return sent
            sent += outcome == DELIVERED

    async def _stop(self, step: "asyncio.Task[DeliveryFailed | str | None]") -> None:
        await asyncio.wait({step}, timeout=GRACE_SECONDS)
        if not step.done():
            step.cancel()
            await asyncio.wait({step})
        if not step.cancelled() and step.exception() is not None:
            self._outage("sender", type(step.exception()).__name__)
        if self._held is not None:
            # Without a database the claim stays: it ends with its lease.
            with suppress(SQLAlchemyError, OSError):
                await in_unit_thread(self._release, self._held)

    async def _purge(self) -> None:
        now = self._units.clock()
        if self._purged_at is None or abs(now - self._purged_at) >= PURGE_EVERY:
            self._purged_at = now
            await in_unit_thread(self._in_unit, purge)
            await in_unit_thread(self._in_unit, catch_up)

    async def _step(self) -> DeliveryFailed | str | None:
        """Claims one mail, sends it, notes the result: `DELIVERED`, why not, or None when nothing is due."""
        claimed = await in_unit_thread(self._claim)
        if claimed is None:
            return None
        self._held = claimed
        is_request = claimed.event in handlers.mail_requests()
        failure = await (in_unit_thread(self._answer, claimed) if is_request else self._attempt(claimed))
        self._held = None  # from here on its lease protects it, also when the note below cannot be written
        if is_request and failure is None:
            return ANSWERED
        await in_unit_thread(self._settle, claimed, failure)
        return failure or DELIVERED

    def _answer(self, claimed: _Claimed) -> DeliveryFailed | None:
        """In a thread: answers a request. Its mails are queued in the unit in which it is deleted."""
        if self._is_over(claimed):
            return Expired("it came too late")
        try:
            content = self._content(claimed)
            begin_trace(content["trace"])
            origin = Origin(**content["origin"])
            set_caller(Visitor(origin=origin))
            with self._units.write() as uow:
                if _note_answered(uow, claimed):
                    handlers.mail_requests()[claimed.event](uow, origin, content["params"])
        except DATABASE_AWAY:
            raise
        except Exception as error:
            logger.exception("a request could not be answered")
            return DeliveryFailed(f"request failed: {type(error).__name__}")
        return None

    def _is_over(self, claimed: _Claimed) -> bool:
        return claimed.expires_at is not None and claimed.expires_at <= self._units.clock()

    def _content(self, claimed: _Claimed) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._units.vault.open(claimed.payload, _context(claimed.message_id)))
        return content

    async def _attempt(self, claimed: _Claimed) -> DeliveryFailed | None:
        if self._is_over(claimed):
            return Expired("its link has expired")
        try:
            # Not on the event loop: putting a message together takes as long as several customers' events.
            message = await in_unit_thread(self._open, claimed)
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._transport.send(message)
        except TimeoutError:
            return TransportDown("sending took too long")
        except DeliveryFailed as failure:
            return failure
        except (VaultError, ValueError, KeyError) as error:
            return DeliveryFailed(f"unreadable payload: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001  whatever else a transport raises concerns this mail only
            return DeliveryFailed(f"transport failed: {type(error).__name__}")
        return None

    def _settle(self, claimed: _Claimed, failure: DeliveryFailed | None) -> None:
        """In a thread: notes the result in the row, then in the log."""
        if failure is None:
            self._in_unit(_note_sent, claimed)
            self._recovered("smtp")
            log_event(logger, "mail.sent", mail=claimed.message_id, kind=claimed.event, attempt=claimed.attempts)
            return
        dead = isinstance(failure, (RecipientRefused, Expired)) or claimed.attempts >= MAX_ATTEMPTS
        pause = pause_after(claimed.attempts, self._jitter())
        if not self._in_unit(_note_failure, claimed, failure, dead, pause):
            log_event(logger, "mail.claim_lost", mail=claimed.message_id, level=logging.WARNING)
            return
        if isinstance(failure, TransportDown):
            self._outage("smtp", str(failure))
        log_event(
            logger,
            "mail.dead" if dead else "mail.deferred",
            level=logging.ERROR if dead else logging.INFO,
            mail=claimed.message_id,
            kind=claimed.event,
            attempt=claimed.attempts,
            reason=str(failure),
            **({} if dead else {"next_in_seconds": round(pause.total_seconds())}),
        )

    def _claim(self) -> _Claimed | None:
        """In a thread: takes the mail that has been due longest, or None.

        The attempt counts from here on, so that a mail that kills its worker is given up some day.
        """
        message = OutboxMessage
        while True:
            # Looked up in a reading unit first: a sender with nothing to do must not take the write lock, nor
            # wake itself through the hook after each commit.
            with self._units.read() as uow:
                candidate = uow.session.exec(
                    select(message.id).where(*_free(uow.now)).order_by(col(message.due_at), col(message.id)).limit(1)
                ).first()
            if candidate is None:
                return None
            claim = f"{self._worker_id}:{secrets.token_hex(8)}"
            row = self._in_unit(_take, candidate, claim)
            if row is not None:
                return row

    def _open(self, claimed: _Claimed) -> EmailMessage:
        content = self._content(claimed)
        return build(
            RenderedMail(content["subject"], content["text"], content["html"]),
            to=content["to"],
            sender=self._units.settings.mail_from,
            message_id=claimed.message_id,
            at=claimed.created_at,
        )

    def _release(self, claimed: _Claimed) -> None:
        self._in_unit(_give_back, claimed)
        log_event(logger, "mail.released", mail=claimed.message_id)

    def _in_unit(self, service: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        with self._units.write() as uow:
            return service(uow, *args, **kwargs)

    def _outage(self, kind: str, reason: str) -> None:
        if kind not in self._outages:
            self._outages.add(kind)
            log_event(logger, "mail.outage", level=logging.ERROR, kind=kind, reason=reason, worker=self._worker_id)

    def _recovered(self, kind: str) -> None:
        if kind in self._outages:
            self._outages.discard(kind)
            log_event(logger, "mail.outage_over", kind=kind, worker=self._worker_id)


# --- what a sender does in its units of work ---


def _context(message_id: str) -> str:
    return f"outbox:{message_id}"


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due, and claimed by nobody or by somebody whose lease has ended."""
    message = OutboxMessage
    return (
        col(message.state) == QUEUED,
        col(message.due_at) <= now,
        or_(col(message.claimed_until).is_(None), col(message.claimed_until) <= now),
    )


def _take(uow: UnitOfWork, row_id: int, claim: str) -> _Claimed | None:
    """The conditional UPDATE whose row count decides which sender has the mail."""
    message = OutboxMessage
    row = uow.session.exec(
        update(message)
        .where(col(message.id) == row_id, *_free(uow.now))
        .values(claimed_by=claim, claimed_until=uow.now + LEASE, attempts=col(message.attempts) + 1)
        .returning(message)
    ).scalar()
    if row is None:
        return None
    return _Claimed(row_id, row.message_id, row.event, claim, row.attempts, row.payload, row.created_at, row.expires_at)


def _note_sent(uow: UnitOfWork, claimed: _Claimed) -> None:
    """Marks the mail as sent, whoever holds the lease, and deletes its content."""
    message = OutboxMessage
    _change(
        uow,
        update(message)
        .where(col(message.id) == claimed.id, col(message.state) != SENT)
        .values(state=SENT, sent_at=uow.now, payload=b"", claimed_by="", claimed_until=None, last_error=""),
    )


def _note_answered(uow: UnitOfWork, claimed: _Claimed) -> bool:
    """Deletes the request. False when another sender has it by now: it is answered once."""
    message = OutboxMessage
    own = (col(message.id) == claimed.id, col(message.claimed_by) == claimed.claim)
    return int(uow.session.exec(delete(message).where(*own)).rowcount) == 1


def _note_failure(uow: UnitOfWork, claimed: _Claimed, failure: DeliveryFailed, dead: bool, pause: timedelta) -> bool:
    """False when the claim has gone to another sender meanwhile, who will note a result of its own."""
    return (
        _change(
            uow,
            _mine(claimed).values(
                state=DEAD if dead else QUEUED,
                due_at=uow.now + pause,
                claimed_by="",
                claimed_until=None,
                last_error=str(failure)[:200],
                **({"payload": b""} if isinstance(failure, Expired) else {}),
            ),
        )
        == 1
    )


def _give_back(uow: UnitOfWork, claimed: _Claimed) -> None:
    _change(uow, _mine(claimed).values(claimed_by="", claimed_until=None, attempts=claimed.attempts - 1))


def _mine(claimed: _Claimed) -> Update:
    message = OutboxMessage
    return update(message).where(
        col(message.id) == claimed.id, col(message.claimed_by) == claimed.claim, col(message.state) == QUEUED
    )


def _change(uow: UnitOfWork, statement: Update) -> int:
    return int(uow.session.exec(statement).rowcount)
