"""Stores and reads a customer's phrase, and adds it to the head of mails that only the owner receives."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.features.genuine_mail.facts import PhraseChanged
from netim_app.features.genuine_mail.tables import MailPhrase
from netim_app.identity import accounts, freeze, notices
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import TakenBack
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.handlers import MailAbout
from netim_app.infra.log import log_event
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError
from netim_app.texts import formats

logger = logging.getLogger(__name__)

_PHRASES = table_of(MailPhrase)
_OF_ACCOUNT = _PHRASES.c.account_id == sa.bindparam("account")
_PHRASE = sa.select(_PHRASES).where(_OF_ACCOUNT)
_ADD = sa.insert(_PHRASES)
_REPLACE = sa.update(_PHRASES).where(_OF_ACCOUNT).values(sealed=sa.bindparam("new"), set_at=sa.bindparam("now"))
_REMOVE = sa.delete(_PHRASES).where(_OF_ACCOUNT)


@dataclass(frozen=True)
class PhraseSetting:
    """The card's content: since when there is a phrase, in the customer's language; empty without a phrase."""

    since: str = ""


def view_setting(unit: UnitOfWork, account_id: int) -> PhraseSetting:
    """The card's content."""
    row = unit.row(_PHRASE, account=account_id)
    if row is None:
        return PhraseSetting()
    language, time_zone = accounts.locale_of(unit, account_id)
    return PhraseSetting(since=formats.format_date(row.set_at, language, time_zone))


def phrase_of(unit: UnitOfWork, account_id: int) -> str:
    """The phrase; empty when there is none, or when it cannot be decrypted: that must not stop a mail."""
    row = unit.row(_PHRASE, account=account_id)
    if row is None:
        return ""
    context = _context(row)
    try:
        return unit.vault.open(row.sealed, context).decode()
    except VaultError:
        log_event(logger, "vault.unreadable", level=logging.ERROR, table=MailPhrase.__tablename__, row=context)
        return ""


def save(unit: UnitOfWork, actor: Actor, phrase: str) -> None:
    """Sets the phrase. Setting the same one again changes nothing and sends no mail.

    Raises:
        DomainError: the account is frozen, and the previous phrase is too old to be a thief's.
    """
    lock_account(unit, actor.account_id)
    row = unit.row(_PHRASE, account=actor.account_id)
    sealed = unit.vault.seal(phrase.encode(), _context_of(actor.account_id))
    if row is None:
        unit.run(_ADD, {"account_id": actor.account_id, "sealed": sealed, "set_at": unit.now})
    elif phrase_of(unit, actor.account_id) == phrase:
        return
    else:
        freeze.refuse_while_frozen(unit, actor.account_id, added_at=row.set_at)
        unit.run(_REPLACE, {"account": actor.account_id, "new": sealed, "now": unit.now})
    _record(unit, actor, "chosen" if row is None else "changed")


def remove(unit: UnitOfWork, actor: Actor) -> None:
    """Removes the phrase from mails. A second call changes nothing and sends no mail.

    Raises:
        DomainError: as for `save`.
    """
    lock_account(unit, actor.account_id)
    if (row := unit.row(_PHRASE, account=actor.account_id)) is not None:
        freeze.refuse_while_frozen(unit, actor.account_id, added_at=row.set_at)
    if unit.run(_REMOVE, {"account": actor.account_id}).rowcount:
        _record(unit, actor, "removed")


def forget(unit: UnitOfWork, fact: TakenBack) -> None:
    """Deletes a phrase that a thief may have read or chosen: it no longer proves anything."""
    row = unit.row(_PHRASE, account=fact.account_id)
    if row is None or (fact.until is not None and row.set_at > fact.until):
        return  # the owner has since chosen another one
    if unit.run(_REMOVE, {"account": fact.account_id}).rowcount:
        unit.record(PhraseChanged(account_id=fact.account_id, at=fact.at, origin=fact.origin, change="removed"))


def _record(unit: UnitOfWork, actor: Actor, change: Literal["chosen", "changed", "removed"]) -> None:
    unit.record(PhraseChanged(account_id=actor.account_id, at=unit.now, origin=actor.origin, change=change))


def mail_change(unit: UnitOfWork, fact: PhraseChanged) -> None:
    """Mails the customer that the phrase has changed. The mail has the new one at its head, like every mail."""
    notices.notify(unit, "phrase_changed", fact, change=fact.change)


def at_head(unit: UnitOfWork, about: MailAbout) -> Mapping[str, object] | None:
    """The values for the head of a mail; none for a mail that others may read."""
    if about.account_id is None or not about.is_personal:
        return None
    phrase = phrase_of(unit, about.account_id)
    return {"phrase": phrase} if phrase else None


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Re-seals with the current secret what the previous one sealed."""
    return rewrap_rows(unit, unit.session.exec(select(MailPhrase).with_for_update()), _context, "sealed")


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": whether there is a phrase, and since when."""
    return {"phrase": export_rows(unit, MailPhrase, account_id, "set_at")}


def _context(row: MailPhrase | sa.Row[Any]) -> str:
    return _context_of(row.account_id)


def _context_of(account_id: int) -> str:
    """The row that a phrase is bound to. The log redacts what follows the word `phrase`, so the number precedes it."""
    return f"account:{account_id}:mail_phrase"
