"""The main job on real input: from nothing to a protected account."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, gauge_percent
from tests.kit.hands import Keyboard, Mouse
from tests.kit.harness import PASSWORD, Server, link_in

pytestmark = pytest.mark.usefixtures("own_limits")

NEW_PASSWORD = "copper window giraffe 77"

WORDS = {
    "en-GB": {
        "first": "First name", "last": "Last name", "email": "Email address", "password": "Password",
        "create": "Create my account", "confirm": "Confirm my address", "to login": "Log in", "log in": "Log in",
        "personal": "Personal information", "increase": "Increase your account security",
        "security page": "Connection and Security", "security": "Security", "alerts": "Email alerts",
        "change": "Change password", "current": "Current password", "new": "New password", "log out": "Log out",
        "weak": "Weak", "alert subject": "New login", "every login": "Every login",
        "chosen": "The password you chose when you signed up",
    },
    "fr-FR": {
        "first": "Prénom", "last": "Nom", "email": "Adresse e\u2011mail", "password": "Mot de passe",
        "create": "Créer mon compte", "confirm": "Confirmer mon adresse", "to login": "Se connecter",
        "log in": "Se connecter", "personal": "Informations personnelles",
        "increase": "Renforcez la sécurité de votre compte", "security page": "Connexion et sécurité",
        "security": "Sécurité", "alerts": "Alertes par e\u2011mail", "change": "Modifier le mot de passe",
        "current": "Mot de passe actuel", "new": "Nouveau mot de passe", "log out": "Se déconnecter", "weak": "Faible",
        "alert subject": "Nouvelle connexion", "every login": "Chaque connexion",
        "chosen": "Le mot de passe choisi lors de l’inscription",
    },
    "de-AT": {
        "first": "Vorname", "last": "Nachname", "email": "E\u2011Mail-Adresse", "password": "Passwort",
        "create": "Konto erstellen", "confirm": "Adresse bestätigen", "to login": "Anmelden", "log in": "Anmelden",
        "personal": "Persönliche Daten", "increase": "Machen Sie Ihr Konto sicherer",
        "security page": "Zugang und Sicherheit", "security": "Sicherheit",
        "alerts": "E\u2011Mail-Meldungen", "change": "Passwort ändern", "current": "Aktuelles Passwort",
        "new": "Neues Passwort", "log out": "Abmelden", "weak": "Schwach", "alert subject": "Neue Anmeldung",
        "every login": "Jede Anmeldung",
        "chosen": "Das Passwort, das Sie bei der Registrierung gewählt haben",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "viewport", "hand"),
    [
        ("en-GB", DESKTOP, Mouse),
        ("fr-FR", PHONE, Mouse),
        ("en-GB", PHONE, Keyboard),
        ("fr-FR", DESKTOP, Keyboard),
        ("de-AT", PHONE, Mouse),
    ],
)
def test_from_sign_up_to_the_first_alert(
    server: Server,
    new_context: Callable[..., BrowserContext],
    email: str,
    locale: str,
    viewport: Any,
    hand: type[Mouse | Keyboard],
) -> None:
    page = new_context(locale=locale, viewport=viewport).new_page()
    say, by = WORDS[locale], hand(page)

    def field(name: str) -> Locator:
        return page.get_by_label(say[name], exact=True)

    def button(name: str) -> Locator:
        return page.get_by_role("button", name=say[name])

    def heading(name: str) -> Locator:
        return page.get_by_role("heading", name=say[name], exact=True)

    def log_in(password: str) -> None:
        by.type(field("email"), email)
        by.type(field("password"), password)
        by.press(button("log in"))
        expect(heading("personal")).to_be_visible()

    def open_menu() -> None:
        by.press(page.get_by_role("button", name="Anna Martin"))

    page.goto("/signup")
    by.type(field("first"), "Anna")
    by.type(field("last"), "Martin")
    by.type(field("email"), email)
    by.type(field("password"), PASSWORD)
    by.press(button("create"))
    expect(page.get_by_test_id("sent")).to_contain_text(email)

    page.goto(link_in(server.wait_for_mail(email)))
    by.type(field("chosen"), PASSWORD)
    by.press(button("confirm"))
    by.press(page.get_by_role("link", name=say["to login"]))
    log_in(PASSWORD)

    expect(heading("increase")).to_be_visible()
    gauge = page.get_by_role("meter")
    expect(gauge).to_have_attribute("aria-valuenow", gauge_percent("password"))

    open_menu()
    by.press(page.get_by_role("link", name=say["security page"]))
    expect(heading("security page")).to_be_visible()
    expect(heading("security")).to_be_visible()
    expect(gauge).to_have_attribute("aria-valuenow", gauge_percent("password"))
    switch = page.get_by_role("switch", name=say["alerts"])
    expect(switch).to_be_checked()
    by.press(page.get_by_role("button", name=say["every login"], exact=True))
    expect(gauge).to_have_attribute("aria-valuenow", gauge_percent("password", "login_alerts"))

    by.press(button("change"))
    dialog = page.get_by_role("dialog", name=say["change"])
    by.type(dialog.get_by_label(say["current"], exact=True), PASSWORD)
    by.type(dialog.get_by_label(say["new"], exact=True), NEW_PASSWORD)
    by.press(dialog.get_by_role("button", name=say["change"]))
    expect(dialog).to_be_hidden()
    expect(heading("security page")).to_be_visible()

    open_menu()
    by.press(button("log out"))
    expect(field("email")).to_be_visible()
    log_in(NEW_PASSWORD)
    alert = server.wait_for_mail(email, subject=say["alert subject"])
    body = alert.get_body(("plain",))
    assert body is not None
    assert "127.0.0.1" in body.get_content()
    assert "Chrome" in body.get_content()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"], "the page scrolls sideways"
