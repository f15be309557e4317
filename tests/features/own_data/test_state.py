import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.own_data.service import cancellation, document
from netim_app.features.own_data.state import DeleteAccountState, OwnDataState
from netim_app.identity import sessions
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.shell import ShellState
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.factories import EMAIL, Tab, actor_of, logged_in_actor, mailed, make_account, make_session, visitor_of
from tests.kit.pages import PERSONAL


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    made = Tab(PERSONAL)
    await made.run(ShellState, "open_account_page")
    return made


async def notice(tab: Tab) -> tuple[str, str]:
    shell = await tab.state(ShellState)
    return shell.notice_kind, shell.notice


def is_open(units: Units, caller: Actor) -> bool:
    with units.read() as unit:
        return bool(sessions.live_sessions(unit, caller.account_id))


async def test_the_file_is_handed_to_the_browser_and_kept_nowhere(sqlite_units: Units, tab: Tab) -> None:
    card, answers = await tab.run(OwnDataState, "download")

    sent = answers[-1]
    arguments: dict[str, Any] = {str(name): value for name, value in sent.args}
    url = json.loads(str(arguments["url"]))
    assert url.startswith("data:application/json;base64,")
    assert json.loads(b64decode(url.partition(",")[2]))["data"]["identity"]["account"]["email"] == EMAIL
    assert "netim-direct-data.json" in str(arguments["filename"])
    assert EMAIL not in str(card.dict())
    assert await notice(tab) == ("success", "Your data has been downloaded. We have sent you an email about it.")
    assert mailed(sqlite_units)[-1] == ("data_downloaded", EMAIL)


async def test_too_many_downloads_are_refused(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "DOWNLOAD_PER_ACCOUNT", replace(rate_limit.DOWNLOAD_PER_ACCOUNT, amount=1))
    await tab.run(OwnDataState, "download")

    _, answers = await tab.run(OwnDataState, "download")

    assert answers == [None]
    assert (await notice(tab))[0] == "danger"


async def test_the_account_is_deleted_by_typing_its_address(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    dialog, _ = await tab.run(DeleteAccountState, "begin")
    assert dialog.open

    for typed in ("", "no address", "other@example.com"):
        await tab.run(DeleteAccountState, "submit", {"email": typed})
        assert dialog.open
        assert dialog.errors["email"]
        assert is_open(sqlite_units, caller)

    assert (await tab.run(ShellState, "recheck_session"))[1] != [None]
    _, answers = await tab.run(DeleteAccountState, "submit", {"email": EMAIL})

    assert "/login?deleted=1" in str(answers[-1])
    told = "a page on its way is not asked to look what has become of its session: it would say no more than that"
    assert (await tab.run(ShellState, "recheck_session"))[1] == [None], told
    assert (dialog.open, dialog.errors) == (False, {})
    assert not is_open(sqlite_units, caller)
    assert mailed(sqlite_units)[-1] == ("deletion_asked", EMAIL)


async def test_the_dialog_closes_without_a_change(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    dialog, _ = await tab.run(DeleteAccountState, "begin")
    await tab.run(DeleteAccountState, "close")

    assert not dialog.open
    assert is_open(sqlite_units, caller)


async def test_after_the_login_the_panel_says_that_the_account_stays_until_it_is_closed(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    await tab.run(DeleteAccountState, "submit", {"email": EMAIL})
    with sqlite_units.write() as unit:
        again = actor_of(unit, make_session(unit, caller.account_id))
    set_caller(again)
    other = Tab(PERSONAL)
    await other.run(ShellState, "open_account_page")
    panel = await other.state(OwnDataState)
    assert "2026" in panel.asked_on

    await other.run(OwnDataState, "close_notice")

    assert panel.asked_on == ""
    with sqlite_units.read() as unit:
        assert cancellation.view_stay(unit, caller.account_id).asked_on == ""


async def test_the_login_page_says_what_becomes_of_the_account(sqlite_units: Units) -> None:
    set_caller(visitor_of())
    tab = Tab("/login?deleted=1")
    login, _ = await tab.run(LoginState, "open_page")

    assert login.reason == "deleted"


@pytest.mark.parametrize(
    ("state", "handler", "arguments"),
    [(OwnDataState, "download", ()), (DeleteAccountState, "submit", ({"email": EMAIL},))],
)
async def test_nobody_does_it_without_a_session(
    sqlite_units: Units, state: Any, handler: str, arguments: tuple[Any, ...]
) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await Tab(PERSONAL).run(state, handler, *arguments)


async def test_others_can_write_while_the_file_is_made(
    sqlite_units: Units, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = document.export
    mails: list[str] = []

    def while_somebody_writes(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
        found = export(unit, account_id)
        with sqlite_units.write() as other:
            make_account(other, "other@example.com")
        mails.extend(event for event, _ in mailed(sqlite_units))
        return found

    monkeypatch.setattr(document, "export", while_somebody_writes)

    await tab.run(OwnDataState, "download")

    assert mails[-1] == "data_downloaded", "who gets no file, as the server stops meanwhile, has a mail all the same"
    assert (await notice(tab))[0] == "success"
