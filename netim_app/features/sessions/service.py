"""Lists a customer's sessions, and ends those in other browsers."""

from dataclasses import dataclass

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.identity import accounts, notices, sessions
from netim_app.identity.facts import OtherSessionsRevoked
from netim_app.identity.tables import AccountSession
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats


@dataclass(frozen=True)
class Session:
    """A session as the card shows it, in the customer's language."""

    id: int
    client: str
    address: str
    logged_in: str
    """How long ago; the field below has the exact moment."""
    logged_in_at: str
    active: str
    active_at: str


def view_sessions(unit: UnitOfWork, account_id: int) -> tuple[Session, ...]:
    """The customer's open sessions, the most recently active first."""
    language, time_zone = accounts.locale_of(unit, account_id)
    return tuple(
        Session(
            id=row.id,
            client=formats.format_client(row.browser, row.system, language),
            address=row.address or "-",
            logged_in=formats.format_age(row.created_at, unit.now, language),
            logged_in_at=formats.format_datetime(row.created_at, language, time_zone),
            active=formats.format_age(row.last_seen_at, unit.now, language),
            active_at=formats.format_datetime(row.last_seen_at, language, time_zone),
        )
        for row in sessions.live_sessions(unit, account_id)
    )


def end_other(unit: UnitOfWork, actor: Actor, session_id: int) -> None:
    """Ends one session in another browser.

    Raises:
        DomainError: the customer has no other open session with this id.
    """
    if not sessions.end_others(unit, actor, session_id):
        raise DomainError("sessions.gone")
    _record(unit, actor, 1, session_id)


def end_all_others(unit: UnitOfWork, actor: Actor) -> None:
    """Ends all sessions except the current one. Without others, it sends no mail."""
    if count := sessions.end_others(unit, actor):
        _record(unit, actor, count)


def _record(unit: UnitOfWork, actor: Actor, count: int, session_id: int = 0) -> None:
    unit.record(
        OtherSessionsRevoked(
            account_id=actor.account_id, at=unit.now, origin=actor.origin, count=count, session_id=session_id
        )
    )


def mail_logged_out(unit: UnitOfWork, fact: OtherSessionsRevoked) -> None:
    """Mails the customer which session was ended, or that all others were ended."""
    which = ""
    if fact.session_id:
        row = unit.session.get_one(AccountSession, fact.session_id)
        language, _ = accounts.locale_of(unit, fact.account_id)
        which = f"{formats.format_client(row.browser, row.system, language)} ({row.address or '-'})"
    notices.notify(unit, "other_sessions_revoked", fact, which=which)
