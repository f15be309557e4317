import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError, InvalidForm
from netim_app.core.facts import Fact, Origin
from netim_app.feature import Feature, Subscription
from netim_app.identity import (
    accounts,
    email_change,
    known_browsers,
    operations,
    profiles,
    recovery,
    sessions,
    sign_up,
    tickets,
)
from netim_app.identity.facts import Edit, EmailChangeAsked, EmailChanged, ProfileChanged
from netim_app.identity.profiles import Profile
from netim_app.identity.sign_up import Confirmed
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install, offers
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    Browser,
    actor_of,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    make_session,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock, captured_log

GUEST = visitor_of()


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    return heard


def confirm(units: Units, token: str, visitor: Visitor = GUEST) -> Confirmed:
    with units.write() as unit:
        return sign_up.confirm(unit, token, visitor)


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


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


# Change of address


def ask_change(units: Units, caller: Actor, new: str) -> list[tuple[str, str]]:
    """Asks for a change of address; returns what was mailed because of it."""
    before = len(mailed(units))
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, new)
    return mailed(units)[before:]


def test_a_new_address_is_asked_for_and_the_old_one_told_and_stays(units: Units, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)

    sent = ask_change(units, caller, "New@Example.org")

    assert sorted(sent) == [("email_change", "New@Example.org"), ("email_change_asked", EMAIL)]
    asked = last_mail(units, "email_change_asked")
    assert not re.search(r"(?<!/not-me)#[A-Za-z0-9_-]{43}", asked.text)
    assert stored_account(units, caller.account_id).email == EMAIL
    with units.read() as unit:
        view = profiles.view_account(unit, caller.account_id)
    assert (view.email, view.pending_email) == (EMAIL, "New@Example.org")
    assert isinstance(facts[-1], EmailChangeAsked)


def test_a_taken_address_looks_like_a_free_one(units: Units) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        make_account(unit, "taken@example.org")

    sent = ask_change(units, caller, "Taken@Example.org")

    assert sent == [("email_change_asked", EMAIL)]  # nothing to the other customer
    with units.read() as unit:
        assert profiles.view_account(unit, caller.account_id).pending_email == "Taken@Example.org"


@pytest.mark.parametrize("same", [EMAIL, EMAIL.lower(), EMAIL.upper()])
def test_the_present_address_is_refused(units: Units, same: str) -> None:
    caller = logged_in_actor(units)

    with pytest.raises(DomainError) as refused:
        ask_change(units, caller, same)

    assert (refused.value.key, refused.value.field) == ("email.same", "email")
    assert mailed(units) == []


def test_a_confirmed_address_is_in_force_told_to_both_and_ends_the_sessions(units: Units, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        other = make_session(unit, caller.account_id, browser_digest=OTHER_BROWSER, remember=True)
        recovery.ask_reset(unit, EMAIL, HERE)
    ask_change(units, caller, "new@example.org")
    before = len(mailed(units))

    confirmed = confirm(units, last_mail(units, "email_change").token)  # from a browser that is not logged in

    assert confirmed == Confirmed("email_change")
    account = stored_account(units, caller.account_id)
    assert (account.email, account.email_key) == ("new@example.org", "new@example.org")
    assert mailed(units)[before:] == [("email_undo", EMAIL), ("email_changed", "new@example.org")]
    assert facts[-1] == EmailChanged(
        account_id=caller.account_id, at=units.clock(), origin=HERE, old_email=EMAIL, new_email="new@example.org"
    )
    with units.read() as unit:
        assert sessions.look_up(unit, other.digest, other.browser_digest, HERE).actor is None
        view = profiles.view_account(unit, caller.account_id)
        with pytest.raises(DomainError):
            recovery.owner_of(unit, last_mail(units, "reset").token)
    assert view.pending_email == ""


def test_the_session_that_confirms_is_renewed_and_the_others_end(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        own, other = make_session(unit, account_id), make_session(unit, account_id, browser_digest=OTHER_BROWSER)
        caller = actor_of(unit, own)
    ask_change(units, caller, "new@example.org")

    confirmed = confirm(units, last_mail(units, "email_change").token, caller)

    with units.write() as unit:
        opened = tickets.redeem_ticket(unit, confirmed.ticket, BROWSER, HERE)
        assert opened is not None
        assert actor_of(unit, Browser(opened.token)).session_id == caller.session_id
        assert sessions.look_up(unit, own.digest, BROWSER, HERE).renewed_elsewhere
        assert sessions.look_up(unit, other.digest, OTHER_BROWSER, HERE).actor is None


def test_a_customer_who_follows_the_link_of_another_keeps_the_own_session_as_it_is(units: Units) -> None:
    owner = logged_in_actor(units)
    stranger = logged_in_actor(units, "bob@example.org")
    ask_change(units, owner, "new@example.org")

    confirmed = confirm(units, last_mail(units, "email_change").token, stranger)

    assert confirmed.ticket is None
    assert stored_account(units, owner.account_id).email == "new@example.org"
    assert stored_account(units, stranger.account_id).email == "bob@example.org"


def test_an_address_that_was_taken_meanwhile_is_not_put_in_force(units: Units) -> None:
    caller = logged_in_actor(units)
    ask_change(units, caller, "new@example.org")
    token = last_mail(units, "email_change").token
    with units.write() as unit:
        make_account(unit, "NEW@example.org")
    before = mailed(units)

    assert refusal(units, token) == "link.dead"

    assert stored_account(units, caller.account_id).email == EMAIL
    assert mailed(units) == before


def test_of_twenty_that_follow_a_change_link_at_once_one_succeeds(units: Units) -> None:
    caller = logged_in_actor(units)
    ask_change(units, caller, "new@example.org")
    token = last_mail(units, "email_change").token

    assert sorted(at_once(20, lambda _: refusal(units, token))) == [""] + ["link.dead"] * 19
    assert [event for event, _ in mailed(units) if event in ("email_undo", "email_changed")] == [
        "email_undo",
        "email_changed",
    ]


def test_a_mail_is_written_in_the_language_of_its_reader_and_names_when_and_where(units: Units) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="America/New_York")

    ask_change(units, caller, "new@example.org")

    text = last_mail(units, "email_change_asked").text
    assert "1er mars 2026" in text
    assert "07:00" in text
    assert "192.0.2.7" in text


# Forms


def test_an_older_name_of_a_zone_is_shown_and_taken_as_the_one_of_the_list(units: Units) -> None:
    caller = logged_in_actor(units, time_zone="Asia/Calcutta")
    with units.read() as unit:
        shown = profiles.view_account(unit, caller.account_id).profile

    assert shown.time_zone == "Asia/Kolkata"
    assert profiles.read_profile({**GOOD_PROFILE, "time_zone": "Asia/Calcutta"}).time_zone == "Asia/Kolkata"
    ask_change(units, caller, "new@example.org")
    assert "5:30" in last_mail(units, "email_change_asked").text, "12:00 UTC"


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
        profiles.read_profile({**GOOD_PROFILE, **changes})
    except InvalidForm as error:
        return {fault.field: fault.key for fault in error.all}
    return {}


def test_a_profile_is_read() -> None:
    read = {**GOOD_PROFILE, "first_name": "Ada", "phone": "+33 1 23 45 67 89"}

    assert profiles.read_profile(GOOD_PROFILE) == Profile(**read)
    assert profiles.read_profile(read) == Profile(**read)


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("first_name", "\u200fعلی\u200cرضا", "علی\u200cرضا"),
        ("first_name", "ශ්\u200dරී", "ශ්\u200dරී"),
        ("last_name", "", ""),  # one name only
        ("last_name", " \u200b", ""),
        ("company", "Acme\u00a0&\u00a0Fils\ufeff", "Acme & Fils"),
        ("postal_code", "７５００１", "75001"),
        ("postal_code", "1000–001", "1000-001"),
        ("city", "\u2068Paris\u2069", "Paris"),
    ],
)
def test_a_profile_is_stored_as_it_is_meant(field: str, typed: str, stored: str) -> None:
    assert getattr(profiles.read_profile({**GOOD_PROFILE, field: typed}), field) == stored


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
        ("language", "xx", "form.choice"),
        ("language", "", "form.choice"),
        ("language", "../en", "form.choice"),
        ("time_zone", "Mars/Olympus", "form.choice"),
        ("time_zone", "../etc/passwd", "form.choice"),
        ("time_zone", "", "form.choice"),
        ("phone", "12345", "form.phone"),
        ("phone", "1234567890123456", "form.phone"),
        ("phone", "call me now", "form.phone"),
        ("phone", "123456", "form.phone"),
        ("phone", "123456789012345", "form.phone"),
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
        ("phone", "+33 1 23 45 67 89 ext 4"),
        ("street", ""),
        ("country", ""),
        ("country", "DE"),
        ("time_zone", "UTC"),
        ("time_zone", "UTC+05:30"),
        ("language", "en"),
        ("first_name", "O’Neill-Ångström"),
    ],
)
def test_an_acceptable_profile_is_taken(field: str, value: str) -> None:
    assert profile_faults(**{field: value}) == {}


def test_all_faults_of_a_profile_are_reported_at_once() -> None:
    with pytest.raises(InvalidForm) as refused:
        profiles.read_profile([])

    assert {fault.field for fault in refused.value.all} == {
        "first_name",
        "country",
        "language",
        "time_zone",
    } - {"country"}


def test_fields_of_the_table_that_are_no_personal_information_cannot_be_sent(units: Units) -> None:
    caller = logged_in_actor(units)
    before = stored_account(units, caller.account_id)

    with units.write() as unit:
        profiles.edit_profile(
            unit,
            caller,
            profiles.read_profile(
                {**GOOD_PROFILE, "email": "x@example.org", "password_hash": "x", "disabled_at": "now", "id": 99}
            ),
        )

    after = stored_account(units, caller.account_id)
    assert (after.email, after.password_hash, after.disabled_at) == (before.email, before.password_hash, None)
    assert after.city == "Paris"


def test_a_profile_is_stored_and_shown(units: Units, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)
    other = logged_in_actor(units, "bob@example.org")
    profile = profiles.read_profile(GOOD_PROFILE)

    with units.write() as unit:
        profiles.edit_profile(unit, caller, profile)

    with units.read() as unit:
        assert profiles.view_account(unit, caller.account_id).profile == profile
        assert profiles.view_account(unit, other.account_id).profile.city == ""
        assert accounts.view_shell(unit, caller.account_id).name == "Ada Lovelace"
        assert accounts.view_shell(unit, caller.account_id).language == "fr"
    assert isinstance(facts[-1], ProfileChanged)


def test_an_edit_says_what_was_there_before_and_no_log_line_does(units: Units, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)
    stored = profiles.read_profile(GOOD_PROFILE)
    with units.write() as unit:
        profiles.edit_profile(unit, caller, stored)
    facts.clear()

    with captured_log("netim_app.identity.security_log") as lines, units.write() as unit:
        profiles.edit_profile(unit, caller, replace(stored, company="Ada & Co", city="Lyon"))
        profiles.edit_profile(unit, caller, replace(stored, company="Ada & Co", city="Lyon"))
        for _ in range(2):
            profiles.set_language(unit, caller, "de")

    edits = [fact.edits for fact in facts if isinstance(fact, ProfileChanged)]
    assert edits == [
        (Edit("company", "", "Ada & Co"), Edit("city", "Paris", "Lyon")),
        (Edit("language", "fr", "de"),),
    ]
    logged = [str(vars(line)) for line in lines]
    assert len(logged) == 2, "and of the same again there is nothing to say"
    assert "Lyon" not in "".join(logged)


def test_each_edit_begins_where_the_one_before_ended(units: Units, facts: list[Fact]) -> None:
    """Several tabs save at once."""
    caller = logged_in_actor(units)
    stored = profiles.read_profile(GOOD_PROFILE)

    def move(number: int) -> None:
        with units.write() as unit:
            profiles.edit_profile(unit, caller, replace(stored, city=f"City {number}"))

    at_once(8, move)

    moves = [edit for fact in facts if isinstance(fact, ProfileChanged) for edit in fact.edits if edit.name == "city"]
    assert len(moves) == 8
    assert len({edit.old for edit in moves}) == 8, "nobody leaves a city twice"


# The operator's hand


def test_an_account_is_found_by_its_address(units: Units, account_id: int) -> None:
    with units.read() as unit:
        assert operations.find_account(unit, f" {EMAIL.upper()} ") == account_id
        assert operations.find_account(unit, "nobody@example.org") is None


IDN, IDN_AS_SENT = "Anna@bücher-laden.fr", "anna@xn--bcher-laden-thb.fr"


@pytest.mark.parametrize("typed", [IDN, IDN_AS_SENT, IDN.upper()])
def test_an_international_address_is_found_in_either_form(units: Units, typed: str) -> None:
    with units.write() as unit:
        account_id = make_account(unit, IDN)
    with units.read() as unit:
        assert operations.find_account(unit, typed) == account_id
        assert stored_account(units, account_id).email == IDN
    with pytest.raises(IntegrityError), units.write() as unit:
        make_account(unit, typed)


def test_a_disabled_account_keeps_its_rows_and_nothing_opens_it(units: Units) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        ticket = tickets.renewal_ticket(unit, caller, return_to="/")
        operations.disable(unit, caller.account_id)

    assert stored_account(units, caller.account_id).disabled_at == units.clock()
    with units.write() as unit:
        assert tickets.redeem_ticket(unit, ticket, BROWSER, HERE) is None
        recovery.ask_reset(unit, EMAIL, HERE)
    assert "reset" not in [event for event, _ in mailed(units)]


def test_each_fact_moves_the_revision_of_its_own_account(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")

    with units.write() as unit:
        unit.record(ProfileChanged(account_id=caller.account_id, at=unit.now, origin=Origin()))

    assert stored_account(units, caller.account_id).revision == caller.revision + 1
    assert stored_account(units, other.account_id).revision == other.revision


def test_the_last_login_is_kept_when_browsers_and_sessions_are_gone(units: Units, clock: FakeClock) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        other = make_account(unit, "bob@example.org")
        make_account(unit, "never@example.org")
        assert accounts.last_login(unit, account_id) is None
        first = unit.now
        make_session(unit, account_id)
        make_session(unit, other, browser_digest=OTHER_BROWSER)

    clock.advance(days=40)
    with units.write() as unit:
        make_session(unit, other)
        known_browsers.forget_browsers(unit, account_id)
        sessions.purge(unit)

    with units.read() as unit:
        assert (accounts.last_login(unit, account_id), accounts.last_login(unit, other)) == (first, unit.now)
        found = [unit.rows(accounts.last_logged_in_before(moment)) for moment in (first, unit.now)]
        assert [[row.id for row in rows] for rows in found] == [[], [account_id]]
