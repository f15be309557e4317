"""The stored password of an account: its age and policy, and its replacement."""

from datetime import datetime

import sqlalchemy as sa

from netim_app.identity import facts, links, password_policy
from netim_app.identity.account_lock import lock_for_change, lock_if_there
from netim_app.identity.accounts import owner_of
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_account = table_of(Account).c
_IS_IT = _account.id == sa.bindparam("account")
_STORE_REHASH = (
    sa.update(table_of(Account))
    .where(_IS_IT, _account.password_hash == sa.bindparam("old"))
    .values(password_hash=sa.bindparam("new"))
)
_STORE_JUDGEMENT = (
    sa.update(table_of(Account))
    .where(_IS_IT, _account.password_hash == sa.bindparam("judged"))
    .values(password_policy=sa.bindparam("policy"))
)


def password_age(unit: UnitOfWork, account_id: int) -> tuple[datetime, int]:
    """When the password was last changed, and the policy that accepted it."""
    row = owner_of(unit, account_id)
    return row.password_changed_at, row.password_policy


def replace_password(unit: UnitOfWork, fact: facts.PasswordChanged, password_hash: str) -> None:
    """Sets a new password, records the fact and revokes every mailed link."""
    account = lock_for_change(unit, fact.account_id)
    account.password_hash = password_hash
    account.password_changed_at = unit.now
    account.password_policy = password_policy.policy(unit.settings.password_min_length)
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)


def store_rehash(unit: UnitOfWork, account_id: int, old_hash: str, new_hash: str) -> str | None:
    """Replaces a hash by one in our format at today's cost, unless it has changed in the meantime.

    Returns the account's present hash; None if the account no longer exists.
    """
    unit.run(_STORE_REHASH, {"account": account_id, "old": old_hash, "new": new_hash})
    account = lock_if_there(unit, account_id)
    return None if account is None else account.password_hash


def store_judgement(unit: UnitOfWork, account_id: int, password_hash: str, *, accepted: bool) -> None:
    """Stores whether today's policy accepts a password, unless it has changed in the meantime."""
    today = password_policy.policy(unit.settings.password_min_length)
    policy = today if accepted else password_policy.REFUSED
    unit.run(_STORE_JUDGEMENT, {"account": account_id, "judged": password_hash, "policy": policy})
