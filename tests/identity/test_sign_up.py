import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, InvalidForm
from netim_app.core.facts import Fact
from netim_app.feature import Feature, Subscription
from netim_app.identity import (
    attempts,
    email_change,
    flows,
    known_browsers,
    links,
    operations,
    password_policy,
    passwords,
    sign_up,
    sign_up_flows,
    stored_passwords,
)
from netim_app.identity.account_creation import NewCustomer
from netim_app.identity.facts import AccountCreated, PasswordChanged, ProofFailed
from netim_app.identity.sign_up import Confirmed
from netim_app.identity.tables import Account, MailedLink, SignUp
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install, offers
from reflex_guard.tokens import digest
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    Mail,
    answer_requests,
    at_once,
    last_mail,
    logged_in_actor,
    mails,
    make_account,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock

GUEST = visitor_of()
NEW = NewCustomer("New@Example.org", "Nia", "Ewing", "", "fr", "Europe/Paris")


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    return heard


def signed_up(units: Units, customer: NewCustomer = NEW, password: str = PASSWORD) -> Mail:
    """Signs up and returns the mail that was sent."""
    with units.write() as unit:
        sign_up.sign_up(unit, customer, quick_hash(password))
    answer_requests(units)
    with units.read() as unit:
        return mails(unit)[-1]


def refusal(units: Units, token: str, password: str = PASSWORD) -> str:
    """The key of the refusal of a confirmation link; empty when it worked."""
    return asyncio.run(confirm(token, password, GUEST))


async def confirm(token: str, password: str, visitor: Visitor) -> str:
    """The same."""
    try:
        await sign_up_flows.confirm_email(token, password, visitor)
    except DomainError as error:
        return error.key
    return ""


def refusal_after_the_password(units: Units, token: str) -> str:
    """The same for a refusal after the right password."""
    try:
        with units.write() as unit:
            sign_up.confirm(unit, token, GUEST)
    except DomainError as error:
        return error.key
    return ""


def all_accounts(units: Units) -> list[Account]:
    with units.read() as unit:
        return list(unit.session.exec(select(Account)))


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


def test_a_sign_up_makes_an_account_only_once_it_is_confirmed(units: Units, facts: list[Fact]) -> None:
    mail = signed_up(units)
    assert (mail.event, mail.to) == ("sign_up", "New@Example.org")
    assert "/verify-email?for=sign-up#" in mail.text
    assert all_accounts(units) == []

    confirmed = asyncio.run(sign_up_flows.confirm_email(mail.token, PASSWORD, GUEST))

    assert confirmed == Confirmed("sign_up")  # nobody is logged in by a link
    [account] = all_accounts(units)
    assert (account.email, account.email_key) == ("New@Example.org", "new@example.org")
    assert (account.first_name, account.last_name, account.language) == ("Nia", "Ewing", "fr")
    assert passwords.password_matches(PASSWORD, account.password_hash)
    assert account.password_policy == password_policy.policy(12)
    assert account.password_changed_at == units.clock()
    assert facts == [AccountCreated(account_id=account.id, at=units.clock(), origin=HERE)]
    with units.read() as unit:
        assert unit.session.exec(select(SignUp)).all() == []


def test_the_secret_of_a_link_is_stored_as_a_digest_and_the_mail_is_sealed(units: Units) -> None:
    token = signed_up(units).token

    with units.read() as unit:
        [link] = unit.session.exec(select(MailedLink))
        from netim_app.infra.tables import OutboxMessage

        [message] = unit.session.exec(select(OutboxMessage))
    assert link.digest == digest(token)
    assert token not in str(link.model_dump())
    assert token.encode() not in message.payload


def test_a_known_and_an_unknown_address_get_the_same_answer_and_other_mails(units: Units) -> None:
    with units.write() as unit:
        make_account(unit, EMAIL, language="fr")

    with units.write() as unit:
        outcomes = [
            sign_up.sign_up(unit, replace(NEW, email=email), quick_hash(PASSWORD))  # type: ignore[func-returns-value]
            for email in (EMAIL.upper(), "new@example.org")
        ]

    assert outcomes == [None, None]
    with units.read() as unit:
        assert unit.session.exec(select(func.count(col(SignUp.id)))).one() == 2, "the same was written"
    answer_requests(units)
    with units.read() as unit:
        again, first = mails(unit)
    assert (again.event, again.to) == ("sign_up_again", EMAIL)  # as its owner spells it
    assert (first.event, first.to) == ("sign_up", "new@example.org")
    assert "#" not in again.text
    [account] = all_accounts(units)
    assert passwords.password_matches(PASSWORD, account.password_hash)


def test_several_may_wait_for_one_address_and_the_first_confirmed_wins(units: Units) -> None:
    first = signed_up(units, replace(NEW, first_name="First"))
    second = signed_up(units, replace(NEW, email="NEW@example.org", first_name="Second"), "another password")
    third = signed_up(units, replace(NEW, first_name="Third"))

    assert refusal(units, second.token, "another password") == ""

    [account] = all_accounts(units)
    assert (account.first_name, account.email) == ("Second", "NEW@example.org")
    assert passwords.password_matches("another password", account.password_hash)
    assert [refusal(units, mail.token) for mail in (first, second, third)] == ["link.dead"] * 3


def test_of_twenty_confirmations_at_once_one_succeeds(units: Units) -> None:
    token = signed_up(units).token

    assert sorted(at_once(20, lambda _: refusal_after_the_password(units, token))) == [""] + ["link.dead"] * 19
    assert len(all_accounts(units)) == 1


async def test_losers_of_a_race_read_that_the_link_no_longer_works(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, with the password: on PostgreSQL the registration may be gone between two statements."""
    monkeypatch.setattr(attempts, "MAX_FAILURES", 20)
    token = signed_up(units).token

    refusals = await asyncio.gather(*(confirm(token, PASSWORD, GUEST) for _ in range(20)))

    assert sorted(refusals) == [""] + ["link.dead"] * 19
    assert len(all_accounts(units)) == 1


def test_a_registration_that_is_gone_when_its_password_is_checked_is_a_dead_link(units: Units) -> None:
    mail = signed_up(units)
    with units.read() as unit:
        link = sign_up.find_link(unit, mail.token)
    assert refusal(units, mail.token) == ""

    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        sign_up.begin_attempt(unit, link)


def test_of_several_sign_ups_confirmed_at_once_one_succeeds(units: Units) -> None:
    tokens = [signed_up(units, replace(NEW, first_name=f"N{number}")).token for number in range(8)]

    assert (
        sorted(at_once(8, lambda number: refusal_after_the_password(units, tokens[number]))) == [""] + ["link.dead"] * 7
    )
    assert len(all_accounts(units)) == 1


def test_a_sign_up_cannot_take_an_address_that_became_an_accounts(units: Units) -> None:
    token = signed_up(units).token
    with units.write() as unit:
        make_account(unit, "new@EXAMPLE.org")

    assert refusal(units, token) == "link.dead"
    assert len(all_accounts(units)) == 1


def test_an_email_belongs_to_one_account_in_any_case(units: Units) -> None:
    with units.write() as unit:
        make_account(unit, "ada@example.org")

    with pytest.raises(IntegrityError), units.write() as unit:
        make_account(unit, "ADA@example.org")


@pytest.mark.parametrize(("hours", "seconds", "works"), [(23, 3599, True), (24, 0, False)])
def test_a_sign_up_waits_for_a_day(units: Units, clock: FakeClock, hours: int, seconds: int, works: bool) -> None:
    token = signed_up(units).token
    clock.advance(hours=hours, seconds=seconds)

    assert (refusal(units, token) == "") is works


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_an_unknown_link_is_dead(units: Units, token: str) -> None:
    signed_up(units)

    assert refusal(units, token) == "link.dead"


def test_what_can_no_longer_be_confirmed_is_purged(units: Units, clock: FakeClock) -> None:
    old = signed_up(units, replace(NEW, email="old@example.org"))
    clock.advance(hours=12)
    young = signed_up(units)
    clock.advance(hours=12, seconds=1)

    with units.write() as unit:
        links.purge(unit)

    with units.read() as unit:
        assert [row.email for row in unit.session.exec(select(SignUp))] == ["New@Example.org"]
        assert len(unit.session.exec(select(MailedLink)).all()) == 1
    assert refusal(units, old.token) == "link.dead"
    assert refusal(units, young.token) == ""


def test_a_stranger_s_registration_is_of_no_use_without_its_password(units: Units) -> None:
    """Somebody registers the address of somebody else, who takes the mail for the own one and follows its link."""
    strangers = signed_up(units, password="the stranger's password")
    own = signed_up(units)

    assert refusal(units, strangers.token, PASSWORD) == "verify.wrong_password"
    assert refusal(units, strangers.token, "") == "form.required"
    assert all_accounts(units) == []
    assert refusal(units, own.token, PASSWORD) == ""
    [account] = all_accounts(units)
    assert passwords.password_matches(PASSWORD, account.password_hash)
    assert refusal(units, strangers.token, "the stranger's password") == "link.dead"


def test_the_password_of_a_registration_cannot_be_guessed_without_end(units: Units, clock: FakeClock) -> None:
    token = signed_up(units).token
    wrong = [refusal(units, token, f"wrong {number}") for number in range(attempts.MAX_FAILURES + 1)]

    assert wrong == ["verify.wrong_password"] * attempts.MAX_FAILURES + ["form.too_often"]
    assert refusal(units, token) == "form.too_often"
    clock.advance(minutes=15)
    assert refusal(units, token) == ""


def test_the_browser_that_confirms_is_known_and_no_other(units: Units) -> None:
    assert refusal(units, signed_up(units).token) == ""

    with units.read() as unit:
        assert known_browsers.is_known_browser(unit, "new@example.org", GUEST.browser_digest)
        assert not known_browsers.is_known_browser(unit, "new@example.org", OTHER_BROWSER)


@pytest.mark.parametrize("name", ["evil．test", "Win at evil.test", "Zoé"])
def test_a_mailbox_that_may_be_anybodys_is_sent_nothing_that_was_typed(units: Units, name: str) -> None:
    """Neither by a registration nor by a new address, under any name that an existing account may have."""
    mail = signed_up(units, replace(NEW, first_name=name, last_name=name))
    caller = logged_in_actor(units, first_name=name, last_name=name, company=name)
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, "other+evil.test@example.org")
    change = last_mail(units, "email_change")

    assert change.to == "other+evil.test@example.org"
    for told in (mail, change):
        for part in (told.subject, told.text, told.html):
            assert name not in part
            assert "evil" not in part


# A new address


def ask_change(units: Units, caller: Actor) -> str:
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, "changed@example.org")
    return last_mail(units, "email_change").token


async def test_the_owner_of_a_mailbox_does_not_confirm_the_account_of_a_stranger(units: Units) -> None:
    """A stranger enters the victim's address. The victim follows the link: logged out, or logged in as a customer."""
    attacker = logged_in_actor(units)
    victim = logged_in_actor(units, "bob@example.org", browser_digest=OTHER_BROWSER, password=NEW_PASSWORD)
    token = ask_change(units, attacker)

    for visitor in (visitor_of(OTHER_BROWSER), victim):
        assert await confirm(token, "", visitor) == "form.required"
        assert await confirm(token, NEW_PASSWORD, visitor) == "verify.wrong_account_password"
    assert stored_account(units, attacker.account_id).email == EMAIL


@pytest.mark.parametrize("logged_in", [True, False])
async def test_a_customer_confirms_a_new_address_logged_in_or_by_the_password(units: Units, logged_in: bool) -> None:
    caller = logged_in_actor(units)
    token = ask_change(units, caller)
    elsewhere = visitor_of(OTHER_BROWSER)

    assert await confirm(token, "" if logged_in else PASSWORD, caller if logged_in else elsewhere) == ""

    assert stored_account(units, caller.account_id).email == "changed@example.org"


async def test_guesses_at_the_password_by_a_link_are_those_of_the_account(units: Units, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)
    token, stranger = ask_change(units, caller), visitor_of(OTHER_BROWSER)
    for number in range(attempts.MAX_FAILURES - 1):
        await confirm(token, f"wrong {number}", stranger)
    with pytest.raises(DomainError):
        await flows.log_in(stranger, EMAIL, "wrong", remember=False, return_to="/")

    assert await confirm(token, PASSWORD, stranger) == "verify.wrong_account_password"
    assert [fact.reason for fact in facts if isinstance(fact, ProofFailed)] == ["wrong"] * 4 + ["throttled"]
    assert await confirm(token, "", caller) == ""


async def test_a_new_password_ends_a_change_that_is_being_confirmed(units: Units) -> None:
    caller = logged_in_actor(units)
    token = ask_change(units, caller)
    with units.write() as unit:
        fact = PasswordChanged(account_id=caller.account_id, at=unit.now, way="reset")
        stored_passwords.replace_password(unit, fact, quick_hash(NEW_PASSWORD))

    for password in (PASSWORD, NEW_PASSWORD):
        assert await confirm(token, password, visitor_of(OTHER_BROWSER)) == "link.dead"


def test_an_owner_of_a_disabled_account_who_signs_up_again_gets_no_second_one(units: Units, account_id: int) -> None:
    with units.write() as unit:
        operations.disable(unit, account_id)

    assert signed_up(units, replace(NEW, email=EMAIL)).event == "sign_up_again"


# The form


SIGN_UP_FORM = {"email": "New@Example.org", "first_name": "Nia", "last_name": "Ewing", "password": PASSWORD}


def read_customer(language: str = "fr", time_zone: str = "Asia/Tokyo", **changes: Any) -> NewCustomer:
    form = {**SIGN_UP_FORM, **changes}
    return asyncio.run(sign_up_flows.read_customer(form, GUEST, language=language, time_zone=time_zone, min_length=12))


@pytest.mark.usefixtures("sqlite_units")
def test_a_sign_up_form_is_read() -> None:
    assert read_customer() == NewCustomer("New@example.org", "Nia", "Ewing", PASSWORD, "fr", "Asia/Tokyo")


@pytest.mark.usefixtures("sqlite_units")
@pytest.mark.parametrize(
    ("language", "time_zone", "expected"),
    [
        ("", "", ("en", "UTC")),
        ("xx", "None", ("en", "UTC")),
        ("fr", "Mars/Olympus", ("fr", "UTC")),
        ("en", "UTC", ("en", "UTC")),
        ("en", "Etc/GMT-3", ("en", "UTC+03:00")),
        ("en", "+05:30", ("en", "UTC+05:30")),
        ("en", "EST5EDT", ("en", "America/New_York")),
        ("en", "Asia/Calcutta", ("en", "Asia/Kolkata")),
    ],
)
def test_what_the_browser_says_of_itself_is_used_where_it_makes_sense(
    language: str, time_zone: str, expected: tuple[str, str]
) -> None:
    customer = read_customer(language, time_zone)

    assert (customer.language, customer.time_zone) == expected


@pytest.mark.usefixtures("sqlite_units")
@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"email": "x"}, {"email": "form.email"}),
        ({"password": "short"}, {"password": "password.too_short"}),
        ({"password": "password1234"}, {"password": "password.leaked"}),
        ({"password": "new@example.org1"}, {"password": "password.personal"}),
        ({"password": ""}, {"password": "form.required"}),
        ({"password": ["x"]}, {"password": "form.invalid"}),
        ({"password": "x" * 129}, {"password": "form.too_long"}),
        ({"first_name": "", "last_name": " "}, {"first_name": "form.required"}),
    ],
)
def test_a_wrong_sign_up_form_is_refused(changes: dict[str, object], faults: dict[str, str]) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_customer(**changes)

    assert {fault.field: fault.key for fault in refused.value.all} == faults
