import math
from typing import Any

import pytest
import reflex as rx
from sqlmodel import update

from netim_app.core.actor import Actor, Visitor, set_caller
from netim_app.core.paths import safe_path
from netim_app.feature import Feature, Refresher
from netim_app.features.gauge.state import GaugeState
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.identity import limits, sessions, tickets
from netim_app.identity.facts import PasswordChanged
from netim_app.identity.feature import IDENTITY
from netim_app.identity.state.incidents import show_incident
from netim_app.identity.state.messages import show_notice
from netim_app.identity.state.profile import EmailState, ProfileState
from netim_app.identity.state.shell import ShellState, begin_document, leave_visit, refresh
from netim_app.identity.state.step_up import StepUpState
from netim_app.identity.tables import Account
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from netim_app.offers import Offers, install, offers
from netim_app.reflex_port.tab import tab_of
from netim_app.reflex_port.visits import begin_event, visit_of
from netim_app.registry import FEATURES
from netim_app.texts import catalog
from netim_app.ui.text import LocaleState
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    PASSWORD,
    Tab,
    logged_in_actor,
    mailed,
    stored_account,
    tickets_of,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL

PROFILE = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "company": "<script>alert(1)</script>",
    "phone": "",
    "street": "",
    "postal_code": "",
    "city": "",
    "country": "US",
    "language": "fr",
    "time_zone": "America/New_York",
}
FORMS: list[Any] = [None, "", 5, True, math.nan, [], ["email"], {}, {"password": [], "email": {}}]


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


# The shell


async def test_a_page_of_the_account_area_shows_the_account(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab("/account/personal-information")

    shell, _ = await tab.run(ShellState, "open_account_page")

    assert (shell.ready, shell.customer_name) == (True, "Ada Lovelace")
    record = await tab_of(shell)
    assert (record.session_id, record.revision) == (caller.session_id, caller.revision)
    assert (await tab.state(LocaleState)).locale == "en"
    assert (await tab.state(ProfileState)).email == EMAIL


async def test_a_change_loads_what_it_concerns_and_nothing_else(sqlite_units: Units, caller: Actor) -> None:
    """Ten features that it does not concern cost nothing: in the tab that makes it, and in another one."""
    shown: list[str] = []

    def other(name: str) -> Feature:
        async def show(_state: rx.State, row: str) -> None:
            shown.append(row)

        refresher = Refresher(changed_by=(PasswordChanged,), load=lambda _unit, _account_id: name, show=show)
        return Feature(name=name, refresher=refresher)

    ten = [f"other {number}" for number in range(10)]
    install((*offers().features, *map(other, ten)))
    tab, second = Tab("/account/connection-and-security"), Tab("/account/connection-and-security")
    for opened in (tab, second):
        await opened.run(ShellState, "open_account_page")
    assert shown == ten * 2, "a page that opens shows everything"
    shown.clear()

    await tab.run(LoginAlertsState, "switch", True)
    shell = await second.state(ShellState)
    await refresh(shell)

    assert shown == []
    for opened in (tab, second):
        assert (await opened.state(LoginAlertsState)).on
        assert (await opened.state(GaugeState)).percent == 40


async def test_no_page_opens_for_a_guest(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await Tab("/account/personal-information").run(ShellState, "open_account_page")


@pytest.mark.parametrize(("languages", "locale"), [("fr-CH,nl;q=0.5", "fr"), ("nl", "en"), ("", "en")])
async def test_a_guest_reads_the_language_of_the_browser(languages: str, locale: str) -> None:
    set_caller(Visitor(languages=languages))
    tab = Tab("/login")

    await tab.run(ShellState, "open_public_page")

    assert (await tab.state(LocaleState)).locale == locale


async def test_a_language_that_was_chosen_stays(sqlite_units: Units) -> None:
    set_caller(Visitor(languages="en"))
    tab = Tab("/login")
    await tab.run(ShellState, "set_language", "fr")

    await tab.run(ShellState, "open_public_page")

    assert (await tab.state(LocaleState)).locale == "fr"


async def test_a_customers_language_is_stored(sqlite_units: Units, caller: Actor) -> None:
    await Tab("/").run(ShellState, "set_language", "fr")

    assert stored_account(sqlite_units, caller.account_id).language == "fr"


async def test_edits_without_end_are_refused(
    sqlite_units: Units, caller: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is written down, so a program would bury what else there is. The page changes its language all the same."""
    monkeypatch.setattr(rate_limit, "EDIT_PER_ACCOUNT", rate_limit.Limit("edit_per_account", 1, 3600))
    tab = Tab("/")
    for language in ("fr", "de"):
        await tab.run(ShellState, "set_language", language)

    assert stored_account(sqlite_units, caller.account_id).language == "fr"
    assert (await tab.state(LocaleState)).locale == "de"
    page, _ = await tab.run(ProfileState, "save", PROFILE)
    assert page.errors
    assert stored_account(sqlite_units, caller.account_id).city == ""


@pytest.mark.parametrize("language", ["xx", "", None, 5, True, math.nan, "EN", [], {}, ["fr"], {"fr": 1}])
async def test_an_unknown_language_changes_nothing(sqlite_units: Units, caller: Actor, language: Any) -> None:
    tab = Tab("/")

    await tab.run(ShellState, "set_language", language)

    assert (await tab.state(LocaleState)).locale == ""
    assert stored_account(sqlite_units, caller.account_id).language == "en"


async def test_an_incident_is_shown_with_its_number_and_closed() -> None:
    tab = Tab("/")
    await show_incident(tab.root, "0badcafe")
    shell = await tab.state(ShellState)
    assert "0badcafe" in shell.notice
    assert shell.notice_kind == "danger"

    shell, _ = await tab.run(ShellState, "close_notice")
    assert shell.notice == ""


async def test_a_notice_ends_with_its_time_and_not_with_that_of_an_earlier_one() -> None:
    tab = Tab("/")
    await show_notice(tab.root, "success", "profile.saved")
    first = (await tab.state(ShellState)).notice_number
    await show_notice(tab.root, "success", "profile.saved")

    shell, _ = await tab.run(ShellState, "end_notice", first)
    assert shell.notice != ""
    shell, _ = await tab.run(ShellState, "end_notice", shell.notice_number)
    assert shell.notice == ""


async def test_a_document_that_is_loaded_anew_does_not_repeat_a_notice() -> None:
    tab = Tab("/account/personal-information")
    begin_event("one")
    await show_notice(tab.root, "success", "profile.saved")

    begin_event("two")
    await begin_document(tab.root)

    assert (await tab.state(ShellState)).notice == ""


async def test_a_notice_of_a_page_that_leads_on_is_shown_by_the_next_document() -> None:
    tab = Tab("/verify-email")
    begin_event("one")
    await show_notice(tab.root, "success", "profile.saved")
    await leave_visit(tab.root)

    begin_event("two")
    await begin_document(tab.root)

    assert (await tab.state(ShellState)).notice != ""


@pytest.mark.parametrize(
    "path",
    [
        "/account/personal-information",
        "/account/connection-and-security",
        "/account/connection-and-security#password",
    ],
)
def test_a_path_of_the_account_area_is_safe(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/account/",
        "/account/x/y",
        "/account/../x",
        "//evil.test/account/x",
        "https://evil.test/account/x",
        "/account/x\n",
        "/account/x?next=//evil.test",
        "/account/X",
        "/account/" + "a" * 41,
        "javascript:alert(1)",
        None,
        5,
        ["/account/x"],
    ],
)
def test_anything_else_leads_home(path: object) -> None:
    assert safe_path(path) == PERSONAL


# Step-up


async def test_a_proof_renews_the_session_and_goes_on_where_it_was_asked_for(
    sqlite_units: Units, caller: Actor, clock: FakeClock
) -> None:
    tab = Tab("/account/personal-information")
    (await tab.state(StepUpState)).open = True

    state, steps = await tab.run(StepUpState, "submit", {"password": PASSWORD})

    assert (state.open, state.errors) == (False, {})
    [ticket] = tickets_of(steps)
    assert steps == [ticket]
    with sqlite_units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
        assert opened is not None
        assert sessions.look_up(unit, digest(opened.token), BROWSER, HERE).actor is not None
    assert opened.return_to == "/account/personal-information"


async def test_a_wrong_proof_leaves_the_dialog_open(caller: Actor) -> None:
    tab = Tab("/account/personal-information")
    (await tab.state(StepUpState)).open = True

    state, steps = await tab.run(StepUpState, "submit", {"password": "wrong"})

    assert state.open
    assert list(state.errors) == ["password"]
    assert steps == []


@pytest.mark.parametrize("form", FORMS, ids=repr)
async def test_nonsense_proves_nothing(caller: Actor, form: object) -> None:
    state, steps = await Tab("/account/personal-information").run(StepUpState, "submit", form)

    assert list(state.errors) == ["password"]
    assert steps == []


async def test_a_proof_can_be_declined(caller: Actor) -> None:
    tab = Tab("/account/personal-information")
    (await tab.state(StepUpState)).open = True

    state, _ = await tab.run(StepUpState, "close")

    assert (state.open, state.errors) == (False, {})


async def test_an_account_whose_language_is_gone_reads_english(sqlite_units: Units, caller: Actor) -> None:
    with sqlite_units.write() as unit:
        unit.session.exec(update(Account).values(language="xx"))
    for path, opens in (("/account/personal-information", "open_account_page"), ("/login", "open_public_page")):
        tab = Tab(path)
        await tab.run(ShellState, opens)
        assert (await tab.state(LocaleState)).locale == catalog.DEFAULT_LOCALE


# Personal information


async def test_personal_information_is_stored_shown_and_said(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab("/account/personal-information")
    await tab.run(ShellState, "open_account_page")

    state, _ = await tab.run(ProfileState, "save", PROFILE)

    shell = await tab.state(ShellState)
    assert state.errors == {}
    assert state.values == PROFILE
    assert (shell.customer_name, shell.notice_kind) == ("Grace Hopper", "success")
    assert (await tab.state(LocaleState)).locale == "fr"
    assert stored_account(sqlite_units, caller.account_id).company == PROFILE["company"]


async def test_the_form_shows_stored_values_again_only_when_it_shows_others(caller: Actor) -> None:
    tab = Tab("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    state = await tab.state(ProfileState)
    version = state.version

    await tab.run(ShellState, "open_account_page")
    assert state.version == version
    await tab.run(ProfileState, "save", PROFILE)
    assert state.version == version + 1
    await tab.run(ProfileState, "save", PROFILE)
    assert state.version == version + 1, "the form shows what is stored"
    await tab.run(ProfileState, "save", {**PROFILE, "first_name": " Grace "})
    assert state.values == PROFILE
    assert state.version == version + 2, "the form shows what was typed"


async def test_nothing_is_stored_of_a_form_with_a_fault(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab("/account/personal-information")

    state, _ = await tab.run(ProfileState, "save", {**PROFILE, "phone": "no"})

    assert list(state.errors) == ["phone"]
    assert (await tab.state(ShellState)).notice_kind == "danger"
    assert stored_account(sqlite_units, caller.account_id).first_name == "Ada"


@pytest.mark.parametrize("form", FORMS, ids=repr)
async def test_nonsense_changes_no_profile(sqlite_units: Units, caller: Actor, form: object) -> None:
    state, _ = await Tab("/account/personal-information").run(ProfileState, "save", form)

    assert state.errors
    assert stored_account(sqlite_units, caller.account_id).first_name == "Ada"


# The address


async def test_a_new_address_waits_to_be_confirmed(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab("/account/personal-information")
    await tab.run(EmailState, "begin")

    state, _ = await tab.run(EmailState, "submit", {"email": "new@example.org"})

    assert (state.open, state.errors) == (False, {})
    profile = await tab.state(ProfileState)
    assert (profile.email, profile.pending_email) == (EMAIL, "new@example.org")
    assert "new@example.org" in (await tab.state(ShellState)).notice
    assert {event for event, _ in mailed(sqlite_units)} == {"email_change", "email_change_asked"}


@pytest.mark.parametrize(("email", "word"), [(EMAIL, "already"), ("x", "such as"), ("", "fill in")])
async def test_a_wrong_address_keeps_the_dialog_open(sqlite_units: Units, caller: Actor, email: str, word: str) -> None:
    tab = Tab("/account/personal-information")
    await tab.run(EmailState, "begin")

    state, _ = await tab.run(EmailState, "submit", {"email": email})

    assert state.open
    assert word in state.errors["email"]
    assert mailed(sqlite_units) == []


async def test_addresses_cannot_be_asked_for_without_end(sqlite_units: Units, caller: Actor) -> None:
    for number in range(rate_limit.MAIL_PER_ADDRESS.amount):
        assert await limits.may_mail("email_change", f"c{number}@example.org", HERE.address)

    state, _ = await Tab("/").run(EmailState, "submit", {"email": "new@example.org"})

    assert "Too many" in state.errors["email"]
    assert mailed(sqlite_units) == []


@pytest.mark.parametrize("form", FORMS, ids=repr)
async def test_nonsense_is_no_address(sqlite_units: Units, caller: Actor, form: object) -> None:
    state, _ = await Tab("/").run(EmailState, "submit", form)

    assert list(state.errors) == ["email"]
    assert mailed(sqlite_units) == []


async def test_the_dialog_is_closed_without_a_change(caller: Actor) -> None:
    tab = Tab("/")
    await tab.run(EmailState, "begin")

    state, _ = await tab.run(EmailState, "close")

    assert (state.open, state.errors) == (False, {})


@pytest.mark.parametrize("dialog", Offers((IDENTITY, *FEATURES)).dialogs, ids=lambda cls: cls.__name__)
async def test_a_dialog_ends_with_the_visit_in_which_it_was_opened(sqlite_units: Units, dialog: Any) -> None:
    set_caller(logged_in_actor(sqlite_units))
    tab = Tab("/account/connection-and-security")
    shown = await tab.state(dialog)
    name = next(var for var in ("errors", "shown", "open", "number") if hasattr(shown, var))
    before = getattr(shown, name)
    setattr(shown, name, {"errors": {"": "typed wrong"}, "shown": "bad", "open": True, "number": 7}[name])
    shown._visit = visit_of(shown)

    await tab.run(ShellState, "open_account_page")
    assert getattr(shown, name) != before, "the event that says that the page opened may come late"
    tab.visit("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    assert getattr(shown, name) == before
