"""The link in the mails, and the action of its button.

Its secret can only restrict the account: it opens nothing, shows nothing and changes no address. A thief of the link
can be a nuisance, but gains nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from netim_app.core.actor import Visitor
from netim_app.identity import (
    accounts,
    freeze,
    known_browsers,
    links,
    notices,
    recovery,
    sessions,
    sole_ceremony,
    undo,
)
from netim_app.identity.account_lock import lock_account
from netim_app.identity.email_address import email_key
from netim_app.identity.facts import AccountFrozen, EmailRestored, SessionsRevoked
from netim_app.identity.tables import MailedLink
from netim_app.infra.columns import table_of
from netim_app.infra.handlers import MailAbout
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats
from reflex_guard.tokens import digest, new_token

PURPOSE = "not_me"
"""Purpose of the link that freezes an account."""
LIFE = timedelta(days=7)
DONE_MAIL = "not_me_done"
PAGE = "/not-me"
Then = Literal["reset", "ask", "passkey", "wait", "undo", "elsewhere"]
"""How the owner of a mailbox gets back in: by the link for a new password, which was sent or must be requested; by a
passkey, because nothing else opens the account; after the freeze, because a thief may have left passkeys only; by the
link that restores the address; or with the help of support."""
THEN: tuple[Then, ...] = get_args(Then)
_MARK = "not_me"
_LINKS = table_of(MailedLink)
_link = _LINKS.c
_ISSUE = sa.insert(_LINKS)
_OPEN = (
    _link.account_id == sa.bindparam("account"),
    _link.purpose == PURPOSE,
    _link.used_at.is_(None),
)
_USE_ALL = sa.update(_LINKS).where(*_OPEN).values(used_at=sa.bindparam("now"))
_USE_OF_OTHERS = _USE_ALL.where(_link.email != sa.bindparam("kept"))
_USE_OF_MAILBOX = _USE_ALL.where(_link.email == sa.bindparam("mailbox"))


def link_for(unit: UnitOfWork, about: MailAbout) -> Mapping[str, object] | None:
    """Returns a separate link for each mail to the owner. Each of them works until one is used.

    The mailbox that can restore a changed address also gets one: it is the owner's then.
    """
    account_id = about.account_id
    if account_id is None or about.event == DONE_MAIL:
        return None
    if not about.is_personal and about.to != undo.mailbox_with_link(unit, account_id):
        return None
    token = new_token()
    row = {
        "digest": digest(token),
        "purpose": PURPOSE,
        "account_id": account_id,
        "email": about.to,
        "created_at": unit.now,
        "expires_at": unit.now + LIFE,
    }
    unit.run(_ISSUE, row)
    return {"link": f"{unit.settings.public_url}{PAGE}#{token}", "days": LIFE.days}


def stop_everything(unit: UnitOfWork, token: str, visitor: Visitor) -> Then:
    """Ends all sessions, blocks logins until the mailbox has set a new password, and freezes the account.

    Logins are not blocked if passkeys have long been the only way in. A pending change of address, recovery without
    passkeys or deletion ends. This consumes all links of this kind in the same mailbox. Returns how the owner of the
    mailbox gets back in.

    Raises:
        DomainError: the link is invalid.
    """
    link = links.consume_link(unit, token, PURPOSE)
    account_id = links.account_of(link)
    account = lock_account(unit, account_id)
    if account.disabled_at is not None:
        raise links.refused(PURPOSE, account_id=account_id)
    sole = sole_ceremony.is_chosen_before(unit, account_id, unit.now - freeze.MAY_BE_A_THIEFS)
    unit.run(_USE_OF_MAILBOX, {"account": account_id, "now": unit.now, "mailbox": link.email})
    links.revoke_links(unit, account_id)
    sessions.end_sessions(unit, account_id)
    known_browsers.forget_browsers(unit, account_id)
    fact = AccountFrozen(account_id=account_id, at=unit.now, origin=visitor.origin)
    freeze.begin(unit, fact, blocks_login=not sole)
    unit.record(SessionsRevoked(account_id=account_id, at=unit.now, origin=visitor.origin))
    unit.record(fact)
    return _notify_all(unit, fact, account.email, link.email, sole=sole)


def mark_of(unit: UnitOfWork, then: str, visitor: Visitor) -> str:
    """The mark in the page's URL that shows that a link was used in this browser. Nobody else can forge it."""
    return unit.vault.mac(_MARK, _marked(then, visitor))


def is_marked(unit: UnitOfWork, then: str, mark: str, visitor: Visitor) -> bool:
    """Whether `mark_of` made this mark for this browser."""
    return bool(visitor.browser_digest) and unit.vault.is_mac(_MARK, _marked(then, visitor), mark)


def _marked(then: str, visitor: Visitor) -> bytes:
    return f"{then} {visitor.browser_digest}".encode()


def _notify_all(unit: UnitOfWork, fact: AccountFrozen, present: str, pressed: str, *, sole: bool) -> Then:
    """Mails what was done, to the account's address, to a restorable one, and to that of the link.

    Returns how the owner of the last one gets back in. Only that one is sent a link for a new password at once: readers
    of the other mailboxes have not asked for one.
    """
    then: Then = "reset" if email_key(pressed) == email_key(present) else "ask"
    if sole_ceremony.is_chosen(unit, fact.account_id):
        then = "passkey" if sole else "wait"
    ways: dict[str, tuple[str, Then]] = {email_key(present): (present, then)}
    if (old := undo.mailbox_with_link(unit, fact.account_id)) is not None:
        ways.setdefault(email_key(old), (old, "undo"))
    ways.setdefault(email_key(pressed), (pressed, "elsewhere"))
    is_the_owners = len(ways) == 1  # with several mailboxes, one may be a thief's
    for email, way in ways.values():
        notices.notify(unit, DONE_MAIL, fact, to="" if is_the_owners else email, change=way, blocked=not sole)
    if then == "reset":
        recovery.mail_reset(unit, fact, frozen=True)
    return ways[email_key(pressed)][1]


def forget_other_mailboxes(unit: UnitOfWork, fact: EmailRestored) -> None:
    """Ends the links that were sent to a thief's mailbox when it is no longer the account's."""
    restored = accounts.owner_of(unit, fact.account_id).email
    unit.run(_USE_OF_OTHERS, {"account": fact.account_id, "kept": restored, "now": unit.now})


@dataclass(frozen=True)
class Freeze:
    """The texts of the panel, in the customer's language; empty when the account is not frozen."""

    until: str = ""
    begun: str = ""
    where: str = ""


def view_freeze(unit: UnitOfWork, account_id: int) -> Freeze:
    """Until when the account is frozen, and who started the freeze."""
    row = freeze.in_force(unit, account_id)
    if row is None:
        return Freeze()
    client = formats.format_client(row.browser, row.system, accounts.locale_of(unit, account_id)[0])
    return Freeze(
        until=freeze.in_words(unit, account_id, row.until),
        begun=freeze.in_words(unit, account_id, row.begun_at),
        where=f"{client}, {row.address}" if row.address else client,
    )
