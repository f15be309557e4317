from netim_app.features.activity import service
from netim_app.features.activity.view import card
from tests.kit.components import arguments, by_test_id, elements, handlers, part, sent


def test_the_chips_offer_all_that_the_service_knows() -> None:
    chosen = [event for event in sent(card(), "on_click") if event.handler.fn.__name__ == "choose"]

    assert [arguments(event) for event in chosen] == [[f'"{sort}"'] for sort in service.SHOWN]


def test_an_entry_says_what_when_how_and_from_where() -> None:
    [entry] = elements(by_test_id(card(), "activity"), "li")

    markup = str(entry)
    for name in ("what", "when", "exact", "how", "often", "client", "address"):
        assert part(name) in markup, name
    assert handlers(entry) == [], "nobody can change or delete an entry"
