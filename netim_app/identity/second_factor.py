"""The step between the password and the session, for accounts that have a second factor.

Which kinds of codes there are is the features' business (`feature.SecondFactor`); how often one may guess is ours:
docs/security.md has the reasons.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, delete, func, select, update

from netim_app.core import readers
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.core.forms import NO_CODE
from netim_app.core.tokens import digest, new_token
from netim_app.feature import offers
from netim_app.identity import attempts, facts, login_policies, sessions, tickets
from netim_app.identity.security_log import log_proof, log_refusal
from netim_app.identity.tables import Account, FailedCodeCount, PendingLogin, SecondFactorLockout
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

PENDING_LIFE = timedelta(minutes=10)
HARD_STOP = 100
"""Wrong codes in a row after which login is blocked."""
STOP_AT_ODDS = (1300, 700)
"""The same, for wrong codes times how many codes are right: each guess hits with (codes that are right) / 1,000,000.

So who has the password gets in with a chance of 0.13 % before the first stop, however many devices there are. A thief
who reads the mailbox too can lift that one by a reset: 0.2 % before the last one, which only the operator lifts."""
REFUSALS = {
    "wrong": "second_factor.wrong",
    "used": "second_factor.used",
    "throttled": "second_factor.throttled",
    "stopped": "second_factor.stopped",
}
"""Reason -> text key. Who hears one has given the right password, and learns nothing that helps to guess: a used code
is worth nothing, and while guessing is throttled no code is looked at."""
_pending_login, _lockout = table_of(PendingLogin).c, table_of(SecondFactorLockout).c
_HAS_BEGUN = sa.select(_pending_login.account_id).where(_pending_login.browser_digest == sa.bindparam("browser"))
_STOPPED = sa.select(_lockout.stopped_at).where(_lockout.account_id == sa.bindparam("account"))
GONE = "second_factor.gone"


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether a login to the account has to ask for a code."""
    return any(factor.enrolled(unit, account_id) for factor in offers().second_factors)


def normal_code(typed: str) -> str:
    """Six digits however they were typed or pasted; empty for anything else."""
    return readers.six_digits(typed)


def begin(unit: UnitOfWork, account_id: int, visitor: Visitor, *, remember: bool, return_to: str) -> None:
    """Notes that this tab has given the right password. Call `drop_pending` in a unit of its own before.

    It is finished by those who hold the same secret: the first of this visitor's.
    """
    values = {
        "secret_digest": next(iter(visitor.pending_digests), ""),
        "cookie_digest": "",
        "account_id": account_id,
        "remember": remember,
        "return_to": return_to,
        "expires_at": unit.now + PENDING_LIFE,
        "address": visitor.origin.known_address,
        "browser": visitor.origin.browser,
        "system": visitor.origin.system,
    }
    # In one statement: another account may be logged in to in this browser at the same moment.
    unit.run(
        unit.insert(PendingLogin)
        .values(browser_digest=visitor.browser_digest, **values)
        .on_conflict_do_update(index_elements=["browser_digest"], set_=values)
    )


def is_pending(unit: UnitOfWork, visitor: Visitor) -> bool:
    """Whether this browser owes a code, and holds the secret of the tab in which the password was given."""
    return _pending(unit, visitor) is not None


def _pending(unit: UnitOfWork, visitor: Visitor) -> PendingLogin | None:
    row = unit.session.get(PendingLogin, visitor.browser_digest) if visitor.browser_digest else None
    if row is None or row.expires_at <= unit.now:
        return None
    secrets = {row.secret_digest, row.cookie_digest} - {""}
    return None if secrets.isdisjoint(visitor.pending_digests) else row


def has_begun(unit: UnitOfWork, browser_digest: str) -> bool:
    """Whether there is a login in this browser that nobody has finished: `drop_pending` ends it."""
    return unit.row(_HAS_BEGUN, browser=browser_digest) is not None


def give_cookie(unit: UnitOfWork, browser_digest: str, secret: str) -> str | None:
    """Exchanges the secret of the tab, once, for one that its browser keeps; None when there is nothing to finish."""
    cookie = new_token()
    given = unit.session.exec(
        update(PendingLogin)
        .where(
            col(PendingLogin.browser_digest) == browser_digest,
            col(PendingLogin.secret_digest) == digest(secret),
            col(PendingLogin.cookie_digest) == "",
            col(PendingLogin.expires_at) > unit.now,
        )
        .values(cookie_digest=digest(cookie))
    )
    return cookie if given.rowcount == 1 else None


def drop_pending(unit: UnitOfWork, browser_digest: str) -> None:
    """Ends an unfinished login and notifies the customer: the caller knows the password."""
    row = unit.session.get(PendingLogin, browser_digest)
    if row is not None:
        _tell_and_delete(unit, row)


def expired(unit: UnitOfWork) -> list[str]:
    """The browsers (device digests) whose logins nobody has finished in time. `expire` each of them."""
    over = select(PendingLogin.browser_digest).where(col(PendingLogin.expires_at) <= unit.now)
    return list(unit.session.exec(over))


def expire(unit: UnitOfWork, browser_digest: str) -> None:
    """Ends a login that nobody has finished in time, like `drop_pending`."""
    row = unit.session.get(PendingLogin, browser_digest)
    if row is not None and row.expires_at <= unit.now:
        _tell_and_delete(unit, row)


def _tell_and_delete(unit: UnitOfWork, row: PendingLogin) -> None:
    sessions.lock_account(unit, row.account_id)
    deleted = unit.session.exec(
        delete(PendingLogin).where(
            col(PendingLogin.browser_digest) == row.browser_digest, col(PendingLogin.expires_at) == row.expires_at
        )
    )
    unit.session.expunge(row)
    if deleted.rowcount:
        unit.record(
            facts.SecondFactorNotCompleted(
                account_id=row.account_id,
                at=unit.now,
                origin=Origin(address=row.address, browser=row.browser, system=row.system),
            )
        )


def check_code(unit: UnitOfWork, account_id: int, code: str, visitor: Visitor) -> str:
    """Checks and consumes a code within the limits. Authenticators and backup codes share one count of attempts.

    Returns:
        The name of the factor that accepted it.

    Raises:
        RecordedRefusal: at the field `code`, with the reason: wrong, used, throttled or stopped. A text that is no six
            digits is no guess, and costs nothing.
    """
    digits = normal_code(code)
    if not digits:
        raise RecordedRefusal(NO_CODE, field="code")
    account = sessions.lock_account(unit, account_id)
    if is_stopped(unit, account_id):
        raise _refused(unit, account_id, visitor, "stopped")
    browser = visitor.browser_digest
    key = attempts.attempt_key(unit, "code", account.email_key, attempts.party_of(unit, account_id, visitor))
    if not attempts.record_attempt(unit, key):
        raise _refused(unit, account_id, visitor, "throttled")
    factors = offers().second_factors
    accepted = next(
        (factor.name for factor in factors if factor.consume(unit, account_id, digits, visitor.origin)), None
    )
    if accepted is None:
        used = any(factor.was_used(unit, account_id, digits) for factor in factors)
        refusal = _refused(unit, account_id, visitor, "used" if used else "wrong")
        _count_failure(unit, account_id, browser, visitor.origin)
        raise refusal
    log_proof(unit, "code_accepted", account_id=account_id, factor=accepted)
    attempts.reset_attempts(unit, key)
    _forget_failures(unit, account_id, browser)
    return accepted


def _refused(unit: UnitOfWork, account_id: int, visitor: Visitor, reason: str) -> RecordedRefusal:
    """Records that a code was not accepted, and returns what to raise."""
    unit.record(
        facts.CodeRefused(
            account_id=account_id,
            at=unit.now,
            origin=visitor.origin,
            reason=reason,
            logged_in=isinstance(visitor, Actor) and visitor.account_id == account_id,
        )
    )
    return RecordedRefusal(REFUSALS[reason], field="code")


def _count_failure(unit: UnitOfWork, account_id: int, browser: str, origin: Origin) -> None:
    key = (account_id, browser)
    guard = unit.session.get(FailedCodeCount, key) or FailedCodeCount(
        account_id=account_id, browser_digest=browser, failures=0
    )
    guard.failures += 1
    unit.session.add(guard)
    unit.session.flush()
    failures = unit.session.exec(
        select(func.sum(FailedCodeCount.failures)).where(FailedCodeCount.account_id == account_id)
    ).one()
    live = sum(factor.valid_code_count(unit, account_id) for factor in offers().second_factors)
    stop = unit.session.get(SecondFactorLockout, account_id) or SecondFactorLockout(account_id=account_id, stops=0)
    if failures >= HARD_STOP or failures * live >= STOP_AT_ODDS[min(stop.stops, 1)]:
        stop.stops += 1
        stop.stopped_at = unit.now
        unit.session.add(stop)
        _forget_guesses(unit, account_id)
        fact = facts.CodesStopped(account_id=account_id, at=unit.now, origin=origin, last=_is_last(stop))
        unit.record(fact)


def _is_last(stop: SecondFactorLockout) -> bool:
    return stop.stops >= len(STOP_AT_ODDS)


def _forget_failures(unit: UnitOfWork, account_id: int, browser: str) -> None:
    """A right code forgives what was typed wrong in the same browser, and not what somebody else has tried.

    It does not reset the lockout either: an attacker with mailbox access could repeat the first one for ever.
    """
    own = (col(FailedCodeCount.account_id) == account_id, col(FailedCodeCount.browser_digest) == browser)
    unit.session.exec(delete(FailedCodeCount).where(*own))


def _forget_guesses(unit: UnitOfWork, account_id: int) -> None:
    for table in (FailedCodeCount, PendingLogin):
        unit.session.exec(delete(table).where(col(table.account_id) == account_id))


def is_stopped(unit: UnitOfWork, account_id: int) -> bool:
    """Whether login is blocked because the password must be taken as stolen."""
    stop = unit.row(_STOPPED, account=account_id)
    return stop is not None and stop.stopped_at is not None


def lift_stop(unit: UnitOfWork, fact: facts.PasswordChanged | facts.AccountUnlocked | facts.EmailRestored) -> None:
    """The operator ends the block, and so does an address that is restored; a password set by mail ends the first."""
    if not isinstance(fact, facts.PasswordChanged):
        unit.session.exec(delete(SecondFactorLockout).where(col(SecondFactorLockout.account_id) == fact.account_id))
        unit.session.exec(delete(FailedCodeCount).where(col(FailedCodeCount.account_id) == fact.account_id))
        return
    stop = unit.session.get(SecondFactorLockout, fact.account_id)
    if fact.way == "reset" and stop is not None and not _is_last(stop):
        stop.stopped_at = None


def forget_pending(unit: UnitOfWork, fact: facts.PasswordChanged | facts.EmailRestored) -> None:
    """A login that began with the old password cannot be finished."""
    unit.session.exec(delete(PendingLogin).where(col(PendingLogin.account_id) == fact.account_id))


def forget_codes(unit: UnitOfWork, fact: facts.SecondFactorDisabled) -> None:
    """Without a second factor no browser owes a code any more."""
    _forget_guesses(unit, fact.account_id)


def finish_login(unit: UnitOfWork, visitor: Visitor, code: str) -> str:
    """The code step of a login. Returns the ticket that opens the session.

    Raises:
        RecordedRefusal: the code is wrong, at its field; else the login is over or a login policy refuses it.
    """
    row = _pending(unit, visitor)
    if row is not None:
        sessions.lock_account(unit, row.account_id)
        unit.session.expire(row)  # it may have been finished, dropped or replaced while we waited
        row = _pending(unit, visitor)
    if row is None:
        log_refusal("code_refused", reason="too late")
        raise RecordedRefusal(GONE)
    account_id, remember, return_to = row.account_id, row.remember, row.return_to
    if unit.session.get_one(Account, account_id).disabled_at is not None:
        log_refusal("code_refused", account_id=account_id, reason="disabled")
        raise RecordedRefusal(GONE)
    if (refusal := login_policies.refusal(unit, account_id, visitor.origin)) is not None:
        log_refusal("code_refused", account_id=account_id, reason=refusal)
        raise RecordedRefusal(refusal)
    factor = check_code(unit, account_id, code, visitor)
    own = (col(PendingLogin.browser_digest) == visitor.browser_digest, col(PendingLogin.account_id) == account_id)
    if unit.session.exec(delete(PendingLogin).where(*own)).rowcount != 1:
        raise RecordedRefusal(GONE)
    return tickets.issue_ticket(
        unit,
        purpose="login",
        account_id=account_id,
        browser_digest=visitor.browser_digest,
        remember=remember,
        factor=factor,
        return_to=return_to,
    )
