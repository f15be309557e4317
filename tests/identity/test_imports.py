"""Records of customers of another system: judged, and made accounts of."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from netim_app.core.errors import DomainError
from netim_app.features.journal.service import recent
from netim_app.identity import accounts, flows, imported_hashes, imports, password_policy, sign_up_flows
from netim_app.identity.imports import RecordRefused, read_record
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, HERE, PASSWORD, last_mail, mailed, stored_account, visitor_of
from tests.kit.hashes import MAKERS, with_bcrypt
from tests.kit.pages import PERSONAL

WHOLE = {
    "email": "Zoe.Martin@example.org",
    "first_name": "Zoë",
    "last_name": "Martin",
    "company": "Martin & Fils",
    "phone": "01 42 68 53 00",
    "street": "1 rue de la Paix",
    "postal_code": "75002",
    "city": "Paris",
    "country": "FR",
    "language": "fr",
    "time_zone": "Europe/Paris",
    "password_hash": with_bcrypt(PASSWORD),
    "confirmed": "yes",
}
LEAST = {"email": EMAIL, "first_name": "Ada"}


def bring_in(units: Units, record: dict[str, Any]) -> int | None:
    """The id of the account, if there is one."""
    customer = read_record(record)
    with units.write() as unit:
        imports.bring_in(unit, customer, HERE)
    with units.read() as unit:
        return unit.session.exec(select(Account.id).where(Account.email == customer.email)).first()


async def log_in(password: str) -> str:
    try:
        await flows.log_in(visitor_of(), EMAIL, password, remember=False, return_to=PERSONAL)
    except DomainError as error:
        return error.key
    return ""


def test_a_whole_record_becomes_an_account(units: Units) -> None:
    account = stored_account(units, bring_in(units, WHOLE))

    kept = {name: getattr(account, name) for name in imports.COLUMNS if name != "confirmed"}
    assert kept == {name: value for name, value in WHOLE.items() if name != "confirmed"} | {
        "phone": "+33 1 42 68 53 00",
        "password_hash": imported_hashes.PREFIX + str(WHOLE["password_hash"]),
    }
    assert account.password_policy == password_policy.UNKNOWN
    assert account.last_login_at is None
    assert mailed(units) == []
    with units.read() as unit:
        [entry] = recent.view_newest(unit, account.id).entries
    assert entry.what == "Compte transféré ici par Netim Direct"


@pytest.mark.parametrize("empty", ["", None])
def test_what_is_missing_counts_as_the_default(empty: object) -> None:
    customer = read_record(dict.fromkeys(imports.COLUMNS, empty) | LEAST)

    assert customer == read_record(LEAST)
    assert (customer.profile.language, customer.profile.time_zone) == ("en", accounts.DEFAULT_TIME_ZONE)
    assert customer.confirmed


BAD = [
    ({"email": ""}, "email: "),
    ({"email": "nobody"}, "email: "),
    ({"email": "zoë@example.org"}, "email: "),
    ({"email": "a@" + "b" * 250 + ".org"}, "email: "),
    ({"email": "a@example.org\r\nBcc: all@example.org"}, "email: "),
    ({"email": 7}, "email: "),
    ({"email": ["a@example.org"]}, "email: "),
    ({"first_name": ""}, "first_name: "),
    ({"first_name": "x" * 81}, "first_name: "),
    ({"first_name": "Ada\x00"}, "first_name: "),
    ({"last_name": "\u202egnp"}, "last_name: "),
    ({"company": "x" * 121}, "company: "),
    ({"phone": "42"}, "phone: "),
    ({"country": "France"}, "country: "),
    ({"language": "nl"}, "language: "),
    ({"language": True}, "language: "),
    ({"time_zone": "Paris"}, "time_zone: "),
    ({"confirmed": "maybe", "password_hash": with_bcrypt(PASSWORD)}, "confirmed: "),
    ({"password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"}, "password_hash: "),
    ({"password_hash": {"bcrypt": 1}}, "password_hash: "),
    ({"password_hash": "pbkdf2_sha256$9999999$s$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw="}, "password_hash: "),
    ({"confirmed": "no"}, "confirmed: "),
    ({"is_admin": "yes"}, "is_admin: "),
    ({"id": 1}, "id: "),
    ({"is_admin\n3\tzoe@example.org\tcreated": "x"}, "a column: "),
    ({"\x1b]0;owned\x07": "x"}, "a column: "),
    ({with_bcrypt(PASSWORD): "x"}, "a column: "),
    ({"d5f4dcc3b5aa765d61d8327deb882cf9": "x"}, "a column: "),
    ({"\ud800": "x"}, "a column: "),
    ({"prénom": "x"}, "a column: "),
    ({"": "x"}, "a column: "),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_bad_record_is_refused_at_its_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordRefused) as refused:
        read_record(LEAST | change)

    assert str(refused.value).startswith(said)
    assert ";" not in str(refused.value)
    assert str(refused.value).isprintable()
    assert not any(len(str(value)) > 6 and str(value) in str(refused.value) for value in change.values())
    assert not any(len(name) > 20 and name in str(refused.value) for name in change)


def test_all_faults_of_a_record_are_reported_at_once() -> None:
    with pytest.raises(RecordRefused) as refused:
        read_record({"email": "x", "language": "nl", "password_hash": "y", "more": "z"})

    assert [reason.partition(":")[0] for reason in str(refused.value).split("; ")] == [
        "more", "first_name", "language", "email", "password_hash",
    ]  # fmt: skip


async def test_a_customer_without_a_hash_needs_a_link_to_a_new_password(units: Units) -> None:
    account_id = bring_in(units, LEAST)

    for password in ("", PASSWORD, stored_account(units, account_id).password_hash):
        assert await log_in(password) == "login.wrong"


def test_an_address_that_is_taken_is_not_taken_again(units: Units) -> None:
    account_id = bring_in(units, LEAST)
    again = read_record(LEAST | {"email": EMAIL.upper(), "first_name": "Eve", "password_hash": with_bcrypt("x")})

    with units.read() as unit:
        assert imports.is_here(unit, again)
    with pytest.raises(IntegrityError), units.write() as unit:
        imports.bring_in(unit, again, HERE)
    assert stored_account(units, account_id).first_name == "Ada"


@pytest.mark.parametrize("kind", MAKERS)
async def test_who_is_not_confirmed_confirms_with_link_and_password(units: Units, kind: str) -> None:
    record = LEAST | {"password_hash": MAKERS[kind](PASSWORD), "confirmed": "no"}

    assert bring_in(units, record) is None
    with units.read() as unit:
        assert imports.is_here(unit, read_record(record))
    token = last_mail(units, "sign_up").token
    with pytest.raises(DomainError, match=r"verify\.wrong_password"):
        await sign_up_flows.confirm_email(token, PASSWORD + "x", visitor_of())
    await sign_up_flows.confirm_email(token, PASSWORD, visitor_of())

    with units.read() as unit:
        account = unit.session.exec(select(Account)).one()
    assert (account.email, account.password_policy) == (EMAIL, password_policy.UNKNOWN)
    assert await log_in(PASSWORD) == ""
    assert not imported_hashes.is_imported(stored_account(units, account.id).password_hash)
