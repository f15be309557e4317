"""A fresh proof is asked for, or the session gets a new cookie: the page stays, with all that was typed in it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import log_in, unfold_rules
from tests.kit.harness import PASSWORD, Server
from tests.kit.phone import Phone, open_settings, open_wizard

OLD = 11 * 60
NEW_PASSWORD = "another 9 lanterns in fog"


@pytest.fixture
def aged(server: Server) -> Iterator[Callable[[], None]]:
    """Makes the last proof too old."""
    yield lambda: server.move_clock(OLD)
    server.move_clock(0)


def mark(page: Page) -> None:
    """A page that is loaded anew has lost it."""
    page.evaluate("document.kept = true")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("document.kept === true"))


def prove(page: Page, code: str = "", password: str = PASSWORD) -> None:
    step_up = page.get_by_test_id("step-up-dialog")
    step_up.get_by_label("Password", exact=True).fill(password)
    if code:
        step_up.get_by_label("Code (6 digits)").fill(code)
    step_up.get_by_role("button", name="Confirm").click()


def open_rule(page: Page) -> Locator:
    unfold_rules(page)
    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog", name="Add a rule")
    dialog.get_by_label("Address").fill("198.51.100.7")
    dialog.get_by_label("Note").fill("the office")
    return dialog


def test_a_rule_and_its_note_are_added_after_the_proof(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    dialog = open_rule(page)
    mark(page)
    aged()
    dialog.get_by_role("button", name="Add", exact=True).click()
    prove(page, password="not the password 1")
    expect(page.get_by_text("Wrong password")).to_be_visible()
    prove(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    card = page.locator("#ip-restriction")
    expect(card).to_contain_text("198.51.100.7")
    expect(card).to_contain_text("the office")
    assert stayed(page)
    notes = "SELECT note FROM ip_rule WHERE account_id = (SELECT id FROM account WHERE email = :email)"
    assert server.query(notes, email=customer) == ["the office"]


def test_a_proof_that_is_given_up_does_nothing_and_keeps_what_was_typed(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    dialog = open_rule(page)
    aged()
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_test_id("step-up-dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("step-up-dialog")).to_have_count(0)
    expect(dialog.get_by_label("Note")).to_have_value("the office")
    expect(page.locator("#ip-restriction")).not_to_contain_text("the office")
    dialog.get_by_role("button", name="Cancel").click()
    # A later proof continues what was pressed last, and nothing that was cancelled before.
    page.get_by_role("button", name="Enable", exact=True).click()
    prove(page)
    expect(page.get_by_test_id("totp-wizard")).to_be_visible()
    expect(page.locator("#ip-restriction")).not_to_contain_text("the office")


def test_a_press_is_repeated_when_the_page_changed_before_its_refusal(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    """A page that is still filled changes by itself: that is no answer to the press."""
    open_settings(page, server, customer)
    aged()
    page.get_by_role("button", name="Enable", exact=True).evaluate("(e) => { e.click(); document.body.append('') }")
    prove(page)
    expect(page.get_by_test_id("totp-wizard")).to_be_visible()


def test_a_new_email_address_is_asked_for_after_the_proof(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    log_in(page, customer)
    page.get_by_role("button", name="Change email address").click()
    dialog = page.get_by_role("dialog", name="Change email address")
    dialog.get_by_label("New email address").fill(f"new.{customer}")
    mark(page)
    aged()
    dialog.get_by_role("button", name="Send the link").click()
    prove(page)
    expect(page.get_by_test_id("pending-email")).to_contain_text(f"new.{customer}")
    assert stayed(page)


def test_a_new_password_takes_one_question_only(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    mark(page)
    aged()
    page.get_by_test_id("password-change").click()
    dialog = page.get_by_test_id("password-dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password").fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password has been changed")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert stayed(page)
    # The socket has come back by the new session: what needs a session works on.
    page.get_by_test_id("password-change").click()
    expect(page.get_by_test_id("password-dialog")).to_be_visible()


def test_code_and_name_of_the_wizard_are_sent_after_the_proof(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    dialog = open_wizard(page)
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    mark(page)
    dialog.get_by_role("button", name="Next").click()
    aged()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())
    dialog.get_by_label("Name of the device").fill("Pixel")
    dialog.get_by_role("button", name="Check").click()
    prove(page)
    sheet = page.get_by_test_id("backup-codes-new")
    expect(sheet.get_by_text("Step 3 of 3")).to_be_visible()
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Pixel")).to_be_visible()
    assert stayed(page)


def test_another_tab_of_a_renewed_session_keeps_what_was_typed(
    page: Page, server: Server, customer: str, aged: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    other = page.context.new_page()
    other.goto(page.url)
    aged()
    unfold_rules(page)
    page.get_by_role("button", name="Add a rule").click()
    prove(page)
    expect(page.get_by_role("dialog", name="Add a rule")).to_be_visible()
    mark(other)
    dialog = open_rule(other)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(other.locator("#ip-restriction")).to_contain_text("the office")
    assert stayed(other)
