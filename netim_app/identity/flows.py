"""Flows: use cases that run several units around slow work, the check or the making of a password hash.

A flow holds no transaction while it hashes, and takes its place in the queue for hashes (`password_queues`). Each path
of a login takes as long as one bcrypt check of today's cost, whether the account exists and whether its attempts are
used up or not, and every refusal reads the same: nobody learns from here which addresses are customers' (ASVS 6.3.8).
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
        DomainError: wrong, unknown or throttled (field-less), refused by a login policy, too many from there, or busy.
    """
    async with limits.login_place(visitor, email):
        attempt = await check_password(email, password, visitor, may_be_first=True)
    if await in_read_unit(pending_logins.has_begun, visitor.browser_digest):  # by another login in this browser
        await in_unit(pending_logins.drop_pending, visitor.browser_digest)
    accepted = await in_unit(login.accept_password, attempt, visitor, remember=remember, return_to=return_to)
    await _judge_anew(attempt, password, visitor)
    return accepted


async def _judge_anew(attempt: PasswordAttempt, password: str, visitor: Visitor) -> None:
    """Judges a password that an older policy has accepted by today's. Nobody is locked out: the gauge says it.

    What goes wrong is left for the next login. Only who has passed the password step is made to wait for it.
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
        await in_unit(accounts.store_judgement, attempt.account_id, attempt.password_hash, accepted=not reason)
    except DomainError:
        return  # busy
    except Exception:  # a list that cannot be read, for one
        _logger.exception("a password was not judged anew")


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
    return await in_unit(login.accept_proof, attempt, actor, code=code, return_to=return_to)


async def check_password(
    email: str,
    password: str,
    caller: Visitor,
    *,
    failed: type[facts.Refusal] = facts.LoginFailed,
    may_be_first: bool = False,
) -> PasswordAttempt:
    """Checks a password within the limits on attempts. `failed` is the fact that a refusal is.

    `may_be_first`: a customer of the directory outside may come for the first time.

    Take a place in the queue for hashes before: an attempt that hears "busy" must not be counted.

    Raises:
        DomainError: wrong, unknown or throttled; no way to tell which. While the directory is away, the same for all.
    """
    cost = units().settings.bcrypt_cost
    attempt = await in_unit(login.begin_attempt, email, caller, opens=may_be_first)
    right = await passwords.matches_in_pool(password, attempt.password_hash or passwords.dummy_hash(cost), cost)
    if not right and attempt.password_hash:
        attempt = replace(attempt, refused="")  # the right one would have been refused for another reason
    if not right or attempt.refused:
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
    """Replaces the hash that was checked by one of ours and of today's cost.

    Another login with the same password may have done so meanwhile: then its hash counts for this one, too.
    """
    new_hash = await passwords.hash_in_pool(password, cost)
    stored = await in_unit(accounts.store_rehash, attempt.account_id, attempt.password_hash, new_hash)
    if stored == new_hash or (stored and await passwords.matches_in_pool(password, stored, cost)):
        return replace(attempt, password_hash=stored)
    return attempt


async def check_own_password(actor: Actor, password: str) -> PasswordAttempt:
    """Checks the password of a customer who is logged in, within the same limits.

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
    """Consumes a reset link and puts the new password of the form in force.

    Raises:
        InvalidForm: the new password is not good enough.
        DomainError: the link does not work, a login policy blocks this browser, too many from there, or busy.
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
    """Follows the link: the old address is in force again, nobody is logged in, and no password opens the account.

    Returns:
        The old address.

    Raises:
        DomainError: the link does not work, the old address belongs to another account by now, or too many from there.
    """
    await limits.allow_link(visitor.origin.address)
    account_id = await in_read_unit(undo.owner_of, token)
    with password_queues.hash_place(visitor, account_id):
        nobodys = await passwords.hash_in_pool(new_token(), units().settings.bcrypt_cost)
    return await in_unit(undo.restore, token, nobodys, visitor)
