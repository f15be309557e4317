"""Reads the journal page by page, or as a whole."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any

import sqlalchemy as sa

from netim_app.features.journal import rules
from netim_app.features.journal.rules import Entry, Head
from netim_app.features.journal.service import keys, words
from netim_app.features.journal.service.entries import LAST, PLACES, SORTS
from netim_app.features.journal.tables import JournalAnchor, JournalEntry
from netim_app.identity import accounts
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats
from netim_app.texts.time_zones import listed_zone, zone_label, zone_of

FIRST_PAGE = 10
NEXT_PAGE = 20
BATCH = 1_000
"""How many entries are read at a time when all are read."""
MAX_EXPORTED = 10_000
""""Download my data" has this many of the newest entries. The journal's own export has all of them."""

_ENTRIES, _ANCHORS = table_of(JournalEntry), table_of(JournalAnchor)
_entry, _anchor = _ENTRIES.c, _ANCHORS.c
_OF_ACCOUNT = _entry.account_id == sa.bindparam("account")
_BEHIND = (
    sa.select(_ENTRIES).where(_OF_ACCOUNT, _entry.number > sa.bindparam("number")).order_by(_entry.number).limit(BATCH)
)
_LAST_BEFORE = (
    sa.select(_entry.number)
    .where(_OF_ACCOUNT, _entry.at < sa.bindparam("moment"))
    .order_by(_entry.at.desc(), _entry.number.desc())
    .limit(1)
)
_FIND_ANCHOR = sa.select(_ANCHORS).where(_anchor.account_id == sa.bindparam("account"))


@dataclass(frozen=True)
class Wanted:
    """The customer's filter: one sort or "all", one address or any, between two days."""

    sort: str = "all"
    address: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Shown:
    """An entry as the page shows it, in the customer's language."""

    number: int
    what: str
    how: str
    """How the customer was identified, why it failed, or the subject of a change."""
    sort: str
    client: str
    address: str
    when: str
    exact: str
    fingerprint: str


@dataclass(frozen=True)
class Page:
    """Some entries, newest first. `end` is the number of the last one, or 0 when there are no older ones."""

    entries: tuple[Shown, ...]
    end: int
    language: str
    time_zone: str


def view_page(unit: UnitOfWork, account_id: int, wanted: Wanted, before: int, size: int) -> Page:
    """The newest matching entries before a number; 0 for the newest of all."""
    language, time_zone = accounts.locale_of(unit, account_id)
    zone = zone_of(time_zone)
    values: dict[str, Any] = {"after": 0, "before": before or LAST}
    if wanted.since:
        values["after"] = _last_before(unit, account_id, _begin(wanted.since, zone))
    if wanted.until:
        end = _last_before(unit, account_id, _begin(wanted.until + timedelta(days=1), zone))
        values["before"] = min(values["before"], end + 1)
    if wanted.sort != "all":
        values["sort"] = wanted.sort
    if wanted.address:
        values["address"] = wanted.address
    statement = _page_of(by_sort=wanted.sort != "all", by_address=bool(wanted.address))
    rows = unit.rows(statement, account=account_id, size=size + 1, **values)
    kept = rows[:size]
    return Page(
        entries=tuple(_shown(row, language, time_zone) for row in kept),
        end=kept[-1].number if len(rows) > size else 0,
        language=language,
        time_zone=zone_label(listed_zone(time_zone)),
    )


@cache
def _page_of(*, by_sort: bool, by_address: bool) -> sa.Select[Any]:
    wanted = sa.select(_ENTRIES).where(
        _OF_ACCOUNT, _entry.number > sa.bindparam("after"), _entry.number < sa.bindparam("before")
    )
    if by_sort:
        wanted = wanted.where(_entry.sort == sa.bindparam("sort"))
    if by_address:
        wanted = wanted.where(_entry.address == sa.bindparam("address"))
    return wanted.order_by(_entry.number.desc()).limit(sa.bindparam("size"))


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _last_before(unit: UnitOfWork, account_id: int, moment: datetime) -> int:
    """The number of the last entry before a moment; 0 if there is none."""
    row = unit.row(_LAST_BEFORE, account=account_id, moment=moment)
    return row.number if row else 0


def all_behind(unit: UnitOfWork, account_id: int, number: int) -> Iterator[sa.Row[Any]]:
    """The entries after a number, oldest first, read lazily."""
    while rows := unit.run(_BEHIND, {"account": account_id, "number": number}).all():
        yield from rows
        number = rows[-1].number


def beginning(unit: UnitOfWork, account_id: int) -> Head:
    """The predecessor of the first existing entry: the last removed one, or nothing (no. 0).

    An anchor without a signature of our key is ignored: anybody who can write to the database could forge one.
    """
    row = unit.run(_FIND_ANCHOR, {"account": account_id}).first()  # the current row: `row` would return a cached one
    if row and keys.vouches_for(unit, row.note, account_id, Head(row.number, row.hash)):
        return Head(row.number, row.hash)
    return Head(0, rules.FIRST_PREVIOUS)


def entry_of(row: sa.Row[Any]) -> Entry:
    """The hashed part of a row."""
    details, personal = json.loads(row.details), json.loads(row.commitments)
    return Entry(row.account_id, row.number, row.at, row.event, details, personal)


def values_of(row: sa.Row[Any]) -> dict[str, tuple[bytes, str]]:
    """The personal values that are still stored, by name, each with its salt."""
    places = {name: (row.place_salt, getattr(row, name)) for name in PLACES if getattr(row, name)}
    return places | {name: (row.others_salt, value) for name, value in json.loads(row.others).items()}


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the newest entries, with descriptions in the customer's language."""
    rows = unit.rows(
        _page_of(by_sort=False, by_address=False), account=account_id, after=0, before=LAST, size=MAX_EXPORTED
    )
    language, _ = accounts.locale_of(unit, account_id)
    return {"entries": [_plain(row, language) for row in rows]}


def _plain(row: sa.Row[Any], language: str) -> dict[str, Any]:
    entry = entry_of(row)
    kept = {name: value for name, (_, value) in values_of(row).items()}
    return {
        "number": entry.number,
        "at": rules.moment(entry.at),
        "event": entry.event,
        "what": words.what(entry.event, entry.details, language),
        "how": words.how(row, entry.details, language),
        "details": entry.details,
        "hash": row.hash,
        **kept,
    }


def _shown(row: sa.Row[Any], language: str, time_zone: str) -> Shown:
    details = json.loads(row.details)
    return Shown(
        number=row.number,
        what=words.what(row.event, details, language),
        how=words.how(row, details, language),
        sort=row.sort if row.sort in SORTS else "changes",
        client=words.client(row, language),
        address=row.address,
        when=formats.format_short(row.at, language, time_zone),
        exact=formats.format_datetime(row.at, language, time_zone),
        fingerprint=Head(row.number, row.hash).fingerprint,
    )
