"""Passkeys only: nothing else opens the account. `recovery` is the way back when all of them are lost."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, delete

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Fact
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import PasskeysOnlyOff, PasskeysOnlyOn
from netim_app.features.passkeys.rules import Purpose
from netim_app.features.passkeys.service import answers, prompts, stored
from netim_app.features.passkeys.tables import Passkey, PasskeyRecovery, PasskeysOnly
from netim_app.identity import (
    ceremonies,
    freeze,
    links,
    login,
    notices,
    pending_logins,
    second_factor,
    sessions,
    tickets,
)
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import LoginFailed, TakenBack
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

MAIL = "passkeys_only"
PASSKEY = "passkey"
"""The factor of a proof by a passkey alone."""
NEEDS_CODES = "passkeys.only.codes"
NEEDS_MORE, ALREADY_ON, ALREADY_OFF = "passkeys.only.more", "passkeys.only.on_already", "passkeys.only.off_already"
_only = table_of(PasskeysOnly).c
_SINCE = sa.select(_only.since).where(_only.account_id == sa.bindparam("account"))


def is_on(unit: UnitOfWork, account_id: int) -> bool:
    """Whether only a passkey opens the account."""
    return on_since(unit, account_id) is not None


def on_since(unit: UnitOfWork, account_id: int) -> datetime | None:
    """When it was switched on; None while it is off."""
    row = unit.row(_SINCE, account=account_id)
    return row and row.since


def ask(unit: UnitOfWork, actor: Actor, code: str, *, proved: bool = False) -> str:
    """Returns the prompt that switches it on. The challenge records whether a required backup code was right.

    Args:
        proved: a backup code was right within `rules.CHALLENGE_LIFE`, and its prompt was closed.

    Raises:
        DomainError: it is already on, the account is frozen, or it has too few passkeys or too few backup codes to
            consume one.
        RecordedRefusal: the backup code is wrong, at its field.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id)
    if is_on(unit, actor.account_id):
        raise DomainError(ALREADY_ON)
    purpose = _purpose(unit, actor)
    if purpose == "only_with_code":
        to_prove = 0 if proved else 1
        if second_factor.valid_fallback_codes(unit, actor.account_id) <= to_prove:  # another one is needed for recovery
            raise DomainError(NEEDS_CODES)
        if not proved:
            second_factor.check_fallback_code(unit, actor.account_id, code, actor)
    return prompts.for_account(unit, actor, purpose, actor.account_id)


def _purpose(unit: UnitOfWork, actor: Actor) -> Purpose:
    lacks = rules.lacks(stored.passkeys_of(unit, actor.account_id))
    if lacks == "passkey":
        raise DomainError(NEEDS_MORE)
    return "only_with_code" if lacks == "code" else "only"


def switch_on(unit: UnitOfWork, actor: Actor, text: str, return_to: str) -> str:
    """Closes every other way in. Returns the ticket that renews the current session, as proved by the passkey.

    All other sessions, pending logins and mailed links end. From then on only a passkey gives a fresh proof.

    Raises:
        DomainError: it is already on, the account is frozen, or it now has too few passkeys.
        RecordedRefusal: the answer does not match the request, or no backup code is left for recovery.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id)
    if is_on(unit, actor.account_id):
        raise RecordedRefusal(ALREADY_ON)
    passkey = answers.judge_use(unit, actor, text, _purpose(unit, actor), actor.account_id)
    lacks = rules.lacks(stored.passkeys_of(unit, actor.account_id))
    if lacks == "passkey":
        raise RecordedRefusal(NEEDS_MORE)  # according to the answer, its provider no longer has a copy
    if lacks == "code" and not second_factor.valid_fallback_codes(unit, actor.account_id):
        raise RecordedRefusal(NEEDS_CODES)  # another tab has consumed the last one meanwhile
    answers.note_use(unit, passkey, actor)
    unit.session.add(PasskeysOnly(account_id=actor.account_id, since=unit.now))
    unit.session.flush()
    fact = PasskeysOnlyOn(account_id=actor.account_id, at=unit.now, origin=actor.origin)
    pending_logins.forget_pending(unit, fact)
    second_factor.lift_first_lockout(unit, actor.account_id)  # no reset can lift it from now on
    links.revoke_links(unit, actor.account_id)
    sessions.end_sessions(unit, actor.account_id, keep=actor.session_id)
    unit.record(fact)
    return ceremonies.accept_proof(unit, actor, factor=PASSKEY, return_to=return_to)


def why_needed(unit: UnitOfWork, passkey: Passkey) -> str | None:
    """Why a passkey must stay while nothing else opens the account, as a text key; None if it can be removed."""
    remaining = [row for row in stored.passkeys_of(unit, passkey.account_id) if row.id != passkey.id]
    if not remaining:
        return "passkeys.only.last"
    if rules.lacks(remaining) == "passkey" and not second_factor.valid_fallback_codes(unit, passkey.account_id):
        return "passkeys.only.needed"
    long_there = unit.now - freeze.MAY_BE_A_THIEFS
    if all(row.added_at > max(passkey.added_at, long_there) for row in remaining):
        return "passkeys.only.replaced"  # otherwise "This was not me" would find only a thief's passkeys
    return None


def switch_off(unit: UnitOfWork, actor: Actor) -> None:
    """Opens the other ways in again. The caller has a fresh proof, which is by a passkey.

    Raises:
        DomainError: it is already off, or the account is frozen.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=on_since(unit, actor.account_id))
    if not is_on(unit, actor.account_id):
        raise DomainError(ALREADY_OFF)
    end(unit, PasskeysOnlyOff(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def end(unit: UnitOfWork, fact: Fact) -> None:
    """Deletes its rows, if any, and records how it ended. The account is locked."""
    for table in (PasskeysOnly, PasskeyRecovery):
        unit.session.exec(delete(table).where(col(table.account_id) == fact.account_id))
    unit.session.expire_all()
    tickets.end_tickets(unit, fact.account_id, factor=rules.RECOVERY_FACTOR)
    unit.record(fact)


def end_with_passkeys(unit: UnitOfWork, cause: Fact, *, from_then_on: bool) -> None:
    """Ends it after passkeys were removed from outside: every account must stay accessible. The account is locked.

    Args:
        from_then_on: whether to end it in any case, because a thief may have switched it on.
    """
    gone = from_then_on or not stored.enrolled(unit, cause.account_id)
    if gone and is_on(unit, cause.account_id):
        end(unit, PasskeysOnlyOff(account_id=cause.account_id, at=cause.at, origin=cause.origin))


def is_doubted(unit: UnitOfWork, fact: TakenBack) -> bool:
    """Whether it is on, and a thief may have switched it on."""
    since = on_since(unit, fact.account_id)
    return since is not None and fact.doubts(since)


def mail_switched(unit: UnitOfWork, fact: PasskeysOnlyOn | PasskeysOnlyOff) -> None:
    """Mails the customer that it was switched on or off."""
    change = "on" if isinstance(fact, PasskeysOnlyOn) else "off"
    notices.notify(unit, MAIL, fact, kind=change, change=change)


def mail_password(unit: UnitOfWork, fact: LoginFailed) -> None:
    """Mails that somebody knows the password, although it opens nothing. Only the mailbox learns that it was right.

    It sends one mail an hour at most; another mail then says how many more attempts there were.
    """
    if fact.reason == login.SOLE_CEREMONY:
        many = "passkeys.only.many"
        notices.notify_up_to_a_cap(
            unit, MAIL, fact, kind="password", card="recent-activity", many=many, cap=1, change="password"
        )
