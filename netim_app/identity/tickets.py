"""Tickets: how a state, which cannot set an HttpOnly cookie, hands a proved identity to the HTTP route that can.

A ticket is used once, lives 30 seconds and works only in the browser that asked for it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlmodel import col, select, update

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.core.tokens import digest, new_token
from netim_app.identity import facts, login_policies
from netim_app.identity.known_browsers import remember_browser
from netim_app.identity.sessions import HOME, live_sessions, lock_account
from netim_app.identity.tables import AccountSession, Ticket
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.settings import Settings

TICKET_LIFE = timedelta(seconds=30)
MAX_SESSIONS = 50
"""Of one account at the same time: when one more begins, the one that was idle for longest ends (ASVS 7.1.2)."""
Purpose = Literal["login", "step_up", "renew"]


@dataclass(frozen=True)
class OpenedSession:
    """What the HTTP route needs for its answer. `lifetime` is None for a cookie that ends with the browser."""

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
    return_to: str = HOME,
) -> str:
    """Returns the secret of a new ticket."""
    ticket = new_token()
    unit.session.add(
        Ticket(
            digest=digest(ticket),
            purpose=purpose,
            account_id=account_id,
            session_id=session_id,
            browser_digest=browser_digest,
            remember=remember,
            factor=factor,
            return_to=return_to,
            expires_at=unit.now + TICKET_LIFE,
        )
    )
    return ticket


def renewal_ticket(unit: UnitOfWork, actor: Actor, *, return_to: str) -> str:
    """A ticket that gives the present session a new token, as every change of a credential does."""
    return issue_ticket(
        unit,
        purpose="renew",
        account_id=actor.account_id,
        browser_digest=actor.browser_digest,
        session_id=actor.session_id,
        return_to=return_to,
    )


def is_ticket(unit: UnitOfWork, ticket: str) -> bool:
    """Whether there is such a ticket, valid or not."""
    return unit.session.exec(select(Ticket.id).where(Ticket.digest == digest(ticket))).first() is not None


def redeem_ticket(unit: UnitOfWork, ticket: str, browser_digest: str, origin: Origin) -> OpenedSession | None:
    """Consumes a ticket and opens or renews its session. None for a ticket that is invalid, used or expired."""
    owner = unit.session.exec(select(Ticket.account_id).where(Ticket.digest == digest(ticket))).first()
    if owner is None:
        return None
    account = lock_account(unit, owner)
    consumed = unit.session.exec(
        update(Ticket)
        .where(
            col(Ticket.digest) == digest(ticket),
            col(Ticket.browser_digest) == browser_digest,
            col(Ticket.used_at).is_(None),
            col(Ticket.expires_at) > unit.now,
        )
        .values(used_at=unit.now)
    )
    if consumed.rowcount != 1:
        return None
    row = unit.session.exec(select(Ticket).where(Ticket.digest == digest(ticket))).one()
    if account.disabled_at is not None or login_policies.refusal(unit, row.account_id, origin) is not None:
        return None
    token = new_token()
    session = _open(unit, row, token, origin) if row.session_id is None else _renew(unit, row, token)
    if session is None:
        return None
    return OpenedSession(
        token=token,
        lifetime=session.expires_at - unit.now if session.remember else None,
        return_to=row.return_to,
    )


def _open(unit: UnitOfWork, ticket: Ticket, token: str, origin: Origin) -> AccountSession:
    session = AccountSession(
        account_id=ticket.account_id,
        token_digest=digest(token),
        browser_digest=ticket.browser_digest,
        remember=ticket.remember,
        created_at=unit.now,
        last_seen_at=unit.now,
        expires_at=unit.now + _absolute_limit(unit.settings, ticket.remember),
        proved_at=unit.now,
        address=origin.known_address,
        browser=origin.browser,
        system=origin.system,
    )
    unit.session.add(session)
    unit.session.flush()  # the fact names the session's id
    _make_room(unit, ticket.account_id, origin)
    unit.record(
        facts.LoggedIn(
            account_id=ticket.account_id,
            at=unit.now,
            origin=origin,
            session_id=session.id or 0,
            known_browser=remember_browser(unit, ticket.account_id, ticket.browser_digest),
            factor=ticket.factor,
        )
    )
    return session


def _make_room(unit: UnitOfWork, account_id: int, origin: Origin) -> None:
    """Ends what is too much. The account is locked, so no two logins count the same sessions."""
    for session in live_sessions(unit, account_id)[MAX_SESSIONS:]:
        session.ended_at = unit.now
        unit.record(
            facts.SessionDisplaced(account_id=account_id, at=unit.now, origin=origin, session_id=session.id or 0)
        )


def _renew(unit: UnitOfWork, ticket: Ticket, token: str) -> AccountSession | None:
    session = unit.session.get(AccountSession, ticket.session_id)
    if session is None or session.ended_at is not None or session.expires_at <= unit.now:
        return None
    session.superseded_digest = session.token_digest
    session.token_digest = digest(token)
    session.last_seen_at = unit.now
    if ticket.purpose == "step_up":
        session.proved_at = unit.now
    return session


def _absolute_limit(settings: Settings, remember: bool) -> timedelta:
    return (
        timedelta(days=settings.session_remember_days) if remember else timedelta(hours=settings.session_absolute_hours)
    )
