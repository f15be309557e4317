"""The question for a first passkey: in the one session that a password has opened, until it is answered."""

import pytest
from sqlmodel import delete

from netim_app.core.actor import Actor, set_caller
from netim_app.features.passkeys.service import question, stored
from netim_app.features.passkeys.state.card import PasskeyQuestionState
from netim_app.features.passkeys.tables import PasskeyQuestion
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import Tab, actor_of, at_once, logged_in_actor, make_account, make_session
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, count


def asked_in(units: Units, account_id: int) -> int:
    with units.read() as unit:
        return question.session_of(unit, account_id)


async def test_it_is_put_once_and_the_customer_declines(sqlite_units: Units) -> None:
    first = logged_in_actor(sqlite_units)
    set_caller(first)
    tab = Tab(SECURITY)
    await tab.run(ShellState, "open_account_page")
    assert (await tab.state(PasskeyQuestionState)).asked

    state, _ = await tab.run(PasskeyQuestionState, "decline")

    assert not state.asked
    with sqlite_units.write() as unit:
        again = actor_of(unit, make_session(unit, first.account_id, browser_digest="another"))
    set_caller(again)
    tab = Tab(SECURITY)
    await tab.run(ShellState, "open_account_page")
    assert not (await tab.state(PasskeyQuestionState)).asked


async def test_another_session_does_not_put_it_meanwhile(sqlite_units: Units) -> None:
    first = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        other = actor_of(unit, make_session(unit, first.account_id, browser_digest="another"))
    assert asked_in(sqlite_units, first.account_id) == first.session_id
    for caller, asked in ((other, False), (first, True)):
        set_caller(caller)
        tab = Tab(SECURITY)
        await tab.run(ShellState, "open_account_page")
        assert (await tab.state(PasskeyQuestionState)).asked is asked


def test_a_first_passkey_is_the_answer(units: Units) -> None:
    caller = logged_in_actor(units)
    assert asked_in(units, caller.account_id) == caller.session_id
    add(units, caller, Authenticator())
    assert asked_in(units, caller.account_id) == 0


def test_who_has_a_passkey_is_not_asked(units: Units) -> None:
    caller = logged_in_actor(units)
    add(units, caller, Authenticator())
    with units.write() as unit:
        unit.session.exec(delete(PasskeyQuestion))
        make_session(unit, caller.account_id)
    assert count(units, PasskeyQuestion) == 0


def test_where_there_can_be_no_passkey_nobody_is_asked(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(vars(units.settings), "passkey_domain", "")
        caller = logged_in_actor(units)
    assert count(units, PasskeyQuestion) == 0
    with units.write() as unit:
        make_session(unit, caller.account_id)
    assert count(units, PasskeyQuestion) == 1


def test_of_logins_at_once_one_puts_it(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)

    def log_in(number: int) -> int:
        with units.write() as unit:
            return actor_of(unit, make_session(unit, account_id, browser_digest=f"device {number}")).session_id

    sessions = at_once(5, log_in)
    assert asked_in(units, account_id) in sessions
    assert count(units, PasskeyQuestion) == 1


def test_it_is_exported(units: Units) -> None:
    caller: Actor = logged_in_actor(units)
    with units.read() as unit:
        assert len(stored.export(unit, caller.account_id)["question"]) == 1
