"""Limits by network address, by mailbox and on costly work. `attempts` counts per account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.identity import known_browsers, password_queues
from netim_app.identity.email_address import email_key
from netim_app.identity.security_log import log_refusal
from netim_app.infra import rate_limit
from netim_app.infra.rate_limit import Limit, Limiter
from netim_app.infra.unit_of_work import in_read_unit, units

TOO_OFTEN = "form.too_often"


@lru_cache
def limiter() -> Limiter:
    """The limiter of this process."""
    return Limiter.from_settings(units().settings, units().clock)


async def _hit(limit: Limit, *identity: str) -> bool:
    return _logged(limit, await limiter().hit(limit, *identity))


async def _hit_from(limit: Limit, address: str, *who: str) -> bool:
    return _logged(limit, await limiter().hit_from(limit, address, *who))


def _logged(limit: Limit, allowed: bool) -> bool:
    if not allowed:
        log_refusal("limit_reached", limit=limit.name)
    return allowed


async def _allow_from(limit: Limit, address: str, *who: str) -> None:
    if not await _hit_from(limit, address, *who):
        raise DomainError(TOO_OFTEN)


def login_overall() -> Limit:
    """How many passwords may be tried from everywhere: no more than the cores for strangers can hash."""
    most = rate_limit.LOGIN_OVERALL
    seconds = password_queues.seconds_per_hash(units().settings.bcrypt_cost)
    possible = round(password_queues.cores_for_strangers() * most.seconds / seconds)
    return replace(most, amount=min(most.amount, possible))


@asynccontextmanager
async def login_place(visitor: Visitor, email: str) -> AsyncIterator[None]:
    """One more password may be tried from this address, and there is a place in the queue for its hash.

    Those who come from a browser known to the account that they name go first. Where all together try too many, they
    alone get on: no storm of guesses keeps a customer out. Nothing depends on whether there is such an account. One who
    tries too many goes with the strangers: nobody fills the places of customers from accounts of their own.

    Raises:
        DomainError: too many from there; or busy, which counts as no guess.
    """
    await _allow_from(rate_limit.LOGIN_PER_ADDRESS, visitor.origin.address)
    key = email_key(email)
    known = await _goes_first(key, visitor.browser_digest)
    with password_queues.hash_place(visitor, key if known else ""):
        if not (await _hit(login_overall()) or known):
            raise DomainError(password_queues.BUSY)
        yield


async def _goes_first(key: str, browser_digest: str) -> bool:
    known = await in_read_unit(known_browsers.is_known_browser, key, browser_digest)
    return known and await _hit(rate_limit.KNOWN_LOGIN, key, browser_digest)


async def allow_code(address: str) -> None:
    """One more code may be tried from this address, after a right password.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.CODE_PER_ADDRESS, address)


async def allow_ceremony(address: str) -> None:
    """One more ceremony may be begun or finished at this address.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.CEREMONY_PER_ADDRESS, address)


async def allow_proof(customer: Actor) -> None:
    """One more password may be checked, or made, for a customer who is logged in: each costs a quarter of a second.

    Counted for each address in which the session is used, in its own browser and in all others together: a thief of
    its cookie leaves the owner's alone, and no other browser cookie gives more.

    Raises:
        DomainError: too many.
    """
    own = await in_read_unit(known_browsers.is_own_browser, customer)
    who = (str(customer.session_id), "own" if own else "other")
    await _allow_from(rate_limit.PROOF_PER_SESSION, customer.origin.address, *who)


async def allow_change(account_id: int) -> None:
    """A logged-in customer may make one more change that sends a mail.

    Without an end one account would fill the queue in which the mails of all others wait. What throws a thief out (a
    new password, logging out others, disabling) is not counted: else a thief could keep the owner from it.

    Raises:
        DomainError: too many.
    """
    if not await _hit(rate_limit.CHANGE_PER_ACCOUNT, str(account_id)):
        raise DomainError(TOO_OFTEN)


async def allow_edit(account_id: int) -> None:
    """A logged-in customer may make one more change that sends no mail: each is written down.

    Raises:
        DomainError: too many.
    """
    if not await _hit(rate_limit.EDIT_PER_ACCOUNT, str(account_id)):
        raise DomainError(TOO_OFTEN)


async def allow_copy_request(customer: Actor, recipient: str) -> None:
    """A logged-in customer may have one more mailbox asked whether it wants copies of alerts.

    Raises:
        DomainError: too many for the account, from there, or to that mailbox.
    """
    may = await _hit(rate_limit.COPY_REQUEST_PER_ACCOUNT, str(customer.account_id))
    if not (may and await may_mail("alert_copy", recipient, customer.origin.address)):
        raise DomainError(TOO_OFTEN, field="email")


async def allow_download(account_id: int) -> None:
    """A logged-in customer may download all data once more.

    Raises:
        DomainError: too many.
    """
    if not await _hit(rate_limit.DOWNLOAD_PER_ACCOUNT, str(account_id)):
        raise DomainError(TOO_OFTEN)


async def allow_journal_check(account_id: int) -> None:
    """A logged-in customer may have the journal verified once more.

    Raises:
        DomainError: too many.
    """
    if not await _hit(rate_limit.JOURNAL_CHECK_PER_ACCOUNT, str(account_id)):
        raise DomainError(TOO_OFTEN)


async def allow_sign_up(address: str) -> None:
    """One more registration may come from this address.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.SIGN_UP_PER_ADDRESS, address)


async def allow_recovery(address: str) -> None:
    """One more reset link may be asked for from this address.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.RECOVERY_PER_ADDRESS, address)


async def may_rate_password(address: str) -> bool:
    """Whether one more password that is being typed at this address may be rated: that costs milliseconds each."""
    return await _hit_from(rate_limit.RATING_PER_ADDRESS, address)


async def allow_new_password(address: str) -> None:
    """One more password that somebody has chosen at this address may be judged.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.NEW_PASSWORD_PER_ADDRESS, address)


async def allow_link(address: str) -> None:
    """One more mailed link may be tried from this address.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.LINK_PER_ADDRESS, address)


async def allow_reference(address: str) -> None:
    """Somebody at this address may ask about one more mail.

    Raises:
        DomainError: too many.
    """
    await _allow_from(rate_limit.REFERENCE_PER_ADDRESS, address)


async def may_mail(
    purpose: Literal["sign_up", "reset", "email_change", "alert_copy"], recipient: str, address: str
) -> bool:
    """Whether one more mail may go to this mailbox because somebody at this address asked for it.

    Each purpose has a budget of its own, so that nobody uses up a mailbox' reset links by registering its address.
    Do not show the answer: it would reveal which mailboxes we write to.
    """
    return await _hit_from(rate_limit.MAIL_PER_ADDRESS, address) and await _hit(
        rate_limit.MAIL_PER_RECIPIENT, purpose, email_key(recipient)
    )
