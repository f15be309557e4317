"""Secrets that are sent by mail: bound to one purpose and one owner, consumed once."""

from datetime import timedelta

from sqlmodel import col, delete, select, update

from netim_app.core.errors import DomainError
from netim_app.identity import sessions
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import MailedLink, SignUp
from netim_app.infra.unit_of_work import UnitOfWork
from reflex_guard.tokens import digest, new_token

DEAD = "link.dead"
CONFIRM_LIFE = timedelta(hours=24)
"""How long a new address may wait for its confirmation."""
UNDO = "email_undo"
"""Purpose of the link that restores an address. A thief who changed it changes more, and nothing of that ends it."""
NOT_ME = "not_me"
"""Purpose of the link that freezes an account. The owner may need it after a thief has changed password and address."""
STOP_COPIES = "stop_copies"
"""Purpose of the link that ends copies of alerts. Its mailbox is not the account's, and no change there concerns it."""


def refused(purpose: str, *, reason: str = DEAD, account_id: int = 0) -> DomainError:
    """The refusal of a link. It writes a line to the log: somebody may be guessing."""
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
    """A new mailed secret. Older ones for the same purpose and owner die, unless it `replaces` none."""
    if account_id is not None:
        sessions.lock_account(unit, account_id)
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
    """A mailed secret that still works. It stays unused."""
    return unit.session.exec(
        select(MailedLink).where(
            MailedLink.digest == digest(token),
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > unit.now,
        )
    ).first()


def consume_link(unit: UnitOfWork, token: str, purpose: str) -> MailedLink:
    """Consumes a mailed secret.

    Raises:
        DomainError: unknown, expired, used, replaced, or made for something else: all the same to the customer.
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
    """Keeps others from changing what a link belongs to: for a sign-up, all that wait for the same address."""
    owner = unit.session.exec(
        select(MailedLink.account_id, MailedLink.sign_up_id).where(MailedLink.digest == digest(token))
    ).first()
    account_id, sign_up_id = owner or (None, None)
    if account_id is not None:
        sessions.lock_account(unit, account_id)
    elif sign_up_id is not None:
        key = select(SignUp.email_key).where(SignUp.id == sign_up_id).scalar_subquery()
        rivals = select(SignUp.id).where(SignUp.email_key == key).order_by(col(SignUp.id)).with_for_update()
        unit.session.exec(rivals).all()


def revoke_links(unit: UnitOfWork, account_id: int) -> None:
    """Ends the mailed secrets of an account, after a change of password or address: all but defences."""
    unit.session.exec(
        update(MailedLink)
        .where(
            col(MailedLink.account_id) == account_id,
            col(MailedLink.used_at).is_(None),
            col(MailedLink.purpose).not_in((UNDO, NOT_ME, STOP_COPIES)),
        )
        .values(used_at=unit.now)
    )


def purge(unit: UnitOfWork) -> None:
    """Deletes links that no longer work, and registrations that can no longer be confirmed."""
    unit.session.exec(delete(MailedLink).where(col(MailedLink.expires_at) < unit.now))
    waiting = select(MailedLink.id).where(MailedLink.sign_up_id == SignUp.id)
    old = col(SignUp.created_at) < unit.now - CONFIRM_LIFE
    unit.session.exec(delete(SignUp).where(old, ~waiting.exists()))
