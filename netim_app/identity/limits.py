"""Limits per network address, per mailbox and on costly work. `attempts` has those on guesses per account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache

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


async def allow(limit: Limit, *who: str, field: str = "") -> None:
    """Allows one more of what the limit counts.

    Args:
        limit: the limit that applies.
        who: who is counted, such as an account id.
        field: the form field at which the refusal is shown; empty for the whole form.

    Raises:
        DomainError: too many.
    """
    if not await _hit(limit, *who):
        raise DomainError(TOO_OFTEN, field=field)


async def allow_from(limit: Limit, address: str, *who: str) -> None:
    """`allow` for a client address.

    Raises:
        DomainError: too many.
    """
    if not await _hit_from(limit, address, *who):
        raise DomainError(TOO_OFTEN)


def login_overall() -> Limit:
    """The limit on password attempts from all addresses together: at most what the cores for strangers can hash."""
    most = rate_limit.LOGIN_OVERALL
    seconds = password_queues.seconds_per_hash(units().settings.bcrypt_cost)
    possible = round(password_queues.cores_for_strangers() * most.seconds / seconds)
    return replace(most, amount=min(most.amount, possible))


@asynccontextmanager
async def login_place(visitor: Visitor, email: str) -> AsyncIterator[None]:
    """Takes a place in the queue for hashes, for one more password attempt from this address.

    Attempts from browsers that are known to the named account have priority. When the overall limit is reached, only
    they proceed, so a flood of guesses keeps no customer out. Nothing depends on whether the account exists. A known
    browser that tries too often loses its priority, so nobody can fill the customers' places with their own accounts.

    Raises:
        DomainError: too many from this address; or busy, which is not counted as a guess.
    """
    await allow_from(rate_limit.LOGIN_PER_ADDRESS, visitor.origin.address)
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
    """Allows one more attempt at a code from this address, after a right password.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.CODE_PER_ADDRESS, address)


async def allow_ceremony(address: str) -> None:
    """Allows one more ceremony to be begun or finished from this address.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.CEREMONY_PER_ADDRESS, address)


async def allow_proof(customer: Actor) -> None:
    """Allows one more password to be checked or set for a logged-in customer: each costs a quarter of a second.

    Each session has two budgets per address: one for its own browser, one for all others together. So a thief of its
    cookie does not use up the owner's budget, and gains nothing from further browser cookies.

    Raises:
        DomainError: too many.
    """
    own = await in_read_unit(known_browsers.is_own_browser, customer)
    who = (str(customer.session_id), "own" if own else "other")
    await allow_from(rate_limit.PROOF_PER_SESSION, customer.origin.address, *who)


async def allow_change(account_id: int) -> None:
    """Allows a logged-in customer one more change that sends a mail.

    Without a limit one account could fill the queue that holds the mails of all others. Changes that throw a thief out
    (a new password, logging out others, disabling) are not counted: otherwise a thief could block them.

    Raises:
        DomainError: too many.
    """
    await allow(rate_limit.CHANGE_PER_ACCOUNT, str(account_id))


async def allow_edit(account_id: int) -> None:
    """Allows a logged-in customer one more change that sends no mail, because each change is recorded.

    Raises:
        DomainError: too many.
    """
    await allow(rate_limit.EDIT_PER_ACCOUNT, str(account_id))


async def allow_download(account_id: int) -> None:
    """Allows a logged-in customer one more download of the account's data.

    Raises:
        DomainError: too many.
    """
    await allow(rate_limit.DOWNLOAD_PER_ACCOUNT, str(account_id))


async def allow_sign_up(address: str) -> None:
    """Allows one more registration from this address.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.SIGN_UP_PER_ADDRESS, address)


async def allow_recovery(address: str) -> None:
    """Allows one more request for a reset link from this address.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.RECOVERY_PER_ADDRESS, address)


async def may_rate_password(address: str) -> bool:
    """Whether one more password may be rated while it is typed at this address: each rating costs milliseconds."""
    return await _hit_from(rate_limit.RATING_PER_ADDRESS, address)


async def allow_new_password(address: str) -> None:
    """Allows one more newly chosen password to be judged for this address.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.NEW_PASSWORD_PER_ADDRESS, address)


async def allow_link(address: str) -> None:
    """Allows one more attempt at a mailed link from this address.

    Raises:
        DomainError: too many.
    """
    await allow_from(rate_limit.LINK_PER_ADDRESS, address)


async def may_mail(purpose: str, recipient: str, address: str) -> bool:
    """Whether one more mail may go to this mailbox at the request of somebody at this address.

    Each purpose has its own budget, so that nobody can use up a mailbox's reset links by registering its address.
    Do not show the answer: it would reveal which mailboxes we write to.
    """
    return await _hit_from(rate_limit.MAIL_PER_ADDRESS, address) and await _hit(
        rate_limit.MAIL_PER_RECIPIENT, purpose, email_key(recipient)
    )


async def allow_mail(purpose: str, recipient: str, address: str) -> None:
    """`may_mail` for what a logged-in customer requests. The refusal is shown at the field `email`.

    Raises:
        DomainError: too many from this address, or to that mailbox.
    """
    if not await may_mail(purpose, recipient, address):
        raise DomainError(TOO_OFTEN, field="email")
