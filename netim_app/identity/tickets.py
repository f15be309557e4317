"""Tickets: a state, which cannot set an HttpOnly cookie, passes a proved identity to the HTTP route that can.

A ticket works once, for 30 seconds, and only in the browser that requested it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from netim_app.core import paths
from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.identity import facts, login_policies
from netim_app.identity.account_lock import lock_if_there
from netim_app.identity.known_browsers import remember_browser
from netim_app.identity.sessions import end, live_sessions
from netim_app.identity.tables import AccountSession, Ticket
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.settings import Settings
from reflex_guard.tokens import digest, new_token

TICKET_LIFE = timedelta(seconds=30)
MAX_SESSIONS = 50
"""Per account at the same time. One more session ends the one that was idle for longest (ASVS 7.1.2)."""
Purpose = Literal["login", "step_up", "renew"]
_TICKETS, _SESSIONS = table_of(Ticket), table_of(AccountSession)
_ticket, _session = _TICKETS.c, _SESSIONS.c
_IS_IT = _ticket.digest == sa.bindparam("secret")
_ISSUE = sa.insert(_TICKETS)
_FIND = sa.select(_ticket.account_id).where(_IS_IT)
_CONSUME = (
    sa.update(_TICKETS)
    .where(
        _IS_IT,
        _ticket.browser_digest == sa.bindparam("browser"),
        _ticket.used_at.is_(None),
        _ticket.expires_at > sa.bindparam("now"),
    )
    .values(used_at=sa.bindparam("now"))
    .returning(*_ticket)
)
_END = (
    sa.update(_TICKETS)
    .where(
        _ticket.account_id == sa.bindparam("account"),
        _ticket.factor == sa.bindparam("with_factor"),
        _ticket.used_at.is_(None),
    )
    .values(used_at=sa.bindparam("now"))
)
_OPEN = sa.insert(_SESSIONS).returning(_session.id)


@dataclass(frozen=True)
class OpenedSession:
    """The parts of the HTTP route's answer. `lifetime` is None for a cookie that ends with the browser."""

    token: str
    lifetime: timedelta | None
    return_to: str


def issue_ticket(
    unit: UnitOfWork,
    *,
    purpose: Purpose,
    account_id: int,
    browser_digest: str,
    session_id: int | None = None,
    remember: bool = False,
    factor: str = "",
    return_to: str = paths.PERSONAL,
) -> str:
    """Creates a ticket and returns its secret."""
    ticket = new_token()
    row = {
        "digest": digest(ticket),
        "purpose": purpose,
        "account_id": account_id,
        "session_id": session_id,
        "browser_digest": browser_digest,
        "remember": remember,
        "factor": factor,
        "return_to": return_to,
        "expires_at": unit.now + TICKET_LIFE,
    }
    unit.run(_ISSUE, row)
    return ticket


def renewal_ticket(unit: UnitOfWork, actor: Actor, *, return_to: str) -> str:
    """A ticket that gives the present session a new token, as after every change of a credential."""
    return issue_ticket(
        unit,
        purpose="renew",
        account_id=actor.account_id,
        browser_digest=actor.browser_digest,
        session_id=actor.session_id,
        return_to=return_to,
    )


def end_tickets(unit: UnitOfWork, account_id: int, *, factor: str) -> None:
    """Invalidates the tickets that were issued for this factor. The caller has locked the account."""
    unit.run(_END, {"account": account_id, "with_factor": factor, "now": unit.now})


def is_ticket(unit: UnitOfWork, ticket: str) -> bool:
    """Whether there is such a ticket, valid or not."""
    return unit.row(_FIND, secret=digest(ticket)) is not None


def redeem_ticket(unit: UnitOfWork, ticket: str, browser_digest: str, origin: Origin) -> OpenedSession | None:
    """Consumes a ticket and opens or renews its session. None if the ticket is invalid, used, expired or refused."""
    owner = unit.row(_FIND, secret=digest(ticket))
    if owner is None:
        return None
    account = lock_if_there(unit, owner.account_id)
    if account is None:
        return None
    values = {"secret": digest(ticket), "browser": browser_digest, "now": unit.now}
    row = unit.run(_CONSUME, values).first()
    if row is None:
        return None
    if account.disabled_at is not None or login_policies.refusal(unit, row.account_id, origin) is not None:
        return None
    token = new_token()
    return _open(unit, row, token, origin) if row.session_id is None else _renew(unit, row, token)


def _open(unit: UnitOfWork, ticket: sa.Row[Any], token: str, origin: Origin) -> OpenedSession:
    lifetime = _absolute_limit(unit.settings, ticket.remember)
    row = {
        "account_id": ticket.account_id,
        "token_digest": digest(token),
        "browser_digest": ticket.browser_digest,
        "remember": ticket.remember,
        "created_at": unit.now,
        "last_seen_at": unit.now,
        "expires_at": unit.now + lifetime,
        "proved_at": unit.now,
        "address": origin.known_address,
        "browser": origin.browser,
        "system": origin.system,
    }
    session_id = unit.run(_OPEN, row).scalar_one()
    _make_room(unit, ticket.account_id, origin)
    unit.record(
        facts.LoggedIn(
            account_id=ticket.account_id,
            at=unit.now,
            origin=origin,
            session_id=session_id,
            known_browser=remember_browser(unit, ticket.account_id, ticket.browser_digest),
            factor=ticket.factor,
        )
    )
    return OpenedSession(token, lifetime if ticket.remember else None, ticket.return_to)


def _make_room(unit: UnitOfWork, account_id: int, origin: Origin) -> None:
    """Ends surplus sessions. The account is locked, so no two logins count the same sessions."""
    for session in live_sessions(unit, account_id)[MAX_SESSIONS:]:
        end(unit, session.id)
        unit.record(facts.SessionDisplaced(account_id=account_id, at=unit.now, origin=origin, session_id=session.id))


def _renew(unit: UnitOfWork, ticket: sa.Row[Any], token: str) -> OpenedSession | None:
    session = unit.session.get(AccountSession, ticket.session_id)
    if session is None or session.ended_at is not None or session.expires_at <= unit.now:
        return None
    session.superseded_digest = session.token_digest
    session.token_digest = digest(token)
    session.last_seen_at = unit.now
    if ticket.purpose == "step_up":
        session.proved_at = unit.now
    return OpenedSession(token, session.expires_at - unit.now if session.remember else None, ticket.return_to)


def _absolute_limit(settings: Settings, remember: bool) -> timedelta:
    return (
        timedelta(days=settings.session_remember_days) if remember else timedelta(hours=settings.session_absolute_hours)
    )
