"""Accounts: their creation, what every page shows of them, and their password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from netim_app.core.facts import Origin
from netim_app.identity import facts, links, password_policy, sessions
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
_LAST_LOGIN = sa.select(_account.last_login_at).where(_IS_IT)
_NOTE_LOGIN = sa.update(table_of(Account)).where(_IS_IT).values(last_login_at=sa.bindparam("at"))
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
    unit: UnitOfWork, customer: NewCustomer, password_hash: str, origin: Origin | None = None, *, judged: bool = True
) -> Account:
    """Creates an account whose address is known to be its owner's.

    Args:
        judged: whether today's policy has accepted the password. False for a password from another system.

    Raises:
        IntegrityError: the address already belongs to an account.
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
        password_policy=(
            password_policy.policy(unit.settings.password_min_length) if judged else password_policy.UNKNOWN
        ),
        created_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()  # the fact names its id
    unit.record(facts.AccountCreated(account_id=account.id or 0, at=unit.now, origin=origin or Origin()))
    return account


@dataclass(frozen=True)
class ShellView:
    """The part of an account that every page of the account area shows around its content."""

    name: str
    language: str
    revision: int


def owner_of(unit: UnitOfWork, account_id: int) -> sa.Row[Any]:
    """The values that most pages and mails need of an account: the columns of `_OWNER`.

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
    """When the password was last changed, and the policy that accepted it."""
    row = owner_of(unit, account_id)
    return row.password_changed_at, row.password_policy


def locale_of(unit: UnitOfWork, account_id: int) -> tuple[str, str]:
    """The customer's language and time zone, for formatting."""
    row = owner_of(unit, account_id)
    return row.language, row.time_zone


def note_login(unit: UnitOfWork, fact: facts.LoggedIn) -> None:
    """Stores the time of the last login, because sessions are purged and browsers are forgotten."""
    unit.run(_NOTE_LOGIN, {"account": fact.account_id, "at": fact.at})


def last_login(unit: UnitOfWork, account_id: int) -> datetime | None:
    """The time of the last login; None if there was none."""
    row = unit.row(_LAST_LOGIN, account=account_id)
    return row.last_login_at if row else None


def last_logged_in_before(moment: datetime) -> sa.Select[tuple[int]]:
    """A query for the ids of accounts whose last login was before a moment. Accounts without any login are left out."""
    return sa.select(_account.id).where(_account.last_login_at < moment)


def replace_password(unit: UnitOfWork, fact: facts.PasswordChanged, password_hash: str) -> None:
    """Sets a new password, records the fact and revokes every mailed link."""
    account = sessions.lock_for_change(unit, fact.account_id)
    account.password_hash = password_hash
    account.password_changed_at = unit.now
    account.password_policy = password_policy.policy(unit.settings.password_min_length)
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)


def store_rehash(unit: UnitOfWork, account_id: int, old_hash: str, new_hash: str) -> str:
    """Replaces a hash by one in our format at today's cost, unless it has changed in the meantime.

    Returns the account's present hash; empty if the account no longer exists.
    """
    unit.run(_STORE_REHASH, {"account": account_id, "old": old_hash, "new": new_hash})
    account = sessions.lock_if_there(unit, account_id)
    return account.password_hash if account else ""


def store_judgement(unit: UnitOfWork, account_id: int, password_hash: str, *, accepted: bool) -> None:
    """Stores whether today's policy accepts a password, unless it has changed in the meantime."""
    today = password_policy.policy(unit.settings.password_min_length)
    policy = today if accepted else password_policy.REFUSED
    unit.run(_STORE_JUDGEMENT, {"account": account_id, "judged": password_hash, "policy": policy})
