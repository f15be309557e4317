import asyncio
import pickle
from typing import Any

import pytest
from sqlmodel import func, select

from netim_app.core.actor import set_caller
from netim_app.features.backup_codes.state import BackupCodesState, NewCodesState
from netim_app.features.backup_codes.tables import BackupCodeSet
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import Tab, logged_in_actor


async def show(tab: Tab, handler: str) -> list[str]:
    """The codes that the page was given."""
    state = await tab.state(NewCodesState)
    seen: list[str] = []
    async for _ in NewCodesState.event_handlers[handler].fn(state):
        seen = list(state.codes)
        state._clean()
    return seen


async def note_shown(tab: Tab, units: Units) -> None:
    """As the page does that shows the codes."""
    with units.read() as unit:
        made = unit.session.exec(select(BackupCodeSet)).one()
    await tab.run(NewCodesState, "note_shown", made.made_at.isoformat())


@pytest.fixture
async def tab(sqlite_units: Units) -> Tab:
    caller = logged_in_actor(sqlite_units)
    with sqlite_units.write() as unit:
        unit.session.add(
            TotpAuthenticator(account_id=caller.account_id, name="Phone", sealed=b"", last_step=0, added_at=unit.now)
        )
    set_caller(caller)
    opened = Tab("/account/connection-and-security")
    await opened.run(ShellState, "open_account_page")
    return opened


async def test_codes_are_shown_and_forgotten(tab: Tab) -> None:
    codes = await show(tab, "make")

    state = await tab.state(NewCodesState)
    assert len(codes) == 10
    assert (state.dialog, state.codes, state.sheet) == ("", [], "")
    assert not any(code.encode() in pickle.dumps(state.__getstate__()) for code in codes)
    assert (await tab.state(BackupCodesState)).left == 10


async def test_the_first_set_comes_once(tab: Tab, sqlite_units: Units) -> None:
    assert len(await show(tab, "begin_due")) == 10
    await note_shown(tab, sqlite_units)
    assert await show(tab, "begin_due") == []


async def test_the_first_set_is_due_when_a_page_opens(tab: Tab, sqlite_units: Units) -> None:
    _, due = await tab.run(ShellState, "open_account_page")
    assert due == [NewCodesState.begin_due]

    await show(tab, "begin_due")
    await note_shown(tab, sqlite_units)

    _, due = await tab.run(ShellState, "open_account_page")
    assert due == [None]


async def test_a_set_that_was_lost_on_the_line_is_made_anew(tab: Tab) -> None:
    lost = await show(tab, "make")

    _, due = await tab.run(ShellState, "open_account_page")
    shown = await show(tab, "begin_due")

    assert due == [NewCodesState.begin_due]
    assert len(shown) == 10
    assert set(shown) != set(lost)


@pytest.mark.parametrize("handle", ["", "another", None, 5, [], {}, "x" * 101])
async def test_no_other_handle_says_that_the_codes_are_shown(tab: Tab, sqlite_units: Units, handle: Any) -> None:
    await show(tab, "begin_due")
    await tab.run(NewCodesState, "note_shown", handle)
    assert len(await show(tab, "begin_due")) == 10

    await note_shown(tab, sqlite_units)
    assert await show(tab, "begin_due") == []


async def test_a_set_whose_answer_was_cancelled_is_made_anew(
    tab: Tab, sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Reflex does when the page reconnects: the set is in the database, and no state knows about it."""

    async def cancel(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("netim_app.features.backup_codes.state.refresh", cancel)
        with pytest.raises(asyncio.CancelledError):
            await show(tab, "begin_due")
    with sqlite_units.read() as unit:
        assert unit.session.exec(select(func.count()).select_from(BackupCodeSet)).one() == 1

    _, due = await tab.run(ShellState, "open_account_page")

    assert due == [NewCodesState.begin_due]
    assert len(await show(tab, "begin_due")) == 10


async def test_nothing_is_due_elsewhere(tab: Tab) -> None:
    tab.visit("/account/personal-information")
    _, due = await tab.run(ShellState, "open_account_page")
    assert due == [None]


async def test_the_dialog_goes_when_the_codes_are_saved(tab: Tab) -> None:
    await show(tab, "make")

    forms: tuple[Any, ...] = ({}, {"saved": "yes"}, None, [])
    for form in forms:
        state, _ = await tab.run(NewCodesState, "finish", form)
        assert set(state.errors) == {"saved"}
    state, _ = await tab.run(NewCodesState, "finish", {"saved": "on"})
    assert state.errors == {}
    assert "dialog" in str(state.get_delta())
