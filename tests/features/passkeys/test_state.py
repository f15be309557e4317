import json
from dataclasses import replace
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.backup_codes.state import NewCodesState
from netim_app.features.gauge.state import GaugeState
from netim_app.features.journal.service.recent import view_newest
from netim_app.features.journal.state.activity import ActivityState
from netim_app.features.passkeys.state.card import NewPasskeyState, PasskeyDialogState, PasskeysState
from netim_app.features.passkeys.state.entry import PasskeyCodeState, PasskeyLoginState, PasskeyProofState
from netim_app.features.password.state import PasswordState
from netim_app.identity import tickets
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.shell import ShellState
from netim_app.identity.state.step_up import StepUpState, ask_for_proof, ways_of
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    PASSWORD,
    Tab,
    last_mail,
    logged_in_actor,
    mailed,
    tickets_of,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY


async def prompt(tab: Tab, state: type[Any], handler: str = "begin") -> str:
    """The options with which the page opens a prompt."""
    shown = await tab.state(state)
    options = [shown.options async for _ in tab.sent(state.event_handlers[handler].fn(shown))]
    assert shown.options == "", "the options must not stay"
    return str(options[0])


async def add(tab: Tab, authenticator: Authenticator) -> None:
    options = await prompt(tab, NewPasskeyState)
    await tab.run(NewPasskeyState, "finish", {"answer": authenticator.register(options)})


@pytest.fixture
async def caller(sqlite_units: Units) -> Actor:
    actor = logged_in_actor(sqlite_units)
    set_caller(actor)
    return actor


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    opened = Tab(SECURITY)
    await opened.run(ShellState, "open_account_page")
    return opened


@pytest.fixture
async def phone(tab: Tab) -> Authenticator:
    authenticator = Authenticator(can_sync=False)
    await add(tab, authenticator)
    return authenticator


async def test_a_passkey_is_added_listed_counted_and_mailed(
    tab: Tab, phone: Authenticator, sqlite_units: Units
) -> None:
    card = await tab.state(PasskeysState)
    assert [(row.name, row.can_sync, row.last_used) for row in card.passkeys] == [("Firefox on Linux", False, "")]
    assert card.alone
    assert "was added" in (await tab.state(ShellState)).notice
    assert (await tab.state(GaugeState)).percent == 60  # 40 of 100, and the password
    assert (await tab.state(ActivityState)).entries[0].what == "Passkey added"
    assert "Firefox on Linux" in last_mail(sqlite_units, "passkey_changed").subject


async def test_its_codes_are_no_step_of_the_wizard(tab: Tab, phone: Authenticator) -> None:
    new_codes = await tab.state(NewCodesState)
    shown = []
    async for _ in NewCodesState.event_handlers["begin_due"].fn(new_codes):
        shown.append(new_codes.dialog)
        new_codes._clean()

    assert shown[-1] == "codes"


async def test_a_second_one_takes_the_advice_away(tab: Tab, phone: Authenticator) -> None:
    await add(tab, Authenticator())

    assert not (await tab.state(PasskeysState)).alone


@pytest.mark.parametrize(
    ("name", "said"),
    [("InvalidStateError", "already"), ("NotAllowedError", "No passkey was added"), ("SecurityError", "could not use")],
)
async def test_a_prompt_that_leads_to_nothing_is_explained(tab: Tab, name: str, said: str) -> None:
    await prompt(tab, NewPasskeyState)

    await tab.run(NewPasskeyState, "finish", {"answer": json.dumps({"error": name})})

    assert said in (await tab.state(ShellState)).notice
    assert (await tab.state(PasskeysState)).passkeys == []


@pytest.mark.parametrize("form", [None, {}, {"answer": 7}, {"answer": "{"}, {"answer": "x" * 20_000}, {"answer": "7"}])
async def test_a_form_of_any_shape_is_refused(tab: Tab, form: Any, sqlite_units: Units) -> None:
    await tab.run(NewPasskeyState, "finish", form)

    assert (await tab.state(ShellState)).notice_kind == "warning"
    assert mailed(sqlite_units) == []


async def test_it_is_renamed_and_removed(tab: Tab, phone: Authenticator, sqlite_units: Units) -> None:
    card = await tab.state(PasskeysState)
    passkey_id = card.passkeys[0].id

    await tab.run(PasskeyDialogState, "begin_rename", passkey_id)
    dialog, _ = await tab.run(PasskeyDialogState, "rename", {"name": "My phone"})
    assert (dialog.dialog, card.passkeys[0].name) == ("", "My phone")

    dialog, _ = await tab.run(PasskeyDialogState, "begin_remove", passkey_id)
    assert (dialog.dialog, dialog.last) == ("remove", True)
    await tab.run(PasskeyDialogState, "remove")
    assert card.passkeys == []
    assert [event for event, _ in mailed(sqlite_units)][-2:] == ["passkey_changed", "passkey_changed"]
    assert "It was your last second factor" in last_mail(sqlite_units, "passkey_changed").text
    assert (await tab.state(GaugeState)).percent == 20


@pytest.mark.parametrize("wrong", [0, -1, True, "1", 999, None, 2**40])
async def test_a_dialog_opens_for_a_listed_passkey_only(tab: Tab, phone: Authenticator, wrong: Any) -> None:
    dialog, _ = await tab.run(PasskeyDialogState, "begin_rename", wrong)

    assert dialog.dialog == ""


async def test_a_prompt_takes_the_greeting_away(tab: Tab) -> None:
    set_caller(visitor_of())
    page = Tab("/login?bye=1")
    shown, _ = await page.run(LoginState, "open_page")
    assert shown.reason == "bye"

    await prompt(page, PasskeyLoginState)

    assert shown.reason == ""


async def test_a_login_takes_no_password_and_the_history_says_how(
    tab: Tab, phone: Authenticator, sqlite_units: Units
) -> None:
    set_caller(visitor_of())
    page = Tab("/login?next=/account/connection-and-security")
    options = await prompt(page, PasskeyLoginState)

    _, steps = await page.run(PasskeyLoginState, "finish", {"answer": phone.use(options)})

    with sqlite_units.write() as unit:
        opened = tickets.redeem_ticket(unit, tickets_of(steps)[0], BROWSER, HERE)
    assert opened is not None
    assert (opened.return_to, opened.lifetime) == (SECURITY, None)
    with sqlite_units.read() as unit:
        shown = view_newest(unit, 1).entries[0]
    assert shown.how == "With a passkey"


async def test_a_wrong_answer_is_told_and_the_field_offers_again(phone: Authenticator) -> None:
    set_caller(visitor_of())
    page = Tab("/login")
    await prompt(page, PasskeyLoginState, "offer")
    options = await prompt(page, PasskeyLoginState)

    state, _ = await page.run(PasskeyLoginState, "finish", {"answer": phone.use(options, signature=bytes(70))})

    assert "not accepted" in state.errors[""]


async def test_after_the_password_a_passkey_takes_the_place_of_the_code(
    phone: Authenticator, sqlite_units: Units
) -> None:
    set_caller(visitor_of())
    page = Tab("/login")
    login, _ = await page.run(LoginState, "submit", {"email": EMAIL, "password": PASSWORD})
    assert (login.needs_code, login.ceremonies) == (True, ["passkeys"])
    with sqlite_units.read() as unit:
        waiting = unit.session.connection().exec_driver_sql("SELECT secret_digest FROM pending_login").scalar_one()
    set_caller(replace(visitor_of(), pending_digests=(str(waiting),)))
    options = await prompt(page, PasskeyCodeState)

    _, steps = await page.run(PasskeyCodeState, "finish", {"answer": phone.use(options)})

    with sqlite_units.write() as unit:
        assert tickets.redeem_ticket(unit, tickets_of(steps)[0], BROWSER, HERE) is not None
    assert not login.needs_code


async def test_the_second_step_is_for_who_gave_the_password(phone: Authenticator) -> None:
    set_caller(visitor_of())
    page = Tab("/login")

    state, _ = await page.run(PasskeyCodeState, "begin")

    assert state.errors[""]
    assert state.options == ""


async def test_a_passkey_is_a_fresh_proof(tab: Tab, caller: Actor, phone: Authenticator, sqlite_units: Units) -> None:
    with sqlite_units.read() as unit:
        ways = ways_of(unit, caller.account_id)
    await ask_for_proof(tab.root, ways)
    dialog = await tab.state(StepUpState)
    assert (dialog.open, dialog.typed, dialog.ceremonies) == (True, False, ["passkeys"])
    options = await prompt(tab, PasskeyProofState)
    assert len(json.loads(options)["allowCredentials"]) == 1

    _, steps = await tab.run(PasskeyProofState, "finish", {"answer": phone.use(options)})

    assert not dialog.open
    with sqlite_units.write() as unit:
        assert tickets.redeem_ticket(unit, tickets_of(steps)[0], BROWSER, HERE) is not None


async def test_a_new_password_asks_for_a_passkey_and_for_no_code(
    tab: Tab, caller: Actor, phone: Authenticator, clock: FakeClock
) -> None:
    """There may be no code at all, and a backup code is not to be spent for it."""
    for days, asked in ((0, False), (1, True)):
        clock.advance(days=days)
        password, _ = await tab.run(PasswordState, "begin")
        assert (await tab.state(StepUpState)).open is asked
        assert (password.open, password.needs_code) == (not asked, False)
        await tab.run(PasswordState, "close")


async def test_nobody_adds_a_passkey_without_a_session(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    for handler in ("begin", "finish"):
        with pytest.raises(PermissionError):
            await Tab(SECURITY).run(NewPasskeyState, handler, *([{"answer": "{}"}] if handler == "finish" else []))
