"""Claims on mails of the outbox: a sender claims one mail for the length of a lease, and records the result."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, delete, or_, update

from netim_app.infra.columns import table_of
from netim_app.infra.mail_transport import DeliveryFailed
from netim_app.infra.tables import DEAD, QUEUED, SENT, OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=60)
"""How long a claim lasts."""
PAUSES = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 3600, 10_800))
MAX_ATTEMPTS = 12
JITTER = 0.2
_MESSAGES = table_of(OutboxMessage)
_message = _MESSAGES.c
_FREE = (
    _message.state == QUEUED,
    _message.due_at <= sa.bindparam("now"),
    or_(_message.claimed_until.is_(None), _message.claimed_until <= sa.bindparam("now")),
)
"""Due, and without a claim or with one whose lease has expired."""
_NEXT = sa.select(_message.id).where(*_FREE).order_by(_message.due_at, _message.id).limit(1)
_TAKE = (
    sa.update(_MESSAGES)
    .where(_message.id == sa.bindparam("row"), *_FREE)
    .values(claimed_by=sa.bindparam("claim"), claimed_until=sa.bindparam("until"), attempts=_message.attempts + 1)
    .returning(
        _message.id,
        _message.message_id,
        _message.event,
        _message.claimed_by.label("claim"),
        _message.attempts,
        _message.payload,
        _message.created_at,
        _message.expires_at,
    )
)
_NOTE_SENT = (
    sa.update(_MESSAGES)
    .where(_message.id == sa.bindparam("row"), _message.state != SENT)
    .values(state=SENT, sent_at=sa.bindparam("now"), payload=b"", claimed_by="", claimed_until=None, last_error="")
)


def pause_after(attempts: int, jitter: float) -> timedelta:
    """How long to wait before the next attempt.

    Args:
        attempts: failures so far, at least 1.
        jitter: 0 to 1; adds up to 20 % to the pause.
    """
    return PAUSES[min(attempts, len(PAUSES)) - 1] * (1 + JITTER * jitter)


class Expired(DeliveryFailed):
    """The link in this mail no longer works."""


@dataclass(frozen=True)
class Claimed:
    """A mail that this sender may send until its lease expires."""

    id: int
    message_id: str
    event: str
    claim: str
    attempts: int
    payload: bytes
    created_at: datetime
    expires_at: datetime | None


def find_due(unit: UnitOfWork) -> int | None:
    """The row id of the mail that has been due longest and may be claimed; None without one."""
    row: int | None = unit.run(_NEXT, {"now": unit.now}).scalar()
    return row


def take(unit: UnitOfWork, row_id: int, claim: str) -> Claimed | None:
    """Claims a mail by a conditional UPDATE: None when another sender was first."""
    values = {"row": row_id, "now": unit.now, "claim": claim, "until": unit.now + LEASE}
    row = unit.run(_TAKE, values).mappings().first()
    return None if row is None else Claimed(**row)


def note_sent(unit: UnitOfWork, claimed: Claimed) -> None:
    """Marks the mail as sent, even when another process holds the lease, and deletes its content."""
    unit.run(_NOTE_SENT, {"row": claimed.id, "now": unit.now})


def note_answered(unit: UnitOfWork, claimed: Claimed) -> bool:
    """Deletes the request. False when another sender has claimed it since: a request is answered once."""
    message = OutboxMessage
    own = (col(message.id) == claimed.id, col(message.claimed_by) == claimed.claim)
    return int(unit.session.exec(delete(message).where(*own)).rowcount) == 1


def note_failure(unit: UnitOfWork, claimed: Claimed, failure: DeliveryFailed, dead: bool, pause: timedelta) -> bool:
    """Records a failure. False when another sender has claimed the mail since: that one records its own result."""
    return (
        change_rows(
            unit,
            _mine(claimed).values(
                state=DEAD if dead else QUEUED,
                due_at=unit.now + pause,
                claimed_by="",
                claimed_until=None,
                last_error=str(failure)[:200],
                **({"payload": b""} if isinstance(failure, Expired) else {}),
            ),
        )
        == 1
    )


def give_back(unit: UnitOfWork, claimed: Claimed) -> None:
    """Releases a claim without a result: the attempt does not count."""
    change_rows(unit, _mine(claimed).values(claimed_by="", claimed_until=None, attempts=claimed.attempts - 1))


def _mine(claimed: Claimed) -> sa.Update:
    message = OutboxMessage
    return update(message).where(
        col(message.id) == claimed.id, col(message.claimed_by) == claimed.claim, col(message.state) == QUEUED
    )


def catch_up(unit: UnitOfWork) -> None:
    """Makes mails due that are further in the future than any pause or lease: the clock was set back."""
    message = OutboxMessage
    change_rows(
        unit,
        update(message)
        .where(
            col(message.state) == QUEUED,
            or_(
                col(message.due_at) > unit.now + PAUSES[-1] * (1 + JITTER),
                col(message.claimed_until) > unit.now + 2 * LEASE,
            ),
        )
        .values(due_at=unit.now, claimed_by="", claimed_until=None),
    )


def change_rows(unit: UnitOfWork, statement: sa.Update) -> int:
    """Runs an UPDATE. Returns how many rows it changed."""
    return int(unit.session.exec(statement).rowcount)
