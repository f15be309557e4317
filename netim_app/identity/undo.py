"""Recovery of a stolen account: the old mailbox can undo a change of address.

If a thief has the password and changes the address, the owner has only the old mailbox left. So the old mailbox gets a
link that restores the address. Nothing that a thief may have set up can block it: docs/security.md.
"""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from netim_app.core import paths
from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.identity import known_browsers, links, notices, recovery, sessions
from netim_app.identity.account_lock import lock_for_change
from netim_app.identity.email_address import email_key
from netim_app.identity.facts import EmailChanged, EmailRestored
from netim_app.identity.tables import MailedLink
from netim_app.infra.unit_of_work import UnitOfWork

LIFE = timedelta(days=7)
"""How long a change of address can be undone, and how long before the change a thief may already have been active."""


def offer(unit: UnitOfWork, fact: EmailChanged) -> None:
    """Notifies both addresses of the change, and mails the old one the link that undoes it.

    While an earlier address still has such a link, a later one gets none: if a thief changes the address twice, no
    address of the thief's becomes a way back.
    """
    gets_link = not _other_way_back(unit, fact)
    if gets_link:
        _mail_link(unit, fact)
    for email in (fact.new_email,) if gets_link else (fact.old_email, fact.new_email):
        notices.notify(
            unit,
            "email_changed",
            fact,
            to=email,
            new_email=fact.new_email,
            can_be_undone=gets_link,
            profile_url=unit.settings.public_url + paths.PERSONAL,
        )


def _other_way_back(unit: UnitOfWork, fact: EmailChanged) -> bool:
    open_for = mailbox_with_link(unit, fact.account_id)
    return open_for is not None and email_key(open_for) != email_key(fact.old_email)


def mailbox_with_link(unit: UnitOfWork, account_id: int) -> str | None:
    """The address that an open link restores. It may be the owner's, so it is notified of irreversible changes."""
    return unit.session.exec(
        select(MailedLink.email).where(
            MailedLink.account_id == account_id,
            MailedLink.purpose == links.UNDO,
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > unit.now,
        )
    ).first()


def _mail_link(unit: UnitOfWork, fact: EmailChanged) -> None:
    token = links.new_link(unit, purpose=links.UNDO, life=LIFE, account_id=fact.account_id, email=fact.old_email)
    notices.notify(
        unit,
        "email_undo",
        fact,
        to=fact.old_email,
        expires_at=unit.now + LIFE,
        new_email=fact.new_email,
        link=f"{unit.settings.public_url}{paths.RESTORE}#{token}",
        days=LIFE.days,
    )


def owner_of(unit: UnitOfWork, token: str) -> int:
    """The account of a link. Does not consume it.

    Raises:
        DomainError: the link does not work.
    """
    link = links.find_link(unit, token)
    if link is None or link.account_id is None or link.purpose != links.UNDO:
        raise links.refused(links.UNDO)
    return link.account_id


def restore(unit: UnitOfWork, token: str, nobodys_hash: str, visitor: Visitor) -> str:
    """Consumes the link and restores the old address, with a password that nobody knows. Returns the address.

    Raises:
        DomainError: the link does not work, or the old address now belongs to another account.
    """
    link = links.consume_link(unit, token, links.UNDO)
    account = lock_for_change(unit, links.account_of(link))
    if account.disabled_at is not None:
        raise links.refused(links.UNDO, account_id=account.id)
    replaced, account.email, account.email_key = account.email, link.email, email_key(link.email)
    account.password_hash = nobodys_hash
    try:
        unit.session.flush()
    except IntegrityError as error:
        raise DomainError("undo.taken") from error
    links.revoke_links(unit, account.id)
    sessions.end_sessions(unit, account.id)
    known_browsers.forget_browsers(unit, account.id)
    fact = EmailRestored(account_id=account.id, at=unit.now, origin=visitor.origin, since=link.created_at - LIFE)
    unit.record(fact)
    _notify(unit, fact, account.email, replaced)
    return account.email


def _notify(unit: UnitOfWork, fact: EmailRestored, restored: str, replaced: str) -> None:
    notices.notify(unit, "email_restored", fact)
    if replaced != restored:
        notices.notify(unit, "email_restored", fact, to=replaced)
    recovery.mail_reset(unit, fact, restored=True)
