"""Sign-up: a registration, and its confirmation by a link to the registered address."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select

from netim_app.core import paths
from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.identity import account_creation, attempts, email_change, imported_hashes, known_browsers, links
from netim_app.identity.account_creation import NewCustomer
from netim_app.identity.email_address import email_key
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import Account, MailedLink, SignUp
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork

PURPOSE = "sign_up"
REQUEST = "sign_up_request"


def sign_up(unit: UnitOfWork, customer: NewCustomer, password_hash: str) -> None:
    """Stores a registration. `answer_sign_up` checks later whether its address already belongs to a customer.

    So this takes the same time in both cases and reveals nothing to the caller.
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
    """Mails the link of a registration, or a hint if the address already belongs to a customer."""
    row = unit.session.get(SignUp, request["sign_up_id"])
    if row is None:
        return  # another registration for the same address was confirmed meanwhile
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
            "login_url": unit.settings.public_url + paths.LOGIN,
            "forgot_url": unit.settings.public_url + paths.FORGOT,
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
            "link": f"{unit.settings.public_url}{paths.VERIFY}?for=sign-up#{token}",
            "hours": int(links.CONFIRM_LIFE.total_seconds() // 3600),
        },
    )


@dataclass(frozen=True)
class Confirmed:
    """The result of a confirmation link. `ticket` renews the session if this browser is logged in to the account."""

    purpose: str
    ticket: str | None = None


def find_link(unit: UnitOfWork, token: str) -> MailedLink:
    """Finds the confirmation link with this secret. Does not consume it.

    Raises:
        DomainError: the link does not work.
    """
    link = links.find_link(unit, token)
    if link is None or link.purpose not in (PURPOSE, email_change.EMAIL_CHANGE):
        raise links.refused("confirmation")
    return link


def begin_attempt(unit: UnitOfWork, link: MailedLink) -> str:
    """Counts an attempt at the password of a registration. Returns its hash.

    Raises:
        DomainError: too many attempts, or the link no longer works.
    """
    if not attempts.record_attempt(unit, attempts.attempt_key(unit, "sign_up", link.digest)):
        log_refusal("confirmation_refused", reason="throttled")
        raise DomainError("form.too_often")
    row = unit.session.get(SignUp, link.sign_up_id)
    if row is None:  # this registration, or another of the same address, has become an account meanwhile
        raise links.refused("confirmation")
    return row.password_hash


def confirm(unit: UnitOfWork, token: str, visitor: Visitor) -> Confirmed:
    """Consumes the link: creates the account, or sets its new address.

    Raises:
        DomainError: the link does not work, or the address was taken in the meantime.
    """
    purpose = find_link(unit, token).purpose
    link = links.consume_link(unit, token, purpose)
    try:
        if purpose == PURPOSE:
            _create_account(unit, link, visitor)
            return Confirmed(purpose)
        return Confirmed(purpose, email_change.change_email(unit, link, visitor))
    except IntegrityError as error:
        raise links.refused(purpose) from error


def _create_account(unit: UnitOfWork, link: MailedLink, visitor: Visitor) -> None:
    row = unit.session.get_one(SignUp, link.sign_up_id)
    account = account_creation.create_account(
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
        judged=not imported_hashes.is_imported(row.password_hash),
    )
    if visitor.browser_digest:  # it has proved mailbox and password, so its first login needs no alert
        known_browsers.remember_browser(unit, account.id, visitor.browser_digest)
    unit.session.exec(delete(SignUp).where(col(SignUp.email_key) == account.email_key))
