"""Flows for a registration and for the links that confirm an address; see `flows`."""

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import (
    attempts,
    facts,
    limits,
    links,
    password_policy,
    password_queues,
    passwords,
    profiles,
    sign_up,
    sole_ceremony,
)
from netim_app.identity.account_creation import NewCustomer
from netim_app.identity.email_address import read_new_email
from netim_app.identity.flows import check_password
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import MailedLink
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from netim_app.texts import catalog
from netim_app.texts.time_zones import UNKNOWN_ZONE, listed_zone


async def register(data: object, visitor: Visitor, *, language: str, time_zone: str) -> str:
    """Stores a registration and mails its link. Returns the address that the mail goes to.

    The result is the same if the customer already exists, or if the rate limit prevents the mail.

    Args:
        data: the sign-up form as it was sent.
        visitor: the caller.
        language, time_zone: those of the page and the browser.

    Raises:
        InvalidForm: with every error at its field.
        DomainError: too many from this address, or busy.
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
    """Reads and checks a sign-up form.

    Raises:
        InvalidForm: with every error at its field.
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
    """Follows a confirmation link: creates the account, or sets its new address.

    The link proves only the mailbox. The caller must also prove that the account is theirs: otherwise the owner of a
    mailbox could confirm, by mistake, an account whose password or authenticator a stranger holds.

    Args:
        token: the secret of the link.
        password: the password chosen at the registration, or that of the account. A browser that is logged in to the
            account needs none.
        visitor: the caller.

    Raises:
        DomainError: the link does not work, the password is wrong or the account accepts none, the address was taken
            in the meantime, or too many from this address.
    """
    await limits.allow_link(visitor.origin.address)
    link = await in_read_unit(sign_up.find_link, token)
    if link.purpose == sign_up.PURPOSE:
        await _check_chosen_password(link, password, visitor)
    elif not (isinstance(visitor, Actor) and visitor.account_id == link.account_id):
        if await in_read_unit(sole_ceremony.is_chosen, links.account_of(link)):
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
    """Checks it within the usual limits on the account's password. A change of password revokes the link."""
    if not password:
        raise DomainError("form.required", field="password")
    account_id = links.account_of(link)
    email = (await in_read_unit(profiles.view_account, account_id)).email
    with password_queues.hash_place(visitor):
        try:
            attempt = await check_password(email, password, visitor, failed=facts.ProofFailed)
        except DomainError as error:
            raise DomainError("verify.wrong_account_password", field="password") from error
    if attempt.account_id != account_id:
        raise links.refused(link.purpose, account_id=account_id)
    await in_unit(attempts.reset_attempts, attempt.key)
