"""The account: its owner, language and revision, and the time of its last login."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from netim_app.identity import facts
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

DEFAULT_TIME_ZONE = "Europe/Paris"

_account = table_of(Account).c
_IS_IT = _account.id == sa.bindparam("account")
_OWNER = sa.select(
    _account.email,
    _account.first_name,
    _account.last_name,
    _account.company,
    _account.language,
    _account.time_zone,
    _account.revision,
    _account.password_changed_at,
    _account.password_policy,
).where(_IS_IT)
_LAST_LOGIN = sa.select(_account.last_login_at).where(_IS_IT)
_NOTE_LOGIN = sa.update(table_of(Account)).where(_IS_IT).values(last_login_at=sa.bindparam("at"))


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
