"""The recent activity: the journal without mails, with similar entries grouped."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from textwrap import shorten
from typing import Any

import sqlalchemy as sa

from netim_app.features.journal.service import words
from netim_app.features.journal.service.entries import LAST
from netim_app.features.journal.tables import JournalEntry
from netim_app.identity import accounts, facts
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog, formats
from netim_app.texts.time_zones import listed_zone, zone_label

ONE_ENTRY = timedelta(hours=1)
"""Consecutive similar failures and changes within this time are shown as one entry."""
MAX_TIMES = 100
"""The largest group, so that the rows read for a page are limited."""
FIRST_PAGE = 10
NEXT_PAGE = 20
MAX_HOW = 200
"""Characters of a change's subject. The journal has all of them."""
BATCH = 20
"""How many rows are read at a time: usually enough for a page."""
SHOWN = ("all", "logins", "failures", "changes")
"""The customer's choices of what to see."""
NOTED = (
    facts.LoggedIn,
    facts.LoggedOut,
    facts.OtherSessionsRevoked,
    facts.SecondFactorNotCompleted,
    facts.LoginBlocked,
    facts.Refusal,
    facts.CodesLockedOut,
)
"""The facts that are shown besides changes."""

_LOGINS = ("logged_in", "logged_out", "other_sessions_revoked")
_CHANGES = ("changes", "operator")
_HOW = {
    "login_failed": "activity.wrong_password",
    "second_factor_not_completed": "activity.no_code",
    "proof_failed": "activity.proof_by_password",
    "codes_locked_out": "activity.too_many_codes",
}
"""By event. A refusal by a login policy is described by the way of the login, see `_BLOCKED`."""
_BLOCKED = {
    "password": "activity.wrong_address",
    "ceremony": "activity.wrong_address_for_ceremony",
    "reset": "activity.wrong_address_for_reset",
}
_ENTRIES = table_of(JournalEntry)
_entry = _ENTRIES.c
_COLUMNS = (
    _entry.number,
    _entry.at,
    _entry.sort,
    _entry.event,
    _entry.details,
    _entry.others,
    _entry.address,
    _entry.browser,
    _entry.system,
)


@dataclass(frozen=True)
class Entry:
    """One entry or a group of similar ones as the card shows it, in the customer's language."""

    number: int
    """The number of the newest entry."""
    what: str
    how: str
    """How the customer was identified, why it failed, or the subject of a change."""
    sort: str
    """One of `SHOWN`, other than "all"."""
    client: str
    address: str
    when: str
    exact: str
    often: str
    """How often and since when; empty for a single entry."""


@dataclass(frozen=True)
class Page:
    """Some entries, newest first. `end` is the number of the last one in them, or 0 when there are no older ones."""

    entries: tuple[Entry, ...]
    end: int
    language: str
    time_zone: str


@dataclass(frozen=True)
class _About:
    """The properties that similar entries share."""

    what: str
    how: str
    sort: str
    client: str
    address: str


@dataclass
class _Group:
    """Entries that are shown as one."""

    about: _About
    newest: sa.Row[Any]
    oldest: sa.Row[Any]
    times: int = 1

    def takes(self, about: _About, row: sa.Row[Any]) -> bool:
        """Whether an older entry belongs to the group. Logins are not grouped."""
        is_near = self.newest.at - row.at < ONE_ENTRY and self.times < MAX_TIMES
        return is_near and about == self.about and about.sort != "logins"


def view_newest(unit: UnitOfWork, account_id: int) -> Page:
    """The initial content of the card."""
    return view_page(unit, account_id, "all", 0, FIRST_PAGE)


def view_page(unit: UnitOfWork, account_id: int, shown: str, before: int, size: int) -> Page:
    """The newest entries before a number; 0 for the newest of all.

    Args:
        shown: one of `SHOWN`.
    """
    language, time_zone = accounts.locale_of(unit, account_id)
    groups, end = _grouped(_newest_first(unit, account_id, shown, before or LAST), language, size)
    return Page(
        entries=tuple(_shown(group, language, time_zone) for group in groups),
        end=end,
        language=language,
        time_zone=zone_label(listed_zone(time_zone)),
    )


def _newest_first(unit: UnitOfWork, account_id: int, shown: str, before: int) -> Iterator[sa.Row[Any]]:
    """The entries before a number, newest first, read lazily."""
    rows = unit.rows(_batch_of(shown), account=account_id, before=before)
    yield from rows
    while len(rows) == BATCH:
        rows = unit.rows(_batch_of(shown), account=account_id, before=rows[-1].number)
        yield from rows


@cache
def _batch_of(shown: str) -> sa.Select[Any]:
    wanted = {
        "all": sa.or_(_entry.sort.not_in(("logins", "mails")), _entry.event.in_(_LOGINS)),
        "logins": sa.and_(_entry.sort == "logins", _entry.event.in_(_LOGINS)),
        "failures": _entry.sort == "failures",
        "changes": _entry.sort.in_(_CHANGES),
    }[shown]
    of_account = (_entry.account_id == sa.bindparam("account"), _entry.number < sa.bindparam("before"))
    return sa.select(*_COLUMNS).where(*of_account, wanted).order_by(_entry.number.desc()).limit(BATCH)


def _grouped(rows: Iterator[sa.Row[Any]], language: str, size: int) -> tuple[list[_Group], int]:
    """The first groups, and the number of the last entry in them; 0 when there are no more."""
    groups: list[_Group] = []
    for row in rows:
        about = _about(row, language)
        if about is None:
            continue
        if groups and groups[-1].takes(about, row):
            groups[-1].oldest = row
            groups[-1].times += 1
        elif len(groups) == size:
            return groups, groups[-1].oldest.number
        else:
            groups.append(_Group(about, newest=row, oldest=row))
    return groups, 0


def _about(row: sa.Row[Any], language: str) -> _About | None:
    """None for an entry that the list leaves out."""
    details = json.loads(row.details)
    if not _is_shown(row, details):
        return None
    how = _how(row, details, language)
    return _About(
        what=_what(row, details, language),
        how=how if len(how) <= MAX_HOW else shorten(how, MAX_HOW, placeholder=" …"),
        sort="changes" if row.sort in _CHANGES else row.sort,
        client=words.client(row, language),
        address=row.address,
    )


def _is_shown(row: sa.Row[Any], details: dict[str, Any]) -> bool:
    match row.event:
        case "logged_out":  # a customer who logs in again in the same browser did not log out
            return not details.get("replaced")
        case "code_refused":  # for wrong codes during a login, its outcome is shown
            return bool(details.get("logged_in") or details.get("only_fallback"))
    return row.sort not in _CHANGES or bool(details.get("summary"))


def _what(row: sa.Row[Any], details: dict[str, Any], language: str) -> str:
    match row.event:
        case "codes_locked_out":
            return catalog.text(language, "activity.locked_out")
        case "code_refused":
            return words.what("proof_failed" if details.get("logged_in") else "login_failed", details, language)
    return words.what(row.event, details, language)


def _how(row: sa.Row[Any], details: dict[str, Any], language: str) -> str:
    match row.event:
        case "login_blocked":
            key = _BLOCKED.get(details.get("way", ""), "")
        case "code_refused":
            key = "activity.proof_by_code" if details.get("logged_in") else "activity.wrong_fallback_code"
        case event:
            key = _HOW.get(event, "")
    return catalog.text(language, key) if key else words.how(row, details, language)


def _shown(group: _Group, language: str, time_zone: str) -> Entry:
    about, newest = group.about, group.newest
    since = formats.format_short(group.oldest.at, language, time_zone)
    return Entry(
        number=newest.number,
        what=about.what,
        how=about.how,
        sort=about.sort,
        client=about.client,
        address=about.address,
        when=formats.format_short(newest.at, language, time_zone),
        exact=formats.format_datetime(newest.at, language, time_zone),
        often=catalog.text(language, "activity.often", count=group.times, since=since) if group.times > 1 else "",
    )
