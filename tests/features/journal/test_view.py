from netim_app.features.journal.state import CHOICES
from netim_app.features.journal.view import card
from tests.kit.components import arguments, by_test_id, elements, handlers, part, sent


def test_the_chips_offer_all_sorts() -> None:
    chosen = [event for event in sent(card(), "on_click") if event.handler.fn.__name__ == "choose"]

    assert [arguments(event) for event in chosen] == [['"all"'], *([f'"{sort}"'] for sort in CHOICES)]


def test_an_entry_says_what_when_how_from_where_and_its_fingerprint() -> None:
    [entry] = elements(by_test_id(card(), "journal"), "li")

    markup = str(entry)
    for name in ("what", "when", "exact", "how", "client", "address", "number", "fingerprint"):
        assert part(name) in markup, name
    assert handlers(entry) == [], "nobody can change or delete an entry"
