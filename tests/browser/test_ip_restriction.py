"""IP restriction as a customer meets it: locked out and let in again, in French, on a phone, by keyboard."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from netim_app.features.ip_restriction import rules
from netim_app.features.ip_restriction.tables import IpRule
from tests.browser.conftest import PHONE, gauge_percent, go_to_security, log_in
from tests.kit.harness import PASSWORD, Server
from tests.kit.keyboard import Keyboard

SECURITY = "/account/connection-and-security"
FRESH_SECONDS = 10 * 60


def test_locked_out_and_authorize_again(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    switch = page.get_by_role("switch", name="IP Restriction")
    switch.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("IP address, network or range").fill("203.0.113.7/24")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("203.0.113.0/24 for the whole network")).to_be_visible()
    dialog.get_by_label("IP address, network or range").fill("203.0.113.0 - 203.0.113.255")
    dialog.get_by_label("Note").fill("Office <Lille>")
    dialog.get_by_role("button", name="Add", exact=True).click()
    rules = page.get_by_test_id("ip-rules")
    expect(rules.get_by_role("listitem")).to_have_count(1)
    expect(rules).to_contain_text("203.0.113.0/24")
    expect(rules).to_contain_text("Office <Lille>")

    dialog = page.get_by_role("dialog", name="Switch IP restriction on")
    expect(dialog.get_by_role("alert").first).to_contain_text("127.0.0.1")
    dialog.get_by_role("button", name="Switch on").click()
    expect(dialog.get_by_text("This would shut you out.")).to_be_visible()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Switch on").click()
    refused = page.get_by_text("Access from this network is not allowed for this account.")
    expect(refused).to_be_visible()
    expect(page.get_by_text("Anna Martin")).to_have_count(0)

    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(refused).to_be_visible()
    server.wait_for_mail(customer, subject="refused")

    assert server.netim("unlock", customer).returncode == 0
    server.wait_for_mail(customer, subject="unlocked")
    page.goto("/account/connection-and-security")  # the session itself had not ended
    expect(switch).not_to_be_checked()
    expect(page.get_by_test_id("ip-rules")).to_contain_text("203.0.113.0/24")


def test_in_french_on_a_phone_by_keyboard(
    server: Server, new_context: Callable[..., BrowserContext], email: str
) -> None:
    server.create_account(email, language="fr")
    page = new_context(locale="fr-FR", viewport=PHONE).new_page()
    by = Keyboard(page)
    page.goto("/login")
    by.type(page.get_by_label("Adresse e-mail"), email)
    by.type(page.get_by_label("Mot de passe", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Informations personnelles")).to_be_visible()
    page.goto("/account/connection-and-security")

    by.press(page.get_by_role("button", name="Ajouter cette adresse"))
    expect(page.get_by_test_id("ip-here")).to_contain_text("Autorisée par 127.0.0.1.")
    by.press(page.get_by_role("button", name="Ajouter une règle"))
    by.type(page.get_by_label("Adresse IP, réseau ou plage"), "2001:DB8:0::/48")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("ip-rules")).to_contain_text("2001:db8::/48")
    switch = page.get_by_role("switch", name="Restriction d’IP")
    by.press(switch)
    by.press(page.get_by_role("dialog").get_by_role("button", name="Activer"))
    expect(switch).to_be_checked()
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", gauge_percent("password", "ip_restriction"))
    by.type(page.get_by_label("Adresse IP à tester"), "2001:db8::42")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("ip-test-result")).to_contain_text("2001:db8::42 est autorisée par 2001:db8::/48.")
    by.press(page.get_by_role("button", name="Supprimer 2001:db8::/48"))
    by.press(page.get_by_role("dialog").get_by_role("button", name="Supprimer", exact=True))
    expect(page.get_by_test_id("ip-rules").get_by_role("listitem")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_goes_on_after_a_fresh_proof(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    page.get_by_role("button", name="Add this address").click()
    expect(page.get_by_test_id("ip-here")).to_contain_text("Let in by 127.0.0.1.")
    try:
        for number, (opener, title) in enumerate(
            (
                ("Add a rule", "Add a rule"),
                ("Remove 127.0.0.1", "Remove a rule"),
                ("switch", "Switch IP restriction on"),
            )
        ):
            server.move_clock((number + 1) * (FRESH_SECONDS + 5))
            role = "switch" if opener == "switch" else "button"
            page.get_by_role(role, name="IP Restriction" if opener == "switch" else opener).click()
            step_up = page.get_by_test_id("step-up-dialog")
            step_up.get_by_label("Password", exact=True).fill(PASSWORD)
            step_up.get_by_role("button", name="Confirm").click()
            expect(page.get_by_role("dialog", name=title)).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
    finally:
        server.move_clock(0)


def test_whoever_stays_inside_is_told_so_before_switching_on(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.goto(SECURITY)
    page.get_by_role("switch", name="IP Restriction").click()
    page.get_by_role("dialog").get_by_label("IP address, network or range").fill("127.0.0.0/8")
    page.get_by_role("button", name="Add", exact=True).click()

    dialog = page.get_by_role("dialog", name="Switch IP restriction on")
    expect(dialog.get_by_test_id("ip-safe")).to_contain_text("127.0.0.1, where you are now, is covered by 127.0.0.0/8")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("switch", name="IP Restriction")).to_be_checked()


def test_a_long_list_can_be_searched(page: Page, server: Server, customer: str) -> None:
    account_id = server.query("SELECT id FROM account WHERE email = :email", email=customer)[0]
    with server.units.write() as unit:
        for number in range(200):
            span = rules.parse(f"198.18.{number}.0/24")
            unit.session.add(
                IpRule(
                    account_id=account_id,
                    family=span.family,
                    first=span.first.to_bytes(16, "big"),
                    last=span.last.to_bytes(16, "big"),
                    text=span.text,
                    note="Office in Lyon" if number == 150 else "",
                    added_at=unit.now,
                    added_from="127.0.0.1",
                )
            )
    log_in(page, customer)
    page.goto(SECURITY)
    entries = page.get_by_test_id("ip-rules").get_by_role("listitem")
    expect(entries).to_have_count(200)

    search = page.get_by_role("searchbox", name="Find a rule")
    search.fill("lyon")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("198.18.150.0/24")
    search.fill("198.18.7")
    expect(entries).to_have_count(11)  # 7 and 70 to 79
    search.fill("nowhere")
    expect(entries).to_have_count(0)
    expect(page.get_by_text("No rule contains this.")).to_be_visible()
    search.fill("")
    expect(entries).to_have_count(200)


def test_a_link_leads_to_its_card_and_marks_it(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.get_by_role("link", name="Choose your IP addresses").click()

    expect(page).to_have_url(re.compile(f"{SECURITY}#ip-restriction$"))
    card = page.get_by_role("region", name="IP Restriction")
    expect(card).to_be_in_viewport()
    expect(card).to_have_css("animation-name", "reached")
    page.get_by_role("link", name="Switch on email alerts").click()
    expect(page.locator(":target")).to_have_accessible_name("Email alerts")
    expect(page.get_by_role("region", name="Email alerts")).to_have_css("animation-name", "reached")
