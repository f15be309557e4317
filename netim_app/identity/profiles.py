"""Reads, shows and edits personal information."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from netim_app.core import readers
from netim_app.core.actor import Actor
from netim_app.core.forms import Form
from netim_app.identity import facts
from netim_app.identity.account_lock import lock_for_change
from netim_app.identity.accounts import DEFAULT_TIME_ZONE
from netim_app.identity.email_change import EMAIL_CHANGE
from netim_app.identity.phones import read_phone
from netim_app.identity.tables import Account, MailedLink
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog
from netim_app.texts.countries import countries
from netim_app.texts.time_zones import UNKNOWN_ZONE, listed_zone, zone_names

_account, _link = table_of(Account).c, table_of(MailedLink).c
_ACCOUNT = sa.select(table_of(Account)).where(_account.id == sa.bindparam("account"))
_PENDING_EMAIL = sa.select(_link.email).where(
    _link.account_id == sa.bindparam("account"),
    _link.purpose == EMAIL_CHANGE,
    _link.used_at.is_(None),
    _link.expires_at > sa.bindparam("now"),
)


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
    language: str = catalog.DEFAULT_LOCALE
    time_zone: str = DEFAULT_TIME_ZONE


def read_name(form: Form) -> tuple[str, str]:
    """Reads first and last name. A customer with only one name enters it in the first field."""
    return form.text("first_name", limit=80), form.text("last_name", limit=80, required=False)


def read_profile(data: object) -> Profile:
    """Reads and checks personal information.

    Raises:
        InvalidForm: with every error at its field.
    """
    form = Form(data)
    first_name, last_name = read_name(form)
    country = form.choice("country", ("", *(code for code, _ in countries(catalog.DEFAULT_LOCALE))))
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


@dataclass(frozen=True)
class AccountView:
    """The content of the personal information page."""

    email: str
    pending_email: str
    """A new address that waits for its confirmation; empty if there is none."""
    profile: Profile


def view_account(unit: UnitOfWork, account_id: int) -> AccountView:
    """The customer's own data."""
    account = unit.run(_ACCOUNT, {"account": account_id}).one()
    pending = unit.row(_PENDING_EMAIL, account=account_id, now=unit.now)
    return AccountView(
        email=account.email, pending_email=pending.email if pending else "", profile=_profile_of(account)
    )


def _profile_of(account: Account | sa.Row[Any]) -> Profile:
    stored = {name: getattr(account, name) for name in Profile.__dataclass_fields__}
    return Profile(**stored | {"time_zone": listed_zone(account.time_zone) or UNKNOWN_ZONE})


def edit_profile(unit: UnitOfWork, actor: Actor, profile: Profile) -> None:
    """Stores checked personal information. Unchanged values record nothing."""
    account = lock_for_change(unit, actor.account_id)  # otherwise the old values might be outdated
    if edits := _edits(_profile_of(account), profile):
        store(account, profile)
        unit.record(facts.ProfileChanged(account_id=actor.account_id, at=unit.now, origin=actor.origin, edits=edits))


def store(account: Account, profile: Profile) -> None:
    """Copies checked personal information into a row."""
    for name in Profile.__dataclass_fields__:
        setattr(account, name, getattr(profile, name))


def set_language(unit: UnitOfWork, actor: Actor, language: str) -> None:
    """Stores the language of pages and mails. The present language records nothing."""
    account = lock_for_change(unit, actor.account_id)
    if account.language == language:
        return
    edits = (facts.Edit("language", account.language, language),)
    account.language = language
    unit.record(
        facts.ProfileChanged(
            account_id=actor.account_id, at=unit.now, origin=actor.origin, edits=edits, language_alone=True
        )
    )


def _edits(before: Profile, after: Profile) -> tuple[facts.Edit, ...]:
    found = (facts.Edit(name, getattr(before, name), getattr(after, name)) for name in Profile.__dataclass_fields__)
    return tuple(edit for edit in found if edit.old != edit.new)
