"""Accounts of customers from the directory: how they are created, and which changes are reported to the directory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from netim_app.core.errors import InvalidForm
from netim_app.core.facts import Origin
from netim_app.core.forms import Form
from netim_app.identity import account_creation, accounts, imports, profiles
from netim_app.identity.customer_directory import MAX_KEY, DirectoryCustomer
from netim_app.identity.email_address import email_key, read_new_email
from netim_app.identity.facts import EmailChanged, EmailRestored
from netim_app.identity.profiles import Profile
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import DirectoryLink
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_link = table_of(DirectoryLink).c
_OF_ACCOUNT = _link.account_id == sa.bindparam("account")
_CHANGED = sa.select(table_of(DirectoryLink)).where(_link.changed_at <= sa.bindparam("now"))
_NOTE_CHANGE = sa.update(table_of(DirectoryLink)).where(_OF_ACCOUNT).values(changed_at=sa.bindparam("now"))
_NOTE_REPORTED = (
    sa.update(table_of(DirectoryLink))
    .where(_OF_ACCOUNT, _link.changed_at == sa.bindparam("at"))
    .values(changed_at=None)
)


def checked(customer: DirectoryCustomer, email: str) -> DirectoryCustomer | None:
    """The customer with the address as a form reads it; None for a wrong or invalid address, or an invalid key."""
    form = Form({"email": customer.email})
    read = read_new_email(form)
    try:
        form.finish()
    except InvalidForm:
        log_refusal("directory_refused", reason="no address that mails can go to")
        return None
    if email_key(read) != email_key(email):
        log_refusal("directory_refused", reason="the customer of another address")
        return None
    if not (0 < len(customer.key) <= MAX_KEY and customer.key.isprintable()):
        log_refusal("directory_refused", reason="a key that is empty, too long or not printable")
        return None
    return replace(customer, email=read)


def begin(unit: UnitOfWork, customer: DirectoryCustomer, password_hash: str, origin: Origin) -> int:
    """Creates the account at the first right password; from then on we keep the password. Returns the account's id.

    Raises:
        IntegrityError: this address, or this customer, already has an account.
    """
    profile = read_details(customer)
    new = account_creation.NewCustomer(
        email=customer.email,
        first_name=profile.first_name,
        last_name=profile.last_name,
        password="",
        language=profile.language,
        time_zone=profile.time_zone,
    )
    account = account_creation.create_account(unit, new, password_hash, origin, judged=False)
    profiles.store(account, profile)
    unit.session.add(DirectoryLink(account_id=account.id, key=customer.key))
    unit.session.flush()
    return account.id


def read_details(customer: DirectoryCustomer) -> Profile:
    """The details, without those that the product's forms would refuse. The log lists the fields of those."""
    least = imports.DEFAULTS | {"first_name": customer.email.partition("@")[0]}
    given = {name: value for name, value in customer.details.items() if value}
    try:
        return profiles.read_profile(least | given)
    except InvalidForm as error:
        refused = {fault.field for fault in error.all}
    log_refusal("directory_refused", reason="fields: " + ", ".join(sorted(refused)))
    return profiles.read_profile(least | _without(given, refused))


def _without(given: Mapping[str, str], refused: set[str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in refused}


@dataclass(frozen=True)
class NewEmail:
    """A change of email address that must be reported to the directory."""

    account_id: int
    key: str
    email: str
    changed_at: datetime


def note_change(unit: UnitOfWork, fact: EmailChanged | EmailRestored) -> None:
    """Notes that the account's address must be reported to the directory, if the account came from there."""
    note_again(unit, fact.account_id)


def note_again(unit: UnitOfWork, account_id: int) -> None:
    """Notes that the account's address must be reported to the directory again."""
    unit.run(_NOTE_CHANGE, {"account": account_id, "now": unit.now})


def changed(unit: UnitOfWork) -> list[NewEmail]:
    """The addresses that are still to be reported to the directory."""
    return [
        NewEmail(row.account_id, row.key, accounts.owner_of(unit, row.account_id).email, row.changed_at)
        for row in unit.rows(_CHANGED, now=unit.now)
    ]


def note_reported(unit: UnitOfWork, reported: NewEmail) -> None:
    """Notes that the directory knows this address. A change made in the meantime is reported next."""
    unit.run(_NOTE_REPORTED, {"account": reported.account_id, "at": reported.changed_at})
