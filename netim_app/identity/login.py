"""Logging in, and proving again who is there.

Every path costs as much as one bcrypt check of today's cost, whether the account exists or not and whether its guesses
are used up or not, and every refusal reads the same: nobody learns from here who is a customer (ASVS 6.3.8).
"""

from dataclasses import dataclass, replace

from sqlmodel import col, select

from netim_app.core import facts
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.identity import accounts, attempts, limits, password_queues, passwords, second_factor, sessions
from netim_app.identity.email_address import email_key
from netim_app.identity.security_log import log_proof, log_refusal
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit, units

WRONG = "login.wrong"


@dataclass(frozen=True)
class PasswordAttempt:
    """A paid attempt: what to check the password against.

    `refused` says why an attempt cannot succeed, for the log alone; there is no hash to check against then, and
    `account_id` is 0 when there is no such account.
    """

    account_id: int
    password_hash: str
    key: str
    refused: str = ""


@dataclass(frozen=True)
class TicketIssued:
    """Nothing is missing: the ticket opens the session."""

    ticket: str


@dataclass(frozen=True)
class CodeRequired:
    """The password was right, and a second factor has to follow: see `second_factor.finish_login`."""


def _pay(unit: UnitOfWork, email: str, caller: Visitor) -> PasswordAttempt:
    key = email_key(email)
    account = unit.session.exec(
        select(Account).where(Account.email_key == key, col(Account.disabled_at).is_(None))
    ).first()
    account_id = (account and account.id) or 0
    budget = attempts.attempt_key(unit, "password", key, attempts.party_of(unit, account_id, caller))
    allowed = attempts.record_attempt(unit, budget)
    if not allowed:
        return PasswordAttempt(account_id, password_hash="", key=budget, refused="throttled")
    if account is None:
        return PasswordAttempt(account_id, password_hash="", key=budget, refused="no account")
    return PasswordAttempt(account_id, password_hash=account.password_hash, key=budget)


async def check_password(
    email: str, password: str, caller: Visitor, *, failed: type[facts.Refusal] = facts.LoginFailed
) -> PasswordAttempt:
    """Checks a password within the guessing limits. `failed` is the fact that a refusal is.

    Take a place in the queue for hashes before: who hears "busy" must not have paid a guess.

    Raises:
        DomainError: wrong, unknown or throttled; no way to tell which.
    """
    cost = units().settings.bcrypt_cost
    attempt = await in_unit(_pay, email, caller)
    right = await passwords.matches_in_pool(password, attempt.password_hash or passwords.dummy_hash(cost), cost)
    if not right or attempt.refused:
        await in_unit(_note_failure, attempt, caller, failed)
        raise DomainError(WRONG)
    old = passwords.needs_rehash(attempt.password_hash, cost)
    if old or await passwords.matches_as_typed_only(password, attempt.password_hash, cost):
        new_hash = await passwords.hash_in_pool(password, cost)
        await in_unit(accounts.store_rehash, attempt.account_id, attempt.password_hash, new_hash)
        attempt = replace(attempt, password_hash=new_hash)
    return attempt


def _note_failure(unit: UnitOfWork, attempt: PasswordAttempt, caller: Visitor, failed: type[facts.Refusal]) -> None:
    """Records it for the account's owner. Where there is none, it takes as long."""
    reason = attempt.refused or "wrong"
    if attempt.account_id:
        sessions.lock_account(unit, attempt.account_id)
        unit.record(failed(account_id=attempt.account_id, at=unit.now, origin=caller.origin, reason=reason))
    else:
        attempts.dummy_write(unit, attempt.key)
        log_refusal("login_failed", account_id=0, reason=reason)


def still_right(unit: UnitOfWork, attempt: PasswordAttempt) -> bool:
    """Whether the password that was checked is still the account's, now and until this unit ends.

    Checking takes a while, and the password may be changed meanwhile.
    """
    return sessions.lock_account(unit, attempt.account_id).password_hash == attempt.password_hash


async def check_own_password(actor: Actor, password: str) -> PasswordAttempt:
    """Checks the password of a customer who is logged in, within the same limits.

    Raises:
        DomainError: wrong or throttled.
    """
    view = await in_read_unit(accounts.view_account, actor.account_id)
    attempt = await check_password(view.email, password, actor, failed=facts.ProofFailed)
    if attempt.account_id != actor.account_id:
        log_refusal("proof_failed", account_id=actor.account_id, reason="changed meanwhile")
        raise DomainError(WRONG)
    return attempt


async def log_in(
    visitor: Visitor, email: str, password: str, *, remember: bool, return_to: str
) -> TicketIssued | CodeRequired:
    """The password step of a login.

    Raises:
        DomainError: wrong, unknown or throttled (field-less), refused by a login policy, too many from there, or busy.
    """
    async with limits.login_place(visitor, email):
        attempt = await check_password(email, password, visitor)
    await in_unit(second_factor.drop_pending, visitor.browser_digest)  # what another login had begun here is over
    return await in_unit(_accept, attempt, visitor, remember, return_to)


def _accept(
    unit: UnitOfWork, attempt: PasswordAttempt, visitor: Visitor, remember: bool, return_to: str
) -> TicketIssued | CodeRequired:
    if not still_right(unit, attempt):
        raise _failed(unit, attempt, visitor, "changed meanwhile")
    log_proof(unit, "password_accepted", account_id=attempt.account_id, factor="password")
    attempts.reset_attempts(unit, attempt.key)
    if (refusal := sessions.policy_refusal(unit, attempt.account_id, visitor.origin)) is not None:
        unit.record(
            facts.LoginBlocked(account_id=attempt.account_id, at=unit.now, origin=visitor.origin, reason=refusal)
        )
        raise RecordedRefusal(refusal)
    if second_factor.enrolled(unit, attempt.account_id):
        if second_factor.is_stopped(unit, attempt.account_id):
            raise _failed(unit, attempt, visitor, "stopped")
        second_factor.begin(unit, attempt.account_id, visitor, remember=remember, return_to=return_to)
        return CodeRequired()
    ticket = sessions.issue_ticket(
        unit,
        purpose="login",
        account_id=attempt.account_id,
        browser_digest=visitor.browser_digest,
        remember=remember,
        return_to=return_to,
    )
    return TicketIssued(ticket)


def _failed(unit: UnitOfWork, attempt: PasswordAttempt, visitor: Visitor, reason: str) -> RecordedRefusal:
    """Records a failed login, and returns what to raise. It says the same for every reason."""
    unit.record(facts.LoginFailed(account_id=attempt.account_id, at=unit.now, origin=visitor.origin, reason=reason))
    return RecordedRefusal(WRONG)


async def prove_again(actor: Actor, password: str, code: str, return_to: str) -> str:
    """Step-up by password, and by a code where there is a second factor.

    Returns the ticket that renews the session as freshly proved.

    Raises:
        DomainError: wrong or throttled, at the field that is wrong. Busy, for the whole form.
    """
    with password_queues.hash_place(actor, actor.account_id):
        try:
            attempt = await check_own_password(actor, password)
        except DomainError as error:
            raise DomainError("step_up.wrong", field="password") from error
    return await in_unit(_accept_proof, attempt, actor, code, return_to)


def _accept_proof(unit: UnitOfWork, attempt: PasswordAttempt, actor: Actor, code: str, return_to: str) -> str:
    if not still_right(unit, attempt):
        log_refusal("proof_failed", account_id=actor.account_id, reason="changed meanwhile")
        raise DomainError("step_up.wrong", field="password")
    attempts.reset_attempts(unit, attempt.key)
    if second_factor.enrolled(unit, actor.account_id):
        second_factor.check_code(unit, actor.account_id, code, actor)
    unit.record(
        facts.IdentityProved(account_id=actor.account_id, at=unit.now, origin=actor.origin, session_id=actor.session_id)
    )
    return sessions.issue_ticket(
        unit,
        purpose="step_up",
        account_id=actor.account_id,
        browser_digest=actor.browser_digest,
        session_id=actor.session_id,
        return_to=return_to,
    )
