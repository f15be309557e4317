from netim_app.features.login_history import service
from netim_app.features.login_history.view import card
from tests.kit.components import by_test_id, elements, handlers, part


def test_the_choice_offers_all_that_the_service_knows() -> None:
    [choice] = elements(card(), "select")

    assert {str(option.value).strip('"') for option in elements(choice, "option")} == set(service.SHOWN)
    assert handlers(choice, "on_change") == ["HistoryState.choose"]


def test_an_entry_says_what_when_how_and_from_where() -> None:
    [entry] = elements(by_test_id(card(), "history"), "li")

    markup = str(entry)
    for name in ("what", "when", "exact", "how", "often", "client", "address"):
        assert part(name) in markup, name
    assert handlers(entry) == [], "nobody can change or delete an entry"
