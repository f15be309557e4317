"""The cancellation of a deletion, and the panel that then says that the account stays."""

from dataclasses import dataclass

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.core.facts import Fact
from netim_app.features.own_data import rules
from netim_app.features.own_data.facts import DeletionTakenBack, StayNoticeClosed
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.identity import accounts, notices
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

_DELETIONS = table_of(AccountDeletion)
_deletion = _DELETIONS.c
_OF_ACCOUNT = _deletion.account_id == sa.bindparam("account")
_PENDING = _deletion.taken_back_at.is_(None)
_TAKE_BACK = sa.update(_DELETIONS).where(_OF_ACCOUNT, _PENDING).values(taken_back_at=sa.bindparam("now"))
_FIND_TAKEN_BACK = sa.select(_deletion.asked_at).where(_OF_ACCOUNT, ~_PENDING)
_CLOSE = sa.delete(_DELETIONS).where(_OF_ACCOUNT, ~_PENDING)
_FORGET = sa.delete(_DELETIONS).where(~_PENDING, _deletion.due_at < sa.bindparam("before"))


def take_back(unit: UnitOfWork, fact: Fact) -> bool:
    """Cancels a deletion after a login, a restored address, or the operator's help. Returns whether one was pending."""
    if not unit.run(_TAKE_BACK, {"account": fact.account_id, "now": unit.now}).rowcount:
        return False
    unit.record(DeletionTakenBack(account_id=fact.account_id, at=unit.now, origin=fact.origin))
    return True


def keep(unit: UnitOfWork, fact: Fact) -> None:
    """`take_back`, for a fact that keeps the account."""
    take_back(unit, fact)


def mail_taken_back(unit: UnitOfWork, fact: DeletionTakenBack) -> None:
    """Mails that the account stays, and why."""
    notices.notify(unit, "deletion_taken_back", fact)


@dataclass(frozen=True)
class Stay:
    """The content of the panel about a cancelled deletion."""

    asked_on: str
    """In the customer's language; empty when there is nothing to show."""


def view_stay(unit: UnitOfWork, account_id: int) -> Stay:
    """Whether to show the customer that the account stays."""
    row = unit.row(_FIND_TAKEN_BACK, account=account_id)
    if row is None:
        return Stay("")
    return Stay(formats.format_datetime(row.asked_at, *accounts.locale_of(unit, account_id)))


def close_notice(unit: UnitOfWork, actor: Actor) -> None:
    """Records that the customer has closed the notice."""
    if unit.run(_CLOSE, {"account": actor.account_id}).rowcount:
        unit.record(StayNoticeClosed(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def purge(unit: UnitOfWork) -> None:
    """Deletes the rows of deletions that were cancelled long ago."""
    unit.run(_FORGET, {"before": unit.now - rules.NOTICE_FOR})
