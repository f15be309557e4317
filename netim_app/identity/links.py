"""Mailed links: secrets that are bound to one purpose and one owner, and consumed once."""

from datetime import timedelta

from sqlmodel import col, delete, select, update

from netim_app.core.errors import DomainError
from netim_app.identity.account_lock import lock_account
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import MailedLink, SignUp
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers
from reflex_guard.tokens import digest, new_token

DEAD = "link.dead"
CONFIRM_LIFE = timedelta(hours=24)
"""How long a new address can be confirmed."""
UNDO = "email_undo"
"""Purpose of the link that restores an address. No further change by a thief revokes it."""


def refused(purpose: str, *, reason: str = DEAD, account_id: int = 0) -> DomainError:
    """Logs that a link was refused, because somebody may be guessing, and returns the error to raise."""
    log_refusal("link_refused", account_id=account_id, purpose=purpose, reason=reason)
    return DomainError(reason)


def new_link(
    unit: UnitOfWork,
    *,
    purpose: str,
    life: timedelta,
    account_id: int | None = None,
    sign_up_id: int | None = None,
    email: str = "",
    replaces: bool = True,
) -> str:
    """Creates a link and returns its secret. With `replaces`, revokes older links for the same purpose and owner."""
    if account_id is not None:
        lock_account(unit, account_id)
    owner = (
        col(MailedLink.account_id) == account_id if account_id is not None else col(MailedLink.sign_up_id) == sign_up_id
    )
    if replaces:
        older = (owner, col(MailedLink.purpose) == purpose, col(MailedLink.used_at).is_(None))
        unit.session.exec(update(MailedLink).where(*older).values(used_at=unit.now))
    token = new_token()
    unit.session.add(
        MailedLink(
            digest=digest(token),
            purpose=purpose,
            account_id=account_id,
            sign_up_id=sign_up_id,
            email=email,
            created_at=unit.now,
            expires_at=unit.now + life,
        )
    )
    return token


def find_link(unit: UnitOfWork, token: str) -> MailedLink | None:
    """Finds the valid link with this secret. Does not consume it."""
    return unit.session.exec(
        select(MailedLink).where(
            MailedLink.digest == digest(token),
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > unit.now,
        )
    ).first()


def account_of(link: MailedLink) -> int:
    """The account that a link belongs to.

    Raises:
        ValueError: it belongs to a registration, which has no account yet.
    """
    if link.account_id is None:
        raise ValueError(link.purpose)
    return link.account_id


def consume_link(unit: UnitOfWork, token: str, purpose: str) -> MailedLink:
    """Consumes a link.

    Raises:
        DomainError: unknown, expired, used, replaced, or made for another purpose; all look the same to the customer.
    """
    _lock_owner(unit, token)
    consumed = unit.session.exec(
        update(MailedLink)
        .where(
            col(MailedLink.digest) == digest(token),
            col(MailedLink.purpose) == purpose,
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > unit.now,
        )
        .values(used_at=unit.now)
    )
    if consumed.rowcount != 1:
        raise refused(purpose)
    return unit.session.exec(select(MailedLink).where(MailedLink.digest == digest(token))).one()


def _lock_owner(unit: UnitOfWork, token: str) -> None:
    """Locks the owner of a link: its account, or all registrations that wait for the same address."""
    owner = unit.session.exec(
        select(MailedLink.account_id, MailedLink.sign_up_id).where(MailedLink.digest == digest(token))
    ).first()
    account_id, sign_up_id = owner or (None, None)
    if account_id is not None:
        lock_account(unit, account_id)
    elif sign_up_id is not None:
        key = select(SignUp.email_key).where(SignUp.id == sign_up_id).scalar_subquery()
        rivals = select(SignUp.id).where(SignUp.email_key == key).order_by(col(SignUp.id)).with_for_update()
        unit.session.exec(rivals).all()


def revoke_links(unit: UnitOfWork, account_id: int) -> None:
    """Revokes the links of an account after a change of password or address, except lasting ones."""
    unit.session.exec(
        update(MailedLink)
        .where(
            col(MailedLink.account_id) == account_id,
            col(MailedLink.used_at).is_(None),
            col(MailedLink.purpose).not_in((UNDO, *offers().lasting_links)),
        )
        .values(used_at=unit.now)
    )


def purge(unit: UnitOfWork) -> None:
    """Deletes expired links, and registrations that can no longer be confirmed."""
    unit.session.exec(delete(MailedLink).where(col(MailedLink.expires_at) < unit.now))
    waiting = select(MailedLink.id).where(MailedLink.sign_up_id == SignUp.id)
    old = col(SignUp.created_at) < unit.now - CONFIRM_LIFE
    unit.session.exec(delete(SignUp).where(old, ~waiting.exists()))
