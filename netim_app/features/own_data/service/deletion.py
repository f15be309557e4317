"""The deletion of an account: requested, and carried out after the grace period unless `cancellation` prevents it.

Until then the account stays unchanged and keeps its address: nobody else can register it. Everything needed to log in
still works, including a new password by mail. docs/security.md lists the attacks that this prevents.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from netim_app.brand.brand import get_brand
from netim_app.core import paths
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact
from netim_app.features.own_data import rules
from netim_app.features.own_data.facts import AccountDeleted, DeletionAsked
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.identity import accounts, freeze, links, notices, sessions, undo
from netim_app.identity.account_lock import lock_account
from netim_app.identity.email_address import email_key
from netim_app.identity.facts import SessionsRevoked
from netim_app.identity.tables import Account
from netim_app.infra import outbox
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_DELETIONS = table_of(AccountDeletion)
_deletion = _DELETIONS.c
_OF_ACCOUNT = _deletion.account_id == sa.bindparam("account")
_PENDING = _deletion.taken_back_at.is_(None)
_FIND = sa.select(_DELETIONS).where(_OF_ACCOUNT)
_FIND_PENDING = _FIND.where(_PENDING)
_TO_REMIND = sa.select(_deletion.account_id).where(
    _PENDING, _deletion.reminded_at.is_(None), _deletion.due_at <= sa.bindparam("soon")
)
_DUE = sa.select(_deletion.account_id).where(
    _PENDING, _deletion.reminded_at.is_not(None), _deletion.due_at <= sa.bindparam("now")
)
_DELETE_ACCOUNT = sa.delete(table_of(Account)).where(table_of(Account).c.id == sa.bindparam("account"))


def ask(unit: UnitOfWork, actor: Actor, typed: str) -> None:
    """Schedules the deletion of the customer's account.

    Args:
        typed: the account's address, typed by the customer as a confirmation.

    Raises:
        DomainError: it is another address, or the account is frozen.
    """
    if email_key(typed) != lock_account(unit, actor.account_id).email_key:
        raise DomainError("own_data.other_email", field="email")
    freeze.refuse_while_frozen(unit, actor.account_id)
    begin(unit, DeletionAsked(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def due_at(unit: UnitOfWork, account_id: int) -> datetime | None:
    """When the account is deleted, if a deletion is pending."""
    pending = unit.row(_FIND_PENDING, account=account_id)
    return None if pending is None else pending.due_at


def begin(unit: UnitOfWork, fact: DeletionAsked) -> datetime:
    """Starts the grace period, and ends all sessions and links. Returns when the account is deleted.

    A pending deletion keeps its time: asking again does not postpone it.
    """
    account_id = fact.account_id
    lock_account(unit, account_id)
    if (pending := due_at(unit, account_id)) is not None:
        return pending
    due = unit.now + rules.GRACE
    unit.session.merge(
        AccountDeletion(account_id=account_id, asked_at=unit.now, due_at=due, reminded_at=None, taken_back_at=None)
    )
    links.revoke_links(unit, account_id)
    sessions.end_sessions(unit, account_id)
    unit.record(SessionsRevoked(account_id=account_id, at=fact.at, origin=fact.origin))
    unit.record(fact)
    return due


def mail_asked(unit: UnitOfWork, fact: DeletionAsked) -> None:
    """Mails when the account is deleted and how to keep it, also to an address that a link can still restore.

    Otherwise a thief who has changed the address and then requests the deletion would be the only one notified.
    """
    due_at = unit.run(_FIND, {"account": fact.account_id}).one().due_at
    about = {"due": due_at, "by_support": fact.by_support, **_ways_back(unit, fact.account_id)}
    notices.notify(unit, "deletion_asked", fact, restorable=False, **about)
    if (old := undo.mailbox_with_link(unit, fact.account_id)) is not None:
        notices.notify(unit, "deletion_asked", fact, to=old, restorable=True, **about)


def _ways_back(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For a mail: a login keeps the account, but where it is disabled support alone can."""
    disabled = lock_account(unit, account_id).disabled_at is not None
    return {"disabled": disabled, "login_url": unit.settings.public_url + paths.LOGIN}


def to_remind(unit: UnitOfWork) -> list[int]:
    """The accounts whose reminder is due. Call `remind` for each."""
    return [row.account_id for row in unit.rows(_TO_REMIND, soon=unit.now + rules.REMIND_BEFORE)]


def remind(unit: UnitOfWork, account_id: int) -> None:
    """Mails that the account is deleted soon. The deletion waits until the customer has had time to read that."""
    row = _pending(unit, account_id)
    if row is None or row.reminded_at is not None or row.due_at > unit.now + rules.REMIND_BEFORE:
        return
    row.reminded_at = unit.now
    row.due_at = rules.due_after_reminder(row.due_at, unit.now)
    fact = Fact(account_id=account_id, at=row.asked_at)
    notices.notify(unit, "deletion_due", fact, due=row.due_at, **_ways_back(unit, account_id))


def due(unit: UnitOfWork) -> list[int]:
    """The accounts whose grace period is over. Call `carry_out` for each."""
    return [row.account_id for row in unit.rows(_DUE, now=unit.now)]


def carry_out(unit: UnitOfWork, account_id: int) -> None:
    """Permanently deletes the account with all its data, and notifies its former address."""
    row = _pending(unit, account_id)
    if row is None or row.reminded_at is None or row.due_at > unit.now:
        return
    owner = accounts.owner_of(unit, account_id)
    unit.record(AccountDeleted(account_id=account_id, at=unit.now))
    outbox.forget(unit, account_id)
    _mail_gone(unit, owner)
    unit.session.flush()
    unit.run(_DELETE_ACCOUNT, {"account": account_id})


def _pending(unit: UnitOfWork, account_id: int) -> AccountDeletion | None:
    """The row of a pending deletion, locked so that nobody cancels it until this unit ends."""
    unit.session.get(Account, account_id, with_for_update={"key_share": True})
    row = unit.session.get(AccountDeletion, account_id, populate_existing=True)
    return row if row is not None and row.taken_back_at is None else None


def _mail_gone(unit: UnitOfWork, owner: sa.Row[Any]) -> None:
    outbox.queue(
        unit,
        event="account_deleted",
        to=owner.email,
        locale=owner.language,
        time_zone=owner.time_zone,
        params={"first_name": owner.first_name, "when": unit.now, "support": get_brand().support},
    )
