"""The lock on an account, which makes units that change it take turns."""

from typing import Any

import sqlalchemy as sa

from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_account = table_of(Account).c
_LOCK = (
    sa.select(
        _account.id,
        _account.email,
        _account.email_key,
        _account.first_name,
        _account.language,
        _account.time_zone,
        _account.password_hash,
        _account.disabled_at,
    )
    .where(_account.id == sa.bindparam("account"))
    .with_for_update(key_share=True)
)


def lock_account(unit: UnitOfWork, account_id: int) -> sa.Row[Any]:
    """Returns the account as it is now (columns of `_LOCK`), and locks it against other changes until this unit ends.

    Call it before opening or ending anything of an account. Then no session opens unnoticed while all are ended, and
    units do not deadlock. (SQLite allows only one writer at a time anyway.)
    """
    row = unit.run(_LOCK, {"account": account_id}).one()
    unit.locked.add(account_id)
    return row


def lock_if_there(unit: UnitOfWork, account_id: int) -> sa.Row[Any] | None:
    """`lock_account` for an account that may be deleted during a login; None if it was."""
    row = unit.run(_LOCK, {"account": account_id}).one_or_none()
    if row is not None:
        unit.locked.add(account_id)
    return row


def keep_locked(unit: UnitOfWork, account_id: int) -> bool:
    """Locks an account unless this unit already has. Returns whether the account exists."""
    return account_id in unit.locked or lock_if_there(unit, account_id) is not None


def lock_for_change(unit: UnitOfWork, account_id: int) -> Account:
    """`lock_account` that returns a model, whose changes are stored."""
    account = unit.session.get_one(Account, account_id, populate_existing=True, with_for_update={"key_share": True})
    unit.locked.add(account_id)
    return account
