import pytest

from netim_app.features.own_data.view import card, panel
from netim_app.pages import connection_and_security, personal_information
from netim_app.texts.catalog import LOCALES, text
from tests.kit.components import by_test_id, handlers


def test_the_card_is_the_last_of_personal_information() -> None:
    markup = str(personal_information.page())

    assert -1 < markup.find('id:"your-details"') < markup.find('id:"your-data"')
    assert handlers(card()).count("OwnDataState.download") == 1
    assert handlers(by_test_id(card(), "delete-account-begin")) == ["DeleteAccountState.begin"]


@pytest.mark.parametrize("language", LOCALES)
def test_its_title_is_not_that_of_the_details(language: str) -> None:
    assert text(language, "own_data.title") != text(language, "profile.title")


def test_the_dialog_says_what_happens_before_it_asks_for_the_address() -> None:
    dialog = by_test_id(card(), "delete-account-dialog")
    markup = str(dialog)

    for words in (
        '"For " + (14) + " days',
        '"Pendant " + (14) + " jours',
        "Invoices and contracts stay",
        "Les factures et les contrats",
    ):
        assert words in markup
    assert sorted(set(handlers(dialog))) == ["DeleteAccountState.close", "DeleteAccountState.submit"]


def test_the_panel_stands_first_on_both_pages() -> None:
    assert "OwnDataState.close_notice" in handlers(panel())
    for page in (connection_and_security, personal_information):
        markup = str(page.page())
        assert -1 < markup.find('id:"account-stays"') < markup.find('id:"security-level"')
