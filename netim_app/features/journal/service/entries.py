"""Writes the journal, in the unit of the recorded act.

Strangers can add entries by failing, so failures of one kind are limited to `MAX_FAILURES_A_DAY`; one more entry says
that there were more. Each kind counts separately: wrong passwords do not hide that somebody knew the right one.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from netim_app.core.facts import Change, Fact, Origin, event_name
from netim_app.features.journal import rules
from netim_app.features.journal.rules import Head
from netim_app.features.journal.tables import JournalEntry
from netim_app.identity import facts, operations
from netim_app.identity.account_lock import keep_locked
from netim_app.infra.columns import table_of
from netim_app.infra.handlers import MailAbout
from netim_app.infra.unit_of_work import UnitOfWork

KEEP_PLACES = timedelta(days=180)
"""How long addresses and browsers are kept; after that only their commitments."""
MAX_FAILURES_A_DAY = 100
DAY = timedelta(days=1)
SORTS = ("logins", "failures", "changes", "mails", "operator")
MORE_FAILURES = "more_failures"
LAST = 2**31 - 1
"""Greater than every number."""
PLACES = ("address", "browser", "system")
"""The names of the personal values that are kept for a limited time."""

_IN_EVERY_FACT = {"account_id", "at", "origin"}
_OUR_WORDS = {"factor", "reason", "way", "act", "setting", "change"}
"""Fields of facts with our own words. Any other text is personal."""
_FAILURES = (facts.Refusal, facts.LoginBlocked, facts.SecondFactorNotCompleted, facts.CodesLockedOut)
_ENTRIES = table_of(JournalEntry)
_entry = _ENTRIES.c
_ADD = sa.insert(_ENTRIES)
_OF_ACCOUNT = _entry.account_id == sa.bindparam("account")
_NEWEST_FIRST = _entry.number.desc()
_NEWEST = sa.select(_entry.number, _entry.hash).where(_OF_ACCOUNT).order_by(_NEWEST_FIRST).limit(1)
_FAILED_BEFORE = (
    sa.select(_entry.at)
    .where(_OF_ACCOUNT, _entry.sort == "failures", _entry.event == sa.bindparam("event"))
    .order_by(_NEWEST_FIRST)
    .limit(MAX_FAILURES_A_DAY)
)
_MORE_BEFORE = (
    sa.select(_entry.number)
    .where(
        _OF_ACCOUNT,
        _entry.sort == "failures",
        _entry.event == MORE_FAILURES,
        _entry.details == sa.bindparam("details"),
        _entry.at > sa.bindparam("since"),
    )
    .limit(1)
)


@dataclass(frozen=True, kw_only=True)
class What:
    """The content of a new entry.

    Attributes:
        sort: one of `SORTS`.
        details, others: see `tables.JournalEntry`.
    """

    sort: str
    event: str
    details: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)


def note(unit: UnitOfWork, fact: Fact) -> None:
    """Records a fact, before other subscribers react with mails or further facts."""
    what = _what(fact)
    if what.sort == "failures" and _are_many(unit, fact.account_id, what.event):
        what = What(sort="failures", event=MORE_FAILURES, details={"of": what.event})
        noted = {"details": json.dumps(what.details), "since": unit.now - DAY}
        if unit.row(_MORE_BEFORE, account=fact.account_id, **noted):
            return
    add(unit, fact.account_id, what)


def note_mail(unit: UnitOfWork, about: MailAbout) -> dict[str, object] | None:
    """Records that a mail is queued. Returns the entry's data for the mail, as evidence in the owner's mailbox."""
    if about.account_id is None:
        return None
    head = add(unit, about.account_id, What(sort="mails", event="mail_queued", details={"mail": about.event}))
    return {"number": head.number, "fingerprint": head.fingerprint} if head and about.is_personal else None


def note_mail_withdrawn(unit: UnitOfWork, account_id: int, event: str) -> None:
    """Records that such mails are not sent because another one says more."""
    add(unit, account_id, What(sort="mails", event="mail_withdrawn", details={"mail": event}))


def add(unit: UnitOfWork, account_id: int, what: What) -> Head | None:
    """Adds an entry. Returns it as the new head; None when the account no longer exists."""
    if not keep_locked(unit, account_id):  # otherwise two concurrent entries would get the same number
        return None
    previous = newest(unit, account_id)
    origin = what.origin
    places = {"address": origin.known_address, "browser": origin.browser, "system": origin.system}
    places = {name: value for name, value in places.items() if value}
    place_salt, others_salt = secrets.token_bytes(rules.SALT_BYTES), secrets.token_bytes(rules.SALT_BYTES)
    entry = rules.Entry(
        account_id=account_id,
        number=previous.number + 1,
        at=rules.to_milliseconds(unit.now),
        event=what.event,
        details=what.details,
        personal=_commitments(place_salt, places) | _commitments(others_salt, what.others),
    )
    head = Head(entry.number, rules.hash_of(previous.hash, entry))
    row = {
        "account_id": account_id,
        "number": entry.number,
        "at": entry.at,
        "sort": what.sort,
        "event": entry.event,
        "details": json.dumps(entry.details),
        "commitments": json.dumps(entry.personal),
        "hash": head.hash,
        **{name: places.get(name, "") for name in PLACES},
        "place_salt": place_salt if places else b"",
        "forget_at": unit.now + KEEP_PLACES if places else None,
        "others": json.dumps(what.others),
        "others_salt": others_salt if what.others else b"",
    }
    unit.run(_ADD, row)
    return head


def newest(unit: UnitOfWork, account_id: int) -> Head:
    """The head of the journal; no. 0 before the first entry. A journal is never emptied from the end."""
    row = unit.row(_NEWEST, account=account_id)
    return Head(row.number, row.hash) if row else Head(0, rules.FIRST_PREVIOUS)


def _are_many(unit: UnitOfWork, account_id: int, event: str) -> bool:
    """Whether the daily limit for failures of this kind is reached."""
    keep_locked(unit, account_id)
    rows = unit.rows(_FAILED_BEFORE, account=account_id, event=event)
    return len(rows) == MAX_FAILURES_A_DAY and bool(rows[-1].at > unit.now - DAY)


def _what(fact: Fact) -> What:
    details: dict[str, Any] = {"summary": fact.summary} if isinstance(fact, Change) and fact.summary else {}
    others: dict[str, str] = {}
    for name in (each.name for each in fields(fact) if each.name not in _IN_EVERY_FACT):
        value = getattr(fact, name)
        if isinstance(value, datetime):
            details[name] = rules.moment(value)
        elif isinstance(value, bool | int) or name in _OUR_WORDS:
            details[name] = value
        elif name == "edits":
            others |= {f"{age}_{edit.name}": getattr(edit, age) for edit in value for age in ("old", "new")}
        elif value:
            others[name] = ", ".join(value) if isinstance(value, tuple) else str(value)
    return What(sort=_sort_of(fact), event=event_name(fact), details=details, others=others, origin=fact.origin)


def _sort_of(fact: Fact) -> str:
    if fact.origin == operations.OPERATOR:
        return "operator"
    match fact:
        case facts.SupportActed() | facts.AccountUnlocked():
            return "operator"
        case Change():
            return "changes"
    return "failures" if isinstance(fact, _FAILURES) else "logins"


def _commitments(salt: bytes, values: Mapping[str, str]) -> dict[str, str]:
    return {name: rules.commitment(salt, value) for name, value in values.items()}
