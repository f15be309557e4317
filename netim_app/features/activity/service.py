"""Writing the activity of an account down as it happens, and reading it page by page.

It is the only history that the product keeps of an account: log lines are the operator's, and session rows go when they
open nothing any more. Strangers write it too, by failing: failures of one kind from one browser within an hour are one
entry with a count, and after so many entries in a day all further ones are one. The same holds for changes.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, func, select

from netim_app.core.facts import Change, Fact, Origin
from netim_app.features.activity.tables import MAX_DETAIL, ActivityEntry
from netim_app.identity import accounts, facts, sessions
from netim_app.infra.columns import table_of
from netim_app.infra.export import as_json
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers
from netim_app.texts import catalog
from netim_app.texts.places import listed_zone, zone_label

KEEP = timedelta(days=180)
ONE_ENTRY = timedelta(hours=1)
"""How long what is alike, from one browser at one IP address, is added to one entry."""
DAY = timedelta(days=1)
MAX_ALIKE_A_DAY = 20
"""Entries of one kind; what comes after is added up, wherever it comes from."""
FIRST_PAGE = 10
NEXT_PAGE = 20
MAX_EXPORTED = 10_000
"""Entries of "Download my data", the newest: logins are not added up, and a program may make any number of them."""

WHAT = {
    "logged_in": "activity.logged_in",
    "logged_out": "activity.logged_out",
    "others_out": "activity.others_out",
    "failed": "activity.failed",
    "half": "activity.half",
    "refused": "activity.refused",
    "proof_failed": "activity.proof_failed",
    "stopped": "activity.stopped",
    "changed": "activity.changed",
}
"""By kind. A change has words of its own; these are for one whose feature is gone."""
SHOWN: dict[str, tuple[str, ...]] = {
    "all": tuple(WHAT),
    "logins": ("logged_in", "logged_out", "others_out"),
    "failures": ("failed", "half", "refused", "proof_failed", "stopped"),
    "changes": ("changed",),
}
"""What the customer may choose to see, as kinds."""
HOW = {
    ("logged_in", ""): "activity.by_password",
    ("failed", "password"): "activity.wrong_password",
    ("failed", "code"): "activity.wrong_spare_code",
    ("half", "code"): "activity.no_code",
    ("refused", "password"): "activity.wrong_address",
    ("refused", "ceremony"): "activity.wrong_address_for_ceremony",
    ("refused", "reset"): "activity.wrong_address_for_reset",
    ("proof_failed", "password"): "activity.proof_by_password",
    ("proof_failed", "code"): "activity.proof_by_code",
    ("stopped", "code"): "activity.too_many_codes",
}
"""By kind and factor, where there is something to say. A second factor brings its own: `SecondFactor.logged_in`."""

_ENTRIES = table_of(ActivityEntry)
_entries = _ENTRIES.c
_ADD = sa.insert(_ENTRIES)

Place = tuple[datetime, int]
"""Where a page ends: the moment and the id of its last entry."""


@dataclass(frozen=True)
class Entry:
    """An entry as the card shows it, in words of the customer's language."""

    id: int
    what: str
    how: str
    """How the customer was known, why it failed, or what a change was about."""
    sort: str
    """A key of `SHOWN`, other than "all"."""
    client: str
    address: str
    when: str
    exact: str
    often: str
    """How many times since when; empty for once."""


@dataclass(frozen=True)
class Page:
    """Some entries, newest first. `end` is None when there are no older ones."""

    entries: tuple[Entry, ...]
    end: Place | None
    time_zone: str


NOTED = (
    facts.LoggedIn,
    facts.LoggedOut,
    facts.OtherSessionsRevoked,
    facts.LoginFailed,
    facts.SecondFactorNotCompleted,
    facts.LoginBlocked,
    facts.ProofFailed,
    facts.CodeRefused,
    facts.CodesStopped,
)
"""The facts of logins that the list tells."""


@dataclass(frozen=True)
class _What:
    """What happened, as it is stored."""

    kind: str
    factor: str = ""
    told: str = ""
    detail: str = ""


def note(unit: UnitOfWork, fact: Fact) -> None:
    """Writes a fact of a login down."""
    match fact:
        case facts.LoggedIn():
            _note(unit, fact, _What("logged_in", fact.factor))
        case facts.LoggedOut(replaced=False):  # who logs in anew in the same browser knows of no logout
            _note(unit, fact, _What("logged_out"))
        case facts.OtherSessionsRevoked():
            _note(unit, fact, _What("others_out"))
        case facts.LoginFailed():
            _count(unit, fact, _What("failed", "password"))
        case facts.SecondFactorNotCompleted():
            _count(unit, fact, _What("half", "code"))
        case facts.LoginBlocked():
            _count(unit, fact, _What("refused", fact.way))
        case facts.ProofFailed():
            _count(unit, fact, _What("proof_failed", "password"))
        case facts.CodeRefused(logged_in=True) | facts.CodeRefused(spare=True):
            # of wrong codes during a login, how it ended is told
            _count(unit, fact, _What("proof_failed" if fact.logged_in else "failed", "code"))
        case facts.CodesStopped():
            _note(unit, fact, _What("stopped", "code"))


def note_change(unit: UnitOfWork, fact: Change) -> None:
    """Writes a change down, in the words of the fact."""
    if fact.told:
        _count(unit, fact, _What("changed", told=fact.told, detail=fact.detail[:MAX_DETAIL]))


def _note(unit: UnitOfWork, fact: Fact, what: _What, *, scattered: bool = False) -> None:
    origin = Origin() if scattered else fact.origin
    row = {
        "account_id": fact.account_id,
        "at": fact.at,
        "first_at": fact.at,
        **asdict(what),
        "scattered": scattered,
        "address": origin.known_address,
        "browser": origin.browser,
        "system": origin.system,
    }
    unit.run(_ADD, row)


def _count(unit: UnitOfWork, fact: Fact, what: _What) -> None:
    """Adds a failure or a change to the entry that it belongs to, or makes a new one."""
    sessions.lock_account(unit, fact.account_id)  # or many at once would each make an entry
    same = (
        ActivityEntry.account_id == fact.account_id,
        ActivityEntry.kind == what.kind,
        ActivityEntry.factor == what.factor,
        ActivityEntry.told == what.told,
    )
    near = (
        col(ActivityEntry.first_at) > fact.at - ONE_ENTRY,
        ActivityEntry.address == fact.origin.known_address,
        ActivityEntry.browser == fact.origin.browser,
        ActivityEntry.system == fact.origin.system,
        ActivityEntry.detail == what.detail,
    )
    entry = _last(unit, *same, *near, col(ActivityEntry.scattered).is_(False))
    scattered = False
    if entry is None:
        today = (*same, col(ActivityEntry.first_at) > fact.at - DAY)
        scattered = unit.session.exec(select(func.count()).where(*today)).one() >= MAX_ALIKE_A_DAY
        entry = _last(unit, *today, col(ActivityEntry.scattered).is_(True)) if scattered else None
    if entry is None:
        _note(unit, fact, replace(what, detail="") if scattered else what, scattered=scattered)
    else:
        entry.times += 1
        entry.at = fact.at


def _last(unit: UnitOfWork, *wanted: object) -> ActivityEntry | None:
    found = select(ActivityEntry).where(*wanted).order_by(col(ActivityEntry.id).desc())  # type: ignore[arg-type]  # conditions
    return unit.session.exec(found.limit(1)).first()


def view_newest(unit: UnitOfWork, account_id: int) -> Page:
    """What the card shows at first."""
    return view_page(unit, account_id, "all", None, FIRST_PAGE)


def view_page(unit: UnitOfWork, account_id: int, shown: str, before: Place | None, size: int) -> Page:
    """The newest entries before a place, or the newest of all.

    Args:
        shown: a key of `SHOWN`.
    """
    language, time_zone = accounts.locale_of(unit, account_id)
    place: dict[str, Any] = {} if before is None else {"at": before[0], "id": before[1]}
    rows = unit.rows(_page_of(shown, further=before is not None), account=account_id, size=size + 1, **place)
    kept = rows[:size]
    return Page(
        entries=tuple(_entry(row, language, time_zone) for row in kept),
        end=(kept[-1].at, kept[-1].id) if len(rows) > size else None,
        time_zone=zone_label(listed_zone(time_zone)),
    )


@cache
def _page_of(shown: str, *, further: bool) -> sa.Select[Any]:
    """The entries of one choice, newest first: from the newest on, or those before a place."""
    wanted = sa.select(_ENTRIES).where(_entries.account_id == sa.bindparam("account"))
    if shown != "all":
        wanted = wanted.where(_entries.kind.in_(SHOWN[shown]))
    if further:
        at: Any = sa.bindparam("at")
        wanted = wanted.where(sa.or_(_entries.at < at, sa.and_(_entries.at == at, _entries.id < sa.bindparam("id"))))
    return wanted.order_by(_entries.at.desc(), _entries.id.desc()).limit(sa.bindparam("size"))


def _entry(row: sa.Row[Any], language: str, time_zone: str) -> Entry:
    client = catalog.format_client(row.browser, row.system, language)
    since = catalog.format_short(row.first_at, language, time_zone)
    return Entry(
        id=row.id,
        what=_what(row, language),
        how=_how(row, language),
        sort=next(sort for sort, kinds in SHOWN.items() if sort != "all" and row.kind in kinds),
        client=catalog.text(language, "activity.scattered") if row.scattered else client,
        address=row.address,
        when=catalog.format_short(row.at, language, time_zone),
        exact=catalog.format_datetime(row.at, language, time_zone),
        often=catalog.text(language, "activity.often", count=row.times, since=since) if row.times > 1 else "",
    )


def _what(row: sa.Row[Any], language: str) -> str:
    return catalog.text(language, row.told if catalog.has(row.told) else WHAT[row.kind])


def _how(row: sa.Row[Any], language: str) -> str:
    if row.detail:
        return str(row.detail)
    key = (offers().ways_in.get(row.factor) if row.kind == "logged_in" else None) or HOW.get((row.kind, row.factor))
    return catalog.text(language, key) if key else ""


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the newest entries, in words of the customer's language."""
    language, _ = accounts.locale_of(unit, account_id)
    rows = unit.rows(_page_of("all", further=False), account=account_id, size=MAX_EXPORTED)
    names = ("at", "first_at", "times", "kind", "address", "browser", "system")
    return {
        "entries": [
            {name: plain[name] for name in names} | {"what": _what(row, language), "how": _how(row, language)}
            for row, plain in zip(rows, as_json(rows), strict=True)
        ]
    }


def purge(unit: UnitOfWork) -> None:
    """Deletes what is older than half a year."""
    unit.session.exec(delete(ActivityEntry).where(col(ActivityEntry.at) < unit.now - KEEP))
