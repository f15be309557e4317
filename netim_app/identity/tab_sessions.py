"""Looks up sessions across accounts, for the background tasks that watch open tabs."""

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import or_
from sqlmodel import col, select

from netim_app.identity import sessions
from netim_app.identity.tables import AccountSession
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_session = table_of(AccountSession).c
_ENDED_BETWEEN = sa.select(_session.token_digest, _session.superseded_digest).where(
    _session.ended_at > sa.bindparam("early"), _session.ended_at <= sa.bindparam("late")
)


def open_ones(unit: UnitOfWork, session_ids: Collection[int]) -> set[int]:
    """Those of these sessions that are open now."""
    rows = unit.session.exec(
        select(AccountSession).where(
            col(AccountSession.id).in_(session_ids),
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
        )
    )
    return {row.id for row in rows if not sessions.is_over(unit, row.last_seen_at, remember=row.remember)}


def open_cookies(unit: UnitOfWork, cookies: Collection[str]) -> tuple[set[str], set[str]]:
    """Which of these cookies (digests) are the present, and which the previous, cookies of open sessions."""
    rows = unit.session.exec(
        select(AccountSession).where(
            or_(col(AccountSession.token_digest).in_(cookies), col(AccountSession.superseded_digest).in_(cookies)),
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
        )
    )
    live = [row for row in rows if not sessions.is_over(unit, row.last_seen_at, remember=row.remember)]
    return {row.token_digest for row in live}, {row.superseded_digest for row in live}


def ended_lately(unit: UnitOfWork, *, after: timedelta, until: timedelta) -> set[str]:
    """The cookies (digests) of sessions that were ended at least `after` and less than `until` ago."""
    rows = unit.rows(_ENDED_BETWEEN, early=unit.now - until, late=unit.now - after)
    return {token_digest for row in rows for token_digest in row if token_digest}
