"""The outbox as a whole: its backlog, another try for dead mails, another key, and the end of old mails."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func
from sqlmodel import and_, col, delete, or_, select, update

from netim_app.infra.outbox import context_of
from netim_app.infra.outbox_claims import change_rows
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.tables import DEAD, QUEUED, SENT, OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork

KEEP = timedelta(days=30)


@dataclass(frozen=True)
class Backlog:
    """The state of the outbox. `oldest_age_seconds` is the age of the oldest queued mail, 0 without one."""

    queued: int
    oldest_age_seconds: float
    dead: int


def backlog(unit: UnitOfWork) -> Backlog:
    """How many mails are queued, and how many were given up."""
    states = col(OutboxMessage.state)
    queued, dead, oldest = unit.session.exec(
        select(
            func.count(case((states == QUEUED, 1))),
            func.count(case((states == DEAD, 1))),
            func.min(case((states == QUEUED, col(OutboxMessage.created_at)))),
        ).where(states.in_((QUEUED, DEAD)))
    ).one()
    age = max(0.0, (unit.now - oldest).total_seconds()) if oldest else 0.0
    return Backlog(queued=queued, oldest_age_seconds=age, dead=dead)


def retry_dead(unit: UnitOfWork) -> int:
    """Queues all mails again that were given up and have not expired, with a full set of attempts.

    Returns how many.
    """
    message = OutboxMessage
    return change_rows(
        unit,
        update(message)
        .where(col(message.state) == DEAD, func.length(col(message.payload)) > 0)
        .values(state=QUEUED, attempts=0, due_at=unit.now, claimed_by="", claimed_until=None),
    )


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Seals unsent mails with the current secret (`netim rotate-key`)."""
    waiting = select(OutboxMessage).where(col(OutboxMessage.state) != SENT, func.length(col(OutboxMessage.payload)) > 0)
    return rewrap_rows(
        unit, unit.session.exec(waiting.with_for_update()), lambda row: context_of(row.message_id), "payload"
    )


def purge(unit: UnitOfWork) -> int:
    """Deletes mails that were sent or given up more than 30 days ago. Returns how many."""
    before = unit.now - KEEP
    old = delete(OutboxMessage).where(
        col(OutboxMessage.due_at) < before,  # a sent mail was due before; the index has this column
        or_(
            col(OutboxMessage.state) == DEAD,
            and_(col(OutboxMessage.state) == SENT, col(OutboxMessage.sent_at) < before),
        ),
        col(OutboxMessage.state).in_((SENT, DEAD)),
    )
    return int(unit.session.exec(old).rowcount)
