"""The further mailbox that gets a copy of each alert. The owner enters or removes it; the mailbox confirms or stops.

A copy has nothing that its reader could use against the account: see `mail_copy`.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.features.login_alerts import rules
from netim_app.features.login_alerts.facts import CopyChange, CopyEmailChanged
from netim_app.features.login_alerts.tables import AlertCopy
from netim_app.identity import accounts, freeze, links, notices, undo
from netim_app.identity.account_lock import lock_account
from netim_app.identity.email_address import email_key
from netim_app.identity.facts import AccountFrozen, EmailChanged, LoggedIn, TakenBack
from netim_app.infra import outbox
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

PAGE = "/alert-copy"
CONFIRM = "alert_copy"
"""The purpose of the link that confirms the address."""
STOP = "stop_copies"
"""Purpose of the link in a copy. It goes to another mailbox than the account's."""
STOP_LIFE = timedelta(days=30)
"""How long the link in a copy can stop further ones. Each copy has a link of its own."""
CONFIRM_MAIL, COPY_MAIL, CHANGED_MAIL = "alert_copy_confirm", "alert_copy", "alert_copy_changed"
_COPIES = table_of(AlertCopy)
_OF_ACCOUNT = _COPIES.c.account_id == sa.bindparam("account")
_FIND = sa.select(_COPIES).where(_OF_ACCOUNT)
_ADD = sa.insert(_COPIES)
_CONFIRM = sa.update(_COPIES).where(_OF_ACCOUNT).values(confirmed_at=sa.bindparam("now"))
_REMOVE = sa.delete(_COPIES).where(_OF_ACCOUNT)


@dataclass(frozen=True)
class CopyEmail:
    """The card's content. `email` is empty without one."""

    email: str = ""
    confirmed: bool = False


NO_COPY = CopyEmail()


def view_copy(unit: UnitOfWork, account_id: int) -> CopyEmail:
    """The address that receives copies, or has not yet confirmed."""
    row = unit.row(_FIND, account=account_id)
    return NO_COPY if row is None else CopyEmail(row.email, row.confirmed_at is not None)


def ask(unit: UnitOfWork, actor: Actor, email: str) -> None:
    """Replaces the current address, and mails the new one a link. It gets no copy before it has confirmed.

    Raises:
        DomainError: it is the account's own, already receives copies, or the account is frozen.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id)
    if email_key(email) == email_key(accounts.owner_of(unit, actor.account_id).email):
        raise DomainError("login_alerts.copy.own", field="email")
    row = unit.row(_FIND, account=actor.account_id)
    if row is not None and row.confirmed_at is not None:
        if email_key(email) == email_key(row.email):
            raise DomainError("login_alerts.copy.already", field="email")
        _record(unit, actor.account_id, row.email, "removed", actor.origin)
    unit.run(_REMOVE, {"account": actor.account_id})
    unit.run(_ADD, {"account_id": actor.account_id, "email": email, "added_at": unit.now, "confirmed_at": None})
    _record(unit, actor.account_id, email, "asked", actor.origin)
    _mail_confirmation(unit, actor.account_id, email)


def ask_again(unit: UnitOfWork, actor: Actor, email: str) -> bool:
    """Mails a new link and ends the previous one. Returns whether this address still has to confirm."""
    lock_account(unit, actor.account_id)
    waits = view_copy(unit, actor.account_id) == CopyEmail(email)
    if waits:
        _mail_confirmation(unit, actor.account_id, email)
    return waits


def _mail_confirmation(unit: UnitOfWork, account_id: int, email: str) -> None:
    token = links.new_link(unit, purpose=CONFIRM, life=links.CONFIRM_LIFE, account_id=account_id, email=email)
    outbox.queue(  # without any text that a customer has typed: the mailbox may be anybody's
        unit,
        event=CONFIRM_MAIL,
        to=email,
        locale=accounts.locale_of(unit, account_id)[0],
        account_id=account_id,
        expires_at=unit.now + links.CONFIRM_LIFE,
        params={
            "link": f"{unit.settings.public_url}{PAGE}#{token}",
            "hours": int(links.CONFIRM_LIFE.total_seconds() // 3600),
        },
    )


def confirm(unit: UnitOfWork, token: str) -> None:
    """Consumes the link: from now on its mailbox receives copies.

    Raises:
        DomainError: the link is invalid, or another address was entered meanwhile.
    """
    row = _consume(unit, token, CONFIRM)
    unit.run(_CONFIRM, {"account": row.account_id, "now": unit.now})
    _record(unit, row.account_id, row.email, "confirmed", Origin())


def stop(unit: UnitOfWork, token: str) -> None:
    """Consumes the link of a copy: its mailbox gets no more copies. The link can do nothing else.

    Raises:
        DomainError: the link is invalid, or its mailbox no longer receives copies.
    """
    row = _consume(unit, token, STOP)
    unit.run(_REMOVE, {"account": row.account_id})
    _record(unit, row.account_id, row.email, "stopped", Origin())


def _consume(unit: UnitOfWork, token: str, purpose: str) -> sa.Row[tuple[int, str]]:
    """The address that a link was sent to, if it belongs to an open account."""
    link = links.consume_link(unit, token, purpose)
    account_id = links.account_of(link)
    row = unit.row(_FIND, account=account_id)
    if row is None or row.email != link.email or lock_account(unit, account_id).disabled_at is not None:
        raise links.refused(purpose, account_id=account_id)
    return row


def remove(unit: UnitOfWork, actor: Actor) -> None:
    """Ends the copies. A repeated call changes nothing.

    Raises:
        DomainError: the account is frozen, and the address is too old to be a thief's.
    """
    lock_account(unit, actor.account_id)
    row = unit.row(_FIND, account=actor.account_id)
    if row is not None:
        freeze.refuse_while_frozen(unit, actor.account_id, added_at=row.added_at)
        _drop(unit, row, actor.origin)


def _drop(unit: UnitOfWork, row: sa.Row[tuple[int, str]], origin: Origin) -> None:
    unit.run(_REMOVE, {"account": row.account_id})
    _record(unit, row.account_id, row.email, "removed" if row.confirmed_at is not None else "cancelled", origin)


def cancel_unconfirmed(unit: UnitOfWork, fact: AccountFrozen) -> None:
    """Cancels an unconfirmed address, which a thief may have entered. A confirmed one stays, like everything else."""
    row = unit.row(_FIND, account=fact.account_id)
    if row is not None and row.confirmed_at is None:
        _drop(unit, row, fact.origin)


def drop_own(unit: UnitOfWork, fact: EmailChanged) -> None:
    """Removes the address if it became the account's own: that mailbox needs no copy."""
    row = unit.row(_FIND, account=fact.account_id)
    if row is not None and email_key(row.email) == email_key(fact.new_email):
        _drop(unit, row, fact.origin)


def drop_new(unit: UnitOfWork, fact: TakenBack) -> None:
    """Removes an address so new that a thief may have entered it, and one that is the account's own again."""
    row = unit.row(_FIND, account=fact.account_id)
    own = email_key(accounts.owner_of(unit, fact.account_id).email)
    if row is not None and (fact.doubts(row.added_at) or email_key(row.email) == own):
        _drop(unit, row, fact.origin)


def _record(unit: UnitOfWork, account_id: int, email: str, way: CopyChange, origin: Origin) -> None:
    unit.record(CopyEmailChanged(account_id=account_id, at=unit.now, origin=origin, email=email, way=way))


def mail_change(unit: UnitOfWork, fact: CopyEmailChanged) -> None:
    """Mails each change of a confirmed address to the owner, and to a mailbox that can restore the account's."""
    if fact.way in ("asked", "cancelled"):
        return
    for to in ("", undo.mailbox_with_link(unit, fact.account_id)):
        if to is not None:
            notices.notify(unit, CHANGED_MAIL, fact, to=to, email=fact.email, change=fact.way)


def mail_copy(unit: UnitOfWork, fact: LoggedIn, how: str) -> None:
    """Sends a copy of an alert, with a link that stops further ones.

    It has no name of the customer, no phrase, no fingerprint and no link that affects the account: its reader is not
    the owner.
    """
    row = unit.row(_FIND, account=fact.account_id)
    if row is None or row.confirmed_at is None:
        return
    token = links.new_link(
        unit, purpose=STOP, life=STOP_LIFE, account_id=fact.account_id, email=row.email, replaces=False
    )
    notices.notify(
        unit,
        COPY_MAIL,
        fact,
        to=row.email,
        first_name="",
        account=rules.masked(accounts.owner_of(unit, fact.account_id).email),
        known_browser=fact.known_browser,
        how=how,
        stop_url=f"{unit.settings.public_url}{PAGE}?for=stop#{token}",
        days=STOP_LIFE.days,
    )
