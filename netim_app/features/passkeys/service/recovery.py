"""The way back into an account that only passkeys open, when none of them is at hand.

A mailed link and a backup code begin a wait. Every open session and every mail about it can stop it. After it a
second link, in the browser in which the code was given, opens a session: docs/security.md.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, select, update

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Fact, Origin
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import RecoveryBegun, RecoveryDone, RecoveryStopped
from netim_app.features.passkeys.service import only
from netim_app.features.passkeys.tables import PasskeyRecovery
from netim_app.identity import accounts, facts, links, login_policies, notices, second_factor, sessions, tickets
from netim_app.identity.tables import MailedLink
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog

WAIT_HOURS = int(rules.RECOVERY_WAIT.total_seconds() // 3600)
_TWO_DAYS = 48
BEGIN, STOP, FINISH = "recovery_begin", "recovery_stop", "recovery_finish"
"""Purposes of mailed links."""
WAITS, OTHER_BROWSER = "passkeys.recovery.waits", "passkeys.recovery.other_browser"
_recovery = table_of(PasskeyRecovery).c
_ROW = sa.select(table_of(PasskeyRecovery)).where(_recovery.account_id == sa.bindparam("account"))


def opens_at(unit: UnitOfWork, account_id: int) -> str:
    """When a wait ends, in the customer's words; empty where nobody waits."""
    row = unit.row(_ROW, account=account_id)
    if row is None:
        return ""
    return catalog.format_datetime(row.opens_at, *accounts.locale_of(unit, account_id))


def mail_way_back(unit: UnitOfWork, asked: Fact) -> None:
    """Mails what comes next: the link that asks for a backup code, that the wait lasts, or the link that leads in."""
    sessions.lock_account(unit, asked.account_id)
    row = unit.row(_ROW, account=asked.account_id)
    if row is None:
        _mail_link(unit, asked)
    elif row.opens_at > unit.now:
        _mail_begun(unit, asked, again=True)
    else:
        _mail_open(unit, asked)


def begin(unit: UnitOfWork, token: str, code: str, visitor: Visitor) -> str:
    """Begins the wait. Returns when it ends, in the customer's words.

    Raises:
        DomainError: the link does not work, the browser keeps no cookies, or somebody waits already.
        RecordedRefusal: the code is wrong, at its field, or a login policy keeps this browser out. The link stays
            unused.
    """
    account_id = _owner(unit, token, BEGIN, visitor)
    if unit.row(_ROW, account=account_id) is not None:
        raise DomainError(WAITS)
    second_factor.check_spare_code(unit, account_id, code, visitor)
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
    _mail_begun(unit, fact)
    return opens_at(unit, account_id)


def finish(unit: UnitOfWork, token: str, visitor: Visitor) -> str:
    """Returns the ticket that opens the session. Nothing is over before there is one (`end_with_login`).

    Raises:
        DomainError: the link does not work, or this is not the browser in which the code was given.
        RecordedRefusal: a login policy keeps this browser out. The link stays unused.
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
    """The session is open: the wait, its links and all other sessions end, and a password opens the account again.

    The ticket of another tab that was as quick ends, too. A stop ends every ticket: none of a stopped wait comes here.
    """
    if fact.factor != rules.RECOVERY_FACTOR:
        return
    sessions.end_sessions(unit, fact.account_id, keep=fact.session_id)
    _revoke(unit, fact.account_id)
    tickets.end_tickets(unit, fact.account_id, factor=rules.RECOVERY_FACTOR)
    done = RecoveryDone(account_id=fact.account_id, at=fact.at, origin=fact.origin)
    only.end(unit, done)
    _tell(unit, done, "done")


def _owner(unit: UnitOfWork, token: str, purpose: str, visitor: Visitor) -> int:
    """Whose link it is, and whether it may lead on from here. The account is locked, the link stays unused."""
    link = links.find_link(unit, token)
    if link is None or link.account_id is None or link.purpose != purpose:
        raise links.refused(purpose)
    account_id = link.account_id
    disabled = sessions.lock_account(unit, account_id).disabled_at is not None
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
    """An open session ends the wait. Nothing happens where nobody waits."""
    sessions.lock_account(unit, actor.account_id)
    _stop(unit, Fact(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def stop_by_mail(unit: UnitOfWork, token: str, visitor: Visitor) -> None:
    """The link of any mail about the wait ends it, from wherever.

    Raises:
        DomainError: the link does not work, or nobody waits any more.
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
    _tell(unit, fact, "stopped")
    return True


def _revoke(unit: UnitOfWork, account_id: int) -> None:
    """A link of this wait leads nowhere, not into the next one either."""
    of_the_wait = (
        col(MailedLink.account_id) == account_id,
        col(MailedLink.purpose).in_((BEGIN, STOP, FINISH)),
        col(MailedLink.used_at).is_(None),
    )
    unit.session.exec(update(MailedLink).where(*of_the_wait).values(used_at=unit.now))


def end_with_links(unit: UnitOfWork, fact: Fact) -> None:
    """What ends all mailed links or all sessions ends the wait, too: its owner could not stop it any more."""
    sessions.lock_account(unit, fact.account_id)
    _stop(unit, fact)


def waiting(unit: UnitOfWork) -> Sequence[int]:
    """The accounts whose owner waits, or may be let in."""
    return unit.session.exec(select(PasskeyRecovery.account_id)).all()


def due(unit: UnitOfWork) -> Sequence[int]:
    """The accounts whose wait is over, and whose owner was not told yet."""
    over = (col(PasskeyRecovery.opens_at) <= unit.now, col(PasskeyRecovery.mailed_at).is_(None))
    return unit.session.exec(select(PasskeyRecovery.account_id).where(*over)).all()


def tell_open(unit: UnitOfWork, account_id: int) -> None:
    """Mails the link that leads in, once."""
    sessions.lock_account(unit, account_id)
    row = unit.session.get(PasskeyRecovery, account_id, populate_existing=True)
    if row is None or row.mailed_at is not None or row.opens_at > unit.now:
        return
    row.mailed_at = unit.now
    origin = Origin(address=row.address, browser=row.browser, system=row.system)
    _mail_open(unit, Fact(account_id=account_id, at=unit.now, origin=origin))


def purge(unit: UnitOfWork) -> None:
    """Deletes those that nobody has finished in time."""
    over = col(PasskeyRecovery.opens_at) <= unit.now - rules.RECOVERY_OPEN_FOR
    unit.session.exec(delete(PasskeyRecovery).where(over))


def _page(unit: UnitOfWork, purpose: str, token: str) -> str:
    return f"{unit.settings.public_url}/recover-account?for={purpose.removeprefix('recovery_')}#{token}"


def _stop_page(unit: UnitOfWork, account_id: int) -> str:
    """The link of one mail that stops the wait. That of each earlier mail works on."""
    life = _life(unit, account_id)
    return _page(unit, STOP, links.new_link(unit, purpose=STOP, life=life, account_id=account_id, replaces=False))


def _life(unit: UnitOfWork, account_id: int) -> timedelta:
    """How long the wait and what follows still last."""
    return unit.session.get_one(PasskeyRecovery, account_id).opens_at + rules.RECOVERY_OPEN_FOR - unit.now


def _mail_link(unit: UnitOfWork, fact: Fact) -> None:
    life = rules.RECOVERY_LINK_LIFE
    token = links.new_link(unit, purpose=BEGIN, life=life, account_id=fact.account_id)
    notices.notify(
        unit,
        "recovery_link",
        fact,
        before_login=True,
        expires_at=unit.now + life,
        link=_page(unit, BEGIN, token),
        wait=WAIT_HOURS,
        minutes=int(life.total_seconds() // 60),
    )


def _mail_begun(unit: UnitOfWork, fact: Fact, *, again: bool = False) -> None:
    """Tells when the wait ends. `again`: a link was asked for meanwhile."""
    life = _life(unit, fact.account_id)
    notices.notify(
        unit,
        "recovery_begun",
        fact,
        before_login=again,
        expires_at=unit.now + life,
        link=_stop_page(unit, fact.account_id),
        opens=opens_at(unit, fact.account_id),
        again=again,
        **_in_words(life),
    )


def _mail_open(unit: UnitOfWork, fact: Fact) -> None:
    life = _life(unit, fact.account_id)
    token = links.new_link(unit, purpose=FINISH, life=life, account_id=fact.account_id)
    notices.notify(
        unit,
        "recovery_open",
        fact,
        expires_at=unit.now + life,
        link=_page(unit, FINISH, token),
        stop_link=_stop_page(unit, fact.account_id),
        **_in_words(life),
    )


def _in_words(life: timedelta) -> dict[str, Any]:
    """Full days from two on, else hours."""
    hours = max(1, round(life.total_seconds() / 3600))
    return {"days": hours // 24} if hours >= _TWO_DAYS else {"hours": hours}


def _tell(unit: UnitOfWork, fact: Fact, change: str) -> None:
    notices.notify(unit, "recovery_told", fact, kind=change, change=change)
