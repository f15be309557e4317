import math
from typing import Any
from urllib.parse import quote

import pytest
from sqlmodel import select

from netim_app.core.actor import Visitor, set_caller
from netim_app.identity import email_change, limits, operations, passwords, recovery, tickets
from netim_app.identity.state.confirmation import VerifyState
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.recovery import ForgotState, ResetState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.sign_up import SignUpState
from netim_app.identity.state.undo import UndoState
from netim_app.identity.tables import AttemptWindow
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from netim_app.ui.text import LocaleState
from reflex_guard.tokens import new_token
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    PASSWORD,
    Tab,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    quick_hash,
    stored_account,
    tickets_of,
    visitor_of,
)
from tests.kit.pages import PERSONAL

WRONG = "Wrong email address or password. After five wrong attempts you have to wait 15 minutes."
DEAD = "This link no longer works. Each link works once and for a limited time, and only the newest one counts."
FORMS: list[Any] = [None, "", 5, True, math.nan, [], ["email"], {}, {"email": []}, {"email": {"a": 1}, "password": 7}]


@pytest.fixture
def account_id(sqlite_units: Units) -> int:
    with sqlite_units.write() as unit:
        return make_account(unit)


@pytest.fixture(autouse=True)
def _guest(sqlite_units: Units) -> None:
    set_caller(visitor_of())


# Login


async def test_a_login_hands_the_ticket_to_the_page_for_one_round_trip(sqlite_units: Units, account_id: int) -> None:
    tab = Tab("/login?next=/account/connection-and-security")

    state, steps = await tab.run(LoginState, "submit", {"email": EMAIL, "password": PASSWORD, "remember": "on"})

    assert state.errors == {}
    [ticket] = tickets_of(steps)
    assert steps == [ticket]
    with sqlite_units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
    assert opened is not None
    assert opened.return_to == "/account/connection-and-security"
    assert opened.lifetime is not None


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "ada@example", "Ada <ada@example.org>", "ada@example.org, bob@example.org"]
)
async def test_what_is_no_address_is_said_and_costs_no_guess(sqlite_units: Units, account_id: int, email: str) -> None:
    for cls in (LoginState, ForgotState):
        state, _ = await Tab("/login").run(cls, "submit", {"email": email, "password": PASSWORD})
        assert state.errors == {"email": "Please enter an email address such as name@example.com."}

    with sqlite_units.read() as unit:
        assert not unit.session.exec(select(AttemptWindow)).all()


@pytest.mark.parametrize("around", ["\u200b{}", "{}\u00a0", "\ufeff {}", "\u2068{}\u2069"], ids=ascii)
async def test_an_address_opens_with_what_came_along_when_it_was_copied(account_id: int, around: str) -> None:
    form = {"email": around.replace("{}", EMAIL), "password": PASSWORD}

    _, steps = await Tab("/login").run(LoginState, "submit", form)

    assert tickets_of(steps)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_a_wrong_login_reads_the_same_for_everybody(account_id: int, email: str) -> None:
    state, steps = await Tab("/login").run(LoginState, "submit", {"email": email, "password": "wrong"})

    assert state.errors == {"": WRONG}
    assert steps == []


async def test_a_refusal_is_told_in_the_language_of_the_page(account_id: int) -> None:
    tab = Tab("/login")
    (await tab.state(LocaleState)).locale = "fr"

    state, _ = await tab.run(LoginState, "submit", {"email": EMAIL})

    assert state.errors == {"password": "Veuillez remplir ce champ."}


async def test_a_browser_without_cookies_is_told_so(account_id: int) -> None:
    set_caller(Visitor(origin=HERE))

    state, steps = await Tab("/login").run(LoginState, "submit", {"email": EMAIL, "password": PASSWORD})

    assert "cookies" in state.errors[""]
    assert steps == []


async def test_too_many_logins_from_one_address_are_refused_before_anything_is_checked(account_id: int) -> None:
    for _ in range(rate_limit.LOGIN_PER_ADDRESS.amount):
        async with limits.login_place(visitor_of(), EMAIL):
            """It is let through."""

    state, steps = await Tab("/login").run(LoginState, "submit", {"email": EMAIL, "password": PASSWORD})

    assert "Too many attempts" in state.errors[""]
    assert steps == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", ""),
        ("?ended=1", "ended"),
        ("?refused=1&ended=1", "ended"),
        ("?again=1", "again"),
        ("?bye=1", "bye"),
        ("?evil=1", ""),
        ("?bye=", ""),
    ],
)
async def test_the_login_page_says_why_the_customer_is_there(query: str, reason: str) -> None:
    state, steps = await Tab(f"/login{query}").run(LoginState, "open_page")

    assert (state.reason, steps) == (reason, [None])


@pytest.mark.parametrize(
    ("next_page", "target"),
    [
        ("/account/connection-and-security", "/account/connection-and-security"),
        ("/account/personal-information#email", "/account/personal-information#email"),
        ("https://evil.test/", PERSONAL),
        ("//evil.test/account/x", PERSONAL),
        ("/account/../auth/logout", PERSONAL),
        ("/account/x%0d%0aSet-Cookie:a", PERSONAL),
        ("/login", PERSONAL),
        ("", PERSONAL),
    ],
)
async def test_who_is_logged_in_goes_on_inside_the_account_area_only(
    sqlite_units: Units, next_page: str, target: str
) -> None:
    set_caller(logged_in_actor(sqlite_units))

    _, [redirect] = await Tab(f"/login?next={quote(next_page, safe='/%')}").run(LoginState, "open_page")

    assert f'"{target}"' in str(redirect)


async def test_the_bare_address_leads_to_the_login_or_to_the_account(sqlite_units: Units) -> None:
    _, [guest] = await Tab("/").run(LoginState, "open_home")
    set_caller(logged_in_actor(sqlite_units))
    _, [customer] = await Tab("/").run(LoginState, "open_home")

    assert '"/login"' in str(guest)
    assert f'"{PERSONAL}"' in str(customer)


# Sign-up

NEW_CUSTOMER = {"email": "new@example.org", "first_name": "Nia", "last_name": "Ewing", "password": NEW_PASSWORD}


async def test_a_sign_up_is_noted_and_mailed(sqlite_units: Units) -> None:
    tab = Tab("/signup")
    (await tab.state(LocaleState)).locale = "fr"

    state, _ = await tab.run(SignUpState, "submit", {**NEW_CUSTOMER, "time_zone": "Asia/Tokyo", "is_admin": "1"})

    assert (state.errors, state.sent_to) == ({}, "new@example.org")
    assert mailed(sqlite_units) == [("sign_up", "new@example.org")]


async def test_the_answer_to_a_sign_up_is_the_same_for_a_known_address(sqlite_units: Units, account_id: int) -> None:
    known, _ = await Tab("/signup").run(SignUpState, "submit", {**NEW_CUSTOMER, "email": EMAIL})
    unknown, _ = await Tab("/signup").run(SignUpState, "submit", {**NEW_CUSTOMER, "email": "Ada.other@example.org"})

    assert (known.errors, unknown.errors) == ({}, {})
    assert (known.sent_to.lower(), unknown.sent_to) == (EMAIL.lower(), "Ada.other@example.org")
    assert [event for event, _ in mailed(sqlite_units)] == ["sign_up_again", "sign_up"]


async def test_a_mailbox_is_not_flooded_and_nobody_is_told(sqlite_units: Units) -> None:
    shown = set()
    for _ in range(8):
        state, _ = await Tab("/signup").run(SignUpState, "submit", NEW_CUSTOMER)
        shown.add((state.sent_to, str(state.errors)))

    assert shown == {("new@example.org", "{}")}
    assert len(mailed(sqlite_units)) == rate_limit.MAIL_PER_RECIPIENT.amount


async def test_all_that_is_wrong_with_a_sign_up_is_shown_at_its_field() -> None:
    state, _ = await Tab("/signup").run(SignUpState, "submit", {"email": "x", "password": "short"})

    assert set(state.errors) == {"email", "first_name", "password"}
    assert "12" in state.errors["password"]
    assert state.sent_to == ""


# Confirmation


async def test_a_page_that_opens_confirms_nothing(sqlite_units: Units) -> None:
    await Tab("/signup").run(SignUpState, "submit", NEW_CUSTOMER)
    token = last_mail(sqlite_units, "sign_up").token

    state, _ = await Tab(f"/verify-email?for=sign-up&token={token}").run(VerifyState, "open_page")
    assert (state.done, state.is_sign_up, state.asks_proof) == ("", True, True)
    with sqlite_units.read() as unit:
        assert operations.find_account(unit, "new@example.org") is None

    tab = Tab("/verify-email")  # as when somebody has cut off the question mark: the password is then asked for
    state, _ = await tab.run(VerifyState, "submit", {"token": token})
    assert (state.done, state.asks_proof, list(state.errors)) == ("", True, ["password"])
    state, steps = await tab.run(VerifyState, "submit", {"token": token, "password": NEW_PASSWORD})
    assert (state.done, state.errors, steps) == ("sign_up", {}, [])
    state, _ = await Tab("/verify-email").run(VerifyState, "submit", {"token": token})
    assert (state.done, state.errors) == ("", {"": DEAD})


async def test_confirming_a_new_address_renews_the_session_of_this_browser(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        email_change.ask_email_change(unit, caller, "new@example.org")
    guests, _ = await Tab("/verify-email").run(VerifyState, "open_page")
    set_caller(caller)
    own, _ = await Tab("/verify-email").run(VerifyState, "open_page")
    assert (guests.asks_proof, own.asks_proof) == (True, False)

    tab = Tab("/verify-email")
    state, steps = await tab.run(VerifyState, "submit", {"token": last_mail(sqlite_units, "email_change").token})

    assert state.done == "email_change"
    [ticket] = tickets_of(steps)
    assert steps == [ticket]
    shell = await tab.state(ShellState)
    assert (shell.notice_kind, shell.notice.partition(".")[0]) == ("success", "Your new email address is confirmed")


async def test_the_page_of_the_way_back_names_the_restored_address(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        email_change.ask_email_change(unit, caller, "new@example.org")
    set_caller(caller)
    await Tab("/verify-email").run(VerifyState, "submit", {"token": last_mail(sqlite_units, "email_change").token})
    set_caller(visitor_of())
    form = {"token": last_mail(sqlite_units, "email_undo").token}

    state, _ = await Tab("/restore-email").run(UndoState, "submit", form)
    assert (state.restored, state.errors) == (EMAIL, {})

    state, _ = await Tab("/restore-email").run(UndoState, "submit", form)
    assert (state.restored, state.errors) == ("", {"": DEAD})


async def test_an_address_without_its_secret_is_explained() -> None:
    for cls in (VerifyState, ResetState, UndoState):
        state, _ = await Tab("/").run(cls, "submit", {"password": NEW_PASSWORD})
        assert "Open the link from the email again" in state.errors[""]


@pytest.mark.parametrize("token", ["x", "A" * 42, "A" * 44, "A" * 65, "A" * 10_000, "\0"])
async def test_a_secret_that_is_not_whole_is_explained(token: str) -> None:
    for cls in (VerifyState, ResetState):
        state, _ = await Tab("/").run(cls, "submit", {"token": token, "password": NEW_PASSWORD})
        assert "incomplete or has been changed" in state.errors[""]
        assert list(state.errors) == [""]  # the page has no place for anything else


async def test_a_link_with_one_sign_more_behind_it_is_followed(sqlite_units: Units, account_id: int) -> None:
    await Tab("/forgot-password").run(ForgotState, "submit", {"email": EMAIL})
    token = last_mail(sqlite_units, "reset").token

    state, _ = await Tab("/reset-password").run(
        ResetState, "submit", {"token": f"{token}%3E.", "password": NEW_PASSWORD}
    )

    assert (state.done, state.errors) == (True, {})


# Forgotten password


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_a_forgotten_password_is_answered_alike(sqlite_units: Units, account_id: int, email: str) -> None:
    state, _ = await Tab("/forgot-password").run(ForgotState, "submit", {"email": email})

    assert (state.sent_to.lower(), state.errors) == (email.lower(), {})
    assert mailed(sqlite_units) == ([("reset", EMAIL)] if email == EMAIL else [])


async def test_a_reset_sets_the_password_and_signs_nobody_in(sqlite_units: Units, account_id: int) -> None:
    await Tab("/forgot-password").run(ForgotState, "submit", {"email": EMAIL})
    token = last_mail(sqlite_units, "reset").token

    weak, _ = await Tab("/reset-password").run(ResetState, "submit", {"token": token, "password": EMAIL})
    done, steps = await Tab("/reset-password").run(ResetState, "submit", {"token": token, "password": NEW_PASSWORD})
    again, _ = await Tab("/reset-password").run(ResetState, "submit", {"token": token, "password": NEW_PASSWORD})

    assert (list(weak.errors), weak.done) == (["password"], False)
    assert (done.errors, done.done, tickets_of(steps)) == ({}, True, [])
    assert (again.errors, again.done) == ({"": DEAD}, False)
    assert passwords.password_matches(NEW_PASSWORD, stored_account(sqlite_units, account_id).password_hash)


async def test_a_dead_link_costs_no_hash(sqlite_units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_args: object) -> str:
        raise AssertionError("a hash was computed for a stranger")

    monkeypatch.setattr(passwords, "hash_in_pool", never)

    state, _ = await Tab("/").run(ResetState, "submit", {"token": "x" * 43, "password": NEW_PASSWORD})

    assert state.errors == {"": DEAD}


async def test_links_cannot_be_tried_without_end(account_id: int) -> None:
    for _ in range(rate_limit.LINK_PER_ADDRESS.amount):
        await limits.allow_link(HERE.address)
    for _ in range(rate_limit.RECOVERY_PER_ADDRESS.amount):
        await limits.allow_recovery(HERE.address)

    token = new_token()
    for cls, form in (
        (VerifyState, {"token": token}),
        (ResetState, {"token": token}),
        (UndoState, {"token": token}),
        (ForgotState, {"email": EMAIL}),
    ):
        state, _ = await Tab("/").run(cls, "submit", form)
        assert "Too many attempts" in state.errors[""]


# Any input


@pytest.mark.parametrize("cls", [LoginState, SignUpState, VerifyState, ForgotState, ResetState, UndoState])
@pytest.mark.parametrize("form", FORMS, ids=repr)
async def test_nonsense_is_answered_as_a_wrong_form(sqlite_units: Units, cls: Any, form: object) -> None:
    state, steps = await Tab("/").run(cls, "submit", form)

    assert state.errors
    assert tickets_of(steps) == []
    assert mailed(sqlite_units) == []


async def test_rating_has_an_end_too() -> None:
    tab = Tab("/")
    await tab.run(SignUpState, "rate", "correct horse battery staple")
    while await limits.may_rate_password(HERE.address):
        pass
    state, _ = await tab.run(SignUpState, "rate", "x")
    assert state.score == 4


@pytest.mark.parametrize("cls", [SignUpState, ResetState])
async def test_a_typed_password_is_rated_and_kept_nowhere(cls: Any) -> None:
    tab = Tab("/")

    state, _ = await tab.run(cls, "rate", NEW_PASSWORD)

    assert state.score == 4
    assert NEW_PASSWORD not in str(tab.root.dict())


@pytest.mark.parametrize("cls", [LoginState, SignUpState, VerifyState, ForgotState, ResetState, UndoState])
async def test_a_page_opens_without_what_stood_there_before(cls: Any) -> None:
    tab = Tab("/login")
    state, _ = await tab.run(cls, "submit", {})
    assert state.errors

    tab.visit("/")
    await tab.run(ShellState, "open_public_page")
    tab.visit("/login")
    state, _ = await tab.run(cls, "open_page")

    assert state.errors == {}


@pytest.mark.parametrize("cls", [LoginState, SignUpState, VerifyState, ForgotState, ResetState, UndoState])
async def test_a_form_that_is_sent_before_its_page_has_opened_keeps_its_answer(cls: Any) -> None:
    """The page sends its form as soon as it can, and the server opens it in an event of its own."""
    tab = Tab("/")
    await tab.run(ShellState, "open_public_page")
    tab.visit("/login")
    await tab.run(cls, "submit", {})

    state, _ = await tab.run(cls, "open_page")

    assert state.errors


async def test_what_an_earlier_visit_showed_is_gone_for_a_form_that_is_sent_early() -> None:
    tab = Tab("/signup")
    state, _ = await tab.run(SignUpState, "submit", {})
    state.sent_to = EMAIL
    tab.visit("/login")
    await tab.run(LoginState, "open_page")
    tab.visit("/signup")

    state, _ = await tab.run(SignUpState, "submit", {})

    assert state.errors
    assert state.sent_to == ""


async def test_no_secret_stays_in_the_states_of_a_tab(sqlite_units: Units, account_id: int) -> None:
    tab = Tab("/login")
    _, steps = await tab.run(LoginState, "submit", {"email": EMAIL, "password": PASSWORD})
    with sqlite_units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
    token = last_mail(sqlite_units, "reset").token
    await tab.run(ResetState, "submit", {"token": token, "password": NEW_PASSWORD})

    shown = str(tab.root.dict())

    for secret in (PASSWORD, NEW_PASSWORD, token, tickets_of(steps)[0], quick_hash(PASSWORD)):
        assert secret not in shown
