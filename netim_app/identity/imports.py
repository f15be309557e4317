"""Imports customers from another system: a record is read like the product's own forms and becomes an account."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import sqlalchemy as sa

from netim_app.core.errors import DomainError, InvalidForm
from netim_app.core.facts import Origin
from netim_app.core.forms import Form
from netim_app.identity import (
    account_creation,
    accounts,
    facts,
    imported_hashes,
    links,
    operations,
    passwords,
    profiles,
    sign_up,
)
from netim_app.identity.email_address import email_key, read_new_email
from netim_app.identity.profiles import Profile
from netim_app.identity.tables import SignUp
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog

COLUMNS = ("email", *(field.name for field in fields(Profile)), "password_hash", "confirmed")
"""The fields that a record may have."""
MAX_SHOWN = 20
"""The longest unknown column name that the report repeats, in characters. Every hash is longer."""
REQUIRED = ("email", "first_name")
DEFAULTS = {"language": catalog.DEFAULT_LOCALE, "time_zone": accounts.DEFAULT_TIME_ZONE, "confirmed": "yes"}
NEEDS_PASSWORD = "confirmed: an address that is not confirmed needs a password_hash"  # noqa: S105  a reason
_sign_up = table_of(SignUp).c
_OPEN = sa.select(_sign_up.id).where(_sign_up.email_key == sa.bindparam("key"), _sign_up.created_at > sa.bindparam("t"))


class RecordRefused(Exception):
    """Lists the faults of a record, field by field, in one line. It repeats no value."""


@dataclass(frozen=True)
class ImportedCustomer:
    """A checked record."""

    email: str
    profile: Profile
    password_hash: str
    """In its stored form; empty for a customer without one."""
    confirmed: bool
    """Whether the other system has confirmed that the address is the customer's."""


def read_record(record: Mapping[str, object]) -> ImportedCustomer:
    """Reads and checks a record.

    Args:
        record: values by the names in `COLUMNS`. `DEFAULTS` replace empty and missing values.

    Raises:
        RecordRefused: with every fault.
    """
    given = {name: _as_text(value) for name, value in record.items()}
    values: dict[str, object] = DEFAULTS | {name: value for name, value in given.items() if value != ""}
    faults: list[DomainError] = []
    profile = Profile()
    try:
        profile = profiles.read_profile(values)
    except InvalidForm as error:
        faults += error.all
    form = Form(values)
    email = read_new_email(form)
    confirmed = form.choice("confirmed", ("yes", "no")) == "yes"
    try:
        form.finish()
    except InvalidForm as error:
        faults += error.all
    hashed = str(values.get("password_hash", ""))
    _refuse([*_unknown(values), *map(_in_words, faults), *_hash_faults(hashed, confirmed=confirmed)])
    return ImportedCustomer(email, profile, imported_hashes.to_store(hashed) if hashed else "", confirmed)


def _as_text(value: object) -> object:
    """JSON's true, false and null as a CSV file writes them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _unknown(values: Mapping[str, object]) -> list[str]:
    return [f"{_shown(name)}: is not known" for name in values if name not in COLUMNS]


def _shown(name: str) -> str:
    """A column name as the report shows it: only if it is short and plain, because it may be anything, even a hash."""
    return name if len(name) <= MAX_SHOWN and name.isascii() and name.isidentifier() else "a column"


def _in_words(fault: DomainError) -> str:
    return f"{fault.field}: {catalog.text(catalog.DEFAULT_LOCALE, fault.key, **fault.params)}"


def _hash_faults(hashed: str, *, confirmed: bool) -> list[str]:
    if not hashed:
        return [] if confirmed else [NEEDS_PASSWORD]
    return [fault] if (fault := imported_hashes.fault(hashed)) is not None else []


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise RecordRefused("; ".join(reasons))


def is_here(unit: UnitOfWork, customer: ImportedCustomer) -> bool:
    """Whether the address has an account or, for an unconfirmed record, a registration that waits for its link."""
    if operations.find_account(unit, customer.email) is not None:
        return True
    since = unit.now - links.CONFIRM_LIFE
    return not customer.confirmed and unit.row(_OPEN, key=email_key(customer.email), t=since) is not None


def bring_in(unit: UnitOfWork, customer: ImportedCustomer, origin: Origin) -> None:
    """Creates the account. For an unconfirmed address, creates a registration instead and mails its link.

    Raises:
        IntegrityError: the address already belongs to an account.
    """
    new = account_creation.NewCustomer(
        email=customer.email,
        first_name=customer.profile.first_name,
        last_name=customer.profile.last_name,
        password="",
        language=customer.profile.language,
        time_zone=customer.profile.time_zone,
    )
    if not customer.confirmed:
        sign_up.sign_up(unit, new, customer.password_hash)
        return
    nobodys = passwords.dummy_hash(unit.settings.bcrypt_cost)
    account = account_creation.create_account(unit, new, customer.password_hash or nobodys, origin, judged=False)
    profiles.store(account, customer.profile)
    unit.record(facts.SupportActed(account_id=account.id, at=unit.now, origin=origin, act="imported"))
