"""Accounts: how they begin, what every page shows of them, and their password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from netim_app.core.facts import Origin
from netim_app.identity import facts, links, passwords, sessions
from netim_app.identity.email_address import email_key
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

DEFAULT_TIME_ZONE = "Europe/Paris"


_account = table_of(Account).c
_IS_IT = _account.id == sa.bindparam("account")
_OWNER = sa.select(
    _account.email, _account.first_name, _account.last_name, _account.company, _account.language, _account.time_zone,
    _account.revision, _account.password_changed_at, _account.password_policy,
).where(_IS_IT)  # fmt: skip
_STORE_REHASH = (
    sa.update(table_of(Account))
    .where(_IS_IT, _account.password_hash == sa.bindparam("old"))
    .values(password_hash=sa.bindparam("new"))
)


@dataclass(frozen=True)
class NewCustomer:
    """A checked sign-up form."""

    email: str
    first_name: str
    last_name: str
    password: str
    language: str
    time_zone: str


def create_account(
    unit: UnitOfWork, customer: NewCustomer, password_hash: str, origin: Origin | None = None
) -> Account:
    """An account whose address is known to be its owner's.

    Raises:
        IntegrityError: the address belongs to an account already.
    """
    account = Account(
        email=customer.email,
        email_key=email_key(customer.email),
        first_name=customer.first_name,
        last_name=customer.last_name,
        language=customer.language,
        time_zone=customer.time_zone,
        password_hash=password_hash,
        password_changed_at=unit.now,
        password_policy=passwords.policy(unit.settings.password_min_length),
        created_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()  # the fact names its id
    unit.record(facts.AccountCreated(account_id=account.id or 0, at=unit.now, origin=origin or Origin()))
    return account


@dataclass(frozen=True)
class ShellView:
    """What surrounds every page of the account area."""

    name: str
    language: str
    revision: int


def owner_of(unit: UnitOfWork, account_id: int) -> sa.Row[Any]:
    """What most pages and mails need of an account: the columns of `_OWNER`.

    Raises:
        NoResultFound: there is no such account.
    """
    row = unit.row(_OWNER, account=account_id)
    if row is None:
        raise NoResultFound
    return row


def view_shell(unit: UnitOfWork, account_id: int) -> ShellView:
    """The customer's name and language, and the revision that a page shows."""
    row = owner_of(unit, account_id)
    return ShellView(f"{row.first_name} {row.last_name}".strip(), row.language, row.revision)


def personal_words(unit: UnitOfWork, account_id: int) -> tuple[str, ...]:
    """Words that an attacker who knows the customer tries first."""
    row = owner_of(unit, account_id)
    return (row.email, row.first_name, row.last_name, row.company)


def password_age(unit: UnitOfWork, account_id: int) -> tuple[datetime, int]:
    """When the password was last changed, and under which version of the policy."""
    row = owner_of(unit, account_id)
    return row.password_changed_at, row.password_policy


def locale_of(unit: UnitOfWork, account_id: int) -> tuple[str, str]:
    """The customer's language and time zone, for formatting."""
    row = owner_of(unit, account_id)
    return row.language, row.time_zone


def replace_password(unit: UnitOfWork, fact: facts.PasswordChanged, password_hash: str) -> None:
    """Puts a new password in force, records the fact and ends every mailed link."""
    account = sessions.lock_for_change(unit, fact.account_id)
    account.password_hash = password_hash
    account.password_changed_at = unit.now
    account.password_policy = passwords.policy(unit.settings.password_min_length)
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)


def store_rehash(unit: UnitOfWork, account_id: int, old_hash: str, new_hash: str) -> None:
    """Replaces a hash by one of today's cost, unless the password was changed meanwhile."""
    unit.run(_STORE_REHASH, {"account": account_id, "old": old_hash, "new": new_hash})
