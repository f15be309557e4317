from netim_app.brand.brand import get_brand
from netim_app.features.genuine_mail.feature import GENUINE_MAIL
from netim_app.features.genuine_mail.state.phrase import PhraseDialogState, PhraseState
from netim_app.features.genuine_mail.view.card import card
from netim_app.features.genuine_mail.view.page import page
from netim_app.identity.view.login import login_page


def test_the_card_itself_knows_no_phrase() -> None:
    """The dialog has it, and is there only while it is open."""
    markup = str(card())
    assert str(PhraseState.since) in markup
    outside = markup.partition(str(PhraseDialogState.open))[0]
    assert str(PhraseDialogState.phrase) not in outside
    assert str(PhraseDialogState.phrase) in markup


def test_the_login_page_and_the_card_lead_to_the_question() -> None:
    [entry] = GENUINE_MAIL.entry_pages
    for markup in (str(login_page()), str(card())):
        assert f'"{entry.route}"' in markup


def test_a_forged_mail_is_to_be_shown_to_support_where_it_has_an_address() -> None:
    assert (get_brand().support != "") == ("mailto:" in str(page()))
