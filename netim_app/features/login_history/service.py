"""Writing the history down as it happens, and reading it page by page.

It is the only one that the product keeps of an account: log lines are the operator's, and session rows go when they
open nothing any more. Strangers write it too, by failing: failures of one kind from one IP address within an hour are
one entry with a count, and after so many entries in a day all further ones are one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, func, select

from netim_app.core.facts import Fact, Origin
from netim_app.feature import offers
from netim_app.features.login_history.tables import LoginEntry
from netim_app.identity import accounts, facts, sessions
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog
from netim_app.texts.places import listed_zone, zone_label

KEEP = timedelta(days=180)
ONE_ENTRY = timedelta(hours=1)
"""How long failures from one IP address are added to one entry."""
DAY = timedelta(days=1)
MAX_FAILURES_A_DAY = 20
"""Entries of one kind; what comes after is added up, with no regard to the IP address."""
FIRST_PAGE = 10
NEXT_PAGE = 20

WHAT = {
    "logged_in": "login_history.logged_in",
    "logged_out": "login_history.logged_out",
    "others_out": "login_history.others_out",
    "failed": "login_history.failed",
    "half": "login_history.half",
    "refused": "login_history.refused",
    "proof_failed": "login_history.proof_failed",
    "stopped": "login_history.stopped",
}
GOOD = ("logged_in", "logged_out", "others_out")
SHOWN: dict[str, tuple[str, ...]] = {
    "all": tuple(WHAT),
    "good": GOOD,
    "bad": tuple(kind for kind in WHAT if kind not in GOOD),
}
"""What the customer may choose to see, as kinds."""
HOW = {
    ("logged_in", ""): "login_history.by_password",
    ("failed", "password"): "login_history.wrong_password",
    ("half", "code"): "login_history.no_code",
    ("refused", "password"): "login_history.wrong_address",
    ("refused", "reset"): "login_history.wrong_address_for_reset",
    ("proof_failed", "password"): "login_history.proof_by_password",
    ("proof_failed", "code"): "login_history.proof_by_code",
    ("stopped", "code"): "login_history.too_many_codes",
}
"""By kind and factor, where there is something to say. A second factor brings its own: `SecondFactor.logged_in`."""

_ENTRIES = table_of(LoginEntry)
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
    good: bool
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
"""The facts that are history."""


def note(unit: UnitOfWork, fact: Fact) -> None:
    """Writes a fact down."""
    match fact:
        case facts.LoggedIn():
            _note(unit, fact, "logged_in", fact.factor)
        case facts.LoggedOut(replaced=False):  # who logs in anew in the same browser knows of no logout
            _note(unit, fact, "logged_out")
        case facts.OtherSessionsRevoked():
            _note(unit, fact, "others_out")
        case facts.LoginFailed():
            _count(unit, fact, "failed", "password")
        case facts.SecondFactorNotCompleted():
            _count(unit, fact, "half", "code")
        case facts.LoginBlocked():
            _count(unit, fact, "refused", fact.way)
        case facts.ProofFailed():
            _count(unit, fact, "proof_failed", "password")
        case facts.CodeRefused(logged_in=True):  # of wrong codes during a login, how it ended is told
            _count(unit, fact, "proof_failed", "code")
        case facts.CodesStopped():
            _note(unit, fact, "stopped", "code")


def _note(unit: UnitOfWork, fact: Fact, kind: str, factor: str = "", *, scattered: bool = False) -> None:
    origin = Origin() if scattered else fact.origin
    row = {
        "account_id": fact.account_id,
        "at": fact.at,
        "first_at": fact.at,
        "kind": kind,
        "factor": factor,
        "scattered": scattered,
        "address": origin.known_address,
        "browser": origin.browser,
        "system": origin.system,
    }
    unit.run(_ADD, row)


def _count(unit: UnitOfWork, fact: Fact, kind: str, factor: str) -> None:
    """Adds a failure to the entry that it belongs to, or makes a new one."""
    sessions.lock_account(unit, fact.account_id)  # or many at once would each make an entry
    same = (LoginEntry.account_id == fact.account_id, LoginEntry.kind == kind, LoginEntry.factor == factor)
    near = (col(LoginEntry.first_at) > fact.at - ONE_ENTRY, LoginEntry.address == fact.origin.known_address)
    entry = _last(unit, *same, *near, col(LoginEntry.scattered).is_(False))
    scattered = False
    if entry is None:
        today = (*same, col(LoginEntry.first_at) > fact.at - DAY)
        scattered = unit.session.exec(select(func.count()).where(*today)).one() >= MAX_FAILURES_A_DAY
        entry = _last(unit, *today, col(LoginEntry.scattered).is_(True)) if scattered else None
    if entry is None:
        _note(unit, fact, kind, factor, scattered=scattered)
    else:
        entry.times += 1
        entry.at = fact.at


def _last(unit: UnitOfWork, *wanted: object) -> LoginEntry | None:
    found = select(LoginEntry).where(*wanted).order_by(col(LoginEntry.id).desc())  # type: ignore[arg-type]  # conditions
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
    how = _how(row)
    client = catalog.format_client(row.browser, row.system, language)
    since = catalog.format_short(row.first_at, language, time_zone)
    return Entry(
        id=row.id,
        what=catalog.text(language, WHAT[row.kind]),
        how=catalog.text(language, how) if how else "",
        good=row.kind in GOOD,
        client=catalog.text(language, "login_history.scattered") if row.scattered else client,
        address=row.address,
        when=catalog.format_short(row.at, language, time_zone),
        exact=catalog.format_datetime(row.at, language, time_zone),
        often=catalog.text(language, "login_history.often", times=row.times, since=since) if row.times > 1 else "",
    )


def _how(row: sa.Row[Any]) -> str | None:
    by_factor = {factor.name: factor.logged_in for factor in offers().second_factors}
    return (by_factor.get(row.factor) if row.kind == "logged_in" else None) or HOW.get((row.kind, row.factor))


def purge(unit: UnitOfWork) -> None:
    """Deletes what is older than half a year."""
    unit.session.exec(delete(LoginEntry).where(col(LoginEntry.at) < unit.now - KEEP))
