"""Limits by network address and by mailbox. What is counted per account stands in `guessing`."""

from functools import lru_cache

from netim_app.core.errors import DomainError
from netim_app.infra import rate_limit
from netim_app.infra.rate_limit import Limiter, Rule, email_key, network_key
from netim_app.infra.unit_of_work import units


@lru_cache
def limiter() -> Limiter:
    """The limiter of this process."""
    return Limiter.from_settings(units().settings, units().clock)


async def _allow(rule: Rule, *identity: str) -> None:
    if not await limiter().hit(rule, *identity):
        raise DomainError("form.too_often")


async def allow_sign_in(address: str) -> None:
    """One more password may be tried from this address.

    Raises:
        DomainError: too many, from there or from everywhere together.
    """
    await _allow(rate_limit.SIGN_IN_PER_ADDRESS, network_key(address))
    await _allow(rate_limit.SIGN_IN_OVERALL)


async def allow_sign_up(address: str) -> None:
    """One more registration may come from this address.

    Raises:
        DomainError: too many.
    """
    await _allow(rate_limit.SIGN_UP_PER_ADDRESS, network_key(address))


async def allow_recovery(address: str) -> None:
    """One more reset link may be asked for from this address.

    Raises:
        DomainError: too many.
    """
    await _allow(rate_limit.RECOVERY_PER_ADDRESS, network_key(address))


async def may_rate_password(address: str) -> bool:
    """Whether one more password that is being typed at this address may be rated: that costs milliseconds each."""
    return await limiter().hit(rate_limit.PASSWORD_WORK_PER_ADDRESS, network_key(address))


async def allow_link(address: str) -> None:
    """One more mailed link may be tried from this address.

    Raises:
        DomainError: too many.
    """
    await _allow(rate_limit.LINK_PER_ADDRESS, network_key(address))


async def may_mail(recipient: str, address: str) -> bool:
    """Whether one more mail may go to this mailbox because somebody at this address asked for it.

    The answer is not told: whoever sees it could tell which mailboxes we write to.
    """
    return await limiter().hit(rate_limit.MAIL_PER_ADDRESS, network_key(address)) and await limiter().hit(
        rate_limit.MAIL_PER_RECIPIENT, email_key(recipient)
    )
