"""A freeze: for a day, nothing that weakens the account can be changed.

The owner begins it after something that was not theirs (the feature `not_me`). It holds for every session, the
owner's too: nobody can tell them apart yet. Changes that make the account safer are possible all the time, and so is
the removal of what is new. When the day is over, factors and rules that are new are removed (`FreezeEnded`): they may
be a thief's. A factor with which somebody has logged in since is the owner's, as that takes the mailbox, too.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from netim_app.core.errors import DomainError
from netim_app.identity import accounts
from netim_app.identity.account_lock import lock_if_there
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, FreezeEnded, PasswordChanged
from netim_app.identity.tables import AccountFreeze
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import Inserts, UnitOfWork
from netim_app.texts import formats

LIFE = timedelta(hours=24)
MAY_BE_A_THIEFS = timedelta(days=7)
"""Anything added since this long before a freeze can be removed at any time, and is removed when the freeze ends."""
REFUSED = "freeze.refused"
_FREEZES = table_of(AccountFreeze)
_freeze = _FREEZES.c
_OF_ACCOUNT = _freeze.account_id == sa.bindparam("account")
_FIND = sa.select(_FREEZES).where(_OF_ACCOUNT)
_OPEN_LOGIN = sa.update(_FREEZES).where(_OF_ACCOUNT).values(blocks_login=False)
_END = sa.delete(_FREEZES).where(_OF_ACCOUNT)
_DUE = sa.select(_freeze.account_id).where(_freeze.until <= sa.bindparam("now"), ~_freeze.is_over)
_NOTE_END = sa.update(_FREEZES).where(_OF_ACCOUNT).values(is_over=True)
_PURGE = sa.delete(_FREEZES).where(_freeze.until < sa.bindparam("now"), _freeze.is_over, ~_freeze.blocks_login)


def begin(unit: UnitOfWork, fact: AccountFrozen, *, blocks_login: bool) -> None:
    """Freezes the account from now on; an existing freeze starts anew. The caller has locked the account."""
    row = {
        "account_id": fact.account_id,
        "begun_at": unit.now,
        "until": unit.now + LIFE,
        "blocks_login": blocks_login,
        "is_over": False,
        "address": fact.origin.known_address,
        "browser": fact.origin.browser,
        "system": fact.origin.system,
    }
    unit.run(_begin(unit.insert), row)


def in_force(unit: UnitOfWork, account_id: int) -> sa.Row[Any] | None:
    """The account's freeze, if it is in force now."""
    row = unit.row(_FIND, account=account_id)
    return row if row is not None and row.until > unit.now else None


def refuse_while_frozen(unit: UnitOfWork, account_id: int, *, added_at: datetime | None = None) -> None:
    """Call it before every change that weakens the account.

    Args:
        added_at: when the thing to be removed was added. New things may be a thief's, so the owner must be able to
            remove them.

    Raises:
        DomainError: the account is frozen; the message says until when.
    """
    row = in_force(unit, account_id)
    if row is None or (added_at is not None and added_at >= row.begun_at - MAY_BE_A_THIEFS):
        return
    raise DomainError(REFUSED, until=in_words(unit, account_id, row.until))


def ending_of(unit: UnitOfWork, account_id: int) -> FreezeEnded | None:
    """The fact that will end the account's freeze; None if there is no freeze or it has ended."""
    row = unit.row(_FIND, account=account_id)
    if row is None or row.is_over:
        return None
    since = row.begun_at - MAY_BE_A_THIEFS
    return FreezeEnded(account_id=account_id, at=unit.now, since=since, until=row.begun_at)


def due(unit: UnitOfWork) -> list[int]:
    """The accounts whose freeze is due to end."""
    return [row.account_id for row in unit.rows(_DUE, now=unit.now)]


def finish(unit: UnitOfWork, account_id: int) -> None:
    """Ends a freeze whose day is over. Logins stay blocked until a mailed link has set a new password."""
    lock_if_there(unit, account_id)
    ending = ending_of(unit, account_id)
    if ending is not None and in_force(unit, account_id) is None:
        unit.run(_NOTE_END, {"account": account_id})
        unit.record(ending)


def in_words(unit: UnitOfWork, account_id: int, moment: datetime) -> str:
    """A moment in the customer's language and time zone."""
    return formats.format_short(moment, *accounts.locale_of(unit, account_id))


def blocks_login(unit: UnitOfWork, account_id: int) -> bool:
    """Whether no login is possible until a mailed link has set a new password."""
    row = unit.row(_FIND, account=account_id)
    return row is not None and row.blocks_login


def open_login(unit: UnitOfWork, fact: PasswordChanged) -> None:
    """Unblocks logins after a mailed link has set a new password. The freeze continues."""
    if fact.way == "reset":
        unit.run(_OPEN_LOGIN, {"account": fact.account_id})


def end(unit: UnitOfWork, fact: AccountUnlocked) -> None:
    """Ends the freeze when the operator unlocks the account."""
    unit.run(_END, {"account": fact.account_id})


def purge(unit: UnitOfWork) -> None:
    """Deletes freezes that have ended and no longer block logins."""
    unit.run(_PURGE, {"now": unit.now})


@cache
def _begin(insert: Inserts) -> sa.Executable:
    new = insert(_FREEZES)
    anew = {column.name: new.excluded[column.name] for column in _freeze if not column.primary_key}
    return new.on_conflict_do_update(index_elements=["account_id"], set_=anew)
