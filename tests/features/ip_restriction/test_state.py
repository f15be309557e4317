import math
from dataclasses import replace
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.core.facts import Origin
from netim_app.features.gauge.state import GaugeState
from netim_app.features.ip_restriction.rules import pasted
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service import access, restriction, rule_list
from netim_app.features.ip_restriction.state.batch import IpListState
from netim_app.features.ip_restriction.state.card import IpRestrictionState, IpTestState
from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import HERE, Tab, logged_in_actor, mailed, visitor_of
from tests.kit.pages import SECURITY

NO_FORMS: list[Any] = [
    None, 0, 1.5, math.nan, True, "", "x", [], ["address"], {}, {"address": None}, {"address": []},
    {"address": {"x": 1}}, {"address": 10**30}, {"address": "\0"}, {"address": "1" * 100_000},
]  # fmt: skip


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    made = Tab(SECURITY)
    await made.run(ShellState, "open_account_page")
    return made


def add(units: Units, caller: Actor, *entries: str) -> None:
    with units.write() as unit:
        for entry in entries:
            rule_list.add_rule(unit, caller, parse(entry), "")


async def notice(tab: Tab) -> str:
    return (await tab.state(ShellState)).notice


async def test_a_rule_is_added_and_said_in_its_one_form(tab: Tab) -> None:
    dialog, _ = await tab.run(IpDialogState, "begin_add")
    assert dialog.dialog == "add"

    dialog, _ = await tab.run(IpDialogState, "add", {"address": " 192.0.2.0 - 192.0.2.255 ", "note": " Office "})

    card = await tab.state(IpRestrictionState)
    assert (dialog.dialog, dialog.errors) == ("", {})
    assert [(rule.text, rule.note) for rule in card.rules] == [("192.0.2.0/24", "Office")]
    assert (card.here, card.here_rule, card.since) == ("192.0.2.7", "192.0.2.0/24", "")
    assert await notice(tab) == "192.0.2.0/24 is on the list."


async def test_what_is_wrong_is_said_at_the_field(tab: Tab) -> None:
    await tab.run(IpDialogState, "begin_add")

    dialog, _ = await tab.run(IpDialogState, "add", {"address": "192.0.2.7/24", "note": "x" * 81})
    assert list(dialog.errors) == ["note"]
    dialog, _ = await tab.run(IpDialogState, "add", {"address": "192.0.2.7/24"})

    assert dialog.dialog == "add"
    assert "192.0.2.0/24 for the whole network, or 192.0.2.7" in dialog.errors["address"]
    assert (await tab.state(IpRestrictionState)).rules == []


async def test_overlaps_are_pointed_out(tab: Tab) -> None:
    await tab.run(IpDialogState, "add", {"address": "192.0.2.9"})
    await tab.run(IpDialogState, "add", {"address": "192.0.2.0/24"})
    assert "also covers other rules of yours (1)" in await notice(tab)
    await tab.run(IpRestrictionState, "add_here")
    assert "192.0.2.0/24 already allows the same addresses" in await notice(tab)
    await tab.run(IpRestrictionState, "add_here")
    assert await notice(tab) == "192.0.2.7 is already on the list."


async def test_switching_on_and_off(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    await tab.run(IpRestrictionState, "add_here")
    before = (await tab.state(GaugeState)).percent

    dialog, _ = await tab.run(IpDialogState, "begin_switch")
    assert (dialog.dialog, dialog.turning_on, dialog.locks_out) == ("switch", True, False)
    dialog, _ = await tab.run(IpDialogState, "switch", {})

    assert dialog.dialog == ""
    assert (await tab.state(IpRestrictionState)).since == "1 Mar 2026"
    assert (await tab.state(GaugeState)).percent > before
    dialog, _ = await tab.run(IpDialogState, "begin_switch")
    assert (dialog.dialog, dialog.turning_on) == ("switch", False)
    await tab.run(IpDialogState, "switch", {})
    assert (await tab.state(IpRestrictionState)).since == ""
    assert [event for event, _ in mailed(sqlite_units)] == ["ip_restriction_changed"] * 3


async def test_an_empty_list_leads_to_the_first_rule(tab: Tab) -> None:
    dialog, _ = await tab.run(IpDialogState, "begin_switch")

    assert dialog.dialog == "add"


async def test_the_first_rule_leads_on_to_switching_on(caller: Actor, tab: Tab) -> None:
    dialogs, _ = await tab.run(IpDialogState, "begin_switch")
    assert (dialogs.dialog, dialogs.proposed) == ("add", HERE.address)

    dialogs, _ = await tab.run(IpDialogState, "add", {"address": "nonsense", "note": ""})
    assert dialogs.errors
    dialogs, _ = await tab.run(IpDialogState, "add", {"address": HERE.address, "note": ""})
    assert (dialogs.dialog, dialogs.turning_on) == ("switch", True)

    dialogs, _ = await tab.run(IpDialogState, "close")
    dialogs, _ = await tab.run(IpDialogState, "begin_add")
    dialogs, _ = await tab.run(IpDialogState, "add", {"address": "198.51.100.0/24", "note": ""})
    assert dialogs.dialog == "", "who only adds a rule is asked nothing"


async def test_an_answer_about_an_address_does_not_outlive_the_rules_it_was_about(caller: Actor, tab: Tab) -> None:
    tested, _ = await tab.run(IpTestState, "submit", {"address": "198.51.100.7"})
    assert tested.address
    await tab.run(IpDialogState, "begin_add")
    await tab.run(IpDialogState, "add", {"address": "198.51.100.0/24", "note": ""})

    assert (await tab.state(IpTestState)).address == ""


@pytest.mark.parametrize("form", [{}, {"confirmed": ""}, {"confirmed": 1}, {"confirmed": ["on"]}, None, "on"])
async def test_nobody_is_shut_out_without_the_words(sqlite_units: Units, caller: Actor, tab: Tab, form: Any) -> None:
    add(sqlite_units, caller, "203.0.113.0/24")
    dialog, _ = await tab.run(IpDialogState, "begin_switch")
    assert dialog.locks_out

    dialog, _ = await tab.run(IpDialogState, "switch", form)

    assert dialog.dialog == "switch"
    assert "block your own access" in dialog.errors["confirmed"]
    assert (await tab.state(IpRestrictionState)).since == ""
    _, [answer] = await tab.run(IpDialogState, "switch", {"confirmed": "on"})
    assert answer is ShellState.open_account_page  # which the Gate refuses
    with sqlite_units.read() as unit:
        assert access.refusal(unit, caller.account_id, caller.origin) == access.REFUSED


async def test_the_box_appears_when_the_removal_locks_out_only_now(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    add(sqlite_units, caller, "192.0.2.0/24", "192.0.2.7", "203.0.113.0/24")
    with sqlite_units.write() as unit:
        restriction.switch(unit, caller, True, confirmed=False)
        rules = {rule.text: rule.id for rule in rule_list.view_restriction(unit, caller.account_id).rules}
    dialog, _ = await tab.run(IpDialogState, "begin_remove", rules["192.0.2.0/24"])
    assert (dialog.dialog, dialog.rule, dialog.locks_out) == ("remove", "192.0.2.0/24", False)
    with sqlite_units.write() as unit:  # in another tab
        rule_list.remove_rule(unit, caller, rules["192.0.2.7"], confirmed=False)

    dialog, _ = await tab.run(IpDialogState, "remove", {})

    assert (dialog.dialog, dialog.locks_out) == ("remove", True)
    await tab.run(IpDialogState, "remove", {"confirmed": "on"})
    assert [rule.text for rule in (await tab.state(IpRestrictionState)).rules] == ["203.0.113.0/24"]


@pytest.mark.parametrize("value", [None, 0, -1, True, "1", 1.0, math.nan, 10**30, [], {}, 4711])
async def test_what_is_no_rule_opens_nothing(tab: Tab, value: Any) -> None:
    dialog, _ = await tab.run(IpDialogState, "begin_remove", value)

    assert dialog.dialog == ""


async def test_a_dialog_that_is_not_open_does_nothing(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    await tab.run(IpRestrictionState, "add_here")
    for handler in ("switch", "remove"):
        await tab.run(IpDialogState, handler, {"confirmed": "on"})

    card = await tab.state(IpRestrictionState)
    assert (card.since, len(card.rules)) == ("", 1)


async def test_closing_changes_nothing(tab: Tab) -> None:
    await tab.run(IpRestrictionState, "add_here")
    [rule] = (await tab.state(IpRestrictionState)).rules
    await tab.run(IpDialogState, "begin_remove", rule.id)

    dialog, _ = await tab.run(IpDialogState, "close")

    assert (dialog.dialog, dialog.rule, dialog._rule_id) == ("", "", 0)
    await tab.run(IpDialogState, "remove", {})
    assert len((await tab.state(IpRestrictionState)).rules) == 1


@pytest.mark.parametrize(
    ("entry", "address", "rule"),
    [
        ("192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
        (" ::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
        ("2001:DB8:0::1", "2001:db8::1", "2001:db8::/32"),
        ("198.51.100.1", "198.51.100.1", ""),
    ],
)
async def test_an_address_is_tested(tab: Tab, entry: str, address: str, rule: str) -> None:
    for listed in ("192.0.2.0/24", "2001:db8::/32"):
        await tab.run(IpDialogState, "add", {"address": listed})

    state, _ = await tab.run(IpTestState, "submit", {"address": entry})

    assert (state.address, state.rule, state.errors) == (address, rule, {})
    state, _ = await tab.run(IpTestState, "submit", {"address": "x"})
    assert (state.address, state.rule, list(state.errors)) == ("", "", ["address"])


@pytest.mark.parametrize("form", NO_FORMS, ids=lambda form: repr(form)[:30])
async def test_nonsense_is_refused_at_the_field(tab: Tab, form: Any) -> None:
    for state, handler in ((IpDialogState, "add"), (IpTestState, "submit")):
        found, _ = await tab.run(state, handler, form)
        assert list(found.errors) == ["address"]
    found, _ = await tab.run(IpListState, "begin_with", form)
    assert found.step == "write"
    assert len((await tab.state(IpDialogState)).proposed) <= 2
    assert (await tab.state(IpRestrictionState)).rules == []


LIST = "192.0.2.0/24 # Office\n198.51.100.7 Lille\n198.51.100.7\n192.168.1.*"


async def test_a_list_is_looked_at_and_then_added_in_one_step(sqlite_units: Units, tab: Tab) -> None:
    state, _ = await tab.run(IpListState, "begin")
    assert (state.step, state.room) == ("write", 200)

    state, _ = await tab.run(IpListState, "check", {"list": LIST})

    assert (state.step, state.new, state.skipped, state.errors, state.here_out) == ("check", 3, 1, {}, False)
    assert [(row.line, row.text, row.first, row.last, row.note, row.outcome, row.remark) for row in state.rows] == [
        (1, "192.0.2.0/24", "192.0.2.0", "192.0.2.255", "Office", "new", ""),
        (2, "198.51.100.7", "", "", "Lille", "new", "reserved"),
        (3, "198.51.100.7", "", "", "", "twice", "reserved"),
        (4, "192.168.1.0/24", "192.168.1.0", "192.168.1.255", "", "new", "private"),
    ]
    assert (await tab.state(IpRestrictionState)).rules == []
    state, _ = await tab.run(IpListState, "add")
    assert (state.step, state.rows, state._wanted) == ("", [], ())
    assert [(rule.text, rule.note) for rule in (await tab.state(IpRestrictionState)).rules] == [
        ("192.0.2.0/24", "Office"), ("192.168.1.0/24", ""), ("198.51.100.7", "Lille")
    ]  # fmt: skip
    assert await notice(tab) == "3 rules were added to the list."
    assert [event for event, _ in mailed(sqlite_units)] == ["ip_restriction_changed"]


async def test_a_list_with_a_fault_is_not_added_and_says_where_it_is(tab: Tab) -> None:
    await tab.run(IpListState, "begin")

    state, _ = await tab.run(IpListState, "check", {"list": f"{LIST}\n192.0.2.7/24\u202e\nno \ud800 rule\n192.168.2.x"})

    assert (state.step, list(state.errors), state._wanted) == ("write", ["list"], ())
    assert "3 rules cannot be read. Nothing has been added yet" in state.errors["list"]
    assert [(row.line, row.outcome) for row in state.rows[:4]] == [(5, "wrong"), (6, "wrong"), (7, "wrong"), (1, "new")]
    assert state.rows[1].text == "no \ufffd rule"
    assert state.rows[2].fault == "We cannot read this for certain. Do you mean 192.168.2.0/24?"
    await tab.run(IpListState, "add")
    assert (await tab.state(IpRestrictionState)).rules == []
    state, _ = await tab.run(IpListState, "check", {"list": LIST})
    assert (state.step, state.errors) == ("check", {})


async def test_going_back_to_the_text_forgets_the_preview(tab: Tab) -> None:
    await tab.run(IpListState, "begin")
    await tab.run(IpListState, "check", {"list": LIST})

    state, _ = await tab.run(IpListState, "write_again")
    assert (state.step, state.rows) == ("write", [])
    await tab.run(IpListState, "add")
    assert (await tab.state(IpRestrictionState)).rules == []


async def test_a_list_of_nothing_new_and_a_list_without_room_are_said(
    sqlite_units: Units, caller: Actor, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(sqlite_units, caller, "198.51.100.7", "192.0.2.0/24")
    await tab.run(IpListState, "begin")

    state, _ = await tab.run(IpListState, "check", {"list": "198.51.100.7"})
    assert (state.step, state.new, state.skipped) == ("check", 0, 1)
    state, _ = await tab.run(IpListState, "check", {"list": "\n".join(f"10.0.{n}.1" for n in range(199))})
    assert "There is room for 198 more rules, but you pasted 199: the list can hold 200." in state.errors["list"]
    with monkeypatch.context() as patch:
        patch.setattr(pasted, "MAX_RULES", 3)
        state, _ = await tab.run(IpListState, "check", {"list": "10.0.0.1\n10.0.1.1"})
    assert "There is room for 1 more rule, but you pasted 2: the list can hold 3." in state.errors["list"]
    state, _ = await tab.run(IpListState, "check", {"list": "\n".join(f"10.0.{n}.1" for n in range(198))})
    assert (state.step, state.new, state.errors) == ("check", 198, {})


async def test_what_was_added_elsewhere_meanwhile_is_counted_when_it_is_added(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    await tab.run(IpListState, "begin")
    await tab.run(IpListState, "check", {"list": "198.51.100.7\n10.0.0.1"})
    add(sqlite_units, caller, "198.51.100.7", *(f"10.1.{n}.1" for n in range(199)))

    state, _ = await tab.run(IpListState, "add")
    assert (state.step, list(state.errors)) == ("write", ["list"])
    assert "There is room for 0 more rules" in state.errors["list"]


async def test_the_first_list_leads_on_to_switching_on(tab: Tab) -> None:
    await tab.run(IpDialogState, "begin_switch")
    await tab.run(IpListState, "begin_with", {})
    assert (await tab.state(IpDialogState)).dialog == ""

    state, _ = await tab.run(IpListState, "check", {"list": "203.0.113.0/24\n8.8.8.8"})
    assert state.here_out
    await tab.run(IpListState, "add")

    dialogs = await tab.state(IpDialogState)
    assert (dialogs.dialog, dialogs.turning_on, dialogs.locks_out) == ("switch", True, True)


async def test_one_more_rule_begins_with_empty_fields_and_the_last_one_leads_on(tab: Tab) -> None:
    await tab.run(IpDialogState, "begin_switch")

    dialogs, _ = await tab.run(IpDialogState, "add", {"address": HERE.address, "another": "on"})
    assert (dialogs.dialog, dialogs.proposed) == ("add", "")
    assert (dialogs.added_kind, dialogs.added) == ("success", "192.0.2.7 is on the list.")
    dialogs, _ = await tab.run(IpDialogState, "add", {"address": "192.168.1.10", "another": "on"})
    assert dialogs.added_kind == "info"
    assert "lets nobody in over the internet" in dialogs.added
    dialogs, _ = await tab.run(IpDialogState, "add", {"address": "8.8.8.8", "another": ""})
    assert (dialogs.dialog, dialogs.added) == ("switch", "")
    assert len((await tab.state(IpRestrictionState)).rules) == 3


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ({"address": " 8.8.8.8 ", "note": "Home", "another": ""}, "\n8.8.8.8 # Home"),
        ({"address": "8.8.8.8/24", "note": ""}, "\n8.8.8.8/24"),
        ({"address": "", "note": "Home"}, "\n# Home"),
        ({"address": "", "note": ""}, ""),
    ],
)
async def test_what_was_typed_for_one_rule_is_a_line_of_the_list(tab: Tab, form: Any, line: str) -> None:
    await tab.run(IpDialogState, "begin_add")

    state, _ = await tab.run(IpListState, "begin_with", form)

    assert (state.step, (await tab.state(IpDialogState)).proposed) == ("write", line)
    await tab.run(IpListState, "close")
    await tab.run(IpListState, "begin")
    assert (await tab.state(IpDialogState)).proposed == ""


@pytest.mark.parametrize("as_a_list", [False, True])
async def test_cancel_after_a_rule_was_added_leads_on_to_switching_on(tab: Tab, as_a_list: bool) -> None:
    await tab.run(IpDialogState, "begin_switch")
    await tab.run(IpDialogState, "add", {"address": HERE.address, "another": "on"})
    if as_a_list:
        await tab.run(IpListState, "begin_with", {})
        await tab.run(IpListState, "close")
    else:
        await tab.run(IpDialogState, "close")

    dialogs = await tab.state(IpDialogState)
    assert (dialogs.dialog, dialogs.turning_on) == ("switch", True)
    dialogs, _ = await tab.run(IpDialogState, "close")
    assert dialogs.dialog == ""


@pytest.mark.parametrize("as_a_list", [False, True])
async def test_cancel_before_any_rule_was_added_asks_nothing(tab: Tab, as_a_list: bool) -> None:
    await tab.run(IpDialogState, "begin_switch")
    if as_a_list:
        await tab.run(IpListState, "begin_with", {})
        await tab.run(IpListState, "close")
    else:
        await tab.run(IpDialogState, "close")

    assert (await tab.state(IpDialogState)).dialog == ""


@pytest.mark.parametrize(
    "form", [*NO_FORMS, {"list": None}, {"list": ["192.0.2.1"]}, {"list": 7}, {"list": " \n"}, {"list": "1\n" * 20_000}],  # noqa: E501
    ids=lambda form: repr(form)[:30],
)  # fmt: skip
async def test_nonsense_is_no_list(tab: Tab, form: Any) -> None:
    await tab.run(IpListState, "begin")

    state, _ = await tab.run(IpListState, "check", form)

    assert (state.step, list(state.errors), state.rows) == ("write", ["list"], [])


async def test_a_list_dialog_that_is_not_open_does_nothing(tab: Tab) -> None:
    for handler, arguments in (("check", ({"list": LIST},)), ("write_again", ()), ("add", ())):
        state, _ = await tab.run(IpListState, handler, *arguments)
        assert state.step == ""
    assert (await tab.state(IpRestrictionState)).rules == []


async def test_the_network_of_an_ipv6_connection_is_proposed(sqlite_units: Units, caller: Actor) -> None:
    set_caller(replace(caller, origin=Origin(address="2001:4860:1:2:3:4:5:6")))
    tab = Tab(SECURITY)
    await tab.run(ShellState, "open_account_page")
    assert (await tab.state(IpRestrictionState)).here_line == "2001:4860:1:2::/64"
    dialogs, _ = await tab.run(IpDialogState, "begin_switch")
    assert dialogs.proposed == "2001:4860:1:2::/64"

    await tab.run(IpRestrictionState, "add_here")

    card = await tab.state(IpRestrictionState)
    assert ([rule.text for rule in card.rules], card.here_rule) == (["2001:4860:1:2::/64"], "2001:4860:1:2::/64")
    assert card.family_missing == 4
    await tab.run(IpDialogState, "add", {"address": "8.8.8.8"})
    assert (await tab.state(IpRestrictionState)).family_missing == 0


async def test_an_unknown_address_is_said(sqlite_units: Units, caller: Actor) -> None:
    set_caller(replace(caller, origin=Origin(address="")))
    tab = Tab(SECURITY)
    await tab.run(ShellState, "open_account_page")

    await tab.run(IpRestrictionState, "add_here")

    assert (await tab.state(IpRestrictionState)).here == ""
    assert await notice(tab) == "We cannot tell which IP address you are using."


async def test_nobody_changes_anything_without_a_session(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    for state, handler, arguments in (
        (IpRestrictionState, "add_here", ()),
        (IpDialogState, "add", ({"address": "192.0.2.1"},)),
        (IpDialogState, "begin_switch", ()),
        (IpDialogState, "begin_remove", (1,)),
        (IpTestState, "submit", ({"address": "192.0.2.1"},)),
        (IpListState, "begin", ()),
    ):
        with pytest.raises(PermissionError):
            await Tab("/").run(state, handler, *arguments)
