"""Sessions of logged-in browsers. They are looked up at every event and can be ended from any browser."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import delete, func, or_
from sqlmodel import col, select, update

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.identity import facts, login_policies
from netim_app.identity.account_lock import lock_account
from netim_app.identity.known_browsers import forget_browser
from netim_app.identity.tables import Account, AccountSession, Ticket
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

FRESH_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
KEEP_OVER = timedelta(days=7)
CLOCK_SLACK = timedelta(minutes=5)
"""How far the clock may be set back, or the clocks of two machines may differ. A session whose last use is further in
the future than this is over, because nobody can tell how old it is."""


class Lookup(NamedTuple):
    """The answer to "who holds this cookie?"."""

    actor: Actor | None = None
    renewed_elsewhere: bool = False
    """Another tab has replaced the cookie; this tab only needs to reconnect."""
    refusal: str | None = None
    """Text key of the reason why a login policy refuses a session that is otherwise valid."""
    seen_long_ago: bool = False
    """The caller should call `mark_seen`."""


_session, _account = table_of(AccountSession).c, table_of(Account).c
_LOOK_UP = (
    sa.select(
        _session.id,
        _session.account_id,
        _session.token_digest,
        _session.last_seen_at,
        _session.remember,
        _session.proved_at,
        _account.revision,
    )
    .join(table_of(Account), _account.id == _session.account_id)
    .where(
        sa.or_(_session.token_digest == sa.bindparam("digest"), _session.superseded_digest == sa.bindparam("digest")),
        _session.ended_at.is_(None),
        _session.expires_at > sa.bindparam("now"),
        _account.disabled_at.is_(None),
    )
)
_LIVE = (
    sa.select(
        _session.id,
        _session.browser_digest,
        _session.remember,
        _session.created_at,
        _session.last_seen_at,
        _session.address,
        _session.browser,
        _session.system,
    )
    .where(
        _session.account_id == sa.bindparam("account"),
        _session.ended_at.is_(None),
        _session.expires_at > sa.bindparam("now"),
    )
    .order_by(_session.last_seen_at.desc(), _session.id.desc())
)
_MARK_SEEN = (
    sa.update(table_of(AccountSession))
    .where(_session.id == sa.bindparam("session"))
    .values(last_seen_at=sa.bindparam("now"))
)
_END = (
    sa.update(table_of(AccountSession))
    .where(_session.id == sa.bindparam("session"))
    .values(ended_at=sa.bindparam("now"))
)
_END_ALL = (
    sa.update(table_of(AccountSession))
    .where(
        _session.account_id == sa.bindparam("account"),
        _session.ended_at.is_(None),
        _session.id != sa.bindparam("kept"),
    )
    .values(ended_at=sa.bindparam("now"))
)
_ticket = table_of(Ticket).c
_USE_TICKETS = (
    sa.update(table_of(Ticket))
    .where(_ticket.account_id == sa.bindparam("account"), _ticket.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)
_LOGGED_IN = sa.union(
    sa.select(_session.account_id).where(_session.ended_at.is_(None)),
    sa.select(_ticket.account_id).where(_ticket.used_at.is_(None)),
)
_WITH_TOKEN = sa.select(_session.id, _session.account_id).where(
    _session.token_digest == sa.bindparam("digest"), _session.ended_at.is_(None)
)


def look_up(unit: UnitOfWork, token_digest: str, browser_digest: str, origin: Origin) -> Lookup:
    """Looks up in the database who holds the session cookie with this digest now."""
    if not token_digest:
        return Lookup()
    row = unit.row(_LOOK_UP, digest=token_digest, now=unit.now)
    if row is None or is_over(unit, row.last_seen_at, remember=row.remember):
        return Lookup()
    if row.token_digest != token_digest:
        return Lookup(renewed_elsewhere=True)
    if (refusal := login_policies.refusal(unit, row.account_id, origin)) is not None:
        return Lookup(refusal=refusal)
    return Lookup(
        actor=Actor(
            origin=origin,
            browser_digest=browser_digest,
            account_id=row.account_id,
            session_id=row.id,
            fresh_until=row.proved_at + FRESH_FOR,
            revision=row.revision,
        ),
        seen_long_ago=abs(unit.now - row.last_seen_at) >= SEEN_EVERY,
    )


def live_sessions(unit: UnitOfWork, account_id: int) -> list[sa.Row[Any]]:
    """The open sessions of an account (columns of `_LIVE`), the most recently active first."""
    rows = unit.rows(_LIVE, account=account_id, now=unit.now)
    return [row for row in rows if not is_over(unit, row.last_seen_at, remember=row.remember)]


def count_live(unit: UnitOfWork) -> int:
    """The number of open sessions of all accounts."""
    idle_since = unit.now - timedelta(minutes=unit.settings.session_idle_minutes)
    return unit.session.exec(
        select(func.count()).where(
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
            or_(col(AccountSession.remember), col(AccountSession.last_seen_at) > idle_since),
        )
    ).one()


def is_over(unit: UnitOfWork, last_seen_at: datetime, *, remember: bool) -> bool:
    """Whether a session was idle for too long, or was used in the future, because the clock was set back."""
    idle = unit.now - last_seen_at
    return idle < -CLOCK_SLACK or (not remember and idle >= timedelta(minutes=unit.settings.session_idle_minutes))


def mark_seen(unit: UnitOfWork, session_id: int) -> None:
    """Extends the session's idle limit. Called at most once a minute."""
    unit.run(_MARK_SEEN, {"session": session_id, "now": unit.now})


def end(unit: UnitOfWork, session_id: int) -> None:
    """Ends one session. The caller has locked the account."""
    unit.run(_END, {"session": session_id, "now": unit.now})


def is_open(unit: UnitOfWork, token_digest: str) -> bool:
    """Whether this cookie belongs to a session that was not ended."""
    return unit.row(_WITH_TOKEN, digest=token_digest) is not None


def end_session(unit: UnitOfWork, token_digest: str, origin: Origin, *, replaced: bool = False) -> None:
    """Logs out the browser that holds this cookie, if it is logged in. `replaced`: it has just logged in again."""
    session = unit.row(_WITH_TOKEN, digest=token_digest)
    if session is None:
        return
    lock_account(unit, session.account_id)
    if unit.row(_WITH_TOKEN, digest=token_digest) is None:
        return  # it was ended while this unit waited for the lock
    end(unit, session.id)
    unit.record(
        facts.LoggedOut(
            account_id=session.account_id, at=unit.now, origin=origin, session_id=session.id, replaced=replaced
        )
    )


def end_others(unit: UnitOfWork, actor: Actor, session_id: int | None = None) -> int:
    """Ends one other session of the customer, or all others if no id is given. Returns how many.

    It ends none if the id is unknown, somebody else's, that of the present session, or no longer open. The account
    forgets their browsers: the customer logs them out because they are not, or no longer, the customer's.
    """
    lock_account(unit, actor.account_id)
    live = live_sessions(unit, actor.account_id)
    if actor.session_id not in {session.id for session in live}:
        return 0  # the caller's own session was ended while this unit waited for the lock
    others = [session for session in live if session.id != actor.session_id]
    ended = [session for session in others if session_id in (None, session.id)]
    for session in ended:
        end(unit, session.id)
        if session.browser_digest != actor.browser_digest:
            forget_browser(unit, actor.account_id, session.browser_digest)
    if session_id is None:
        end_sessions(unit, actor.account_id, keep=actor.session_id)  # and every ticket that could still open one
    return len(ended)


def end_sessions(unit: UnitOfWork, account_id: int, *, keep: int | None = None) -> int:
    """Ends all sessions of an account except `keep`, and all tickets that could open one. Returns how many sessions."""
    lock_account(unit, account_id)
    ended = unit.run(_END_ALL, {"account": account_id, "kept": keep or 0, "now": unit.now})
    unit.run(_USE_TICKETS, {"account": account_id, "now": unit.now})
    return ended.rowcount


def logged_in(unit: UnitOfWork) -> Sequence[int]:
    """The accounts that have a session, or an unused ticket that could open one."""
    return unit.run(_LOGGED_IN).scalars().all()


def purge(unit: UnitOfWork) -> None:
    """Deletes expired tickets, and sessions that expired more than a week ago.

    After the clock was set back, it also ends sessions whose last use lies in the future.
    """
    of_the_future = (col(AccountSession.ended_at).is_(None), col(AccountSession.last_seen_at) > unit.now + CLOCK_SLACK)
    unit.session.exec(update(AccountSession).where(*of_the_future).values(ended_at=unit.now))
    unit.session.exec(delete(Ticket).where(col(Ticket.expires_at) < unit.now))
    unit.session.exec(delete(AccountSession).where(col(AccountSession.expires_at) < unit.now - KEEP_OVER))
