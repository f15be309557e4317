"""Use cases of an account: personal information, change of address, of password; and what the operator does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, or_, select, update

from netim_app.core import readers
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.core.forms import Form
from netim_app.identity import attempts, facts, links, passwords, sessions
from netim_app.identity.email_address import email_key
from netim_app.identity.phones import read_phone
from netim_app.identity.tables import Account, MailedLink
from netim_app.infra import mail, outbox
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog
from netim_app.texts.places import UNKNOWN_ZONE, countries, listed_zone, zone_names

SECOND_FACTOR_NOT_COMPLETED_EVERY = timedelta(hours=1)
MAX_NOTICES = 5
NOTICES_IN = timedelta(hours=1)
TOLD_TOGETHER_AFTER = timedelta(minutes=15)
TOLD_TOGETHER_WITHIN = timedelta(days=1)
MORE_NOTICES_REQUEST = "more_notices_request"
EMAIL_CHANGE_REQUEST = "email_change_request"
EMAIL_CHANGE = "email_change"
"""Purpose of the link that confirms a new address."""
DEFAULT_TIME_ZONE = "Europe/Paris"
SECURITY_PAGE = "/account/connection-and-security"
PROFILE_PAGE = "/account/personal-information"


@dataclass(frozen=True)
class NewCustomer:
    """A checked sign-up form."""

    email: str
    first_name: str
    last_name: str
    password: str
    language: str
    time_zone: str


@dataclass(frozen=True)
class Profile:
    """Personal information, as shown and edited."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    language: str = "en"
    time_zone: str = DEFAULT_TIME_ZONE


def read_name(form: Form) -> tuple[str, str]:
    """First and last name. Many people have one name only, and it stands in the first field."""
    return form.text("first_name", limit=80), form.text("last_name", limit=80, required=False)


def read_profile(data: object) -> Profile:
    """Checked personal information.

    Raises:
        InvalidForm: with every fault at its field.
    """
    form = Form(data)
    first_name, last_name = read_name(form)
    country = form.choice("country", ("", *(code for code, _ in countries("en"))))
    profile = Profile(
        first_name=first_name,
        last_name=last_name,
        company=form.text("company", limit=120, required=False),
        phone=read_phone(form, "phone", country),
        street=form.text("street", limit=200, required=False),
        postal_code=form.text("postal_code", limit=20, required=False, clean=readers.plain),
        city=form.text("city", limit=100, required=False),
        country=country,
        language=form.choice("language", catalog.LOCALES),
        time_zone=listed_zone(form.choice("time_zone", zone_names())),
    )
    form.finish()
    return profile


def notify(
    unit: UnitOfWork, event: str, fact: Fact, *, to: str = "", expires_at: datetime | None = None, **params: object
) -> None:
    """Queues a notice about a fact to the account's owner, in their language and time zone.

    Args:
        event: name of the mail's folder.
        to: another address than the account's own.
        expires_at: when a link in it stops working.
        params: further values for the templates, besides `first_name`, `when`, `address`, `browser`, `system`,
            `security_url` and `forgot_url`.
    """
    _queue(unit, event, fact, params, to=to, expires_at=expires_at)


def _queue(
    unit: UnitOfWork,
    event: str,
    fact: Fact,
    params: dict[str, object],
    *,
    to: str = "",
    expires_at: datetime | None = None,
    kind: str = "",
) -> None:
    account = unit.session.get_one(Account, fact.account_id)
    outbox.queue(
        unit,
        event=event,
        to=to or account.email,
        locale=account.language,
        account_id=account.id,
        expires_at=expires_at,
        kind=kind,
        params=_about(unit, account, fact) | params,
    )


def _about(unit: UnitOfWork, account: Account, fact: Fact) -> dict[str, object]:
    """What every notice knows."""
    return {
        "first_name": account.first_name,
        "when": catalog.format_datetime(fact.at, account.language, account.time_zone),
        "address": fact.origin.known_address or "-",
        "browser": fact.origin.browser or "-",
        "system": fact.origin.system or "-",
        "security_url": unit.settings.public_url + SECURITY_PAGE,
        "forgot_url": unit.settings.public_url + "/forgot-password",
        "public_url": unit.settings.public_url,
    }


def notify_up_to_a_cap(unit: UnitOfWork, event: str, fact: Fact, *, kind: str, card: str, **params: object) -> None:
    """`notify` for what anybody can cause in a row: the first few by themselves, those beyond together in one mail.

    Each kind is counted by itself, so that many of one kind hide none of another.

    Args:
        kind: of what is told.
        card: anchor of the card that lists all of them.
    """
    name = f"{event}.{kind}"
    if outbox.count_since(unit, fact.account_id, name, unit.now - NOTICES_IN) < MAX_NOTICES:
        _queue(unit, event, fact, params, kind=name)
    elif outbox.hold_back(unit, fact.account_id, name, unit.now - TOLD_TOGETHER_WITHIN):
        account = unit.session.get_one(Account, fact.account_id)
        about = mail.render(event, account.language, _about(unit, account, fact) | params).subject
        request = {"account_id": account.id, "kind": name, "card": card, "about": about, "at": fact.at.isoformat()}
        outbox.ask(
            unit,
            MORE_NOTICES_REQUEST,
            origin=fact.origin,
            params=request,
            due_at=unit.now + TOLD_TOGETHER_AFTER,
            expires_at=unit.now + TOLD_TOGETHER_WITHIN,
        )


def answer_more_notices(unit: UnitOfWork, origin: Origin, request: Mapping[str, Any]) -> None:
    """Tells how many notices of a kind were held back, and where they are listed."""
    account_id = request["account_id"]
    count = outbox.held_back(unit, account_id, request["kind"])
    fact = Fact(account_id=account_id, at=datetime.fromisoformat(request["at"]), origin=origin)
    notify(unit, "more_notices", fact, count=count, about=request["about"], card=request["card"])


def mail_second_factor_not_completed(unit: UnitOfWork, fact: facts.SecondFactorNotCompleted) -> None:
    """Somebody knows the password but has no code. Told once an hour at most."""
    if not outbox.queued_since(
        unit, fact.account_id, "second_factor_not_completed", unit.now - SECOND_FACTOR_NOT_COMPLETED_EVERY
    ):
        notify(unit, "second_factor_not_completed", fact)


def mail_codes_stopped(unit: UnitOfWork, fact: facts.CodesStopped) -> None:
    """Login is blocked until a reset: the owner has to know, and how to go on."""
    notify(unit, "codes_stopped", fact, last=fact.last)


def bump_revision(unit: UnitOfWork, fact: Fact) -> None:
    """Tells the customer's open pages, at their next event, that something about the account changed."""
    if isinstance(fact, facts.Refusal):
        return
    unit.session.exec(update(Account).where(col(Account.id) == fact.account_id).values(revision=Account.revision + 1))


def create_account(
    unit: UnitOfWork, customer: NewCustomer, password_hash: str, origin: Origin | None = None
) -> Account:
    """An account whose address is known to be its owner's.

    Raises:
        IntegrityError: the address belongs to an account already.
    """
    account = Account(
        email=customer.email,
        email_key=email_key(customer.email),
        first_name=customer.first_name,
        last_name=customer.last_name,
        language=customer.language,
        time_zone=customer.time_zone,
        password_hash=password_hash,
        password_changed_at=unit.now,
        password_policy=passwords.policy(unit.settings.password_min_length),
        created_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()  # the fact names its id
    unit.record(facts.AccountCreated(account_id=account.id or 0, at=unit.now, origin=origin or Origin()))
    return account


# Personal information


@dataclass(frozen=True)
class AccountView:
    """What the personal information page shows."""

    email: str
    pending_email: str
    """A new address that waits for its confirmation, or empty."""
    profile: Profile


@dataclass(frozen=True)
class ShellView:
    """What surrounds every page of the account area."""

    name: str
    language: str
    revision: int


def view_shell(unit: UnitOfWork, account_id: int) -> ShellView:
    """The customer's name and language, and the revision that a page shows."""
    account = unit.session.get_one(Account, account_id)
    return ShellView(f"{account.first_name} {account.last_name}".strip(), account.language, account.revision)


def view_account(unit: UnitOfWork, account_id: int) -> AccountView:
    """The customer's own data."""
    account = unit.session.get_one(Account, account_id)
    pending = unit.session.exec(
        select(MailedLink.email).where(
            MailedLink.account_id == account_id,
            MailedLink.purpose == EMAIL_CHANGE,
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > unit.now,
        )
    ).first()
    stored = {name: getattr(account, name) for name in Profile.__dataclass_fields__}
    profile = Profile(**stored | {"time_zone": listed_zone(account.time_zone) or UNKNOWN_ZONE})
    return AccountView(email=account.email, pending_email=pending or "", profile=profile)


def edit_profile(unit: UnitOfWork, actor: Actor, profile: Profile) -> None:
    """Stores checked personal information."""
    account = unit.session.get_one(Account, actor.account_id)
    for name in Profile.__dataclass_fields__:
        setattr(account, name, getattr(profile, name))
    unit.record(facts.ProfileChanged(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def set_language(unit: UnitOfWork, actor: Actor, language: str) -> None:
    """Stores the language of pages and mails."""
    unit.session.get_one(Account, actor.account_id).language = language
    unit.record(facts.ProfileChanged(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def ask_email_change(unit: UnitOfWork, actor: Actor, new_email: str) -> None:
    """Asks for a confirmation link to the new address and tells the old one. Does not say whether the new one is taken.

    Raises:
        DomainError: it is the present address already.
    """
    account = unit.session.get_one(Account, actor.account_id)
    if email_key(new_email) == account.email_key:
        raise DomainError("email.same", field="email")
    fact = facts.EmailChangeAsked(account_id=actor.account_id, at=unit.now, origin=actor.origin, new_email=new_email)
    unit.record(fact)
    notify(unit, "email_change_asked", fact, new_email=new_email)
    token = links.new_link(
        unit, purpose=EMAIL_CHANGE, life=links.CONFIRM_LIFE, account_id=actor.account_id, email=new_email
    )
    outbox.ask(
        unit,
        EMAIL_CHANGE_REQUEST,
        origin=actor.origin,
        params={"account_id": actor.account_id, "new_email": new_email, "token": token, "at": unit.now.isoformat()},
        expires_at=unit.now + links.CONFIRM_LIFE,
    )


def answer_email_change(unit: UnitOfWork, _origin: Origin, request: Mapping[str, Any]) -> None:
    """Mails the link to the new address, unless it is an account's already."""
    new_email = request["new_email"]
    account = unit.session.get(Account, request["account_id"])
    taken = unit.session.exec(select(Account.id).where(Account.email_key == email_key(new_email))).first()
    if account is None or taken:
        return
    outbox.queue(  # without a word that a customer has typed: the mailbox may be anybody's
        unit,
        event="email_change",
        to=new_email,
        locale=account.language,
        account_id=account.id,
        expires_at=datetime.fromisoformat(request["at"]) + links.CONFIRM_LIFE,
        params={
            "link": f"{unit.settings.public_url}/verify-email#{request['token']}",
            "hours": int(links.CONFIRM_LIFE.total_seconds() // 3600),
        },
    )


def change_email(unit: UnitOfWork, link: MailedLink, visitor: Visitor) -> str | None:
    """Puts the address that a link was sent to in force.

    Returns:
        The ticket that renews the visitor's session; None for one who is not logged in to the account.

    Raises:
        DomainError: the account is closed, or a login policy keeps this browser out; the link stays unspent.
        IntegrityError: the address was taken by another account in the meantime.
    """
    account = unit.session.get_one(Account, link.account_id)
    if account.disabled_at is not None:
        raise links.refused(EMAIL_CHANGE, account_id=account.id or 0)
    if (refusal := sessions.policy_refusal(unit, account.id or 0, visitor.origin)) is not None:
        raise links.refused(EMAIL_CHANGE, reason=refusal, account_id=account.id or 0)
    fact = facts.EmailChanged(
        account_id=account.id or 0,
        at=unit.now,
        origin=visitor.origin,
        old_email=account.email,
        new_email=link.email,
    )
    account.email = link.email
    account.email_key = email_key(link.email)
    unit.session.flush()
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)
    own = visitor if isinstance(visitor, Actor) and visitor.account_id == fact.account_id else None
    sessions.end_sessions(unit, fact.account_id, keep=own.session_id if own else None)
    return sessions.renewal_ticket(unit, own, return_to=sessions.HOME) if own else None


# Password


def personal_words(unit: UnitOfWork, account_id: int) -> tuple[str, ...]:
    """What a guesser who knows the customer would try first."""
    account = unit.session.get_one(Account, account_id)
    return (account.email, account.first_name, account.last_name, account.company)


def password_age(unit: UnitOfWork, account_id: int) -> tuple[datetime, int]:
    """When the password was last changed, and under which version of the policy."""
    account = unit.session.get_one(Account, account_id)
    return account.password_changed_at, account.password_policy


def locale_of(unit: UnitOfWork, account_id: int) -> tuple[str, str]:
    """The customer's language and time zone, for whoever formats something."""
    account = unit.session.get_one(Account, account_id)
    return account.language, account.time_zone


def replace_password(unit: UnitOfWork, fact: facts.PasswordChanged, password_hash: str) -> None:
    """Puts a new password in force, records the fact and ends every mailed link."""
    account = sessions.lock_account(unit, fact.account_id)
    account.password_hash = password_hash
    account.password_changed_at = unit.now
    account.password_policy = passwords.policy(unit.settings.password_min_length)
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)


def store_rehash(unit: UnitOfWork, account_id: int, old_hash: str, new_hash: str) -> None:
    """Replaces a hash by one of today's cost, unless the password was changed meanwhile."""
    unit.session.exec(
        update(Account)
        .where(col(Account.id) == account_id, col(Account.password_hash) == old_hash)
        .values(password_hash=new_hash)
    )


# The operator's hand


def find_account(unit: UnitOfWork, email: str) -> int | None:
    """The id of the account with this address.

    First comes the account that shows it exactly so. Of two accounts with one mailbox (a migration may have found such)
    each can be named then; elsewhere the address means the one that has its key.
    """
    shown, key = col(Account.email) == email.strip(), col(Account.email_key) == email_key(email)
    return unit.session.exec(select(Account.id).where(or_(shown, key)).order_by(shown.desc(), key.desc())).first()


def unlock(unit: UnitOfWork, fact: facts.AccountUnlocked) -> None:
    """Gives all guesses back; features that lock accounts out listen to the fact. The customer is told."""
    account = sessions.lock_account(unit, fact.account_id)
    for party in attempts.parties(unit, fact.account_id):
        for kind in attempts.KINDS:
            attempts.reset_attempts(unit, attempts.attempt_key(unit, kind, account.email_key, party))
    unit.record(fact)
    notify(unit, "account_unlocked", fact)


def disable(unit: UnitOfWork, account_id: int) -> None:
    """Closes an account. Its rows stay, and nothing opens it any more."""
    sessions.lock_account(unit, account_id).disabled_at = unit.now
    links.revoke_links(unit, account_id)
    sessions.end_sessions(unit, account_id)
    unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now))
