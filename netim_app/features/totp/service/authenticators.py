"""The enrolled authenticators: the list and its changes."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, delete, select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact
from netim_app.features.totp import rules
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved, AuthenticatorRenamed
from netim_app.features.totp.service import codes, stored
from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.identity import accounts, ceremonies, freeze, notices, second_factor, sessions, tickets
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountUnlocked, SecondFactorDisabled, SecondFactorEnabled, TakenBack
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

CHANGED_MAIL = "two_factor_changed"


@dataclass(frozen=True)
class Authenticator:
    """One entry of the list, with moments in the customer's language."""

    id: int
    name: str
    added: str
    last_used: str


@dataclass(frozen=True)
class Authenticators:
    """The card's content."""

    enabled: bool
    authenticators: tuple[Authenticator, ...] = ()
    full: bool = False
    beside: bool = False
    """Whether a ceremony, such as a passkey, is also a second factor."""


def view_authenticators(unit: UnitOfWork, account_id: int) -> Authenticators:
    """The card's content."""
    language, time_zone = accounts.locale_of(unit, account_id)

    def words(moment: datetime | None) -> str:
        return formats.format_date(moment, language, time_zone) if moment else ""

    rows = stored.authenticators_of(unit, account_id)
    return Authenticators(
        enabled=bool(rows),
        authenticators=tuple(
            Authenticator(row.id, row.name, words(row.added_at), words(row.last_used_at)) for row in rows
        ),
        full=len(rows) >= rules.MAX_AUTHENTICATORS,
        beside=_is_beside(unit, account_id),
    )


def _is_beside(unit: UnitOfWork, account_id: int) -> bool:
    return bool(ceremonies.names_of(unit, account_id))


def rename(unit: UnitOfWork, actor: Actor, authenticator_id: int, name: str) -> None:
    """Renames an authenticator.

    Raises:
        DomainError: the name is taken, or there is no such authenticator.
    """
    lock_account(unit, actor.account_id)
    authenticator = _authenticator(unit, actor.account_id, authenticator_id)
    if name != authenticator.name:
        refuse_taken(unit, actor.account_id, name)
        old_name, authenticator.name = authenticator.name, name
        unit.record(
            AuthenticatorRenamed(
                account_id=actor.account_id, at=unit.now, origin=actor.origin, old_name=old_name, name=name
            )
        )


def remove(unit: UnitOfWork, actor: Actor, authenticator_id: int) -> None:
    """Removes an authenticator.

    Raises:
        DomainError: it is the last second factor (see `disable`), there is no such authenticator, or the account is
            frozen.
    """
    lock_account(unit, actor.account_id)
    authenticator = _authenticator(unit, actor.account_id, authenticator_id)
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=authenticator.added_at)
    if stored.count(unit, actor.account_id) == 1 and not _is_beside(unit, actor.account_id):
        raise DomainError("totp.last")
    unit.session.delete(authenticator)
    unit.session.flush()
    unit.record(
        AuthenticatorRemoved(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=authenticator.name)
    )


def disable(unit: UnitOfWork, actor: Actor, code: str, return_to: str) -> str:
    """Disables two-factor authentication: deletes all secrets and codes, ends all other sessions.

    With a ceremony it stays on, and no code is required: a fresh proof is enough, as for `remove`.
    Returns the ticket that renews the current session.

    Raises:
        DomainError: it is already off, or the account is frozen.
        RecordedRefusal: the code is wrong, or guessing is throttled.
    """
    lock_account(unit, actor.account_id)
    added = [row.added_at for row in stored.authenticators_of(unit, actor.account_id)]
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=min(added, default=None))
    if not codes.enrolled(unit, actor.account_id):
        raise DomainError("totp.off_already")
    if not _is_beside(unit, actor.account_id):
        second_factor.check_code(unit, actor.account_id, code, actor)
    _switch_off(unit, SecondFactorDisabled(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return end_other_sessions(unit, actor, return_to)


def switch_off_on_unlock(unit: UnitOfWork, fact: AccountUnlocked) -> None:
    """Disables it on the operator's `--two-factor-off`, for a customer who lost every device and backup code."""
    lock_account(unit, fact.account_id)
    if fact.without_second_factor and codes.enrolled(unit, fact.account_id):
        _switch_off(unit, SecondFactorDisabled(account_id=fact.account_id, at=fact.at, origin=fact.origin))
        outbox.withdraw(unit, fact.account_id, f"{CHANGED_MAIL}.disabled")  # the mail about the unlock says so
        sessions.end_sessions(unit, fact.account_id)


def remove_since(unit: UnitOfWork, fact: TakenBack) -> None:
    """Removes authenticators that a thief may have added. If no factor is left, two-factor authentication is off."""
    lock_account(unit, fact.account_id)
    authenticators = stored.authenticators_of(unit, fact.account_id)
    recent = [row for row in authenticators if fact.doubts(row.added_at, row.last_used_at)]
    if recent and len(recent) == len(authenticators):
        _switch_off(unit, SecondFactorDisabled(account_id=fact.account_id, at=fact.at, origin=fact.origin))
        return
    for authenticator in recent:
        stored.remove(unit, authenticator.id)
        unit.record(
            AuthenticatorRemoved(account_id=fact.account_id, at=fact.at, origin=fact.origin, name=authenticator.name)
        )


def _switch_off(unit: UnitOfWork, fact: SecondFactorDisabled) -> None:
    """Removes every authenticator. Two-factor authentication stays on if there is another second factor."""
    names = [authenticator.name for authenticator in stored.authenticators_of(unit, fact.account_id)]
    for table in (TotpAuthenticator, TotpEnrolment):
        unit.session.exec(delete(table).where(col(table.account_id) == fact.account_id))
    unit.session.expire_all()
    if not second_factor.enrolled(unit, fact.account_id):
        unit.record(fact)
        return
    for name in names:
        unit.record(AuthenticatorRemoved(account_id=fact.account_id, at=fact.at, origin=fact.origin, name=name))


def mail_change(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the customer about every change of the authenticators."""
    changes: dict[type[Fact], str] = {
        SecondFactorEnabled: "enabled",
        SecondFactorDisabled: "disabled",
        AuthenticatorAdded: "added",
        AuthenticatorRemoved: "removed",
    }
    change = changes[type(fact)]
    notices.notify(unit, CHANGED_MAIL, fact, kind=change, change=change, device=getattr(fact, "name", ""))


def _authenticator(unit: UnitOfWork, account_id: int, authenticator_id: int) -> TotpAuthenticator:
    authenticator = unit.session.exec(
        select(TotpAuthenticator).where(
            TotpAuthenticator.id == authenticator_id, TotpAuthenticator.account_id == account_id
        )
    ).first()
    if authenticator is None:
        raise DomainError("totp.no_such_device")
    return authenticator


def refuse_taken(unit: UnitOfWork, account_id: int, name: str) -> None:
    """Raises DomainError if an authenticator of the account has this name, regardless of case."""
    if any(
        authenticator.name.casefold() == name.casefold() for authenticator in stored.authenticators_of(unit, account_id)
    ):
        raise DomainError("totp.name_taken", field="name")


def end_other_sessions(unit: UnitOfWork, actor: Actor, return_to: str) -> str:
    """Ends all sessions except the current one, and returns the ticket that renews that one."""
    sessions.end_sessions(unit, actor.account_id, keep=actor.session_id)
    return tickets.renewal_ticket(unit, actor, return_to=return_to)
