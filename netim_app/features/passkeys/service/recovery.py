"""The recovery of an account that only passkeys open, without any of them.

A mailed link and a backup code start a waiting period. Every open session and every mail about it can stop it. After
it, a second link opens a session in the browser in which the code was entered: docs/security.md.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, delete, select, update

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Fact, Origin
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import RecoveryBegun, RecoveryDone, RecoveryStopped
from netim_app.features.passkeys.service import only, recovery_mails
from netim_app.features.passkeys.service.recovery_mails import BEGIN, FINISH, STOP
from netim_app.features.passkeys.tables import PasskeyRecovery
from netim_app.identity import accounts, facts, links, login_policies, notices, second_factor, sessions, tickets
from netim_app.identity.account_lock import lock_account
from netim_app.identity.tables import MailedLink
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

WAITS, OTHER_BROWSER = "passkeys.recovery.waits", "passkeys.recovery.other_browser"
_recovery = table_of(PasskeyRecovery).c
_ROW = sa.select(table_of(PasskeyRecovery)).where(_recovery.account_id == sa.bindparam("account"))


def opens_at(unit: UnitOfWork, account_id: int) -> str:
    """When a waiting period ends, in the customer's language; empty without one."""
    row = unit.row(_ROW, account=account_id)
    if row is None:
        return ""
    return formats.format_datetime(row.opens_at, *accounts.locale_of(unit, account_id))


def mail_way_back(unit: UnitOfWork, asked: Fact) -> None:
    """Mails the next step: the link for a backup code, the end of the waiting period, or the link that lets in."""
    lock_account(unit, asked.account_id)
    row = unit.row(_ROW, account=asked.account_id)
    if row is None:
        recovery_mails.mail_link(unit, asked)
    elif row.opens_at > unit.now:
        recovery_mails.mail_begun(unit, asked, opens=opens_at(unit, asked.account_id), again=True)
    else:
        recovery_mails.mail_open(unit, asked)


def begin(unit: UnitOfWork, token: str, code: str, visitor: Visitor) -> str:
    """Starts the waiting period. Returns when it ends, in the customer's language.

    Raises:
        DomainError: the link is invalid, the browser stores no cookies, or a waiting period is already running.
        RecordedRefusal: the code is wrong, at its field, or a login policy refuses. The link is not consumed.
    """
    account_id = _owner(unit, token, BEGIN, visitor)
    if unit.row(_ROW, account=account_id) is not None:
        raise DomainError(WAITS)
    second_factor.check_fallback_code(unit, account_id, code, visitor)
    links.consume_link(unit, token, BEGIN)
    _revoke(unit, account_id)
    unit.session.add(
        PasskeyRecovery(
            account_id=account_id,
            browser_digest=visitor.browser_digest,
            opens_at=unit.now + rules.RECOVERY_WAIT,
            address=visitor.origin.known_address,
            browser=visitor.origin.browser,
            system=visitor.origin.system,
        )
    )
    unit.session.flush()
    fact = RecoveryBegun(account_id=account_id, at=unit.now, origin=visitor.origin)
    unit.record(fact)
    opens = opens_at(unit, account_id)
    recovery_mails.mail_begun(unit, fact, opens=opens)
    return opens


def finish(unit: UnitOfWork, token: str, visitor: Visitor) -> str:
    """Returns the ticket that opens the session. The recovery ends only with that session (`end_with_login`).

    Raises:
        DomainError: the link is invalid, or this is not the browser in which the code was entered.
        RecordedRefusal: a login policy refuses. The link is not consumed.
    """
    account_id = _owner(unit, token, FINISH, visitor)
    row = unit.row(_ROW, account=account_id)
    if row is None or not row.opens_at <= unit.now < row.opens_at + rules.RECOVERY_OPEN_FOR:
        raise links.refused(FINISH, account_id=account_id)
    if row.browser_digest != visitor.browser_digest:
        raise links.refused(FINISH, reason=OTHER_BROWSER, account_id=account_id)
    return tickets.issue_ticket(
        unit,
        purpose="login",
        account_id=account_id,
        browser_digest=visitor.browser_digest,
        factor=rules.RECOVERY_FACTOR,
    )


def end_with_login(unit: UnitOfWork, fact: facts.LoggedIn) -> None:
    """Ends the recovery, its links and all other sessions once the session is open. A password opens the account again.

    A concurrent ticket of another tab also ends. A stop ends every ticket, so no ticket of a stopped recovery gets
    here.
    """
    if fact.factor != rules.RECOVERY_FACTOR:
        return
    sessions.end_sessions(unit, fact.account_id, keep=fact.session_id)
    _revoke(unit, fact.account_id)
    tickets.end_tickets(unit, fact.account_id, factor=rules.RECOVERY_FACTOR)
    done = RecoveryDone(account_id=fact.account_id, at=fact.at, origin=fact.origin)
    only.end(unit, done)
    _notify_of_end(unit, done, "done")


def _owner(unit: UnitOfWork, token: str, purpose: str, visitor: Visitor) -> int:
    """The owner of a valid link, if it may continue from here. The account is locked, the link is not consumed."""
    link = links.find_link(unit, token)
    if link is None or link.account_id is None or link.purpose != purpose:
        raise links.refused(purpose)
    account_id = link.account_id
    disabled = lock_account(unit, account_id).disabled_at is not None
    if disabled or not only.is_on(unit, account_id):
        raise links.refused(purpose, account_id=account_id)
    if not visitor.browser_digest:
        raise DomainError("login.no_cookies")
    if (refusal := login_policies.refusal(unit, account_id, visitor.origin)) is not None:
        unit.record(
            facts.LoginBlocked(account_id=account_id, at=unit.now, origin=visitor.origin, reason=refusal, way="reset")
        )
        raise RecordedRefusal(refusal)
    return account_id


def stop(unit: UnitOfWork, actor: Actor) -> None:
    """Stops the recovery from an open session. Does nothing if there is no recovery."""
    lock_account(unit, actor.account_id)
    _stop(unit, Fact(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def stop_by_mail(unit: UnitOfWork, token: str, visitor: Visitor) -> None:
    """Stops the recovery by the link of any mail about it, from any browser.

    Raises:
        DomainError: the link is invalid, or the recovery has already ended.
    """
    link = links.find_link(unit, token)
    if link is None or link.account_id is None or link.purpose not in (STOP, FINISH):
        raise links.refused(STOP)
    links.consume_link(unit, token, link.purpose)
    if not _stop(unit, Fact(account_id=link.account_id, at=unit.now, origin=visitor.origin)):
        raise links.refused(STOP, account_id=link.account_id)


def _stop(unit: UnitOfWork, cause: Fact) -> bool:
    found = unit.session.exec(delete(PasskeyRecovery).where(col(PasskeyRecovery.account_id) == cause.account_id))
    if found.rowcount == 0:
        return False
    _revoke(unit, cause.account_id)
    tickets.end_tickets(unit, cause.account_id, factor=rules.RECOVERY_FACTOR)
    fact = RecoveryStopped(account_id=cause.account_id, at=cause.at, origin=cause.origin)
    unit.record(fact)
    _notify_of_end(unit, fact, "stopped")
    return True


def _revoke(unit: UnitOfWork, account_id: int) -> None:
    """Revokes the links of this recovery, so that they do not work for a later one either."""
    of_the_wait = (
        col(MailedLink.account_id) == account_id,
        col(MailedLink.purpose).in_((BEGIN, STOP, FINISH)),
        col(MailedLink.used_at).is_(None),
    )
    unit.session.exec(update(MailedLink).where(*of_the_wait).values(used_at=unit.now))


def end_with_links(unit: UnitOfWork, fact: Fact) -> None:
    """Ends the recovery when all mailed links or all sessions end: the owner could no longer stop it."""
    lock_account(unit, fact.account_id)
    _stop(unit, fact)


def waiting(unit: UnitOfWork) -> Sequence[int]:
    """The accounts with a recovery that is waiting or can be finished."""
    return unit.session.exec(select(PasskeyRecovery.account_id)).all()


def due(unit: UnitOfWork) -> Sequence[int]:
    """The accounts whose waiting period is over and whose owner was not yet notified."""
    over = (col(PasskeyRecovery.opens_at) <= unit.now, col(PasskeyRecovery.mailed_at).is_(None))
    return unit.session.exec(select(PasskeyRecovery.account_id).where(*over)).all()


def mail_link_when_open(unit: UnitOfWork, account_id: int) -> None:
    """Mails the link that opens a session, once."""
    lock_account(unit, account_id)
    row = unit.session.get(PasskeyRecovery, account_id, populate_existing=True)
    if row is None or row.mailed_at is not None or row.opens_at > unit.now:
        return
    row.mailed_at = unit.now
    origin = Origin(address=row.address, browser=row.browser, system=row.system)
    recovery_mails.mail_open(unit, Fact(account_id=account_id, at=unit.now, origin=origin))


def purge(unit: UnitOfWork) -> None:
    """Deletes recoveries that were not finished in time."""
    over = col(PasskeyRecovery.opens_at) <= unit.now - rules.RECOVERY_OPEN_FOR
    unit.session.exec(delete(PasskeyRecovery).where(over))


def _notify_of_end(unit: UnitOfWork, fact: Fact, change: str) -> None:
    notices.notify(unit, "recovery_ended", fact, kind=change, change=change)
