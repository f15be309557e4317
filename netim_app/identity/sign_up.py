"""Becoming a customer: a registration, and its confirmation from the mailbox that it names."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin, ProofFailed
from netim_app.core.forms import Form
from netim_app.identity import accounts, attempts, links, login, password_queues, passwords, sessions
from netim_app.identity.accounts import NewCustomer
from netim_app.identity.email_address import email_key, read_new_email
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import Account, MailedLink, SignUp
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork, in_read_unit, in_unit, units
from netim_app.texts import catalog
from netim_app.texts.places import UNKNOWN_ZONE, listed_zone

PURPOSE = "sign_up"
REQUEST = "sign_up_request"


async def read_customer(data: object, *, language: str, time_zone: str, min_length: int) -> NewCustomer:
    """A checked sign-up form.

    Raises:
        InvalidForm: with every fault at its field.
    """
    form = Form(data)
    email = read_new_email(form)
    first_name, last_name = accounts.read_name(form)
    password = await passwords.read_new(
        form, "password", personal=(email, first_name, last_name), min_length=min_length
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


def sign_up(unit: UnitOfWork, customer: NewCustomer, password_hash: str) -> None:
    """Notes a registration. Whether its address is a customer's already is found out later (`answer_sign_up`).

    So it takes as long for everybody, and the caller learns nothing.
    """
    row = SignUp(
        email=customer.email,
        email_key=email_key(customer.email),
        first_name=customer.first_name,
        last_name=customer.last_name,
        language=customer.language,
        time_zone=customer.time_zone,
        password_hash=password_hash,
        created_at=unit.now,
    )
    unit.session.add(row)
    unit.session.flush()  # the request names its id
    expires_at = unit.now + links.CONFIRM_LIFE
    outbox.ask(unit, REQUEST, origin=Origin(), params={"sign_up_id": row.id}, expires_at=expires_at)


def answer_sign_up(unit: UnitOfWork, _origin: Origin, request: Mapping[str, int]) -> None:
    """Mails the link of a registration; to somebody who is a customer already, a hint instead."""
    row = unit.session.get(SignUp, request["sign_up_id"])
    if row is None:
        return  # another one for the same address was confirmed meanwhile
    account = unit.session.exec(select(Account).where(Account.email_key == row.email_key)).first()
    if account is None:
        _mail_confirmation(unit, row)
        return
    unit.session.delete(row)
    outbox.queue(
        unit,
        event="sign_up_again",
        to=account.email,
        locale=account.language,
        account_id=account.id,
        params={
            "first_name": account.first_name,
            "login_url": unit.settings.public_url + "/login",
            "forgot_url": unit.settings.public_url + "/forgot-password",
        },
    )


def _mail_confirmation(unit: UnitOfWork, row: SignUp) -> None:
    token = links.new_link(unit, purpose=PURPOSE, life=links.CONFIRM_LIFE, sign_up_id=row.id)
    outbox.queue(
        unit,
        event="sign_up",
        to=row.email,
        locale=row.language,
        expires_at=unit.now + links.CONFIRM_LIFE,
        params={
            "link": f"{unit.settings.public_url}/verify-email?for=sign-up#{token}",
            "hours": int(links.CONFIRM_LIFE.total_seconds() // 3600),
        },
    )


@dataclass(frozen=True)
class Confirmed:
    """What a confirmation link did. `ticket` renews the session of a customer who is logged in in this browser."""

    purpose: str
    ticket: str | None = None


async def confirm_email(token: str, password: str, visitor: Visitor) -> Confirmed:
    """Follows a confirmation link: creates the account, or puts its new address in force.

    A link proves the mailbox. Everybody who opens one proves besides that the account is theirs: else the owner of a
    mailbox would confirm, by mistake, an account whose password or authenticator a stranger holds.

    Args:
        token: the secret of the link.
        password: the one that was chosen at the registration, or that of the account. A browser that is logged in to
            the account needs none.
        visitor: who follows it.

    Raises:
        DomainError: the link does not work, the password is not the one, or the address was taken in the meantime.
    """
    link = await in_read_unit(_find, token)
    if link.purpose == PURPOSE:
        await _check_chosen_password(link, password, visitor)
    elif not (isinstance(visitor, Actor) and visitor.account_id == link.account_id):
        await _check_account_password(link, password, visitor)
    return await in_unit(_confirm, token, visitor)


def _find(unit: UnitOfWork, token: str) -> MailedLink:
    """The link, still unspent."""
    link = links.find_link(unit, token)
    if link is None or link.purpose not in (PURPOSE, accounts.EMAIL_CHANGE):
        raise links.refused("confirmation")
    return link


async def _check_chosen_password(link: MailedLink, password: str, visitor: Visitor) -> None:
    if not password:
        raise DomainError("form.required", field="password")
    with password_queues.hash_place(visitor):
        chosen = await in_unit(_pay, link)
        right = await passwords.matches_in_pool(password, chosen, units().settings.bcrypt_cost)
    if not right:
        log_refusal("confirmation_refused", reason="wrong")
        raise DomainError("verify.wrong_password", field="password")


def _pay(unit: UnitOfWork, link: MailedLink) -> str:
    """Takes one guess at the password of a registration. Returns its hash."""
    if not attempts.record_attempt(unit, attempts.attempt_key(unit, "sign_up", link.digest)):
        log_refusal("confirmation_refused", reason="throttled")
        raise DomainError("form.too_often")
    row = unit.session.get(SignUp, link.sign_up_id)
    if row is None:  # somebody was faster: the registration, or another one of the same address, is an account now
        raise links.refused("confirmation")
    return row.password_hash


async def _check_account_password(link: MailedLink, password: str, visitor: Visitor) -> None:
    """Within the limits that hold for every password of the account. A newer password ends the link."""
    if not password:
        raise DomainError("form.required", field="password")
    account_id = link.account_id or 0
    email = (await in_read_unit(accounts.view_account, account_id)).email
    with password_queues.hash_place(visitor):
        try:
            attempt = await login.check_password(email, password, visitor, failed=ProofFailed)
        except DomainError as error:
            raise DomainError("verify.wrong_account_password", field="password") from error
    if attempt.account_id != account_id:
        raise links.refused(link.purpose, account_id=account_id)
    await in_unit(attempts.reset_attempts, attempt.key)


def _confirm(unit: UnitOfWork, token: str, visitor: Visitor) -> Confirmed:
    purpose = _find(unit, token).purpose
    link = links.consume_link(unit, token, purpose)
    try:
        if purpose == PURPOSE:
            _create_account(unit, link, visitor)
            return Confirmed(purpose)
        return Confirmed(purpose, accounts.change_email(unit, link, visitor))
    except IntegrityError as error:
        raise links.refused(purpose) from error


def _create_account(unit: UnitOfWork, link: MailedLink, visitor: Visitor) -> None:
    row = unit.session.get_one(SignUp, link.sign_up_id)
    account = accounts.create_account(
        unit,
        NewCustomer(
            email=row.email,
            first_name=row.first_name,
            last_name=row.last_name,
            password="",
            language=row.language,
            time_zone=row.time_zone,
        ),
        row.password_hash,
        visitor.origin,
    )
    if visitor.browser_digest:  # it has shown mailbox and password: its first login is no news to the customer
        sessions.remember_browser(unit, account.id or 0, visitor.browser_digest)
    unit.session.exec(delete(SignUp).where(col(SignUp.email_key) == account.email_key))
