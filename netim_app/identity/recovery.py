"""Password reset: a mailed link that only sets a new password. It logs nobody in."""

from collections.abc import Mapping
from datetime import timedelta

from sqlmodel import col, select

from netim_app.core import paths
from netim_app.core.actor import Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Fact, Origin
from netim_app.identity import (
    attempts,
    facts,
    known_browsers,
    links,
    login_policies,
    notices,
    sessions,
    sole_ceremony,
    stored_passwords,
)
from netim_app.identity.email_address import email_key
from netim_app.identity.security_log import log_asked, log_refusal
from netim_app.identity.tables import Account
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork

RESET_LIFE = timedelta(hours=1)
PURPOSE = "reset"
REQUEST = "reset_request"


def ask_reset(unit: UnitOfWork, email: str, origin: Origin) -> None:
    """Queues a request for a link. `answer_reset` checks later whether the address belongs to an account.

    So this takes the same time in both cases and reveals nothing to the caller.
    """
    outbox.ask(unit, REQUEST, origin=origin, params={"email": email}, expires_at=unit.now + RESET_LIFE)


def answer_reset(unit: UnitOfWork, origin: Origin, request: Mapping[str, str]) -> None:
    """Mails a link if the address belongs to an account, and says where the request came from."""
    email = request["email"]
    account = unit.session.exec(
        select(Account).where(Account.email_key == email_key(email), col(Account.disabled_at).is_(None))
    ).first()
    if account is None:
        log_refusal("reset_refused", account_id=0, reason="no account")
        return
    log_asked(unit, "reset_asked", account_id=account.id)
    mail_reset(unit, Fact(account_id=account.id, at=unit.now, origin=origin))


def mail_reset(unit: UnitOfWork, asked: Fact, *, restored: bool = False, frozen: bool = False) -> None:
    """Mails the link that sets a new password, or the way back in if only a ceremony opens the account.

    Args:
        restored: nobody requested it; a change of address was undone, and no password opens the account.
        frozen: nobody requested it; the owner froze the account, and no password opens it.
    """
    if sole_ceremony.mail_way_back(unit, asked):
        return
    token = links.new_link(unit, purpose=PURPOSE, life=RESET_LIFE, account_id=asked.account_id)
    notices.notify(
        unit,
        "reset",
        asked,
        before_login=True,
        expires_at=unit.now + RESET_LIFE,
        link=f"{unit.settings.public_url}{paths.RESET}#{token}",
        minutes=int(RESET_LIFE.total_seconds() // 60),
        restored=restored,
        frozen=frozen,
    )


def owner_of(unit: UnitOfWork, token: str) -> int:
    """The account of a valid reset link. Does not consume it.

    Raises:
        DomainError: the link does not work.
    """
    link = links.find_link(unit, token)
    if link is None or link.account_id is None or link.purpose != PURPOSE:
        raise links.refused(PURPOSE)
    return link.account_id


def finish_reset(unit: UnitOfWork, token: str, password_hash: str, visitor: Visitor) -> None:
    """Consumes the link, sets the password, and ends all sessions. It opens none.

    From now on the account knows only the browser that used the link. So strangers who keep guessing cannot lock the
    owner out, and browsers that a thief has used become strangers, too.

    Raises:
        DomainError: the link does not work.
        RecordedRefusal: a login policy refuses this visitor. The link stays unused.
    """
    account_id = owner_of(unit, token)
    if (refusal := login_policies.refusal(unit, account_id, visitor.origin)) is not None:
        unit.record(
            facts.LoginBlocked(account_id=account_id, at=unit.now, origin=visitor.origin, reason=refusal, way="reset")
        )
        raise RecordedRefusal(refusal)
    links.consume_link(unit, token, PURPOSE)
    account = unit.session.get_one(Account, account_id)
    if account.disabled_at is not None or sole_ceremony.is_chosen(unit, account_id):
        raise links.refused(PURPOSE, account_id=account_id)
    stored_passwords.replace_password(
        unit,
        facts.PasswordChanged(account_id=account_id, at=unit.now, origin=visitor.origin, way="reset"),
        password_hash,
    )
    sessions.end_sessions(unit, account_id)
    known_browsers.forget_browsers(unit, account_id)
    if visitor.browser_digest:
        known_browsers.remember_browser(unit, account_id, visitor.browser_digest)
        for party in (visitor.browser_digest, attempts.party_of(unit, account_id, visitor)):
            attempts.reset_attempts(unit, attempts.attempt_key(unit, "password", account.email_key, party))
