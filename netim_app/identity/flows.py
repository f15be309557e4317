"""Flows: use cases that run several units around slow work, such as checking or computing a password hash.

A flow holds no transaction while it hashes, and takes a place in the queue for hashes (`password_queues`). Each path of
a login takes as long as one bcrypt check at today's cost, whether or not the account exists or is throttled, and every
refusal looks the same. So the login does not reveal which addresses belong to customers (ASVS 6.3.8).
"""

import logging
from dataclasses import replace

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import (
    accounts,
    directory_flows,
    facts,
    limits,
    login,
    password_policy,
    password_queues,
    passwords,
    pending_logins,
    profiles,
    recovery,
    stored_passwords,
    undo,
)
from netim_app.identity.customer_directory import DirectoryAway
from netim_app.identity.login import CodeRequired, PasswordAttempt, TicketIssued
from netim_app.identity.security_log import log_refusal
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from reflex_guard.tokens import new_token

_logger = logging.getLogger(__name__)


async def log_in(
    visitor: Visitor, email: str, password: str, *, remember: bool, return_to: str
) -> TicketIssued | CodeRequired:
    """The password step of a login.

    Raises:
        DomainError: wrong, unknown or throttled (at no field), refused by a login policy, too many from this address,
            or busy.
    """
    async with limits.login_place(visitor, email):
        attempt = await check_password(email, password, visitor, may_be_first=True)
    if await in_read_unit(pending_logins.has_begun, visitor.browser_digest):  # another login in this browser
        await in_unit(pending_logins.drop_pending, visitor.browser_digest)
    accepted = await in_unit(login.accept_password, attempt, visitor, remember=remember, return_to=return_to)
    await _judge_anew(attempt, password, visitor)
    return accepted


async def _judge_anew(attempt: PasswordAttempt, password: str, visitor: Visitor) -> None:
    """Judges a password by today's policy if an older one accepted it. The gauge shows the result, with no lockout.

    After an error, the next login tries again. Only callers who have passed the password step wait for this.
    """
    min_length = units().settings.password_min_length
    if not 0 < attempt.accepted_under < password_policy.policy(min_length):
        return
    try:
        personal = await in_read_unit(accounts.personal_words, attempt.account_id)
        composed = passwords.composed(password)
        reason = await password_policy.why_refused(
            composed, visitor, attempt.account_id, personal=personal, min_length=min_length
        )
        await in_unit(
            stored_passwords.store_judgement, attempt.account_id, attempt.password_hash, accepted=reason is None
        )
    except DomainError:
        return  # busy
    except Exception:  # such as a list that cannot be read
        _logger.exception("a password was not judged anew")


async def prove_again(actor: Actor, password: str, code: str, return_to: str) -> str:
    """Step-up by password, plus a code if the account has a second factor.

    Returns the ticket that renews the session as freshly proved.

    Raises:
        DomainError: wrong or throttled (at its field), or busy (for the whole form).
    """
    with password_queues.hash_place(actor, actor.account_id):
        try:
            attempt = await check_own_password(actor, password)
        except DomainError as error:
            raise DomainError("step_up.wrong", field="password") from error
    return await in_unit(login.accept_proof, attempt, actor, code=code, return_to=return_to)


async def check_password(
    email: str,
    password: str,
    caller: Visitor,
    *,
    failed: type[facts.Refusal] = facts.LoginFailed,
    may_be_first: bool = False,
) -> PasswordAttempt:
    """Checks a password within the limits on attempts. `failed` is the type of fact to record for a refusal.

    `may_be_first`: this may be the first login of a customer from the outside directory.

    Take a place in the queue for hashes first: an attempt that ends as "busy" must not be counted.

    Raises:
        DomainError: wrong, unknown or throttled, without saying which; or the directory is unavailable.
    """
    cost = units().settings.bcrypt_cost
    attempt = await in_unit(login.begin_attempt, email, caller, opens=may_be_first)
    right = await passwords.matches_in_pool(password, attempt.password_hash or passwords.dummy_hash(cost), cost)
    if not right and attempt.password_hash:
        attempt = replace(attempt, refused=None)  # the reason applies only to the right password
    if not right or attempt.refused is not None:
        try:
            first = await directory_flows.first_login(attempt, email, password, caller) if may_be_first else None
        except DirectoryAway as error:
            await in_unit(login.record_failure, attempt, caller, failed)
            raise DomainError(login.DIRECTORY_AWAY) from error
        if first is None:
            await in_unit(login.record_failure, attempt, caller, failed)
            raise DomainError(login.WRONG)
        return first
    if passwords.needs_rehash(attempt.password_hash, cost):
        return await _rehash(attempt, password, cost)
    return attempt


async def _rehash(attempt: PasswordAttempt, password: str, cost: int) -> PasswordAttempt:
    """Replaces the checked hash by one in our format at today's cost.

    If another login with the same password has done so in the meantime, its hash is accepted.
    """
    new_hash = await passwords.hash_in_pool(password, cost)
    stored = await in_unit(stored_passwords.store_rehash, attempt.account_id, attempt.password_hash, new_hash)
    if stored is None:
        return attempt
    if stored == new_hash or await passwords.matches_in_pool(password, stored, cost):
        return replace(attempt, password_hash=stored)
    return attempt


async def check_own_password(actor: Actor, password: str) -> PasswordAttempt:
    """Checks the password of a logged-in customer, within the same limits.

    Raises:
        DomainError: wrong or throttled.
    """
    view = await in_read_unit(profiles.view_account, actor.account_id)
    attempt = await check_password(view.email, password, actor, failed=facts.ProofFailed)
    if attempt.account_id != actor.account_id:
        log_refusal("proof_failed", account_id=actor.account_id, reason="changed meanwhile")
        raise DomainError(login.WRONG)
    return attempt


async def reset_password(token: str, form: Form, visitor: Visitor) -> None:
    """Consumes a reset link and sets the new password from the form.

    Raises:
        InvalidForm: the policy refuses the new password.
        DomainError: the link does not work, a login policy refuses this visitor, too many from this address, or busy.
    """
    await limits.allow_link(visitor.origin.address)
    await limits.allow_new_password(visitor.origin.address)
    settings = units().settings
    owner = await in_read_unit(recovery.owner_of, token)
    personal = await in_read_unit(accounts.personal_words, owner)
    password = await password_policy.read_new(
        form, "password", visitor, owner, personal=personal, min_length=settings.password_min_length
    )
    form.finish()
    with password_queues.hash_place(visitor, owner):
        hashed = await passwords.hash_in_pool(password, settings.bcrypt_cost)
    await in_unit(recovery.finish_reset, token, hashed, visitor)


async def restore_email(token: str, visitor: Visitor) -> str:
    """Follows the link: restores the old address, ends all sessions, and sets a password that nobody knows.

    Returns:
        The old address.

    Raises:
        DomainError: the link does not work, the old address now belongs to another account, too many from this
            address, or busy.
    """
    await limits.allow_link(visitor.origin.address)
    account_id = await in_read_unit(undo.owner_of, token)
    with password_queues.hash_place(visitor, account_id):
        nobodys = await passwords.hash_in_pool(new_token(), units().settings.bcrypt_cost)
    return await in_unit(undo.restore, token, nobodys, visitor)
