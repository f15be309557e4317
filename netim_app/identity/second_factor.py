"""The step between the password and the session, for accounts that have a second factor.

Which kinds of codes there are is the features' business (`core.feature.SecondFactor`); how often one may guess is ours:
security-checks.md, decision 2.
"""

import re
from datetime import timedelta

from sqlmodel import col, delete, select

from netim_app.core import events
from netim_app.core.actor import Visitor
from netim_app.core.events import Origin
from netim_app.core.feature import offers
from netim_app.identity import guessing, sessions
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import Account, CodeGuard, KnownDevice, PendingSignIn
from netim_app.infra.unit_of_work import UnitOfWork

PENDING_LIFE = timedelta(minutes=10)
HARD_STOP = 100
"""Wrong codes in a row, with one device and ten backup codes: 13 codes are right at any moment then."""
STOP_AT_ODDS = 1300
"""Wrong codes in a row, times how many codes are right. Each guess hits with (codes that are right) / 1,000,000: so an
attacker who has the password gets in with a chance of 0.13 % at most, however many devices there are."""
WRONG = "second_factor.wrong"
GONE = "second_factor.gone"
_DIGITS = re.compile(r"[0-9]{6}")


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether a sign-in to the account has to ask for a code."""
    return any(factor.enrolled(unit, account_id) for factor in offers().second_factors)


def normal_code(typed: str) -> str:
    """Six digits as typed or pasted, without the blanks that applications show; empty for anything else."""
    code = "".join(typed.split())
    return code if _DIGITS.fullmatch(code) else ""


def begin(unit: UnitOfWork, account_id: int, visitor: Visitor, *, remember: bool, return_to: str) -> None:
    """Notes that this browser has given the right password. What another sign-in had begun here is over."""
    drop_pending(unit, visitor.device_digest)
    unit.session.add(
        PendingSignIn(
            device_digest=visitor.device_digest,
            account_id=account_id,
            remember=remember,
            return_to=return_to,
            expires_at=unit.now + PENDING_LIFE,
            address=visitor.origin.address,
            browser=visitor.origin.browser,
            system=visitor.origin.system,
        )
    )


def is_pending(unit: UnitOfWork, device_digest: str) -> bool:
    """Whether this browser owes a code."""
    return _pending(unit, device_digest) is not None


def _pending(unit: UnitOfWork, device_digest: str) -> PendingSignIn | None:
    row = unit.session.get(PendingSignIn, device_digest) if device_digest else None
    return row if row is not None and row.expires_at > unit.now else None


def drop_pending(unit: UnitOfWork, device_digest: str) -> None:
    """Ends a sign-in half-way, and tells the customer: whoever it was knows the password."""
    row = unit.session.get(PendingSignIn, device_digest)
    if row is not None:
        _tell_and_delete(unit, row)


def expire_pending(unit: UnitOfWork) -> None:
    """Does the same with all that nobody has finished in time."""
    for row in unit.session.exec(select(PendingSignIn).where(col(PendingSignIn.expires_at) <= unit.now)).all():
        _tell_and_delete(unit, row)


def _tell_and_delete(unit: UnitOfWork, row: PendingSignIn) -> None:
    deleted = unit.session.exec(
        delete(PendingSignIn).where(
            col(PendingSignIn.device_digest) == row.device_digest, col(PendingSignIn.expires_at) == row.expires_at
        )
    )
    unit.session.expunge(row)
    if deleted.rowcount:
        unit.record(
            events.CodeNotGiven(
                account_id=row.account_id,
                at=unit.now,
                origin=Origin(address=row.address, browser=row.browser, system=row.system),
            )
        )


def check_code(unit: UnitOfWork, account_id: int, code: str, device_digest: str) -> str:
    """Checks and spends a code within the limits. All devices and backup codes are guessed at together.

    Returns:
        The name of the factor that accepted it; empty for a wrong one, and for any while guessing is throttled.
        It does not raise: the guess has to stay paid.
    """
    account = sessions.lock_account(unit, account_id)
    if is_stopped(unit, account_id):
        log_refusal("code_refused", account_id=account_id, reason="stopped")
        return ""
    known = unit.session.get(KnownDevice, (account_id, device_digest)) if device_digest else None
    key = guessing.guess_key(unit, "code", account.email_key, device_digest if known else "")
    if not guessing.pay_guess(unit, key):
        log_refusal("code_refused", account_id=account_id, reason="throttled")
        return ""
    digits = normal_code(code)
    factors = offers().second_factors if digits else ()
    accepted = next((factor.name for factor in factors if factor.spend(unit, account_id, digits)), "")
    if accepted:
        guessing.forgive_guesses(unit, key)
        unit.session.exec(delete(CodeGuard).where(col(CodeGuard.account_id) == account_id))
    else:
        log_refusal("code_refused", account_id=account_id, reason="wrong")
        _count_failure(unit, account_id)
    return accepted


def _count_failure(unit: UnitOfWork, account_id: int) -> None:
    guard = unit.session.get(CodeGuard, account_id) or CodeGuard(account_id=account_id, failures=0)
    guard.failures += 1
    unit.session.add(guard)
    live = sum(factor.live(unit, account_id) for factor in offers().second_factors)
    if guard.failures >= HARD_STOP or guard.failures * live >= STOP_AT_ODDS:
        guard.stopped_at = unit.now
        unit.session.exec(delete(PendingSignIn).where(col(PendingSignIn.account_id) == account_id))
        unit.record(events.CodesStopped(account_id=account_id, at=unit.now))


def is_stopped(unit: UnitOfWork, account_id: int) -> bool:
    """Whether sign-in is blocked because the password must be taken as stolen."""
    guard = unit.session.get(CodeGuard, account_id)
    return guard is not None and guard.stopped_at is not None


def lift_stop(unit: UnitOfWork, fact: events.PasswordChanged | events.AccountUnlocked) -> None:
    """A new password by mail, or the operator, ends the block."""
    if not (isinstance(fact, events.PasswordChanged) and fact.way != "reset"):
        unit.session.exec(delete(CodeGuard).where(col(CodeGuard.account_id) == fact.account_id))


def forget_pending(unit: UnitOfWork, fact: events.PasswordChanged) -> None:
    """A sign-in that began with the old password cannot be finished."""
    unit.session.exec(delete(PendingSignIn).where(col(PendingSignIn.account_id) == fact.account_id))


def finish_sign_in(unit: UnitOfWork, visitor: Visitor, code: str) -> tuple[str, str]:
    """The code step of a sign-in.

    Returns:
        (ticket, reason): a ticket that opens the session, or the text key of what is wrong.
    """
    row = _pending(unit, visitor.device_digest)
    if row is None:
        log_refusal("code_refused", reason="too late")
        return "", GONE
    account = unit.session.get_one(Account, row.account_id)
    if account.disabled_at is not None:
        log_refusal("code_refused", account_id=row.account_id, reason="disabled")
        return "", GONE
    if refusal := sessions.gate_refusal(unit, row.account_id, visitor.origin):
        log_refusal("code_refused", account_id=row.account_id, reason=refusal)
        return "", refusal
    if not check_code(unit, row.account_id, code, visitor.device_digest):
        return "", WRONG
    unit.session.exec(delete(PendingSignIn).where(col(PendingSignIn.device_digest) == visitor.device_digest))
    ticket = sessions.issue_ticket(
        unit,
        purpose="sign_in",
        account_id=row.account_id,
        device_digest=visitor.device_digest,
        remember=row.remember,
        return_to=row.return_to,
    )
    return ticket, ""


def end_pending_of(unit: UnitOfWork, account_id: int) -> None:
    """Ends every half-done sign-in to an account, without a word."""
    unit.session.exec(delete(PendingSignIn).where(col(PendingSignIn.account_id) == account_id))
