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
    attempts,
    directory_flows,
    facts,
    limits,
    links,
    login,
    password_policy,
    password_queues,
    passwords,
    pending_logins,
    profiles,
    recovery,
    sign_up,
    sole_ceremony,
    undo,
)
from netim_app.identity.accounts import NewCustomer
from netim_app.identity.customer_directory import DirectoryAway
from netim_app.identity.email_address import read_new_email
from netim_app.identity.login import CodeRequired, PasswordAttempt, TicketIssued
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import MailedLink
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from netim_app.texts import catalog
from netim_app.texts.places import UNKNOWN_ZONE, listed_zone
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


async def register(data: object, visitor: Visitor, *, language: str, time_zone: str) -> str:
    """Notes a registration and mails its link. Returns the address to which it goes.

    The answer is the same when the customer exists already, and when no mail goes out because too many did.

    Args:
        data: the sign-up form as it came.
        visitor: the caller.
        language, time_zone: as the page and the browser have them.

    Raises:
        InvalidForm: with every error at its field.
        DomainError: too many from there, or busy.
    """
    address, settings = visitor.origin.address, units().settings
    await limits.allow_new_password(address)
    customer = await read_customer(
        data, visitor, language=language, time_zone=time_zone, min_length=settings.password_min_length
    )
    with password_queues.hash_place(visitor):
        await limits.allow_sign_up(address)
        hashed = await passwords.hash_in_pool(customer.password, settings.bcrypt_cost)
    if await limits.may_mail("sign_up", customer.email, address):
        await in_unit(sign_up.sign_up, customer, hashed)
    return customer.email


async def read_customer(
    data: object, visitor: Visitor, *, language: str, time_zone: str, min_length: int
) -> NewCustomer:
    """A checked sign-up form.

    Raises:
        InvalidForm: with every fault at its field.
        DomainError: busy.
    """
    form = Form(data)
    email = read_new_email(form)
    first_name, last_name = profiles.read_name(form)
    password = await password_policy.read_new(
        form, "password", visitor, personal=(email, first_name, last_name), min_length=min_length
    )
    form.finish()
    return NewCustomer(
        email=email,
        first_name=first_name,
        last_name=last_name,
        password=password,
        language=language if language in catalog.LOCALES else catalog.DEFAULT_LOCALE,
        time_zone=listed_zone(time_zone) or UNKNOWN_ZONE,
    )


async def confirm_email(token: str, password: str, visitor: Visitor) -> sign_up.Confirmed:
    """Follows a confirmation link: creates the account, or puts its new address in force.

    A link proves the mailbox. Everybody who opens one proves besides that the account is theirs: else the owner of a
    mailbox would confirm, by mistake, an account whose password or authenticator a stranger holds.

    Args:
        token: the secret of the link.
        password: the one that was chosen at the registration, or that of the account. A browser that is logged in to
            the account needs none.
        visitor: who follows it.

    Raises:
        DomainError: the link does not work, the password is not the one or proves nothing, the address was taken in the
            meantime, or too many from there.
    """
    await limits.allow_link(visitor.origin.address)
    link = await in_read_unit(sign_up.find_link, token)
    if link.purpose == sign_up.PURPOSE:
        await _check_chosen_password(link, password, visitor)
    elif not (isinstance(visitor, Actor) and visitor.account_id == link.account_id):
        if await in_read_unit(sole_ceremony.is_chosen, link.account_id or 0):
            raise DomainError("verify.log_in_first")
        await _check_account_password(link, password, visitor)
    return await in_unit(sign_up.confirm, token, visitor)


async def _check_chosen_password(link: MailedLink, password: str, visitor: Visitor) -> None:
    if not password:
        raise DomainError("form.required", field="password")
    with password_queues.hash_place(visitor):
        chosen = await in_unit(sign_up.begin_attempt, link)
        right = await passwords.matches_in_pool(password, chosen, units().settings.bcrypt_cost)
    if not right:
        log_refusal("confirmation_refused", reason="wrong")
        raise DomainError("verify.wrong_password", field="password")


async def _check_account_password(link: MailedLink, password: str, visitor: Visitor) -> None:
    """Within the limits that hold for every password of the account. A newer password ends the link."""
    if not password:
        raise DomainError("form.required", field="password")
    account_id = link.account_id or 0
    email = (await in_read_unit(profiles.view_account, account_id)).email
    with password_queues.hash_place(visitor):
        try:
            attempt = await check_password(email, password, visitor, failed=facts.ProofFailed)
        except DomainError as error:
            raise DomainError("verify.wrong_account_password", field="password") from error
    if attempt.account_id != account_id:
        raise links.refused(link.purpose, account_id=account_id)
    await in_unit(attempts.reset_attempts, attempt.key)


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
