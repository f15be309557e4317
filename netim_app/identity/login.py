"""The units of a login and of a step-up. `flows.log_in` and `flows.prove_again` run them around the check of a hash."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.identity import (
    attempts,
    facts,
    freeze,
    login_policies,
    pending_logins,
    second_factor,
    sole_ceremony,
    tickets,
)
from netim_app.identity.account_lock import lock_if_there
from netim_app.identity.email_address import email_key
from netim_app.identity.security_log import log_proof, log_refusal
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers

WRONG = "login.wrong"
DIRECTORY_AWAY = "login.directory_away"
NO_ACCOUNT = "no account"
SOLE_CEREMONY = "a ceremony alone opens the account"
"""Why a right password was refused, for the log and for the mail to the owner."""
LOCKED_OUT = "locked_out"
FROZEN = "frozen"
_account = table_of(Account).c
_CREDENTIALS = sa.select(_account.id, _account.password_hash, _account.password_policy).where(
    _account.email_key == sa.bindparam("key"), _account.disabled_at.is_(None)
)


@dataclass(frozen=True)
class PasswordAttempt:
    """A counted attempt, with the hash to check the password against.

    `refused` says why the attempt cannot succeed, for the log only; None if it can. An attempt that cannot has a hash
    only if the account exists but no password opens it. `account_id` is 0 if there is no such account.
    """

    account_id: int
    password_hash: str
    key: str
    refused: str | None = None
    accepted_under: int = 0
    """The policy under which the password was accepted, or one of `password_policy`'s special values."""


@dataclass(frozen=True)
class TicketIssued:
    """The login is complete: the ticket opens the session."""

    ticket: str


@dataclass(frozen=True)
class CodeRequired:
    """The password was right, and a second factor must follow: see `second_factor.finish_login`.

    `ceremonies` names the ceremonies that can replace a code.
    """

    ceremonies: tuple[str, ...] = ()


def begin_attempt(unit: UnitOfWork, email: str, caller: Visitor, *, opens: bool = False) -> PasswordAttempt:
    """Counts an attempt before the password is checked, and returns the hash to check it against.

    `opens`: the attempt is a login. Then `refused` also says why not even the right password would open the account.
    """
    key = email_key(email)
    account = unit.row(_CREDENTIALS, key=key)
    account_id = account.id if account else 0
    budget = attempts.attempt_key(unit, "password", key, attempts.party_of(unit, account_id, caller))
    allowed = attempts.record_attempt(unit, budget)
    blocked = _why_blocked(unit, account_id) if opens else None  # looked up even without an account, to take as long
    if not allowed:
        return PasswordAttempt(account_id, password_hash="", key=budget, refused="throttled")
    if account is None:
        return PasswordAttempt(account_id, password_hash="", key=budget, refused=NO_ACCOUNT)
    return PasswordAttempt(
        account_id,
        password_hash=account.password_hash,
        key=budget,
        refused=blocked,
        accepted_under=account.password_policy,
    )


def _why_blocked(unit: UnitOfWork, account_id: int) -> str | None:
    """Why no password opens the account; None if the right one does."""
    if sole_ceremony.is_chosen(unit, account_id):
        return SOLE_CEREMONY
    if freeze.blocks_login(unit, account_id):
        return FROZEN
    locked_out = second_factor.is_locked_out(unit, account_id) and second_factor.enrolled(unit, account_id)
    return LOCKED_OUT if locked_out else None


def credentials(unit: UnitOfWork, email: str) -> tuple[int, str] | None:
    """The id and the hash of the open account with this address; None if there is none."""
    account = unit.row(_CREDENTIALS, key=email_key(email))
    return None if account is None else (account.id, account.password_hash)


def record_failure(unit: UnitOfWork, attempt: PasswordAttempt, caller: Visitor, failed: type[facts.Refusal]) -> None:
    """Records a failed attempt for the account's owner. Takes as long if there is no account.

    `failed` is the type of fact to record.
    """
    reason = "wrong" if attempt.refused is None else attempt.refused
    if attempt.account_id and lock_if_there(unit, attempt.account_id):
        unit.record(failed(account_id=attempt.account_id, at=unit.now, origin=caller.origin, reason=reason))
    else:
        attempts.dummy_write(unit, attempt.key)
        log_refusal("login_failed", account_id=0, reason=reason)


def still_right(unit: UnitOfWork, attempt: PasswordAttempt) -> bool:
    """Whether the password that was checked is still the account's. It stays so until this unit ends.

    During the check the password may have been changed, or the account deleted.
    """
    account = lock_if_there(unit, attempt.account_id)
    return account is not None and account.password_hash == attempt.password_hash


def accept_password(
    unit: UnitOfWork, attempt: PasswordAttempt, visitor: Visitor, *, remember: bool, return_to: str
) -> TicketIssued | CodeRequired:
    """Continues after a right password: returns a ticket, or asks for a code.

    Raises:
        RecordedRefusal: the password has changed in the meantime, the account accepts only a ceremony, wrong codes or a
            freeze have blocked logins, or a policy refuses. Only the last is named; all others look like a wrong
            password.
    """
    if not still_right(unit, attempt):
        raise _failed(unit, attempt, visitor, "changed meanwhile")
    if sole_ceremony.is_chosen(unit, attempt.account_id):
        raise _failed(unit, attempt, visitor, SOLE_CEREMONY)
    if freeze.blocks_login(unit, attempt.account_id):
        raise _failed(unit, attempt, visitor, FROZEN)
    log_proof(unit, "password_accepted", account_id=attempt.account_id, factor="password")
    attempts.reset_attempts(unit, attempt.key)
    if (refusal := login_policies.refusal(unit, attempt.account_id, visitor.origin)) is not None:
        unit.record(
            facts.LoginBlocked(account_id=attempt.account_id, at=unit.now, origin=visitor.origin, reason=refusal)
        )
        raise RecordedRefusal(refusal)
    if second_factor.enrolled(unit, attempt.account_id):
        if second_factor.is_locked_out(unit, attempt.account_id):
            raise _failed(unit, attempt, visitor, LOCKED_OUT)
        pending_logins.begin(unit, attempt.account_id, visitor, remember=remember, return_to=return_to)
        return CodeRequired(tuple(each.name for each in offers().ceremonies if each.enrolled(unit, attempt.account_id)))
    ticket = tickets.issue_ticket(
        unit,
        purpose="login",
        account_id=attempt.account_id,
        browser_digest=visitor.browser_digest,
        remember=remember,
        return_to=return_to,
    )
    return TicketIssued(ticket)


def _failed(unit: UnitOfWork, attempt: PasswordAttempt, visitor: Visitor, reason: str) -> RecordedRefusal:
    """Records a failed login and returns the error to raise, which is the same for every reason."""
    record_failure(unit, replace(attempt, refused=reason), visitor, facts.LoginFailed)
    return RecordedRefusal(WRONG)


def accept_proof(unit: UnitOfWork, attempt: PasswordAttempt, actor: Actor, *, code: str, return_to: str) -> str:
    """Continues after a right password in a step-up. Returns the ticket that renews the session as freshly proved.

    Raises:
        DomainError: the password has changed in the meantime.
        RecordedRefusal: the code is wrong or missing, or the account accepts only a ceremony as proof.
    """
    if not still_right(unit, attempt):
        log_refusal("proof_failed", account_id=actor.account_id, reason="changed meanwhile")
        raise DomainError("step_up.wrong", field="password")
    if sole_ceremony.is_chosen(unit, actor.account_id):
        # As after a wrong password, even in the activity: a thief with an old session learns nothing.
        record_failure(unit, replace(attempt, refused=SOLE_CEREMONY), actor, facts.ProofFailed)
        raise RecordedRefusal("step_up.wrong", field="password")
    attempts.reset_attempts(unit, attempt.key)
    if second_factor.enrolled(unit, actor.account_id):
        second_factor.check_code(unit, actor.account_id, code, actor)
    return renew_as_proved(unit, actor, return_to)


def renew_as_proved(unit: UnitOfWork, actor: Actor, return_to: str) -> str:
    """Returns the ticket that renews the session as freshly proved."""
    unit.record(
        facts.IdentityProved(account_id=actor.account_id, at=unit.now, origin=actor.origin, session_id=actor.session_id)
    )
    return tickets.issue_ticket(
        unit,
        purpose="step_up",
        account_id=actor.account_id,
        browser_digest=actor.browser_digest,
        session_id=actor.session_id,
        return_to=return_to,
    )
