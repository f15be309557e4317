import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from netim_app.core import feature
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, InvalidForm
from netim_app.core.events import AccountCreated, EmailChangeAsked, EmailChanged, Fact, Origin, ProfileChanged
from netim_app.core.feature import Feature, Subscription
from netim_app.core.forms import Form
from netim_app.core.tokens import digest
from netim_app.identity import accounts, passwords, recovery, sessions
from netim_app.identity.accounts import Confirmed, NewCustomer, Profile
from netim_app.identity.tables import Account, MailedLink, SignUp
from netim_app.infra.unit_of_work import Units
from tests.factories import (
    DEVICE,
    EMAIL,
    HERE,
    OTHER_DEVICE,
    PASSWORD,
    Browser,
    Mail,
    actor_of,
    at_once,
    last_mail,
    mailed,
    mails,
    make_account,
    make_session,
    quick_hash,
    signed_in_actor,
    stored_account,
    visitor_of,
)
from tests.fakes import FakeClock

GUEST = visitor_of()
NEW = NewCustomer("New@Example.org", "Nia", "Ewing", "", "fr", "Europe/Paris")


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    feature.install((*feature.offers().features, listener))
    return heard


def sign_up(units: Units, customer: NewCustomer = NEW, password: str = PASSWORD) -> Mail:
    """Signs up and gives back the mail that was sent."""
    with units.write() as unit:
        accounts.sign_up(unit, customer, quick_hash(password))
    with units.read() as unit:
        return mails(unit)[-1]


def confirm(units: Units, token: str, visitor: Visitor = GUEST) -> Confirmed:
    with units.write() as unit:
        return accounts.confirm_email(unit, token, visitor)


def refusal(units: Units, token: str) -> str:
    """The key of the refusal of a confirmation link; empty when it worked."""
    try:
        confirm(units, token)
    except DomainError as error:
        return error.key
    return ""


def all_accounts(units: Units) -> list[Account]:
    with units.read() as unit:
        return list(unit.session.exec(select(Account)))


# Sign-up


def test_a_sign_up_makes_an_account_only_once_it_is_confirmed(units: Units, facts: list[Fact]) -> None:
    mail = sign_up(units)
    assert (mail.event, mail.to) == ("sign_up", "New@Example.org")
    assert "/verify-email#" in mail.text
    assert all_accounts(units) == []

    confirmed = confirm(units, mail.token)

    assert confirmed == Confirmed("sign_up")  # nobody is signed in by a link
    [account] = all_accounts(units)
    assert (account.email, account.email_key) == ("New@Example.org", "new@example.org")
    assert (account.first_name, account.last_name, account.language) == ("Nia", "Ewing", "fr")
    assert passwords.password_matches(PASSWORD, account.password_hash)
    assert account.password_policy == passwords.POLICY
    assert account.password_changed_at == units.clock()
    assert facts == [AccountCreated(account_id=account.id or 0, at=units.clock(), origin=HERE)]
    with units.read() as unit:
        assert unit.session.exec(select(SignUp)).all() == []


def test_the_secret_of_a_link_is_stored_as_a_digest_and_the_mail_is_sealed(units: Units) -> None:
    token = sign_up(units).token

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
            accounts.sign_up(unit, replace(NEW, email=email), quick_hash(PASSWORD))  # type: ignore[func-returns-value]
            for email in (EMAIL.upper(), "new@example.org")
        ]

    assert outcomes == [None, None]
    with units.read() as unit:
        again, first = mails(unit)
    assert (again.event, again.to) == ("sign_up_again", EMAIL)  # as its owner spells it
    assert (first.event, first.to) == ("sign_up", "new@example.org")
    assert "#" not in again.text
    [account] = all_accounts(units)
    assert passwords.password_matches(PASSWORD, account.password_hash)


def test_several_may_wait_for_one_address_and_the_first_confirmed_wins(units: Units) -> None:
    first = sign_up(units, replace(NEW, first_name="First"))
    second = sign_up(units, replace(NEW, email="NEW@example.org", first_name="Second"), "another password")
    third = sign_up(units, replace(NEW, first_name="Third"))

    assert refusal(units, second.token) == ""

    [account] = all_accounts(units)
    assert (account.first_name, account.email) == ("Second", "NEW@example.org")
    assert passwords.password_matches("another password", account.password_hash)
    assert [refusal(units, mail.token) for mail in (first, second, third)] == ["link.dead"] * 3


def test_of_twenty_confirmations_at_once_one_succeeds(units: Units) -> None:
    token = sign_up(units).token

    assert sorted(at_once(20, lambda _: refusal(units, token))) == [""] + ["link.dead"] * 19
    assert len(all_accounts(units)) == 1


def test_of_several_sign_ups_confirmed_at_once_one_succeeds(units: Units) -> None:
    tokens = [sign_up(units, replace(NEW, first_name=f"N{number}")).token for number in range(8)]

    assert sorted(at_once(8, lambda number: refusal(units, tokens[number]))) == [""] + ["link.dead"] * 7
    assert len(all_accounts(units)) == 1


def test_a_sign_up_cannot_take_an_address_that_became_an_accounts(units: Units) -> None:
    token = sign_up(units).token
    with units.write() as unit:
        make_account(unit, "new@EXAMPLE.org")

    assert refusal(units, token) == "link.dead"
    assert len(all_accounts(units)) == 1


def test_an_address_belongs_to_one_account_whatever_its_case(units: Units) -> None:
    with units.write() as unit:
        make_account(unit, "ada@example.org")

    with pytest.raises(IntegrityError), units.write() as unit:
        make_account(unit, "ADA@example.org")


@pytest.mark.parametrize(("hours", "seconds", "works"), [(23, 3599, True), (24, 0, False)])
def test_a_sign_up_waits_for_a_day(units: Units, clock: FakeClock, hours: int, seconds: int, works: bool) -> None:
    token = sign_up(units).token
    clock.advance(hours=hours, seconds=seconds)

    assert (refusal(units, token) == "") is works


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_an_unknown_link_is_dead(units: Units, token: str) -> None:
    sign_up(units)

    assert refusal(units, token) == "link.dead"


def test_what_can_no_longer_be_confirmed_is_purged(units: Units, clock: FakeClock) -> None:
    old = sign_up(units, replace(NEW, email="old@example.org"))
    clock.advance(hours=12)
    young = sign_up(units)
    clock.advance(hours=12, seconds=1)

    with units.write() as unit:
        accounts.purge(unit)

    with units.read() as unit:
        assert [row.email for row in unit.session.exec(select(SignUp))] == ["New@Example.org"]
        assert len(unit.session.exec(select(MailedLink)).all()) == 1
    assert refusal(units, old.token) == "link.dead"
    assert refusal(units, young.token) == ""


# Mailed links


PURPOSES = ("sign_up", "email_change", "reset")


def link_for(units: Units, purpose: str, account_id: int) -> str:
    with units.write() as unit:
        if purpose == "sign_up":
            accounts.sign_up(unit, NEW, quick_hash(PASSWORD))
        elif purpose == "reset":
            recovery.ask_reset(unit, EMAIL)
        else:
            caller = Actor(account_id=account_id, session_id=0, fresh_until=unit.now, revision=0)
            accounts.ask_email_change(unit, caller, "changed@example.org")
    with units.read() as unit:
        return next(mail for mail in reversed(mails(unit)) if mail.event == purpose).token


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("wrong", PURPOSES)
def test_a_link_works_for_its_own_purpose_only(units: Units, account_id: int, purpose: str, wrong: str) -> None:
    token = link_for(units, purpose, account_id)

    with units.write() as unit:
        if wrong != purpose:
            with pytest.raises(DomainError, match=r"link\.dead"):
                accounts.spend_link(unit, token, wrong)
        assert accounts.spend_link(unit, token, purpose).purpose == purpose
        with pytest.raises(DomainError, match=r"link\.dead"):
            accounts.spend_link(unit, token, purpose)


def test_a_reset_link_confirms_nothing_and_a_confirmation_resets_nothing(units: Units, account_id: int) -> None:
    reset, change = (link_for(units, purpose, account_id) for purpose in ("reset", "email_change"))

    assert refusal(units, reset) == "link.dead"
    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        recovery.finish_reset(unit, change, quick_hash("x"), HERE)
    with pytest.raises(DomainError, match=r"link\.dead"), units.read() as unit:
        recovery.owner_of(unit, change)


@pytest.mark.parametrize("purpose", ["reset", "email_change"])
def test_a_newer_link_kills_the_older_one_of_its_own_purpose_and_owner(
    units: Units, account_id: int, purpose: str
) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
        others = accounts.new_link(unit, purpose=purpose, life=accounts.CONFIRM_LIFE, account_id=other)
        another_purpose = accounts.new_link(unit, purpose="x", life=accounts.CONFIRM_LIFE, account_id=account_id)
    old = link_for(units, purpose, account_id)
    new = link_for(units, purpose, account_id)

    with units.write() as unit:
        with pytest.raises(DomainError):
            accounts.spend_link(unit, old, purpose)
        assert accounts.spend_link(unit, new, purpose).account_id == account_id
        assert accounts.spend_link(unit, others, purpose).account_id == other
        accounts.spend_link(unit, another_purpose, "x")


def test_a_disabled_account_has_no_working_links(units: Units, account_id: int) -> None:
    tokens = {purpose: link_for(units, purpose, account_id) for purpose in ("reset", "email_change")}
    with units.write() as unit:
        accounts.disable(unit, account_id)

    for purpose, token in tokens.items():
        with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
            accounts.spend_link(unit, token, purpose)


# Change of address


def ask_change(units: Units, caller: Actor, new: str) -> list[tuple[str, str]]:
    """Asks for a change of address; gives back what was mailed because of it."""
    before = len(mailed(units))
    with units.write() as unit:
        accounts.ask_email_change(unit, caller, new)
    return mailed(units)[before:]


def test_a_new_address_is_asked_for_and_the_old_one_told_and_stays(units: Units, facts: list[Fact]) -> None:
    caller = signed_in_actor(units)

    sent = ask_change(units, caller, "New@Example.org")

    assert sorted(sent) == [("email_change", "New@Example.org"), ("email_change_asked", EMAIL)]
    asked = last_mail(units, "email_change_asked")
    assert not re.search(r"#[A-Za-z0-9_-]{43}", asked.text)
    assert stored_account(units, caller.account_id).email == EMAIL
    with units.read() as unit:
        view = accounts.view_account(unit, caller.account_id)
    assert (view.email, view.pending_email) == (EMAIL, "New@Example.org")
    assert isinstance(facts[-1], EmailChangeAsked)


def test_a_taken_address_looks_like_a_free_one(units: Units) -> None:
    caller = signed_in_actor(units)
    with units.write() as unit:
        make_account(unit, "taken@example.org")

    sent = ask_change(units, caller, "Taken@Example.org")

    assert sent == [("email_change_asked", EMAIL)]  # nothing to the other customer
    with units.read() as unit:
        assert accounts.view_account(unit, caller.account_id).pending_email == "Taken@Example.org"


@pytest.mark.parametrize("same", [EMAIL, EMAIL.lower(), EMAIL.upper()])
def test_the_present_address_is_refused(units: Units, same: str) -> None:
    caller = signed_in_actor(units)

    with pytest.raises(DomainError) as refused:
        ask_change(units, caller, same)

    assert (refused.value.key, refused.value.field) == ("email.same", "email")
    assert mailed(units) == []


def test_a_confirmed_address_is_in_force_told_to_both_and_ends_the_sessions(units: Units, facts: list[Fact]) -> None:
    caller = signed_in_actor(units)
    with units.write() as unit:
        other = make_session(unit, caller.account_id, device=OTHER_DEVICE, remember=True)
        recovery.ask_reset(unit, EMAIL)
    ask_change(units, caller, "new@example.org")
    before = len(mailed(units))

    confirmed = confirm(units, last_mail(units, "email_change").token)  # from a browser that is not signed in

    assert confirmed == Confirmed("email_change")
    account = stored_account(units, caller.account_id)
    assert (account.email, account.email_key) == ("new@example.org", "new@example.org")
    assert mailed(units)[before:] == [("email_changed", EMAIL), ("email_changed", "new@example.org")]
    assert facts[-1] == EmailChanged(
        account_id=caller.account_id, at=units.clock(), origin=HERE, old_email=EMAIL, new_email="new@example.org"
    )
    with units.read() as unit:
        assert sessions.look_up(unit, other.digest, other.device, HERE).actor is None
        view = accounts.view_account(unit, caller.account_id)
        with pytest.raises(DomainError):
            recovery.owner_of(unit, last_mail(units, "reset").token)
    assert view.pending_email == ""


def test_the_session_that_confirms_is_renewed_and_the_others_end(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        own, other = make_session(unit, account_id), make_session(unit, account_id, device=OTHER_DEVICE)
        caller = actor_of(unit, own)
    ask_change(units, caller, "new@example.org")

    confirmed = confirm(units, last_mail(units, "email_change").token, caller)

    with units.write() as unit:
        opened = sessions.redeem_ticket(unit, confirmed.ticket, DEVICE, HERE)
        assert opened is not None
        assert actor_of(unit, Browser(opened.token)).session_id == caller.session_id
        assert sessions.look_up(unit, own.digest, DEVICE, HERE).renewed_elsewhere
        assert sessions.look_up(unit, other.digest, OTHER_DEVICE, HERE).actor is None


def test_a_customer_who_follows_the_link_of_another_keeps_the_own_session_as_it_is(units: Units) -> None:
    owner = signed_in_actor(units)
    stranger = signed_in_actor(units, "bob@example.org")
    ask_change(units, owner, "new@example.org")

    confirmed = confirm(units, last_mail(units, "email_change").token, stranger)

    assert confirmed.ticket == ""
    assert stored_account(units, owner.account_id).email == "new@example.org"
    assert stored_account(units, stranger.account_id).email == "bob@example.org"


def test_an_address_that_was_taken_meanwhile_is_not_put_in_force(units: Units) -> None:
    caller = signed_in_actor(units)
    ask_change(units, caller, "new@example.org")
    token = last_mail(units, "email_change").token
    with units.write() as unit:
        make_account(unit, "NEW@example.org")
    before = mailed(units)

    assert refusal(units, token) == "link.dead"

    assert stored_account(units, caller.account_id).email == EMAIL
    assert mailed(units) == before


def test_of_twenty_that_follow_a_change_link_at_once_one_succeeds(units: Units) -> None:
    caller = signed_in_actor(units)
    ask_change(units, caller, "new@example.org")
    token = last_mail(units, "email_change").token

    assert sorted(at_once(20, lambda _: refusal(units, token))) == [""] + ["link.dead"] * 19
    assert [event for event, _ in mailed(units)].count("email_changed") == 2


def test_a_mail_is_written_in_the_language_of_its_reader_and_names_when_and_where(units: Units) -> None:
    caller = signed_in_actor(units, language="fr", time_zone="America/New_York")

    ask_change(units, caller, "new@example.org")

    text = last_mail(units, "email_change_asked").text
    assert "1 mars 2026" in text
    assert "07:00" in text
    assert "192.0.2.7" in text


# Forms


GOOD_PROFILE = {
    "first_name": " Ada ",
    "last_name": "Lovelace",
    "company": "",
    "phone": "+33 (0)1 23-45.67/89",
    "street": "12 rue de l’Été",
    "postal_code": "75001",
    "city": "Paris",
    "country": "FR",
    "language": "fr",
    "time_zone": "Europe/Paris",
}


def profile_faults(**changes: Any) -> dict[str, str]:
    try:
        accounts.read_profile({**GOOD_PROFILE, **changes})
    except InvalidForm as error:
        return {fault.field: fault.key for fault in error.all}
    return {}


def test_a_profile_is_read() -> None:
    assert accounts.read_profile(GOOD_PROFILE) == Profile(**{**GOOD_PROFILE, "first_name": "Ada"})


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("first_name", "", "form.required"),
        ("first_name", "   ", "form.required"),
        ("first_name", "a" * 81, "form.too_long"),
        ("first_name", "a\u202eb", "form.invisible"),
        ("first_name", "a\nBcc: x", "form.invisible"),
        ("last_name", None, "form.invalid"),
        ("last_name", ["x"], "form.invalid"),
        ("company", "c" * 121, "form.too_long"),
        ("company", "\0", "form.invisible"),
        ("street", "s" * 201, "form.too_long"),
        ("postal_code", "1" * 21, "form.too_long"),
        ("city", "c" * 101, "form.too_long"),
        ("city", "\ud800", "form.invisible"),
        ("country", "XX", "form.choice"),
        ("country", "fr", "form.choice"),
        ("country", "EU", "form.choice"),
        ("country", 33, "form.choice"),
        ("language", "de", "form.choice"),
        ("language", "", "form.choice"),
        ("language", "../en", "form.choice"),
        ("time_zone", "Mars/Olympus", "form.choice"),
        ("time_zone", "../etc/passwd", "form.choice"),
        ("time_zone", "", "form.choice"),
        ("phone", "12345", "form.phone"),
        ("phone", "1234567890123456", "form.phone"),
        ("phone", "call me now", "form.phone"),
        ("phone", "+33 1 23 45 67 89 ext 4", "form.phone"),
        ("phone", "١٢٣٤٥٦٧٨", "form.phone"),
        ("phone", "1" * 41, "form.too_long"),
    ],
)
def test_a_wrong_profile_is_refused_at_its_field(field: str, value: object, fault: str) -> None:
    assert profile_faults(**{field: value}) == {field: fault}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", ""),
        ("company", "<b>Acme</b> & Söhne"),
        ("phone", ""),
        ("phone", "123456"),
        ("phone", "123456789012345"),
        ("street", ""),
        ("country", ""),
        ("country", "DE"),
        ("time_zone", "UTC"),
        ("language", "en"),
        ("first_name", "O’Neill-Ångström"),
    ],
)
def test_an_acceptable_profile_is_taken(field: str, value: str) -> None:
    assert profile_faults(**{field: value}) == {}


def test_all_faults_of_a_profile_are_told_at_once() -> None:
    with pytest.raises(InvalidForm) as refused:
        accounts.read_profile([])

    assert {fault.field for fault in refused.value.all} == {
        "first_name",
        "last_name",
        "country",
        "language",
        "time_zone",
    } - {"country"}


def test_fields_of_the_table_that_are_no_personal_information_cannot_be_sent(units: Units) -> None:
    caller = signed_in_actor(units)
    before = stored_account(units, caller.account_id)

    with units.write() as unit:
        accounts.edit_profile(
            unit,
            caller,
            accounts.read_profile(
                {**GOOD_PROFILE, "email": "x@example.org", "password_hash": "x", "disabled_at": "now", "id": 99}
            ),
        )

    after = stored_account(units, caller.account_id)
    assert (after.email, after.password_hash, after.disabled_at) == (before.email, before.password_hash, None)
    assert after.city == "Paris"


def test_a_profile_is_stored_and_shown(units: Units, facts: list[Fact]) -> None:
    caller = signed_in_actor(units)
    other = signed_in_actor(units, "bob@example.org")
    profile = accounts.read_profile(GOOD_PROFILE)

    with units.write() as unit:
        accounts.edit_profile(unit, caller, profile)

    with units.read() as unit:
        assert accounts.view_account(unit, caller.account_id).profile == profile
        assert accounts.view_account(unit, other.account_id).profile.city == ""
        assert accounts.view_shell(unit, caller.account_id).name == "Ada Lovelace"
        assert accounts.view_shell(unit, caller.account_id).language == "fr"
    assert isinstance(facts[-1], ProfileChanged)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "Ada.Lovelace+netim@sub.example.org",
        "o'neill@example.org",
        "用户@例え.jp",
        "a" * 64 + "@example.org",
    ],
)
def test_a_well_formed_address_is_taken(address: str) -> None:
    form = Form({"email": f" {address} "})

    assert accounts.read_email(form) == address
    form.finish()


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("", "form.required"),
        ("ada", "form.email"),
        ("ada@", "form.email"),
        ("@example.org", "form.email"),
        ("ada@example", "form.email"),
        ("ada@@example.org", "form.email"),
        ("ada@example.org, bob@example.org", "form.email"),
        ("Ada <ada@example.org>", "form.email"),
        ("ada@[127.0.0.1]", "form.email"),
        ("ada@localhost", "form.email"),
        ("ada b@example.org", "form.email"),
        ("ada..b@example.org", "form.email"),
        ("ada@exa_mple.org", "form.email"),
        ("a@" + "b" * 260 + ".org", "form.too_long"),
        ("ada@example.org\nBcc: x@example.org", "form.invisible"),
        ("ada@example.org\0", "form.invisible"),
        (["ada@example.org"], "form.invalid"),
        (None, "form.invalid"),
    ],
)
def test_a_malformed_address_is_refused(address: object, fault: str) -> None:
    form = Form({"email": address})

    assert accounts.read_email(form) == ""
    with pytest.raises(InvalidForm) as refused:
        form.finish()
    assert [(found.field, found.key) for found in refused.value.all] == [("email", fault)]


SIGN_UP_FORM = {"email": "New@Example.org", "first_name": "Nia", "last_name": "Ewing", "password": PASSWORD}


def read_customer(language: str = "fr", time_zone: str = "Asia/Tokyo", **changes: Any) -> NewCustomer:
    return accounts.read_customer({**SIGN_UP_FORM, **changes}, language=language, time_zone=time_zone, min_length=12)


def test_a_sign_up_form_is_read() -> None:
    assert read_customer() == NewCustomer("New@example.org", "Nia", "Ewing", PASSWORD, "fr", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("language", "time_zone", "expected"),
    [
        ("", "", ("en", "Europe/Paris")),
        ("de", "None", ("en", "Europe/Paris")),
        ("fr", "Mars/Olympus", ("fr", "Europe/Paris")),
        ("en", "UTC", ("en", "UTC")),
    ],
)
def test_what_the_browser_says_of_itself_is_used_where_it_makes_sense(
    language: str, time_zone: str, expected: tuple[str, str]
) -> None:
    customer = read_customer(language, time_zone)

    assert (customer.language, customer.time_zone) == expected


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"email": "x"}, {"email": "form.email"}),
        ({"password": "short"}, {"password": "password.too_short"}),
        ({"password": "password1234"}, {"password": "password.weak"}),
        ({"password": "new@example.org1"}, {"password": "password.personal"}),
        ({"password": ""}, {"password": "form.required"}),
        ({"password": ["x"]}, {"password": "form.invalid"}),
        ({"password": "x" * 129}, {"password": "form.too_long"}),
        ({"first_name": "", "last_name": " "}, {"first_name": "form.required", "last_name": "form.required"}),
    ],
)
def test_a_wrong_sign_up_form_is_refused(changes: dict[str, object], faults: dict[str, str]) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_customer(**changes)

    assert {fault.field: fault.key for fault in refused.value.all} == faults


# The operator's hand


def test_an_account_is_found_by_its_address(units: Units, account_id: int) -> None:
    with units.read() as unit:
        assert accounts.find_account(unit, f" {EMAIL.upper()} ") == account_id
        assert accounts.find_account(unit, "nobody@example.org") is None


def test_a_disabled_account_keeps_its_rows_and_nothing_opens_it(units: Units) -> None:
    caller = signed_in_actor(units)
    with units.write() as unit:
        ticket = sessions.renewal_ticket(unit, caller, return_to="/")
        accounts.disable(unit, caller.account_id)

    assert stored_account(units, caller.account_id).disabled_at == units.clock()
    with units.write() as unit:
        assert sessions.redeem_ticket(unit, ticket, DEVICE, HERE) is None
        recovery.ask_reset(unit, EMAIL)
    assert "reset" not in [event for event, _ in mailed(units)]


def test_an_owner_of_a_disabled_account_who_signs_up_again_gets_no_second_one(units: Units, account_id: int) -> None:
    with units.write() as unit:
        accounts.disable(unit, account_id)

    assert sign_up(units, replace(NEW, email=EMAIL)).event == "sign_up_again"


def test_each_fact_moves_the_revision_of_its_own_account(units: Units) -> None:
    caller, other = signed_in_actor(units), signed_in_actor(units, "bob@example.org")

    with units.write() as unit:
        unit.record(ProfileChanged(account_id=caller.account_id, at=unit.now, origin=Origin()))

    assert stored_account(units, caller.account_id).revision == caller.revision + 1
    assert stored_account(units, other.account_id).revision == other.revision
