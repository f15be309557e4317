"""single_submit, connection: their markup. tests/server/test_reuse.py uses them in a browser's stead."""

import reflex as rx

from reflex_guard.connection import connection_notice, connection_styles
from reflex_guard.javascript import SOURCE
from reflex_guard.single_submit import SingleSubmitButton, SingleSubmitForm


def test_a_form_and_a_button_are_guarded_and_keep_their_own_attributes() -> None:
    form = SingleSubmitForm.create(rx.el.button(type="submit"), custom_attrs={"data-testid": "f"})
    button = SingleSubmitButton.create("Press", custom_attrs={"data-testid": "b"})

    assert "onSubmitCapture:once" in str(form)
    assert 'method:"dialog"' in str(form)
    assert "onClickCapture:once" in str(button)
    assert all(f'"data-testid":"{name}"' in str(part) for part, name in ((form, "f"), (button, "b")))
    assert list(form._get_all_custom_code()) == list(button._get_all_custom_code()) == [SOURCE]


def test_a_notice_says_what_it_is_given_and_is_no_answer_to_a_press() -> None:
    said = {name: rx.el.p(f"It is {name}.") for name in ("lost", "back", "unanswered")}
    markup = str(connection_notice(**said))

    assert all(f"It is {name}." in markup for name in said)
    assert '"data-quiet"' in markup
    assert '"data-server-away"' in markup
    assert '"connection-unanswered"' in markup
    assert "[data-unanswered] .connection-unanswered { display: block }" in str(connection_styles())


def test_a_notice_takes_the_classes_of_the_application() -> None:
    said = {name: rx.el.p(name) for name in ("lost", "back", "unanswered")}
    markup = str(connection_notice(**said, back_class="gone", unanswered_class="away"))

    assert '"gone"' in markup
    assert '"away"' in markup
    assert "connection-" not in markup.replace("connection-lost", "")
