from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.login_alerts.state.copy_dialog import CopyDialogState
from netim_app.features.login_alerts.state.copy_line import CopyState
from netim_app.features.login_alerts.view.card import card
from tests.kit.components import arguments, by_test_id, sent


def test_the_switch_shows_what_is_on_and_asks_for_the_other_by_name() -> None:
    """A click that is sent twice must not switch twice, so the event says what is wanted."""
    switch = by_test_id(card(), "login-alerts-switch")

    [event] = sent(switch, "on_click")
    assert event.handler.fn is LoginAlertsState.event_handlers["switch"].fn
    assert arguments(event) == [str(~LoginAlertsState.on)]
    assert str(LoginAlertsState.on) in str(switch)
    assert 'role:"switch"' in str(switch)


def test_the_line_about_copies_sends_its_own_events() -> None:
    for test_id, state, name in (
        ("copy-begin", CopyDialogState, "begin"),
        ("copy-change", CopyDialogState, "begin"),
        ("copy-again", CopyState, "ask_again"),
        ("copy-remove", CopyState, "remove"),
    ):
        [event] = sent(by_test_id(card(), test_id), "on_click")
        assert event.handler.fn is state.event_handlers[name].fn, test_id
