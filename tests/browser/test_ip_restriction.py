"""IP restriction as a customer meets it: locked out and let in again, in French, on a phone, by keyboard."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.tables import IpRule
from tests.browser.conftest import PHONE, gauge_percent, go_to_security, log_in, unfold_rules
from tests.kit.hands import Keyboard
from tests.kit.harness import PASSWORD, Server
from tests.kit.pages import SECURITY

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
    rules = page.get_by_test_id("ip-rules")  # folded, as the restriction is off
    expect(rules.locator("li")).to_have_count(1)
    expect(rules).to_contain_text("203.0.113.0/24")
    expect(rules).to_contain_text("Office <Lille>")

    dialog = page.get_by_role("dialog", name="Switch IP restriction on")
    expect(dialog.get_by_role("alert").first).to_contain_text("127.0.0.1")
    dialog.get_by_role("button", name="Switch on").click()
    expect(dialog.get_by_text("This would block your own access.")).to_be_visible()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Switch on").click()
    refused = page.get_by_text("Access from this network is not allowed for this account. Use a network on your list.")
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


def french_phone(server: Server, new_context: Callable[..., BrowserContext], email: str) -> Page:
    """A new customer of ours, logged in by keyboard."""
    server.create_account(email, language="fr")
    page = new_context(locale="fr-FR", viewport=PHONE).new_page()
    by = Keyboard(page)
    page.goto("/login")
    by.type(page.get_by_label("Adresse e\u2011mail"), email)
    by.type(page.get_by_label("Mot de passe", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Informations personnelles")).to_be_visible()
    return page


def test_in_french_on_a_phone_by_keyboard(
    server: Server, new_context: Callable[..., BrowserContext], email: str
) -> None:
    page = french_phone(server, new_context, email)
    by = Keyboard(page)
    page.goto("/account/connection-and-security")

    by.press(page.locator("summary", has_text="Adresses autorisées"))
    by.press(page.get_by_role("button", name="Ajouter cette adresse"))
    expect(page.get_by_test_id("ip-here")).to_contain_text("Autorisée par 127.0.0.1.")
    by.press(page.get_by_role("button", name="Ajouter une règle"))
    by.type(page.get_by_label("Adresse IP, réseau ou plage"), "2001:DB8:0::/48")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("ip-rules")).to_contain_text("2001:db8::/48")
    switch = page.get_by_role("switch", name="Restriction IP")
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
    unfold_rules(page)
    page.get_by_role("button", name="Add this address").click()
    expect(page.get_by_test_id("ip-here")).to_contain_text("Allowed by 127.0.0.1.")
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


def test_a_customer_who_stays_inside_is_told_so_before_switching_on(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.goto(SECURITY)
    page.get_by_role("switch", name="IP Restriction").click()
    page.get_by_role("dialog").get_by_label("IP address, network or range").fill("127.0.0.0/8")
    page.get_by_role("button", name="Add", exact=True).click()

    dialog = page.get_by_role("dialog", name="Switch IP restriction on")
    expect(dialog.get_by_test_id("ip-safe")).to_contain_text(
        "127.0.0.1, the address you are using now, is covered by 127.0.0.0/8"
    )
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("switch", name="IP Restriction")).to_be_checked()


def test_the_words_are_part_of_their_switch(page: Page, customer: str) -> None:
    """A click on the words of a card's heading presses its switch."""
    log_in(page, customer)
    page.goto(SECURITY)
    page.get_by_role("heading", name="Email alerts", exact=True).get_by_text("Email alerts").click()
    expect(page.get_by_role("switch", name="Email alerts")).to_be_checked()

    page.get_by_role("heading", name="IP Restriction", exact=True).get_by_text("IP Restriction").click()
    expect(page.get_by_role("dialog", name="Add a rule")).to_be_visible()


PASTED = """# Offices
203.0.113.7 Lyon
198.51.100.1-20 # Lille, 2nd floor
192.168.1.*
127.0.0.0/8; 8.8.8.0 255.255.255.0 Warehouse
203.0.113.7:443
"""


def test_a_pasted_list_is_looked_at_and_added_with_one_mail(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    page.goto(SECURITY)
    unfold_rules(page)
    page.get_by_role("button", name="Add several").click()
    dialog = page.get_by_role("dialog", name="Add several rules")
    expect(dialog.get_by_text("There is room for 200 more rules")).to_be_visible()
    text = dialog.get_by_label("Rules")
    expect(text).to_be_focused()
    text.fill(f"{PASTED}198.51.100.7/24")
    dialog.get_by_role("button", name="Check the list").click()

    expect(dialog.get_by_text("1 rule cannot be read. Nothing has been added yet")).to_be_visible()
    preview = dialog.get_by_test_id("ip-list-preview").get_by_role("listitem")
    expect(preview.first).to_contain_text("Line 7")
    expect(preview.first).to_contain_text("198.51.100.0/24 for the whole network")
    expect(text).to_be_focused()
    expect(page.get_by_test_id("ip-rules")).to_have_count(0)

    text.fill(PASTED)
    dialog.get_by_role("button", name="Check the list").click()
    expect(dialog.get_by_test_id("ip-list-check")).to_be_focused()
    expect(dialog.get_by_text("5 rules will be added, and you get one email about all of them.")).to_be_visible()
    expect(preview).to_have_count(6)
    expect(preview.nth(1)).to_contain_text("All addresses from 198.51.100.1 to 198.51.100.20")
    expect(preview.nth(1)).to_contain_text("Lille, 2nd floor")
    expect(preview.nth(2)).to_contain_text("private, for use inside homes and offices only")
    expect(preview.nth(3)).not_to_contain_text("internet")  # the customer is there
    expect(preview.nth(5)).to_contain_text("The same as in line 2: left out")
    dialog.get_by_role("button", name="Change the list").click()
    expect(text).to_have_value(PASTED)
    dialog.get_by_role("button", name="Check the list").click()
    dialog.get_by_role("button", name="Add 5 rules").click()

    expect(page.get_by_test_id("ip-rules").get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("5 rules were added to the list.")).to_be_visible()
    server.wait_for_mail(customer, subject="5 rules were added")
    assert len([mail for mail in server.mails(customer) if "IP restriction" in str(mail["subject"])]) == 1


def test_a_list_without_the_own_address_leads_to_the_guard(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.goto(SECURITY)
    page.get_by_role("switch", name="IP Restriction").click()
    dialog = page.get_by_role("dialog", name="Add a rule")
    dialog.get_by_label("IP address, network or range").fill("8.8.8.8")
    dialog.get_by_label("Note").fill("Home")
    dialog.get_by_role("button", name="Add several at once").click()
    dialog = page.get_by_role("dialog", name="Add several rules")
    expect(dialog.get_by_label("Rules")).to_be_focused()
    page.keyboard.insert_text("9.9.9.9")  # at the cursor
    expect(dialog.get_by_label("Rules")).to_have_value("9.9.9.9\n8.8.8.8 # Home")
    dialog.get_by_role("button", name="Check the list").click()
    expect(dialog.get_by_test_id("ip-list-out")).to_contain_text("127.0.0.1, the address you are using now")
    dialog.get_by_role("button", name="Add 2 rules").click()

    dialog = page.get_by_role("dialog", name="Switch IP restriction on")
    expect(dialog.get_by_role("alert").first).to_contain_text("127.0.0.1")
    expect(dialog.get_by_role("checkbox")).not_to_be_checked()


def test_one_rule_after_the_other(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.goto(SECURITY)
    unfold_rules(page)
    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog", name="Add a rule")
    address, note = dialog.get_by_label("IP address, network or range"), dialog.get_by_label("Note")
    address.fill("8.8.8.8/24")
    dialog.get_by_role("button", name="Save and add another").click()
    expect(dialog.get_by_text("8.8.8.0/24 for the whole network")).to_be_visible()
    expect(address).to_have_value("8.8.8.8/24")
    for number in range(2):
        address.fill(f"8.8.{number}.0/24")
        note.fill("Office")
        dialog.get_by_role("button", name="Save and add another").click()
        expect(dialog.get_by_test_id("ip-added")).to_contain_text(f"8.8.{number}.0/24 is on the list.")
        expect(address).to_be_focused()
        expect(address).to_have_value("")
        expect(note).to_have_value("")
    address.fill("8.8.9.0/24")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("ip-rules").get_by_role("listitem")).to_have_count(3)


def test_a_list_in_french_on_a_phone_by_keyboard(
    server: Server, new_context: Callable[..., BrowserContext], email: str
) -> None:
    page = french_phone(server, new_context, email)
    by = Keyboard(page)
    page.goto(f"{SECURITY}#ip-restriction")

    by.press(page.get_by_role("button", name="Ajouter plusieurs règles"))
    dialog = page.get_by_role("dialog", name="Ajouter plusieurs règles")
    expect(dialog.get_by_label("Règles")).to_be_focused()
    page.keyboard.insert_text("2001:4860:1234:5678:9abc:def0:1234:5678 # Bureau\n198.51.100.1 à 198.51.100.20")
    by.press(dialog.get_by_role("button", name="Vérifier la liste"))
    expect(dialog.get_by_text("Toutes les adresses de 198.51.100.1 à 198.51.100.20")).to_be_visible()
    expect(dialog.get_by_text("Préférez 2001:4860:1234:5678::/64")).to_be_visible()
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
    by.press(dialog.get_by_role("button", name="Ajouter 2 règles"))
    expect(page.get_by_test_id("ip-rules").get_by_role("listitem")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_long_list_can_be_searched(page: Page, server: Server, customer: str) -> None:
    account_id = server.query("SELECT id FROM account WHERE email = :email", email=customer)[0]
    with server.units.write() as unit:
        for number in range(200):
            span = parse(f"198.18.{number}.0/24")
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
    page.goto(f"{SECURITY}#ip-restriction")
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
    page.goto(f"{SECURITY}#ip-restriction")

    card = page.get_by_role("region", name="IP Restriction")
    expect(card).to_be_in_viewport()
    expect(card).to_have_css("animation-name", "reached")
    page.get_by_role("link", name="Change your password.").click()
    expect(page.locator(":target")).to_have_accessible_name("Password")
    expect(page.get_by_role("region", name="Password")).to_have_css("animation-name", "reached")
