"""Personal information: read, shown and edited."""

from dataclasses import dataclass

from sqlmodel import col, select

from netim_app.core import readers
from netim_app.core.actor import Actor
from netim_app.core.forms import Form
from netim_app.identity import facts
from netim_app.identity.accounts import DEFAULT_TIME_ZONE
from netim_app.identity.email_change import EMAIL_CHANGE
from netim_app.identity.phones import read_phone
from netim_app.identity.tables import Account, MailedLink
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog
from netim_app.texts.places import UNKNOWN_ZONE, countries, listed_zone, zone_names


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
    """First and last name. A customer with one name has it in the first field."""
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


@dataclass(frozen=True)
class AccountView:
    """What the personal information page shows."""

    email: str
    pending_email: str
    """A new address that waits for its confirmation, or empty."""
    profile: Profile


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
