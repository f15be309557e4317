import reflex as rx

from netim_app.features.gauge.view import block
from netim_app.features.passkeys.feature import PASSKEYS
from netim_app.features.passkeys.state.card import NewPasskeyState
from netim_app.features.passkeys.state.entry import PasskeyLoginState
from netim_app.features.passkeys.view.card import card
from netim_app.features.passkeys.view.entry import code_part, login_part, step_up_part
from netim_app.identity.view.step_up import step_up_dialog
from netim_app.ui.text import tr


def test_the_card_has_its_words_in_both_languages_and_its_anchor() -> None:
    markup = str(card())

    assert 'id:"passkeys"' in markup
    assert str(NewPasskeyState.options) in markup
    for words in ("Passkeys", "Clés d’accès", "Synced by your password manager", "Seulement sur cet appareil"):
        assert words in markup


def test_each_part_is_hidden_in_a_browser_without_passkeys_and_has_one_button() -> None:
    for part in (login_part(), code_part(), step_up_part(rx.Var.create(True))):
        markup = str(part)
        assert "data-[passkeys=false]:hidden" in markup
        assert '"ref":offerPasskeys' in markup.replace(" ", "") or "offerPasskeys" in markup
        assert markup.count("Use a passkey") >= 1


def test_the_login_page_offers_passkeys_behind_the_field_too() -> None:
    markup = str(login_part())

    assert "data-autofill" in markup
    assert str(PasskeyLoginState.options) in markup


def test_the_history_has_words_for_each_way() -> None:
    assert set(PASSKEYS.ceremonies[0].logged_in) == {"passkey", "passkey_second", "passkey_recovery"}


def test_the_gauge_offers_a_passkey_beside_the_application() -> None:
    markup = str(block(tr("page.security")))

    assert "passkeys.instead" not in markup
    assert "Or add a passkey" in markup


def test_a_fresh_proof_that_no_browser_here_can_give_says_what_to_do() -> None:
    """Else the dialog would be empty."""
    assert "Only a passkey can confirm this" in str(step_up_dialog())
