import pickle
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.genuine_mail.service import phrase as service
from netim_app.features.genuine_mail.state.phrase import PhraseDialogState, PhraseState
from netim_app.features.genuine_mail.state.question import MAX_PASTE, REFERENCE_PER_ADDRESS, QuestionState
from netim_app.features.login_alerts.service import alerts as login_alerts
from netim_app.identity.state.shell import ShellState
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import HERE, Tab, last_mail, logged_in_actor, mailed, visitor_of
from tests.kit.pages import SECURITY

QUESTION = "/did-you-send-this"
PHRASE = "blue heron at noon"


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    opened = Tab(SECURITY)
    await opened.run(ShellState, "open_account_page")
    return opened


async def shown_by(tab: Tab) -> str:
    """The phrase that the page was given."""
    dialog = await tab.state(PhraseDialogState)
    seen = ""
    async for _ in PhraseDialogState.event_handlers["begin"].fn(dialog):
        assert dialog.open
        seen = dialog.phrase
        dialog._clean()  # as Reflex does when it has sent what changed
    return seen


async def test_a_phrase_is_chosen_changed_and_removed(tab: Tab, sqlite_units: Units) -> None:
    card, shell = await tab.state(PhraseState), await tab.state(ShellState)
    assert card.since == ""
    assert await shown_by(tab) == ""

    dialog, _ = await tab.run(PhraseDialogState, "save", {"phrase": PHRASE})

    assert (dialog.errors, card.since) == ({}, "1 Mar 2026")
    assert shell.notice == "Your phrase stands at the top of our emails from now on."
    assert await shown_by(tab) == PHRASE

    await tab.run(PhraseDialogState, "save", {"phrase": "  another\u00a0phrase "})
    assert await shown_by(tab) == "another phrase"

    await tab.run(PhraseDialogState, "remove")
    assert card.since == ""
    assert await shown_by(tab) == ""
    assert [event for event, _ in mailed(sqlite_units)] == ["phrase_changed"] * 3


async def test_phrase_leak_no_state_keeps_it(tab: Tab) -> None:
    """Nothing that a stolen cookie, a reloaded page or the store of the states could tell."""
    await tab.run(PhraseDialogState, "save", {"phrase": PHRASE})
    assert await shown_by(tab) == PHRASE

    dialog = await tab.state(PhraseDialogState)
    assert (dialog.open, dialog.phrase) == (False, "")
    for state in (dialog, await tab.state(PhraseState), await tab.state(ShellState)):
        assert PHRASE.encode() not in pickle.dumps(state.__getstate__())
    again = Tab(SECURITY)
    await again.run(ShellState, "open_account_page")
    assert PHRASE not in str(again.root.dict())


async def test_the_page_loses_it_when_the_dialog_closes(tab: Tab) -> None:
    await tab.run(PhraseDialogState, "save", {"phrase": PHRASE})
    await shown_by(tab)

    dialog, _ = await tab.run(PhraseDialogState, "close")

    sent = str(dialog.get_delta())
    assert "phrase" in sent
    assert PHRASE not in sent


@pytest.mark.parametrize("form", [None, [], {}, {"phrase": "abc"}, {"phrase": "http://x.test"}, {"phrase": ["x"]}])
async def test_a_fault_stands_at_the_field_and_nothing_changes(tab: Tab, sqlite_units: Units, form: Any) -> None:
    dialog, _ = await tab.run(PhraseDialogState, "save", form)

    assert set(dialog.errors) == {"phrase"}
    assert (await tab.state(PhraseState)).since == ""
    assert mailed(sqlite_units) == []


async def test_nobody_fills_the_outbox_with_changes(
    tab: Tab, sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "CHANGE_PER_ACCOUNT", rate_limit.Limit("change_per_account", 1, 3600))
    await tab.run(PhraseDialogState, "save", {"phrase": PHRASE})

    for handler, arguments in (("save", ({"phrase": "another"},)), ("remove", ())):
        dialog, _ = await tab.run(PhraseDialogState, handler, *arguments)
        assert set(dialog.errors) == {""}
    assert len(mailed(sqlite_units)) == 1


async def a_mail(units: Units, caller: Actor) -> str:
    for on in (True, False):
        with units.write() as unit:
            login_alerts.choose(unit, caller, "every" if on else "off")
    return last_mail(units, "alerts_off").text


async def test_the_page_says_yes_to_a_mail_of_ours_and_asks_to_compare(sqlite_units: Units, caller: Actor) -> None:
    text = await a_mail(sqlite_units, caller)
    set_caller(visitor_of())
    tab = Tab(QUESTION)
    await tab.run(QuestionState, "open_page")

    page, _ = await tab.run(QuestionState, "submit", {"text": text})

    assert page.answer == "yes"
    assert [(mail.kind, mail.at) for mail in page.sent] == [("Fewer email alerts", "1 Mar 2026, 12:00 (UTC)")]
    page, _ = await tab.run(QuestionState, "ask_again")
    assert (page.answer, page.sent) == ("", [])


async def test_forged_reference_reveals_nothing_of_a_customer(sqlite_units: Units, caller: Actor) -> None:
    """Another customer's reference tells the same as to its owner: kind and time, no name, no address."""
    with sqlite_units.write() as unit:
        service.save(unit, caller, PHRASE)
    text = await a_mail(sqlite_units, caller)
    answers = []
    for asking in (caller, logged_in_actor(sqlite_units, "bob@example.org"), visitor_of()):
        set_caller(asking)
        page, _ = await Tab(QUESTION).run(QuestionState, "submit", {"text": text})
        answers.append(list(page.sent))
        everything = str(page.dict())
        for secret in ("Ada", "example.org", PHRASE, HERE.address):
            assert secret not in everything
    assert answers[0] == answers[1] == answers[2] != []


@pytest.mark.parametrize(
    ("text", "answer", "errors"),
    [
        ("00000-00000", "no", set()),
        ("Dear customer, your account is closed. Please log in at https://netim.evil.test", "none", set()),
        ("hello", "", {"text"}),
        ("", "", {"text"}),
        ("   ", "", {"text"}),
        ("x" * (MAX_PASTE + 1), "", {"text"}),
        (None, "", {"text"}),
        (["00000-00000"], "", {"text"}),
    ],
)
async def test_forged_reference_is_refused_with_what_to_do(
    sqlite_units: Units, text: Any, answer: str, errors: set[str]
) -> None:
    set_caller(visitor_of())
    page, _ = await Tab(QUESTION).run(QuestionState, "submit", {"text": text})

    assert (page.answer, set(page.errors), page.sent) == (answer, errors, [])


async def test_forged_reference_guesses_are_limited(sqlite_units: Units, caller: Actor) -> None:
    """Elsewhere the page goes on to answer."""
    text = await a_mail(sqlite_units, caller)
    set_caller(visitor_of())
    tab = Tab(QUESTION)
    for number in range(REFERENCE_PER_ADDRESS.amount):
        page, _ = await tab.run(QuestionState, "submit", {"text": f"{number:05}-00000"})
        assert page.answer == "no"
        await tab.run(QuestionState, "ask_again")

    page, _ = await tab.run(QuestionState, "submit", {"text": text})
    assert (page.answer, set(page.errors)) == ("", {""})

    from netim_app.core.facts import Origin

    set_caller(visitor_of(origin=Origin(address="198.51.100.9")))
    page, _ = await Tab(QUESTION).run(QuestionState, "submit", {"text": text})
    assert page.answer == "yes"
