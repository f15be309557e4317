"""Passkeys as a customer meets them, with the virtual authenticator of Chromium."""

import time
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlmodel import col, delete, select

from netim_app.features.passkeys.tables import Passkey
from netim_app.identity.tables import Account
from tests.browser.conftest import PHONE, go_to_security, log_in, log_out
from tests.kit.harness import PASSWORD, Server
from tests.kit.phone import finish
from tests.kit.virtual_authenticator import NO_AUTOFILL, NO_PASSKEYS, Device, card, expect_account, use


def add(page: Page) -> None:
    """The first passkey, from any page of the account: backup codes follow at once."""
    go_to_security(page)
    card(page).get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_test_id("backup-codes-list")).to_be_visible()
    finish(page)
    expect(card(page)).to_contain_text("1 passkey")


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """For what the page does not show."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def expect_way_beside_the_password(dialog: Locator) -> None:
    expect(dialog.get_by_text("or", exact=True)).to_be_visible()
    expect(dialog.get_by_text("We will not ask again for ten minutes")).to_have_count(1)


@pytest.fixture
def by_button(new_context: Callable[..., BrowserContext]) -> Page:
    """A tab of a browser without passkeys behind fields."""
    context = new_context()
    context.add_init_script(NO_AUTOFILL)
    return context.new_page()


def test_a_customer_adds_a_passkey_and_logs_in_with_it(by_button: Page, customer: str) -> None:
    page, device = by_button, Device(by_button)
    log_in(page, customer)
    add(page)
    assert len(device.passkeys) == 1
    log_out(page)

    page.goto("/login")
    use(page)

    expect_account(page)
    go_to_security(page)
    expect(card(page)).to_contain_text("last used on")
    expect(page.locator("#recent-activity")).to_contain_text("With a passkey")


def test_a_card_without_a_passkey_has_no_empty_row(by_button: Page, customer: str) -> None:
    log_in(by_button, customer)
    go_to_security(by_button)

    body = card(by_button).locator(":scope > div").last

    assert body.evaluate("part => [part.offsetHeight, getComputedStyle(part).marginTop]") == [0, "0px"]


def test_the_field_offers_the_passkey(page: Page, customer: str) -> None:
    Device(page)
    log_in(page, customer)
    add(page)

    page.get_by_role("button", name="Anna Martin").click()
    page.get_by_role("button", name="Log out").click()  # to the login page, where the authenticator answers at once

    expect_account(page)


def test_a_prompt_that_is_closed_and_a_passkey_that_was_deleted(by_button: Page, customer: str) -> None:
    page, device = by_button, Device(by_button)
    log_in(page, customer)
    add(page)
    log_out(page)
    page.goto("/login")

    device.is_owner(False)
    use(page)
    expect(page.get_by_text("No passkey was used")).to_be_visible()

    device.forget()
    use(page)
    expect(page.get_by_text("No passkey was used")).to_be_visible()
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()


def test_password_managers_show_the_present_name_and_forget_what_nobody_has(
    by_button: Page, customer: str, server: Server
) -> None:
    page, device = by_button, Device(by_button)
    log_in(page, customer)
    add(page)
    with server.units.write() as unit:
        owner = unit.session.exec(select(Account).where(col(Account.email) == customer)).one()
        owner.email = owner.email_key = f"new-{customer}"
    go_to_security(page)
    page.reload()
    wait_until(page, lambda: [key["userName"] for key in device.passkeys] == [f"new-{customer}"])
    log_out(page)
    with server.units.write() as unit:
        unit.session.exec(delete(Passkey).where(col(Passkey.account_id) == owner.id))
    page.goto("/login")

    use(page)

    expect(page.get_by_text("This passkey was not accepted")).to_be_visible()
    wait_until(page, lambda: device.passkeys == [])


def test_after_the_password_the_passkey_replaces_the_code(by_button: Page, customer: str) -> None:
    page = by_button
    Device(page)
    log_in(page, customer)
    add(page)
    log_out(page)
    page.goto("/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    expect(page.get_by_text("that your authenticator app shows now")).to_have_count(0)

    use(page)

    expect_account(page)
    go_to_security(page)
    expect(page.locator("#recent-activity")).to_contain_text("With your password and a passkey")


def test_a_passkey_confirms_a_change_that_needs_a_fresh_proof(by_button: Page, customer: str, server: Server) -> None:
    page = by_button
    Device(page)
    log_in(page, customer)
    add(page)
    server.move_clock(660)

    card(page).get_by_role("button", name="Remove").click()
    expect_way_beside_the_password(page.get_by_role("dialog", name="Confirm it’s you"))
    use(page)

    expect(page.get_by_role("heading", name="Remove this passkey?")).to_be_visible()
    page.get_by_test_id("passkey-remove-submit").click()
    expect(card(page)).to_contain_text("No passkey")


def test_the_same_device_twice_is_recognised_and_the_name_can_be_changed(by_button: Page, customer: str) -> None:
    page = by_button
    Device(page)
    log_in(page, customer)
    add(page)

    card(page).get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("has a passkey of your account already")).to_be_visible()

    card(page).get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.get_by_role("button", name="Rename", exact=True).last.click()
    expect(card(page)).to_contain_text("My laptop")


def test_a_browser_without_passkeys_shows_no_dead_button(
    new_context: Callable[..., BrowserContext], customer: str
) -> None:
    context = new_context()
    context.add_init_script(NO_PASSKEYS)
    page = context.new_page()
    page.goto("/login")
    expect(page.get_by_label("Email address")).to_be_visible()
    expect(page.get_by_test_id("passkey-login-part")).to_have_attribute("data-passkeys", "false")
    expect(page.get_by_test_id("passkey-login")).to_be_hidden()

    log_in(page, customer)
    go_to_security(page)
    expect(card(page)).to_be_visible()
    expect(page.get_by_test_id("passkeys-add")).to_be_hidden()


def test_two_tabs_do_not_mix(by_button: Page, customer: str) -> None:
    """Each prompt has a challenge of its own: that of one tab does not end that of the other."""
    page = by_button
    log_in(page, customer)
    Device(page)
    add(page)
    log_out(page)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto("/login")
        expect(tab.get_by_test_id("passkey-login")).to_be_visible()

    use(page)

    expect_account(page)
    other.goto("/login")
    expect_account(other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_card_and_the_login_on_a_phone_in_french(
    new_context: Callable[..., BrowserContext], customer: str, theme: Literal["light", "dark"]
) -> None:
    context = new_context(locale="fr-FR", viewport=PHONE, color_scheme=theme)
    page = context.new_page()
    Device(page, automaticPresenceSimulation=False)

    page.goto("/login")

    button = page.get_by_role("button", name="Utiliser une clé d’accès")
    expect(button).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button.focus()
    expect(button).to_be_focused()


def test_what_is_offered_behind_the_field_is_renewed_and_costs_nothing_meanwhile(page: Page) -> None:
    """A challenge lives for five minutes. While the page waits for the next one, the browser has nothing to draw."""
    page.goto("/login")
    offer = page.locator(".renews").element_handle()
    progress = "offer => offer.getAnimations().map(({ effect }) => effect.getComputedTiming().progress)"
    assert offer.evaluate(progress) == [None]

    offer.evaluate("offer => offer.getAnimations()[0].finish()")

    page.wait_for_function("offer => !offer.isConnected && document.querySelector('.renews')", arg=offer)


def test_after_a_login_by_password_the_question_is_put_once(by_button: Page, server: Server, email: str) -> None:
    page = by_button
    Device(page)
    server.create_account(email, asked_for_passkey=False)
    log_in(page, email)
    question = page.get_by_role("region", name="Next time without a password?")
    page.reload()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Set up a passkey").click()
    expect(card(page).get_by_role("heading", name="Passkeys")).to_be_in_viewport()

    question.get_by_role("button", name="No, thanks").click()

    expect(question).to_have_count(0)
    log_out(page)
    log_in(page, email)
    expect(page.get_by_role("button", name="Save").first).to_be_visible()
    expect(question).to_have_count(0)


def test_a_browser_without_passkeys_is_not_asked(
    new_context: Callable[..., BrowserContext], server: Server, email: str
) -> None:
    context = new_context()
    context.add_init_script(NO_PASSKEYS)
    page = context.new_page()
    server.create_account(email, asked_for_passkey=False)
    log_in(page, email)
    expect(page.get_by_role("button", name="Save").first).to_be_visible()
    expect(page.get_by_role("region", name="Next time without a password?")).to_have_count(0)
