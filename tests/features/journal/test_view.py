from netim_app.features.journal.service import recent
from netim_app.features.journal.state.journal import CHOICES
from netim_app.features.journal.view import card
from tests.kit.components import arguments, by_test_id, elements, handlers, part, sent


def test_the_chips_of_both_lists_offer_all_that_the_services_know() -> None:
    chosen = [event for event in sent(card(), "on_click") if event.handler.fn.__name__ == "choose"]

    of_activity, of_journal = ([[f'"{choice}"'] for choice in choices] for choices in (recent.SHOWN, CHOICES))
    assert [arguments(event) for event in chosen] == [*of_activity, ['"all"'], *of_journal]


def test_an_entry_of_the_activity_says_what_when_how_how_often_and_from_where() -> None:
    [entry] = elements(by_test_id(card(), "activity"), "li")

    markup = str(entry)
    for name in ("what", "when", "exact", "how", "often", "client", "address"):
        assert part(name) in markup, name
    assert handlers(entry) == [], "nobody can change or delete an entry"


def test_an_entry_of_the_journal_says_what_when_how_from_where_and_its_fingerprint() -> None:
    [entry] = elements(by_test_id(card(), "journal"), "li")

    markup = str(entry)
    for name in ("what", "when", "exact", "how", "client", "address", "number", "fingerprint"):
        assert part(name) in markup, name
    assert handlers(entry) == [], "nobody can change or delete an entry"
