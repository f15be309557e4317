"""The passkeys of an account: the list and its changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from netim_app.core import paths
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Fact
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import PasskeyAdded, PasskeyCounterFell, PasskeyRemoved, PasskeyRenamed
from netim_app.features.passkeys.service import answers, only, question, recovery, stored
from netim_app.features.passkeys.service.providers import provider
from netim_app.features.passkeys.tables import Passkey
from netim_app.identity import accounts, ceremonies, freeze, notices, second_factor, sessions, tickets
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountUnlocked, TakenBack
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

CHANGED_MAIL = "passkey_changed"
OFF_MAIL = "two_factor_changed.disabled"
GONE = "passkeys.gone"


@dataclass(frozen=True)
class ListedPasskey:
    """One entry of the list, with moments and places in the customer's language."""

    id: int
    name: str
    picture: str
    """A data URL, or empty."""
    can_sync: bool
    added: str
    last_used: str
    where: str


@dataclass(frozen=True)
class Passkeys:
    """The card's content."""

    offered: bool
    passkeys: tuple[ListedPasskey, ...] = ()
    full: bool = False
    alone: bool = False
    """Whether the account has only one passkey, on one device."""
    signals: str = ""
    """For password managers: the account's passkeys and name (`ui.passkeys.signals`)."""
    only: bool = False
    """Whether nothing else opens the account."""
    lacks: str = ""
    """The condition for passkeys only that is not met yet (`rules.lacks`)."""
    recovery_opens: str = ""
    """When a pending recovery without a passkey can be finished; empty for none."""
    asked_in: int = 0
    """The session in which the customer is asked to add a first passkey; 0 for none."""


@dataclass(frozen=True)
class Added:
    """A new passkey."""

    name: str
    """From its provider, or from the browser in which it was made."""
    ticket: str | None
    """Renews the session if a password alone was enough before: all other sessions then end."""


def view_passkeys(unit: UnitOfWork, account_id: int) -> Passkeys:
    """The card's content."""
    language, time_zone = accounts.locale_of(unit, account_id)
    rows = stored.passkeys_of(unit, account_id)
    return Passkeys(
        offered=bool(unit.settings.passkey_domain),
        passkeys=tuple(_listed(row, language, time_zone) for row in rows),
        full=len(rows) >= rules.MAX_PASSKEYS,
        alone=len(rows) == 1 and not rows[0].can_sync,
        signals=_signals(unit, account_id, rows),
        only=only.is_on(unit, account_id),
        lacks=rules.lacks(rows),
        recovery_opens=recovery.opens_at(unit, account_id),
        asked_in=question.session_of(unit, account_id),
    )


def _signals(unit: UnitOfWork, account_id: int, rows: Sequence[Passkey]) -> str:
    """The list is complete: a password manager hides missing passkeys. Empty before any was requested."""
    handle = stored.handle_of(unit, account_id)
    if handle is None or not unit.settings.passkey_domain:
        return ""
    owner = accounts.owner_of(unit, account_id)
    whose = {"rpID": unit.settings.passkey_domain, "userID": rules.encode(handle)}
    accepted = [rules.encode(row.credential_id) for row in rows]
    return json.dumps(
        [
            {"signalName": "allAcceptedCredentials", **whose, "allAcceptedCredentialIDs": accepted},
            {"signalName": "currentUserDetails", **whose, "userName": owner.email, "userDisplayName": owner.email},
        ]
    )


def _listed(row: Passkey, language: str, time_zone: str) -> ListedPasskey:
    client = formats.format_client(row.browser, row.system, language)
    used = row.last_used_at
    return ListedPasskey(
        id=row.id,
        name=row.name,
        picture=provider(row.provider)[1],
        can_sync=row.can_sync,
        added=formats.format_date(row.added_at, language, time_zone),
        last_used=formats.format_date(used, language, time_zone) if used else "",
        where=f"{client}, {row.address}" if row.address else client,
    )


def add(unit: UnitOfWork, actor: Actor, text: str, *, return_to: str = paths.PERSONAL) -> Added:
    """Adds a passkey.

    Raises:
        RecordedRefusal: the answer does not match the request, the passkey is already registered, or there are too
            many.
    """
    account = lock_account(unit, actor.account_id)
    protected = second_factor.enrolled(unit, actor.account_id)
    answer, verified = answers.judge_new(unit, actor, text, actor.account_id)
    present = stored.passkeys_of(unit, actor.account_id)
    if len(present) >= rules.MAX_PASSKEYS:
        raise RecordedRefusal("passkeys.full", limit=rules.MAX_PASSKEYS)
    wanted = provider(verified.aaguid)[0] or formats.format_client(
        actor.origin.browser, actor.origin.system, account.language
    )
    name = rules.free_name(wanted, [row.name for row in present])
    passkey = Passkey(
        account_id=actor.account_id,
        credential_id=answer.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        can_sync=answers.can_sync(verified),
        backed_up=verified.credential_backed_up,
        provider=verified.aaguid,
        transports=" ".join(answer.transports),
        name=name,
        added_at=unit.now,
    )
    if not stored.store(unit, passkey):
        raise answers.refused(unit, actor, "register", actor.account_id)
    unit.record(PasskeyAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=name))
    return Added(name, None if protected else _end_other_sessions(unit, actor, return_to))


def rename(unit: UnitOfWork, actor: Actor, passkey_id: int, name: str) -> None:
    """Renames a passkey.

    Raises:
        DomainError: the name is taken, or there is no such passkey.
    """
    lock_account(unit, actor.account_id)
    passkey = _own(unit, actor, passkey_id)
    if name == passkey.name:
        return
    others = [row.name.casefold() for row in stored.passkeys_of(unit, actor.account_id) if row.id != passkey_id]
    if name.casefold() in others:
        raise DomainError("passkeys.name_taken", field="name")
    old_name, passkey.name = passkey.name, name
    unit.session.add(passkey)
    unit.session.flush()
    unit.record(
        PasskeyRenamed(account_id=actor.account_id, at=unit.now, origin=actor.origin, old_name=old_name, name=name)
    )


def remove(unit: UnitOfWork, actor: Actor, passkey_id: int, *, return_to: str = paths.PERSONAL) -> str | None:
    """Removes a passkey. With the last second factor, the backup codes and all other sessions end, too.

    Returns the ticket that then renews the current session; otherwise None.

    Raises:
        DomainError: there is no such passkey, the account is frozen, or the passkey must stay while nothing else opens
            the account: see `only.why_needed`.
    """
    lock_account(unit, actor.account_id)
    passkey = _own(unit, actor, passkey_id)
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=passkey.added_at)
    if only.is_on(unit, actor.account_id) and (reason := only.why_needed(unit, passkey)) is not None:
        raise DomainError(reason)
    _remove(unit, passkey, Fact(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return None if second_factor.enrolled(unit, actor.account_id) else _end_other_sessions(unit, actor, return_to)


def _end_other_sessions(unit: UnitOfWork, actor: Actor, return_to: str) -> str:
    sessions.end_sessions(unit, actor.account_id, keep=actor.session_id)
    return tickets.renewal_ticket(unit, actor, return_to=return_to)


def _remove(unit: UnitOfWork, passkey: Passkey, cause: Fact) -> None:
    name = passkey.name
    stored.remove(unit, passkey.id)
    last = not second_factor.enrolled(unit, cause.account_id)
    unit.record(PasskeyRemoved(account_id=cause.account_id, at=cause.at, origin=cause.origin, name=name, last=last))
    ceremonies.note_factor_removed(unit, cause)
    if last:
        outbox.withdraw(unit, cause.account_id, OFF_MAIL)  # the mail about the passkey says so


def remove_since(unit: UnitOfWork, fact: TakenBack) -> None:
    """Removes passkeys that a thief may have added."""
    lock_account(unit, fact.account_id)
    for passkey in _doubted(unit, fact):
        _remove(unit, passkey, fact)
    only.end_with_passkeys(unit, fact, from_then_on=only.is_doubted(unit, fact))


def is_doubted(unit: UnitOfWork, passkey: Passkey) -> bool:
    """Whether a passkey may be a thief's, and so does not open the frozen account on its own."""
    ending = freeze.ending_of(unit, passkey.account_id)
    return ending is not None and passkey.id in [row.id for row in _doubted(unit, ending)]


def _doubted(unit: UnitOfWork, fact: TakenBack) -> list[Passkey]:
    """The passkeys that a thief may have added. None after a freeze if nothing else would open the account.

    Otherwise a reader of the mailbox could remove all passkeys by starting a freeze.
    """
    rows = stored.passkeys_of(unit, fact.account_id)
    doubted = [row for row in rows if fact.doubts(row.added_at, row.last_used_at)]
    if len(doubted) < len(rows) or fact.until is None:
        return doubted
    stays_sole = only.is_on(unit, fact.account_id) and not only.is_doubted(unit, fact)
    return [] if stays_sole else doubted


def remove_on_unlock(unit: UnitOfWork, fact: AccountUnlocked) -> None:
    """Removes all passkeys on the operator's `--two-factor-off`, for a customer who has lost every second factor."""
    lock_account(unit, fact.account_id)
    passkeys = stored.passkeys_of(unit, fact.account_id) if fact.without_second_factor else ()
    for passkey in passkeys:
        _remove(unit, passkey, fact)
    if passkeys:
        outbox.withdraw(unit, fact.account_id, f"{CHANGED_MAIL}.removed")  # the mail about the unlock says so
        outbox.withdraw(unit, fact.account_id, OFF_MAIL)
        only.end_with_passkeys(unit, fact, from_then_on=False)
        outbox.withdraw(unit, fact.account_id, f"{only.MAIL}.off")
        sessions.end_sessions(unit, fact.account_id)


def mail_change(unit: UnitOfWork, fact: PasskeyAdded | PasskeyRemoved | PasskeyCounterFell) -> None:
    """Mails the customer about a change of the passkeys, and about one that may have been copied."""
    kinds: dict[type[Fact], str] = {PasskeyAdded: "added", PasskeyRemoved: "removed"}
    refused = isinstance(fact, PasskeyCounterFell) and fact.refused
    kind = kinds.get(type(fact)) or ("copied.refused" if refused else "copied")
    last = isinstance(fact, PasskeyRemoved) and fact.last
    notices.notify_up_to_a_cap(
        unit,
        CHANGED_MAIL,
        fact,
        kind=kind,
        card="passkeys",
        many="passkeys.many",
        change="removed.last" if last else kind,
        name=fact.name,
    )


def _own(unit: UnitOfWork, actor: Actor, passkey_id: int) -> Passkey:
    passkey = unit.session.get(Passkey, passkey_id, populate_existing=True)
    if passkey is None or passkey.account_id != actor.account_id:
        raise DomainError(GONE)
    return passkey
