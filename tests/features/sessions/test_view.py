from netim_app.features.sessions.view import card
from tests.kit.components import arguments, by_test_id, elements, handlers, part, sent


def test_other_sessions_can_be_logged_out_and_the_present_one_cannot() -> None:
    here, other = elements(by_test_id(card(), "sessions"), "li")

    assert handlers(here) == []
    assert by_test_id(here, "session-here")
    [event] = sent(other)
    assert event.handler.fn.__qualname__ == "SessionsState.log_out"
    assert [each.endswith(part("id")) for each in arguments(event)] == [True]


def test_the_button_of_a_session_names_the_browser_and_the_address() -> None:
    _, other = elements(by_test_id(card(), "sessions"), "li")
    [button] = elements(other, "button")
    name = str(button.custom_attrs) + str(button).partition("className")[0]

    assert part("client") in name
    assert part("address") in name


def test_all_others_are_logged_out_in_the_dialog_only() -> None:
    [dialog] = elements(card(), "dialog")

    assert handlers(card()).count("LogOutOthersState.confirm") == 1
    assert "LogOutOthersState.confirm" in handlers(dialog, "on_submit")
