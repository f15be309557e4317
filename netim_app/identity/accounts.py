"""Accounts: how they begin, what every page shows of them, and their password."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, update

from netim_app.core.facts import Origin
from netim_app.identity import facts, links, passwords, sessions
from netim_app.identity.email_address import email_key
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

DEFAULT_TIME_ZONE = "Europe/Paris"


_account = table_of(Account).c
_IS_IT = _account.id == sa.bindparam("account")
_SHELL = sa.select(_account.first_name, _account.last_name, _account.language, _account.revision).where(_IS_IT)
_PASSWORD_AGE = sa.select(_account.password_changed_at, _account.password_policy).where(_IS_IT)
_LOCALE = sa.select(_account.language, _account.time_zone).where(_IS_IT)


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


def view_shell(unit: UnitOfWork, account_id: int) -> ShellView:
    """The customer's name and language, and the revision that a page shows."""
    row = unit.run(_SHELL, {"account": account_id}).one()
    return ShellView(f"{row.first_name} {row.last_name}".strip(), row.language, row.revision)


def personal_words(unit: UnitOfWork, account_id: int) -> tuple[str, ...]:
    """Words that an attacker who knows the customer tries first."""
    account = unit.session.get_one(Account, account_id)
    return (account.email, account.first_name, account.last_name, account.company)


def password_age(unit: UnitOfWork, account_id: int) -> tuple[datetime, int]:
    """When the password was last changed, and under which version of the policy."""
    row = unit.run(_PASSWORD_AGE, {"account": account_id}).one()
    return row.password_changed_at, row.password_policy


def locale_of(unit: UnitOfWork, account_id: int) -> tuple[str, str]:
    """The customer's language and time zone, for formatting."""
    row = unit.run(_LOCALE, {"account": account_id}).one()
    return row.language, row.time_zone


def replace_password(unit: UnitOfWork, fact: facts.PasswordChanged, password_hash: str) -> None:
    """Puts a new password in force, records the fact and ends every mailed link."""
    account = sessions.lock_account(unit, fact.account_id)
    account.password_hash = password_hash
    account.password_changed_at = unit.now
    account.password_policy = passwords.policy(unit.settings.password_min_length)
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)


def store_rehash(unit: UnitOfWork, account_id: int, old_hash: str, new_hash: str) -> None:
    """Replaces a hash by one of today's cost, unless the password was changed meanwhile."""
    unit.session.exec(
        update(Account)
        .where(col(Account.id) == account_id, col(Account.password_hash) == old_hash)
        .values(password_hash=new_hash)
    )
