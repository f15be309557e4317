"""Fields, forms and buttons as markup."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import reflex as rx

from netim_app.core.readers import six_digits
from netim_app.ui.buttons import button, link
from netim_app.ui.fields import SIX_DIGITS, LongList, account_name, checkbox_field, select_field, text_field
from netim_app.ui.form import form
from netim_app.ui.password_field import password_field


class FormTestState(rx.State):
    """The vars that a form needs."""

    error: str = ""
    name: str = ""

    @rx.event
    def submit(self, data: dict[str, str]) -> None:
        self.name = data["name"]

    @rx.event
    def close(self) -> None:
        pass


def fields() -> list[rx.Component]:
    return [
        text_field("name", "Name", error=FormTestState.error),
        password_field("name", "Name", error=FormTestState.error),
        select_field("name", "Name", [("a", "A")], error=FormTestState.error),
        checkbox_field("name", "Name", error=FormTestState.error),
    ]


@pytest.mark.parametrize("field", fields(), ids=["text", "password", "select", "checkbox"])
def test_a_field_is_tied_to_its_error(field: rx.Component) -> None:
    markup = str(field)
    wrong = rx.Var.create(FormTestState.error) != ""
    assert f'"aria-invalid":{rx.cond(wrong, "true", "false")!s}' in markup
    assert f'"aria-describedby":{rx.cond(wrong, "field-name-error", "")!s}' in markup
    assert re.search(r'jsx\("p",\{[^}]*id:"field-name-error"[^}]*role:"alert"', markup)


@pytest.mark.parametrize("field", fields()[:3], ids=["text", "password", "select"])
def test_a_field_has_a_label(field: rx.Component) -> None:
    markup = str(field)
    assert 'htmlFor:"field-name"' in markup
    assert 'id:"field-name"' in markup


@pytest.mark.parametrize("field", fields(), ids=["text", "password", "select", "checkbox"])
def test_a_field_is_sent_once_under_its_name(field: rx.Component) -> None:
    # Reflex would send the value again under the id, if the id made a ref.
    assert 'name:"name"' in str(field)
    assert not field._get_all_refs()


def test_a_hint_stays_when_there_is_an_error() -> None:
    markup = str(text_field("name", "Name", error=FormTestState.error, hint="As on your passport."))
    assert '"field-name-error field-name-hint"' in markup
    assert 'id:"field-name-hint"' in markup


def test_a_field_without_error_or_hint_describes_nothing() -> None:
    assert "aria-describedby" not in str(text_field("name", "Name"))


def test_two_fields_of_one_name_can_be_told_apart() -> None:
    markup = str(text_field("name", "Name", field_id="other"))
    assert 'id:"other"' in markup
    assert "field-name" not in markup


def test_a_text_field_shows_a_value_at_first_and_lets_it_be_typed_over() -> None:
    markup = str(text_field("name", "Name", value=FormTestState.name))
    assert f"defaultValue:{FormTestState.name!s}" in markup
    assert not re.search(r"[{,]value:", markup)


def test_an_optional_field_says_so() -> None:
    assert '"optional"' in str(text_field("name", "Name", required=False))
    assert '"optional"' not in str(text_field("name", "Name"))


def test_a_password_is_hidden_at_first_and_never_comes_from_a_state() -> None:
    markup = str(password_field("password", "Password", autocomplete="new-password"))
    assert 'type:(isShown ? "text" : "password")' in markup
    assert 'autoComplete:"new-password"' in markup
    assert not re.search(r"[{,](v|defaultV)alue:", markup)
    assert '"aria-pressed":(isShown ? "true" : "false")' in markup
    assert '"Show password"' in markup


def test_the_button_that_shows_a_password_does_not_send_the_form() -> None:
    # In a form, a button without a type is a submit button.
    markup = str(password_field("password", "Password"))
    assert markup.count('jsx("button",') == markup.count('type:"button"') == 1


def test_a_long_list_is_markup_in_which_no_name_ends_its_option() -> None:
    listed = LongList([("UTC", "UTC"), ('a"b', "<b> & Co"), ("", "None")])
    assert listed.markup() == (
        '<option>UTC</option><option value="a&quot;b">&lt;b&gt; &amp; Co</option><option value="">None</option>'
    )
    field = str(select_field("zone", "Zone", listed, value=FormTestState.error))
    assert json.dumps(listed.markup()) in field
    assert f"defaultValue:{FormTestState.error!s}" in field


def test_a_form_lets_the_server_say_what_is_wrong_and_guards_against_a_second_press() -> None:
    markup = str(form(on_submit=FormTestState.submit, submit_label="Save"))
    assert "noValidate:true" in markup
    assert "onSubmitCapture" in markup
    assert 'type:"submit"' in markup


def test_a_form_shows_its_error_as_an_alert() -> None:
    markup = str(form(on_submit=FormTestState.submit, submit_label="Save", error=FormTestState.error))
    assert 'role:"alert"' in markup
    assert 'role:"alert"' not in str(form(on_submit=FormTestState.submit, submit_label="Save"))


def test_cancel_is_there_when_it_leads_somewhere() -> None:
    with_it = str(form(on_submit=FormTestState.submit, submit_label="Save", cancel=FormTestState.close))
    assert '"Cancel"' in with_it
    assert '"Cancel"' not in str(form(on_submit=FormTestState.submit, submit_label="Save"))


def test_a_button_takes_no_second_click_before_the_answer() -> None:
    assert "onClickCapture" in str(button("Go", FormTestState.close))
    assert "onClickCapture" not in str(button("Go"))


def test_a_button_of_an_icon_alone_has_a_name() -> None:
    assert '"aria-label":"Add a device"' in str(button("", icon_name="plus", aria_label="Add a device"))


def test_a_link_to_a_page_stays_inside_of_the_app() -> None:
    assert 'to:"/login"' in str(link("Log in", "/login"))


@pytest.mark.parametrize("href", ["/account#password", "#password", "/login?open=x", "https://netim.example/"])
def test_a_link_to_anything_else_is_left_to_the_browser(href: str) -> None:
    markup = str(link("There", href))
    assert markup.startswith('jsx("a",{')
    assert f'href:"{href}"' in markup


def test_the_name_of_the_account_is_for_password_managers_alone() -> None:
    markup = str(account_name(FormTestState.name))
    assert 'autoComplete:"username"' in markup
    assert "hidden:true" in markup
    assert "name:" not in markup.replace("className:", "")  # what has no name is not sent


CODES = [
    *("839308", "839. 308", "839: 308", "83. 93. 08", "8. 3. 9. 3. 0. 8", "3. 839308", "10. 839 308", "3.839308"),
    *("(3) 839308", "1. 839. 308", "12: 83: 93: 08", "839308. ", "\u202a839 308\u202c", "٣. ٨٣٩٣٠٨", "3．８３９３０８"),
    *("", "83930", "3. 83930", "10. 3456", "(3) 83930", "a. 3. 83930", "8393081", "8 393 081", "12345a", "+839308"),
    *("• 839308", "#839308", "1. 839308 2. 111111", "839308 839309", "①②③④⑤⑥"),
]  # fmt: skip


def test_the_page_sends_by_itself_what_the_server_reads_as_a_code() -> None:
    node = Path(sys.executable).parent / "node"
    # As a browser reads the attribute `pattern`.
    script = (
        f"const whole = new RegExp('^(?:' + {json.dumps(SIX_DIGITS)} + ')$', 'v');"
        f"process.stdout.write(JSON.stringify({json.dumps(CODES)}.map((typed) => whole.test(typed))))"
    )
    read = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True).stdout
    found = dict(zip(CODES, json.loads(read), strict=True))
    assert found == {typed: six_digits(typed) != "" for typed in CODES}


def test_a_code_that_sends_itself_says_what_a_code_is() -> None:
    markup = str(text_field("code", "Code", autocomplete="one-time-code", sends_itself=True))
    assert f"pattern:{json.dumps(SIX_DIGITS)}" in markup
    assert "onInput:sendWhenComplete" in markup
    assert "sendWhenComplete" not in str(text_field("code", "Code", autocomplete="one-time-code"))


def test_a_box_has_the_colours_of_the_product_and_its_own_tick_but_for_forced_colours() -> None:
    markup = str(checkbox_field("saved", "I have saved them"))
    for name in ("appearance-none", "checked:bg-accent", "forced-colors:appearance-auto"):
        assert name in markup
    assert re.search(r"peer-checked:visible[^\"]*forced-colors:hidden", markup)
