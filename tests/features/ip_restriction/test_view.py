from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.features.ip_restriction.view.card import card
from tests.kit.components import arguments, by_test_id, elements, field_names, handlers, part, sent


def test_each_change_that_can_lock_the_customer_out_asks_for_a_confirmation() -> None:
    """Adding a rule cannot; switching, on or off, and removing a rule can."""
    boxes = {
        test_id: field_names(by_test_id(card(), test_id))
        for test_id in ("ip-add-form", "ip-turn-on", "ip-turn-off", "ip-remove")
    }

    assert boxes == {
        "ip-add-form": ["address", "note", "another"],
        "ip-turn-on": ["confirmed"],
        "ip-turn-off": ["confirmed"],
        "ip-remove": ["confirmed"],
    }
    assert str(IpDialogState.locks_out) in str(by_test_id(card(), "ip-turn-on"))


def test_nothing_on_the_card_switches_or_removes_without_its_dialog() -> None:
    changing = {"IpDialogState.switch", "IpDialogState.remove", "IpDialogState.add"}
    dialogs = [name for dialog in elements(card(), "dialog") for name in handlers(dialog)]

    assert changing <= set(dialogs)
    for name in changing:
        assert handlers(card()).count(name) == dialogs.count(name), name


def test_the_button_of_a_rule_names_it_and_sends_its_id() -> None:
    [rule] = elements(by_test_id(card(), "ip-rules"), "li")
    [button] = elements(rule, "button")

    [event] = sent(button)
    assert event.handler.fn.__qualname__ == "IpDialogState.begin_remove"
    assert [each.endswith(part("id")) for each in arguments(event)] == [True]
    assert part("text") in str(button).partition("onClick")[0], "its name for screen readers"
