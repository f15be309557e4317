"""Logged-in browsers: opened and renewed by tickets, looked up at every event, ended from anywhere.

A ticket is how a state, which cannot set an HttpOnly cookie, hands a proved identity to the HTTP route that can. It is
spent once, lives 30 seconds and works only in the browser (browser cookie) that asked for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import delete, or_
from sqlmodel import col, select, update

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.core.tokens import digest, new_token
from netim_app.feature import offers
from netim_app.identity import facts
from netim_app.identity.tables import Account, AccountSession, KnownBrowser, Ticket
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.settings import Settings

TICKET_LIFE = timedelta(seconds=30)
FRESH_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
KEEP_OVER = timedelta(days=7)
CLOCK_SLACK = timedelta(minutes=5)
"""How far the clock may be set back, or those of two machines may differ. A session that was used later than that from
now is over: nobody can tell how long it has lived."""
MAX_SESSIONS = 50
"""Of one account at the same time: when one more begins, the one that was idle for longest ends (ASVS 7.1.2)."""
MAX_KNOWN_BROWSERS = 100
"""Of one account: one that is used once, as a private window is, makes no row that stays for ever."""
HOME = "/account/personal-information"

Purpose = Literal["login", "step_up", "renew"]


@dataclass(frozen=True)
class OpenedSession:
    """What the HTTP route needs for its answer. `lifetime` is None for a cookie that ends with the browser."""

    token: str
    lifetime: timedelta | None
    return_to: str


class Lookup(NamedTuple):
    """The answer to "who holds this cookie?"."""

    actor: Actor | None = None
    renewed_elsewhere: bool = False
    """The cookie was replaced in another tab: this one only has to reload."""
    refusal: str | None = None
    """Text key of the reason why a login policy closes a session that is otherwise good."""
    seen_long_ago: bool = False
    """Call `mark_seen`."""


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


def lock_account(unit: UnitOfWork, account_id: int) -> Account:
    """The account as it is now, kept from being changed by others until this unit ends.

    Whoever opens or ends what belongs to an account does this first. So no session slips through while all are ended,
    and no two units wait for each other. (SQLite lets one writer in at a time anyway.)
    """
    return unit.session.get_one(Account, account_id, populate_existing=True, with_for_update={"key_share": True})


def is_ticket(unit: UnitOfWork, ticket: str) -> bool:
    """Whether there is such a ticket, be it good or not."""
    return unit.session.exec(select(Ticket.id).where(Ticket.digest == digest(ticket))).first() is not None


def redeem_ticket(unit: UnitOfWork, ticket: str, browser_digest: str, origin: Origin) -> OpenedSession | None:
    """Spends a ticket and opens or renews the session it stands for. None for anything that is not exactly right."""
    owner = unit.session.exec(select(Ticket.account_id).where(Ticket.digest == digest(ticket))).first()
    if owner is None:
        return None
    account = lock_account(unit, owner)
    spent = unit.session.exec(
        update(Ticket)
        .where(
            col(Ticket.digest) == digest(ticket),
            col(Ticket.browser_digest) == browser_digest,
            col(Ticket.used_at).is_(None),
            col(Ticket.expires_at) > unit.now,
        )
        .values(used_at=unit.now)
    )
    if spent.rowcount != 1:
        return None
    row = unit.session.exec(select(Ticket).where(Ticket.digest == digest(ticket))).one()
    if account.disabled_at is not None or policy_refusal(unit, row.account_id, origin) is not None:
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


def remember_browser(unit: UnitOfWork, account_id: int, browser_digest: str) -> bool:
    """Notes the browser as known to the account; says whether it was before."""
    known = unit.session.get(KnownBrowser, (account_id, browser_digest))
    if known is None:
        _forget_oldest(unit, account_id)
        unit.session.add(
            KnownBrowser(
                account_id=account_id,
                browser_digest=browser_digest,
                first_seen_at=unit.now,
                last_seen_at=unit.now,
            )
        )
        return False
    known.last_seen_at = unit.now
    return True


def _forget_oldest(unit: UnitOfWork, account_id: int) -> None:
    """Makes room for one more known browser: those not used for longest are strangers again."""
    own = col(KnownBrowser.account_id) == account_id
    latest = select(KnownBrowser.browser_digest).where(own).order_by(col(KnownBrowser.last_seen_at).desc())
    kept = unit.session.exec(latest.limit(MAX_KNOWN_BROWSERS - 1)).all()
    if len(kept) == MAX_KNOWN_BROWSERS - 1:
        unit.session.exec(delete(KnownBrowser).where(own, col(KnownBrowser.browser_digest).not_in(kept)))


def is_known_browser(unit: UnitOfWork, email_key: str, browser_digest: str) -> bool:
    """Whether somebody has logged in to the account with this address in this browser before."""
    known = (
        select(KnownBrowser.account_id)
        .join(Account, col(Account.id) == KnownBrowser.account_id)
        .where(Account.email_key == email_key, KnownBrowser.browser_digest == browser_digest)
    )
    return bool(browser_digest) and unit.session.exec(known).first() is not None


def is_own_browser(unit: UnitOfWork, actor: Actor) -> bool:
    """Whether the customer uses the session in the browser in which it was opened."""
    session = unit.session.get(AccountSession, actor.session_id)
    return session is not None and session.browser_digest == actor.browser_digest


def is_first_browser(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account knows one browser only: that in which it was used first."""
    known = select(KnownBrowser.browser_digest).where(KnownBrowser.account_id == account_id)
    return unit.session.exec(known.offset(1).limit(1)).first() is None


def forget_browsers(unit: UnitOfWork, account_id: int) -> None:
    """Makes every browser a stranger to the account again."""
    unit.session.exec(delete(KnownBrowser).where(col(KnownBrowser.account_id) == account_id))


def _forget_browser(unit: UnitOfWork, account_id: int, browser_digest: str) -> None:
    own = (col(KnownBrowser.account_id) == account_id, col(KnownBrowser.browser_digest) == browser_digest)
    unit.session.exec(delete(KnownBrowser).where(*own))


def _absolute_limit(settings: Settings, remember: bool) -> timedelta:
    return (
        timedelta(days=settings.session_remember_days) if remember else timedelta(hours=settings.session_absolute_hours)
    )


def policy_refusal(unit: UnitOfWork, account_id: int, origin: Origin) -> str | None:
    """The first reason (text key) why a login policy keeps this caller out; None to let them in."""
    reasons = (gate.refusal(unit, account_id, origin) for gate in offers().login_policies)
    return next((reason for reason in reasons if reason is not None), None)


def look_up(unit: UnitOfWork, token_digest: str, browser_digest: str, origin: Origin) -> Lookup:
    """Who holds the session cookie with this digest, right now and according to the database."""
    if not token_digest:
        return Lookup()
    found = unit.session.exec(
        select(AccountSession, Account.revision)
        .join(Account, col(Account.id) == AccountSession.account_id)
        .where(
            or_(
                col(AccountSession.token_digest) == token_digest,
                col(AccountSession.superseded_digest) == token_digest,
            ),
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
            col(Account.disabled_at).is_(None),
        )
    ).first()
    if found is None:
        return Lookup()
    session, revision = found
    if _is_over(unit, session):
        return Lookup()
    if session.token_digest != token_digest:
        return Lookup(renewed_elsewhere=True)
    if (refusal := policy_refusal(unit, session.account_id, origin)) is not None:
        return Lookup(refusal=refusal)
    return Lookup(
        actor=Actor(
            origin=origin,
            browser_digest=browser_digest,
            account_id=session.account_id,
            session_id=session.id or 0,
            fresh_until=session.proved_at + FRESH_FOR,
            revision=revision,
        ),
        seen_long_ago=abs(unit.now - session.last_seen_at) >= SEEN_EVERY,
    )


def live_sessions(unit: UnitOfWork, account_id: int) -> list[AccountSession]:
    """All sessions of an account that are open now, the most recently active first."""
    rows = unit.session.exec(
        select(AccountSession)
        .where(
            AccountSession.account_id == account_id,
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
        )
        .order_by(col(AccountSession.last_seen_at).desc(), col(AccountSession.id).desc())
    )
    return [row for row in rows if not _is_over(unit, row)]


def open_ones(unit: UnitOfWork, session_ids: Collection[int]) -> set[int]:
    """Which of these sessions are open now."""
    rows = unit.session.exec(
        select(AccountSession).where(
            col(AccountSession.id).in_(session_ids),
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
        )
    )
    return {row.id for row in rows if row.id is not None and not _is_over(unit, row)}


def open_cookies(unit: UnitOfWork, cookies: Collection[str]) -> tuple[set[str], set[str]]:
    """Which of these cookies (digests) belong to an open session: as its present one, and as the one before."""
    rows = unit.session.exec(
        select(AccountSession).where(
            or_(col(AccountSession.token_digest).in_(cookies), col(AccountSession.superseded_digest).in_(cookies)),
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.expires_at) > unit.now,
        )
    )
    live = [row for row in rows if not _is_over(unit, row)]
    return {row.token_digest for row in live}, {row.superseded_digest for row in live}


def _is_over(unit: UnitOfWork, session: AccountSession) -> bool:
    """Whether it has idled for too long, or was used in the future: then the clock was set back."""
    idle = unit.now - session.last_seen_at
    return idle < -CLOCK_SLACK or (
        not session.remember and idle >= timedelta(minutes=unit.settings.session_idle_minutes)
    )


def mark_seen(unit: UnitOfWork, session_id: int) -> None:
    """Moves the idle limit. Called at most once a minute."""
    unit.session.exec(update(AccountSession).where(col(AccountSession.id) == session_id).values(last_seen_at=unit.now))


def is_open(unit: UnitOfWork, token_digest: str) -> bool:
    """Whether some browser's session has this cookie and was not ended."""
    return _with_token(unit, token_digest) is not None


def _with_token(unit: UnitOfWork, token_digest: str) -> AccountSession | None:
    return unit.session.exec(
        select(AccountSession).where(
            AccountSession.token_digest == token_digest, col(AccountSession.ended_at).is_(None)
        )
    ).first()


def end_session(unit: UnitOfWork, token_digest: str, origin: Origin, *, replaced: bool = False) -> None:
    """Logs out the browser that holds this cookie, if it is logged in. `replaced`: it has just logged in anew."""
    session = _with_token(unit, token_digest)
    if session is None:
        return
    lock_account(unit, session.account_id)
    unit.session.refresh(session)
    if session.ended_at is not None:
        return
    session.ended_at = unit.now
    unit.record(
        facts.LoggedOut(
            account_id=session.account_id, at=unit.now, origin=origin, session_id=session.id or 0, replaced=replaced
        )
    )


def end_others(unit: UnitOfWork, actor: Actor, session_id: int | None = None) -> int:
    """Ends one other session of the customer, or without an id all others. Returns how many.

    That is none for an id that is unknown, somebody else's, the customer's present one or not open any more. The
    browsers become strangers to the account: they were logged out because they are not, or no longer, the customer's.
    """
    lock_account(unit, actor.account_id)
    live = live_sessions(unit, actor.account_id)
    if actor.session_id not in {session.id for session in live}:
        return 0  # it was ended itself while it waited for its turn
    others = [session for session in live if session.id != actor.session_id]
    ended = [session for session in others if session_id in (None, session.id)]
    for session in ended:
        session.ended_at = unit.now
        if session.browser_digest != actor.browser_digest:
            _forget_browser(unit, actor.account_id, session.browser_digest)
    if session_id is None:
        end_sessions(unit, actor.account_id, keep=actor.session_id)  # with every ticket on its way
    return len(ended)


def end_sessions(unit: UnitOfWork, account_id: int, *, keep: int | None = None) -> int:
    """Ends all sessions of an account but one, with every ticket that could open another. Returns how many."""
    lock_account(unit, account_id)
    ended = unit.session.exec(
        update(AccountSession)
        .where(
            col(AccountSession.account_id) == account_id,
            col(AccountSession.ended_at).is_(None),
            col(AccountSession.id) != (keep or 0),
        )
        .values(ended_at=unit.now)
    )
    unit.session.exec(
        update(Ticket)
        .where(col(Ticket.account_id) == account_id, col(Ticket.used_at).is_(None))
        .values(used_at=unit.now)
    )
    return ended.rowcount


def revoke_all_sessions(unit: UnitOfWork) -> int:
    """Ends all sessions of all accounts, with every ticket: those of a restored backup. Returns how many."""
    ended = unit.session.exec(
        update(AccountSession).where(col(AccountSession.ended_at).is_(None)).values(ended_at=unit.now)
    )
    unit.session.exec(update(Ticket).where(col(Ticket.used_at).is_(None)).values(used_at=unit.now))
    return ended.rowcount


def ended_lately(unit: UnitOfWork, *, after: timedelta, until: timedelta) -> set[str]:
    """The cookies (digests) of sessions that somebody ended between these two times ago: `until` is the longer one."""
    ended_at = col(AccountSession.ended_at)
    rows = unit.session.exec(
        select(AccountSession.token_digest, AccountSession.superseded_digest).where(
            ended_at > unit.now - until, ended_at <= unit.now - after
        )
    )
    return {token_digest for row in rows for token_digest in row if token_digest}


def purge(unit: UnitOfWork) -> None:
    """Deletes what no longer opens anything: spent tickets, and sessions whose time was over a week ago.

    Ends sessions that a clock which was set back has left in the future, before that comes.
    """
    of_the_future = (col(AccountSession.ended_at).is_(None), col(AccountSession.last_seen_at) > unit.now + CLOCK_SLACK)
    unit.session.exec(update(AccountSession).where(*of_the_future).values(ended_at=unit.now))
    unit.session.exec(delete(Ticket).where(col(Ticket.expires_at) < unit.now))
    unit.session.exec(delete(AccountSession).where(col(AccountSession.expires_at) < unit.now - KEEP_OVER))
