"""The customer's own data, and a new e-mail address."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import log_in
from tests.kit.harness import PASSWORD, Server, link_in
from tests.kit.languages import choose_language

NEW_PASSWORD = "walnut kettle saddle 31"
FRESH_SECONDS = 10 * 60


def test_edit_profile(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.get_by_label("Company").fill("Café & Söhne <GmbH>")
    page.get_by_label("Country").select_option(label="France")
    page.get_by_label("Phone").fill("call me")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please enter the full phone number, such as")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value("Café & Söhne <GmbH>")
    page.get_by_label("Phone").fill("01\u00a023\u00a045\u00a067\u00a089 poste 12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details have been saved.")).to_be_visible()
    expect(page.get_by_label("Phone")).to_have_value("+33 1 23 45 67 89 ext. 12")
    page.get_by_label("Phone").fill("01.23.45.67.89 x12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Phone")).to_have_value("+33 1 23 45 67 89 ext. 12")
    page.reload()
    expect(page.get_by_label("Company")).to_have_value("Café & Söhne <GmbH>")
    expect(page.get_by_label("Country")).to_have_value("FR")


def test_language_of_the_account_wins(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.get_by_label("Company").fill("Not saved yet")
    choose_language(page, "fr")
    expect(page.get_by_role("heading", name="Informations personnelles")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_label("Langue des pages et des e\u2011mails")).to_have_value("fr")
    expect(page.get_by_label("Société")).to_have_value("Not saved yet")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vos coordonnées sont enregistrées.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Informations personnelles")).to_be_visible()
    expect(page.get_by_label("Langue des pages et des e\u2011mails")).to_have_value("fr")


def test_theme_is_remembered(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/login")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    page.get_by_role("button", name="Switch between light and dark").wait_for()
    light = page.evaluate(background)
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function(f"{background} !== '{light}'")
    dark = page.evaluate(background)
    page.reload()
    assert page.evaluate(background) == dark


def test_change_email_after_a_fresh_proof(page: Page, server: Server, customer: str) -> None:
    new_email = f"new.{customer}"
    log_in(page, customer)
    try:
        server.move_clock(FRESH_SECONDS + 5)
        page.get_by_role("button", name="Change email address").click()
        step_up = page.get_by_role("dialog", name="Confirm it’s you")
        step_up.get_by_label("Password", exact=True).fill("not the password 1")
        step_up.get_by_role("button", name="Confirm").click()
        expect(step_up.get_by_text("Wrong password.")).to_be_visible()
        step_up.get_by_label("Password", exact=True).fill(PASSWORD)
        step_up.get_by_role("button", name="Confirm").click()
        dialog = page.get_by_role("dialog", name="Change email address")
        dialog.get_by_label("New email address").fill(new_email)
        dialog.get_by_role("button", name="Send the link").click()
        expect(page.get_by_test_id("pending-email")).to_contain_text(new_email)
        server.wait_for_mail(customer)
        page.goto(link_in(server.wait_for_mail(new_email)))
        page.get_by_role("button", name="Confirm my address").click()
        expect(page.get_by_test_id("email")).to_have_text(new_email)
        expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
        expect(page.get_by_text("Your new email address is confirmed.")).to_be_visible()
    finally:
        server.move_clock(0)


def test_undo_a_change_of_address_from_the_old_mailbox(
    page: Page, server: Server, customer: str, new_context: Callable[..., BrowserContext]
) -> None:
    theirs = f"thief.{customer}"
    thief = new_context().new_page()
    log_in(page, customer)
    log_in(thief, customer)
    thief.get_by_role("button", name="Change email address").click()
    dialog = thief.get_by_role("dialog", name="Change email address")
    dialog.get_by_label("New email address").fill(theirs)
    dialog.get_by_role("button", name="Send the link").click()
    thief.goto(link_in(server.wait_for_mail(theirs)))
    thief.get_by_role("button", name="Confirm my address").click()
    expect(thief.get_by_test_id("email")).to_have_text(theirs)
    link = link_in(server.wait_for_mail(customer, subject="email address was changed"))

    page.goto(link)
    expect(page.get_by_role("heading", name="Take your address back")).to_be_visible()
    assert "#" not in page.url, "the secret stays in the address bar"
    page.get_by_role("button", name="Restore my address").click()
    expect(page.get_by_role("heading", name="Your address is back")).to_be_visible()
    expect(page.get_by_test_id("restored")).to_contain_text(f"{customer} is the address of your account again.")
    expect(thief.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(link_in(server.wait_for_mail(customer, subject="Choose a new password")))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    log_in(page, customer, NEW_PASSWORD)
    expect(page.get_by_test_id("email")).to_have_text(customer)

    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Restore my address").click()
    expect(page.get_by_text("This link no longer works")).to_be_visible()


def test_a_new_address_is_confirmed_elsewhere_by_the_password(
    page: Page, server: Server, customer: str, new_context: Callable[..., BrowserContext]
) -> None:
    new_email = f"new.{customer}"
    log_in(page, customer)
    page.get_by_role("button", name="Change email address").click()
    dialog = page.get_by_role("dialog", name="Change email address")
    dialog.get_by_label("New email address").fill(new_email)
    dialog.get_by_role("button", name="Send the link").click()
    phone = new_context(locale="fr-FR").new_page()
    phone.goto(link_in(server.wait_for_mail(new_email)))
    phone.get_by_label("Mot de passe de votre compte", exact=True).fill("not the password 1")
    phone.get_by_role("button", name="Confirmer mon adresse").click()
    expect(phone.get_by_text("Mot de passe incorrect")).to_be_visible()
    phone.get_by_label("Mot de passe de votre compte", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Confirmer mon adresse").click()
    expect(phone.get_by_test_id("confirmed")).to_be_visible()
