"""Cards, dialogs, menus, switches, meters, notices and the hand-over as markup."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import reflex as rx

from netim_app.ui.card import badge, card, status
from netim_app.ui.dialog import dialog
from netim_app.ui.filtered_list import filtered_list
from netim_app.ui.icons import icon, icon_names
from netim_app.ui.javascript import SOURCE
from netim_app.ui.menu import menu, menu_form_button, menu_link
from netim_app.ui.meter import meter
from netim_app.ui.notice import live_region, notice, outcome
from netim_app.ui.script import function
from netim_app.ui.switch import switch
from reflex_guard import javascript
from reflex_guard.ticket_form import ticket_form

NOTHING_ELSE = "):(jsx(Fragment,{},))))"


class KitTestState(rx.State):
    """The vars that components need."""

    on: bool = False
    text: str = ""
    percent: int = 0

    @rx.event
    def switch(self, on: bool) -> None:
        self.on = on

    @rx.event
    def toggle(self) -> None:
        self.on = not self.on


def opened(**more: Any) -> str:
    return str(dialog(rx.el.p("x"), open=KitTestState.on, title="T", on_close=KitTestState.toggle, test_id="d", **more))


def test_a_dialog_is_there_only_while_it_is_open() -> None:
    assert opened().startswith(f"jsx(Fragment,{{}},({KitTestState.on!s}?(jsx(")
    assert opened().endswith(NOTHING_ELSE)


def test_a_dialog_is_modal_named_by_its_title_and_closes_itself() -> None:
    markup = opened()
    assert "ref:openModal" in markup
    assert "onCancel:pressClose" in markup
    assert '"aria-labelledby":"d-title"' in markup
    assert 'id:"d-title"' in markup
    assert '"aria-label":' in markup
    assert '"data-close":' in markup
    assert "onClose:reopen" in markup
    assert "data-close" not in str(dialog(open=KitTestState.on, title="T", on_close=None, test_id="d"))


def test_the_functions_of_the_browser_are_compiled_once_and_clean_up_after_themselves() -> None:
    page = rx.fragment(
        dialog(open=KitTestState.on, title="T", on_close=KitTestState.toggle, test_id="d"),
        menu(label="M", test_id="m"),
        card(title="C", anchor="c"),
    )
    assert set(page._get_all_custom_code()) == {javascript.SOURCE, SOURCE}
    source = javascript.SOURCE + SOURCE
    for name in re.findall(r"ref:(\w+)", str(page)):
        assert str(function(name)) == name
        (found,) = re.findall(rf"^const {name} = \((\w+)\) => (.*(?:\n .*)*)", source, re.MULTILINE)
        # React calls a ref function without a clean-up again, with null.
        element, body = found
        assert "return () =>" in body or f"{element}?." in body or f"if ({element}" in body, name


def test_a_menu_says_what_it_opens_and_begins_closed() -> None:
    markup = str(menu(menu_link("Here", "/here"), label=KitTestState.text, test_id="m"))
    # The browser itself says whether it is open, and of what: test_keyboard.py asks it.
    assert re.search(r'jsx\("button",\{[^}]*popoverTarget:"m-list"', markup)
    assert re.search(r'jsx\("ul",\{[^}]*id:"m-list"[^}]*popover:"auto"', markup)
    assert 'to:"/here"' in markup


def test_a_menu_posts_a_plain_form_past_the_form_component_of_reflex() -> None:
    markup = str(menu_form_button("Log out", "/auth/logout"))
    assert 'action:"/auth/logout"' in markup
    assert 'method:"post"' in markup
    assert markup.startswith('jsx("form",')
    assert 'type:"submit"' in markup
    assert "onSubmit" not in markup


def test_a_switch_has_a_role_a_name_and_a_state() -> None:
    markup = str(switch("Alerts", KitTestState.on, KitTestState.switch, test_id="s"))
    assert 'role:"switch"' in markup
    assert '"aria-label":"Alerts"' in markup
    assert f'"aria-checked":({KitTestState.on!s} ? "true" : "false")' in markup


def test_a_switch_asks_for_the_value_it_wants_when_the_handler_takes_one() -> None:
    assert f'["on"] : !({KitTestState.on!s})' in str(switch("A", KitTestState.on, KitTestState.switch))
    assert '["on"]' not in str(switch("A", KitTestState.on, KitTestState.toggle))


def test_the_words_of_a_card_belong_to_its_switch() -> None:
    control = switch("Alerts", KitTestState.on, KitTestState.toggle, show_label=False, html_id="alerts-switch")
    markup = str(card(title="Alerts", control=control, control_id="alerts-switch", anchor="alerts"))
    assert re.search(r'jsx\("label",\{[^}]*htmlFor:"alerts-switch"', markup)
    assert 'id:"alerts-switch"' in markup
    assert "htmlFor" not in str(card(title="Alerts", anchor="alerts"))


@pytest.mark.parametrize("build", [meter])
def test_a_meter_says_its_value_in_figures_and_words(build: Callable[..., rx.Component]) -> None:
    markup = str(build(KitTestState.percent, "Security", KitTestState.text, KitTestState.text, "m"))
    assert 'role:"meter"' in markup
    assert f'"aria-valuenow":{KitTestState.percent!s}' in markup
    assert f'"aria-valuetext":{KitTestState.text!s}' in markup
    assert '"aria-label":"Security"' in markup
    assert f'"data-level":{KitTestState.text!s}' in markup


def test_only_a_danger_interrupts() -> None:
    assert 'role:"alert"' in str(notice("danger", "x"))
    for kind in ("success", "info", "warning"):
        assert "role:" not in str(notice(kind, "x"))


def test_a_notice_says_its_kind_in_words_too() -> None:
    assert '"Warning:"' in str(notice("warning", "x"))
    assert '"Attention\xa0:"' in str(notice("warning", "x"))


def test_a_live_region_is_mounted_before_there_is_a_message() -> None:
    markup = str(live_region(KitTestState.text, KitTestState.text))
    assert markup.startswith('jsx("div",{"aria-live":"polite"')
    assert 'role:"alert"' not in markup  # it would be read twice
    assert "hidden" not in markup.split("jsx(", 2)[1]


def test_a_card_with_an_anchor_is_named_by_its_title_and_can_be_reached() -> None:
    markup = str(card(title="Password", anchor="password"))
    assert 'id:"password"' in markup
    assert '"aria-labelledby":"password-title"' in markup
    assert 'jsx("h3",{className:"text-lg font-semibold text-balance",id:"password-title"}' in markup
    assert "ref:" not in str(card(title="Password"))


def test_a_badge_does_not_speak_by_colour_alone() -> None:
    assert "svg" in str(badge("Active"))
    assert "svg" not in str(badge("Off", on=False))


def test_the_state_of_a_card_differs_by_more_than_its_colour() -> None:
    on, off = str(status("On")), str(status("Off", on=False))
    paths = [re.findall(r'd:"([^"]*)"', markup) for markup in (on, off)]
    assert paths[0] != paths[1]


def test_a_card_says_its_state_before_what_it_is_about_and_what_to_do() -> None:
    markup = str(card(title="Title", state="State", text="Text", action=rx.el.button("Action"), anchor="a"))
    places = [markup.index(f'"{part}"') for part in ("Title", "State", "Text", "Action")]
    assert places == sorted(places)


def test_a_dial_marks_where_levels_begin() -> None:
    bare = str(meter(KitTestState.percent, "S", KitTestState.text, KitTestState.text, "m"))
    marked = str(meter(KitTestState.percent, "S", KitTestState.text, KitTestState.text, "m", marks=(40, 60)))
    assert marked.count('jsx("path"') == bare.count('jsx("path"') + 2


def test_what_takes_the_place_of_a_form_gets_the_focus_so_that_it_is_read() -> None:
    shown = outcome("It is done.", test_id="done")
    assert "ref:focusQuietly" in str(shown)
    assert "tabIndex:-1" in str(shown)
    assert "focusQuietly = (element) => element?.focus({ preventScroll: true })" in javascript.SOURCE
    assert set(shown._get_all_custom_code()) == {javascript.SOURCE, SOURCE}


def test_a_list_is_searched_in_the_browser_alone() -> None:
    entry = rx.Var.create("Rule")
    shown = filtered_list(
        lambda lacks: rx.el.li(entry, hidden=lacks(entry)), "Find a rule", "Nothing", shown=entry != ""
    )
    markup = str(shown)
    assert '"aria-label":"Find a rule"' in markup
    assert "setTyped(" in markup
    assert "hidden:" in markup
    assert 'role:"status"' in markup
    assert "addEvents" not in markup


def test_a_ticket_is_posted_only_when_there_is_one() -> None:
    markup = str(ticket_form("/auth/session", KitTestState.text, "ticket", "hand-over"))
    assert str(KitTestState.text) in markup
    assert 'action:"/auth/session"' in markup
    assert 'name:"ticket"' in markup
    assert markup.endswith(NOTHING_ELSE)


def test_a_ticket_is_posted_by_the_submit_method() -> None:
    form = ticket_form("/auth/session", KitTestState.text, "ticket", "hand-over").children[0]
    assert "ref:submitAtOnce" in str(form)
    assert re.search(r"submitAtOnce = [^}]*\bform\.submit\(\)", javascript.SOURCE)


@pytest.mark.parametrize("name", sorted(icon_names()))
def test_icons_are_hidden_from_screen_readers(name: str) -> None:
    assert '"aria-hidden":"true"' in str(icon(name))
