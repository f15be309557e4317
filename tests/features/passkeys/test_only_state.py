"""The pages of "Passkeys only" and of the way back, without a browser."""

import json
from typing import Any

import pytest

from netim_app import periodic
from netim_app.core.actor import Actor, set_caller
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.gauge.state import GaugeState
from netim_app.features.passkeys.state.card import PasskeyDialogState, PasskeysState
from netim_app.features.passkeys.state.only import PasskeysOnlyState
from netim_app.features.passkeys.state.recovery import PasskeyRecoveryState
from netim_app.features.password.state import PasswordState
from netim_app.features.totp.state.card import TotpState
from netim_app.identity import tickets
from netim_app.identity.state.recovery import ForgotState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.step_up import StepUpState, ask_for_proof, ways_of
from netim_app.identity.tables import AttemptWindow
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    PASSWORD,
    Tab,
    last_mail,
    logged_in_actor,
    tickets_of,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, count, is_sole, switch_on

RECOVER = "/recover-account"


@pytest.fixture
async def caller(sqlite_units: Units) -> Actor:
    actor = logged_in_actor(sqlite_units)
    set_caller(actor)
    return actor


@pytest.fixture
def phone(caller: Actor, sqlite_units: Units) -> Authenticator:
    authenticator = Authenticator()
    add(sqlite_units, caller, authenticator)
    return authenticator


@pytest.fixture
def codes(phone: Authenticator, caller: Actor, sqlite_units: Units) -> list[str]:
    with sqlite_units.write() as unit:
        return list(backup_code_sets.make(unit, caller).codes)


async def opened(url: str = SECURITY) -> Tab:
    tab = Tab(url)
    await tab.run(ShellState, "open_account_page")
    return tab


async def prompted(tab: Tab, form: dict[str, Any]) -> str:
    """The options that the page gets; they leave the state at once."""
    state = await tab.state(PasskeysOnlyState)
    options = [state.options async for _ in tab.sent(PasskeysOnlyState.event_handlers["ask"].fn(state, form))]
    assert state.options == ""
    return options[0] if options else ""


async def test_it_is_switched_on_with_a_code_and_a_passkey_and_off_again(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units
) -> None:
    tab = await opened()
    card = await tab.state(PasskeysState)
    assert (card.only, card.lacks) == (False, "code")
    dialog, _ = await tab.run(PasskeysOnlyState, "begin")
    assert dialog.dialog == "on"

    assert await prompted(tab, {"code": ""}) == ""
    assert dialog.errors.keys() == {"code"}
    options = await prompted(tab, {"code": codes[0]})
    _, steps = await tab.run(PasskeysOnlyState, "finish", {"answer": phone.use(options)})
    assert (card.only, dialog.dialog) == (True, "")
    assert tickets_of(steps), "the session is renewed"

    await tab.run(PasskeysOnlyState, "begin")
    assert dialog.dialog == "off"
    await tab.run(PasskeysOnlyState, "switch_off")
    assert (card.only, dialog.dialog) == (False, "")
    assert not is_sole(sqlite_units, caller.account_id)


async def test_no_code_is_asked_for_where_there_are_two(
    caller: Actor, phone: Authenticator, sqlite_units: Units
) -> None:
    add(sqlite_units, caller, Authenticator())
    tab = await opened()
    assert (await tab.state(PasskeysState)).lacks == ""

    await tab.run(PasskeysOnlyState, "begin")
    assert json.loads(await prompted(tab, {}))["challenge"]


async def test_a_prompt_that_is_closed_changes_nothing(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units
) -> None:
    tab = await opened()
    await tab.run(PasskeysOnlyState, "begin")

    dialog, steps = await tab.run(PasskeysOnlyState, "finish", {"answer": json.dumps({"error": "NotAllowedError"})})

    assert dialog.errors != {}
    assert tickets_of(steps) == []
    assert not is_sole(sqlite_units, caller.account_id)


async def test_a_prompt_that_is_closed_costs_one_code(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units
) -> None:
    tab = await opened()
    await tab.run(PasskeysOnlyState, "begin")
    assert await prompted(tab, {"code": codes[0]})
    await tab.run(PasskeysOnlyState, "finish", {"answer": json.dumps({"error": "NotAllowedError"})})

    options = await prompted(tab, {})

    with sqlite_units.read() as unit:
        assert backup_code_use.codes_left(unit, caller.account_id) == 9
    state, steps = await tab.run(PasskeysOnlyState, "finish", {"answer": phone.use(options)})
    assert (state.dialog, state.proved, len(tickets_of(steps))) == ("", False, 1)
    assert is_sole(sqlite_units, caller.account_id)


@pytest.mark.parametrize("then", ["close", "begin"])
async def test_a_dialog_that_opens_again_asks_for_a_code_again(
    caller: Actor, phone: Authenticator, codes: list[str], then: str
) -> None:
    tab = await opened()
    await tab.run(PasskeysOnlyState, "begin")
    assert await prompted(tab, {"code": codes[0]})

    await tab.run(PasskeysOnlyState, then)

    assert await prompted(tab, {}) == ""
    assert list((await tab.state(PasskeysOnlyState)).errors) == ["code"]
    assert await prompted(tab, {"code": codes[1]})


async def test_a_code_proves_for_five_minutes(
    caller: Actor, phone: Authenticator, codes: list[str], clock: FakeClock
) -> None:
    tab = await opened()
    await tab.run(PasskeysOnlyState, "begin")
    assert await prompted(tab, {"code": codes[0]})
    clock.advance(seconds=299)
    assert await prompted(tab, {})

    clock.advance(seconds=1)

    assert await prompted(tab, {}) == ""
    state = await tab.state(PasskeysOnlyState)
    assert (state.proved, list(state.errors)) == (False, ["code"])
    assert await prompted(tab, {"code": codes[1]})


async def test_the_dialog_of_the_last_passkey_says_why_it_stays(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units
) -> None:
    switch_on(sqlite_units, caller, phone, codes.pop())
    tab = await opened()
    await tab.run(PasskeyDialogState, "begin_remove", (await tab.state(PasskeysState)).passkeys[0].id)

    dialog, _ = await tab.run(PasskeyDialogState, "remove")

    assert "This is your last passkey" in dialog.errors[""]


async def test_a_fresh_proof_asks_for_a_passkey_alone(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units
) -> None:
    switch_on(sqlite_units, caller, phone, codes.pop())
    tab = await opened()
    with sqlite_units.read() as unit:
        ways = ways_of(unit, caller.account_id)
    await ask_for_proof(tab.root, ways)

    dialog = await tab.state(StepUpState)
    assert (dialog.open, dialog.typed, dialog.ceremonies) == (True, False, ["passkeys"])


async def test_the_way_back_from_the_form_to_the_session(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units, clock: FakeClock
) -> None:
    switch_on(sqlite_units, caller, phone, codes.pop())
    session = await opened()
    set_caller(visitor_of())
    forgot, _ = await Tab("/forgot-password").run(ForgotState, "submit", {"email": EMAIL})
    assert forgot.sent_to == EMAIL
    page = Tab(f"{RECOVER}?for=begin")
    form = {"token": last_mail(sqlite_units, "recovery_link").token}

    state, _ = await page.run(PasskeyRecoveryState, "begin", {**form, "code": "12"})
    assert state.errors.keys() == {"code"}
    state, _ = await page.run(PasskeyRecoveryState, "begin", {**form, "code": codes[0]})
    assert state.errors == {}
    assert state.opens != ""

    set_caller(caller)
    await session.run(ShellState, "open_account_page")
    assert (await session.state(PasskeysState)).recovery_opens == state.opens

    set_caller(visitor_of())
    clock.advance(hours=24)
    await periodic.run_once()
    last = {"token": last_mail(sqlite_units, "recovery_open").token}
    state, steps = await Tab(f"{RECOVER}?for=finish").run(PasskeyRecoveryState, "finish", last)
    (ticket,) = tickets_of(steps)
    assert is_sole(sqlite_units, caller.account_id), "until there is a session: the answer may be lost"

    with sqlite_units.write() as unit:
        assert tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
    assert not is_sole(sqlite_units, caller.account_id)


@pytest.mark.parametrize("by_mail", [True, False])
async def test_it_is_stopped_from_a_session_and_from_a_mail(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units, by_mail: bool
) -> None:
    switch_on(sqlite_units, caller, phone, codes.pop())
    set_caller(visitor_of())
    await Tab("/forgot-password").run(ForgotState, "submit", {"email": EMAIL})
    form = {"token": last_mail(sqlite_units, "recovery_link").token, "code": codes[0]}
    await Tab(f"{RECOVER}?for=begin").run(PasskeyRecoveryState, "begin", form)

    if by_mail:
        token = last_mail(sqlite_units, "recovery_begun").token
        state, _ = await Tab(f"{RECOVER}?for=stop").run(PasskeyRecoveryState, "stop", {"token": token})
        assert state.stopped
        set_caller(caller)
        tab = await opened()
    else:
        set_caller(caller)
        tab = await opened()
        assert (await tab.state(PasskeysState)).recovery_opens != ""
        await tab.run(PasskeysState, "stop_recovery")

    assert (await tab.state(PasskeysState)).recovery_opens == ""


@pytest.mark.parametrize("asked", ["begin", "finish", "stop", "", "nonsense"])
async def test_the_page_shows_what_its_link_is_for(asked: str, sqlite_units: Units) -> None:
    set_caller(visitor_of())
    tab = Tab(f"{RECOVER}?for={asked}")

    state, _ = await tab.run(PasskeyRecoveryState, "open_page")

    assert state.step == (asked if asked in ("begin", "finish", "stop") else "begin")


@pytest.mark.parametrize("handler", ["begin", "finish", "stop"])
@pytest.mark.parametrize("form", [None, {}, [], {"token": ""}, {"token": "A" * 43, "code": "123456"}, {"token": 1}])
async def test_a_hostile_form_is_refused_in_words(handler: str, form: Any, sqlite_units: Units) -> None:
    set_caller(visitor_of())

    state, steps = await Tab(RECOVER).run(PasskeyRecoveryState, handler, form)

    assert state.errors != {}
    assert tickets_of(steps) == []


async def test_the_card_of_the_application_and_the_gauge_say_the_same(
    caller: Actor, phone: Authenticator, sqlite_units: Units
) -> None:
    """Two-factor authentication is on, by a passkey: nobody is told that it is off."""
    tab = await opened()

    card = await tab.state(TotpState)
    assert (card.enabled, card.beside) == (False, True)
    assert "totp" not in (await tab.state(GaugeState)).gains

    await tab.run(PasskeyDialogState, "begin_remove", (await tab.state(PasskeysState)).passkeys[0].id)
    await tab.run(PasskeyDialogState, "remove")
    assert not card.beside
    assert "totp" in (await tab.state(GaugeState)).gains


@pytest.mark.parametrize("password", [PASSWORD, f"not {PASSWORD}"], ids=["right", "wrong"])
async def test_an_old_session_is_asked_for_the_passkey_before_any_password_is_looked_at(
    caller: Actor, phone: Authenticator, codes: list[str], sqlite_units: Units, clock: FakeClock, password: str
) -> None:
    """The answer is the same for a right password and a wrong one. With a fresh proof its owner changes it."""
    switch_on(sqlite_units, caller, phone, codes[0])
    tab = Tab(SECURITY)
    await tab.run(PasswordState, "begin")
    form = {"current": password, "password": NEW_PASSWORD}
    clock.advance(minutes=11)

    state, steps = await tab.run(PasswordState, "submit", form)

    assert (state.open, state.errors, tickets_of(steps)) == (True, {}, [])
    assert (await tab.state(StepUpState)).open
    assert count(sqlite_units, AttemptWindow) == 0

    clock.advance(minutes=-11)
    state, steps = await tab.run(PasswordState, "submit", form)
    assert (state.open, bool(tickets_of(steps))) == ((False, True) if password == PASSWORD else (True, False))
