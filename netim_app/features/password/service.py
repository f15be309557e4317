"""The change of the password."""

from dataclasses import dataclass

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.password import rules
from netim_app.identity import (
    accounts,
    attempts,
    login,
    notices,
    password_policy,
    second_factor,
    sessions,
    stored_passwords,
    tickets,
)
from netim_app.identity.facts import PasswordChanged
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats


@dataclass(frozen=True)
class PasswordSetting:
    """Both in the customer's language."""

    changed: str
    """How long ago; the field below has the exact moment."""
    changed_on: str
    up_to_date: bool
    refused: bool
    from_elsewhere: bool
    """It was imported with the account and has not been changed since."""


def up_to_date(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the password is recent enough and complies with the policy."""
    changed_at, accepted_under = stored_passwords.password_age(unit, account_id)
    return rules.is_up_to_date(changed_at, unit.now, accepted_under=accepted_under)


def is_refused(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the current policy has refused the password: it has leaked, or it is easy to guess."""
    _, accepted_under = stored_passwords.password_age(unit, account_id)
    return accepted_under == password_policy.REFUSED


def view_setting(unit: UnitOfWork, account_id: int) -> PasswordSetting:
    """The card's content."""
    changed_at, accepted_under = stored_passwords.password_age(unit, account_id)
    language, time_zone = accounts.locale_of(unit, account_id)
    return PasswordSetting(
        changed=formats.format_age(changed_at, unit.now, language),
        changed_on=formats.format_datetime(changed_at, language, time_zone),
        up_to_date=up_to_date(unit, account_id),
        refused=is_refused(unit, account_id),
        from_elsewhere=accepted_under == password_policy.UNKNOWN,
    )


def replace_password(
    unit: UnitOfWork, actor: Actor, attempt: login.PasswordAttempt, hashed: str, *, code: str, return_to: str
) -> str:
    """Sets a new password and ends all other sessions. Returns the ticket that renews the current one.

    Raises:
        DomainError: the checked password was changed meanwhile.
        RecordedRefusal: the last proof is too old, and the code is wrong or missing.
    """
    if not login.still_right(unit, attempt):
        raise DomainError("password.current_wrong", field="current")
    attempts.reset_attempts(unit, attempt.key)
    if not actor.is_fresh(unit.now) and second_factor.enrolled(unit, actor.account_id):
        second_factor.check_code(unit, actor.account_id, code, actor)
    stored_passwords.replace_password(
        unit,
        PasswordChanged(account_id=actor.account_id, at=unit.now, origin=actor.origin, way="changed"),
        hashed,
    )
    sessions.end_sessions(unit, actor.account_id, keep=actor.session_id)
    return tickets.renewal_ticket(unit, actor, return_to=return_to)


def mail_changed(unit: UnitOfWork, fact: PasswordChanged) -> None:
    """Mails the customer about every new password."""
    notices.notify(unit, "password_changed", fact, way=fact.way)
