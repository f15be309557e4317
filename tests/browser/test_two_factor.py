"""Two-factor authentication as a customer meets it: a QR code read from the screen, codes, devices, a lost phone."""

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, expect
from sqlmodel import delete

from netim_app.core.facts import Origin
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.totp.tables import TotpEnrolment
from tests.browser.conftest import DESKTOP, PHONE, gauge_percent, go_to_security, log_in, log_out
from tests.kit.factories import account_id_of
from tests.kit.hands import Keyboard
from tests.kit.harness import PASSWORD, Server
from tests.kit.languages import tag
from tests.kit.pages import SECURITY
from tests.kit.phone import (
    Phone,
    enable,
    finish,
    give_code,
    give_password,
    go_through,
    open_settings,
    open_wizard,
)

WORDS = {
    "en": {
        "email": "Email address", "password": "Password", "log in": "Log in", "personal": "Personal information",
        "enable": "Enable", "step 1": "Step 1 of 3", "next": "Next", "code": "Code (6 digits)", "step 3": "Step 3 of 3",
        "saved": "I have saved them", "done": "Done", "device": "My device", "title": "Enter your code",
    },
    "fr": {
        "email": "Adresse e\u2011mail", "password": "Mot de passe", "log in": "Se connecter",
        "personal": "Informations personnelles", "enable": "Activer", "step 1": "Étape 1 sur 3", "next": "Suivant",
        "code": "Code (6 chiffres)", "step 3": "Étape 3 sur 3", "saved": "Je les ai enregistrés", "done": "Terminer",
        "device": "Mon appareil", "title": "Saisissez votre code",
    },
    "de": {
        "email": "E\u2011Mail-Adresse", "password": "Passwort", "log in": "Anmelden",
        "personal": "Persönliche Daten", "enable": "Aktivieren", "step 1": "Schritt 1 von 3", "next": "Weiter",
        "code": "Code (6 Ziffern)", "step 3": "Schritt 3 von 3", "saved": "Ich habe sie gespeichert", "done": "Fertig",
        "device": "Mein Gerät", "title": "Code eingeben",
    },
}  # fmt: skip


def paste_code(page: Page, code: str) -> None:
    """As copied from an application that shows it in two groups."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", f" {code[:3]} {code[3:]} ")
    page.get_by_label("Code (6 digits)").focus()  # the wrong code is still there, selected
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")


def card(page: Page) -> Locator:
    return page.locator("#two-factor")


def test_pending_bound_the_customers_own_tabs_go_on(
    page: Page, new_context: Callable[..., BrowserContext], server: Server, customer: str
) -> None:
    """The code page after a reload, by the back button and in a second tab; not in a browser with the same device."""
    log_in(page, customer)
    go_to_security(page)
    phone, _ = enable(page, server)
    finish(page)
    log_out(page)
    code_page = {"role": "heading", "name": "Enter your code"}
    with page.expect_response("**/auth/pending") as kept:
        give_password(page, customer)
    assert kept.value.status == 204
    expect(page.get_by_role(**code_page)).to_be_visible()
    page.reload()
    expect(page.get_by_role(**code_page)).to_be_visible()
    page.goto("/signup")
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.go_back()
    expect(page.get_by_role(**code_page)).to_be_visible()

    other = new_context()
    other.add_cookies([c for c in page.context.cookies() if c["name"] == "netim_browser"])  # type: ignore[misc]
    stranger = other.new_page()
    stranger.goto("/login")
    expect(stranger.get_by_label("Email address")).to_be_visible()

    tab = page.context.new_page()
    tab.goto("/login")
    expect(tab.get_by_role(**code_page)).to_be_visible()
    give_code(tab, phone.code())
    expect(tab.get_by_role("heading", name="Personal information")).to_be_visible()
    assert "netim_pending" not in {c["name"] for c in tab.context.cookies()}


def test_a_page_that_comes_back_posts_no_secret_again(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    enable(page, server)
    finish(page)
    log_out(page)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url.rpartition(":3000")[2]))
    give_password(page, customer)
    page.get_by_test_id("login-code").get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.go_back()
    expect(page.locator("#keep-pending")).to_be_attached()
    assert posted.count("/auth/pending") == 1


def test_enable_login_add_remove_and_disable(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    phone, _ = enable(page, server)
    assert phone.uri.startswith("otpauth://totp/Netim%20Direct:")
    finish(page)
    expect(card(page).get_by_text("Pixel")).to_be_visible()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", gauge_percent("totp", "password"))
    server.wait_for_mail(customer, subject="Two-factor authentication is on")

    log_out(page)
    give_password(page, customer)
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    give_code(page, "000000")
    expect(page.get_by_text("Wrong code")).to_be_visible()
    paste_code(page, phone.code())
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
    go_to_security(page)

    dialog = open_wizard(page, "Add a device")
    expect(dialog.get_by_text("Step 1 of 2")).to_be_visible()
    tablet = Phone(server, dialog.get_by_test_id("totp-qr"))
    assert tablet.uri != phone.uri
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_label("Code (6 digits)").fill(tablet.code())
    dialog.get_by_label("Name of the device").fill("pixel")
    dialog.get_by_role("button", name="Check").click()
    expect(dialog.get_by_text("Another device has this name.")).to_be_visible()
    dialog.get_by_label("Name of the device").fill("Tablet")
    dialog.get_by_role("button", name="Check").click()
    expect(page.get_by_test_id("totp-devices").get_by_role("listitem")).to_have_count(2)

    card(page).get_by_role("button", name="Rename Tablet").click()
    expect(page.get_by_role("dialog").get_by_label("Name of the device")).to_be_focused()
    page.get_by_role("dialog").get_by_label("Name of the device").fill("Old tablet")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    card(page).get_by_role("button", name="Remove Old tablet").click()
    page.get_by_test_id("totp-remove-submit").click()
    expect(page.get_by_test_id("totp-devices").get_by_role("listitem")).to_have_count(1)
    server.wait_for_mail(customer, subject="removed")

    page.get_by_role("button", name="Disable", exact=True).click()
    dialog = page.get_by_test_id("totp-disable-dialog")
    expect(dialog.get_by_label("Code (6 digits)")).to_be_focused()
    dialog.get_by_label("Code (6 digits)").fill("000000")
    dialog.get_by_role("button", name="Disable").click()
    expect(dialog.get_by_text("Wrong code")).to_be_visible()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())
    dialog.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_visible()
    expect(page.locator("#backup-codes")).to_have_count(0)
    server.wait_for_mail(customer, subject="Two-factor authentication is off")


def paste_alone(page: Page, text: str) -> None:
    """Pastes a code, which then sends itself."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.get_by_label("Code (6 digits)").focus()
    page.keyboard.press("Control+V")


def test_a_code_is_taken_as_it_was_pasted(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    phone, codes = enable(page, server)
    finish(page)
    arabic = {ord("0") + digit: 0x0660 + digit for digit in range(10)}
    wide = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
    ways: tuple[Callable[[str], str], ...] = (
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"{code[:3]}\u202f{code[3:]}\u200b",
        lambda code: code.translate(wide),
        lambda code: f"\u2067{code.translate(arabic)}\u2069",
    )
    for way in (*ways, None):
        log_out(page)
        give_password(page, customer)
        expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
        paste_alone(page, way(phone.code()) if way else f"3. {codes[2][:3]} {codes[2][3:]}")
        expect(page.get_by_role("heading", name="Personal information")).to_be_visible()

    log_out(page)
    give_password(page, customer)
    give_code(page, "83930")
    expect(page.get_by_text("Please enter a single six-digit code. This did not count")).to_be_visible()
    page.get_by_label("Code (6 digits)").fill("")
    page.get_by_label("Code (6 digits)").press_sequentially(f"4. {codes[3]}")
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
    assert server.query(
        "SELECT count(*) FROM failed_code_count WHERE account_id = (SELECT id FROM account WHERE email = :e)",
        e=customer,
    ) == [0]


def test_a_refused_code_that_sent_itself_is_typed_over(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    phone, _ = enable(page, server)
    finish(page)
    log_out(page)
    give_password(page, customer)
    expect(page.get_by_label("Code (6 digits)")).to_be_focused()
    page.keyboard.type("000000")
    expect(page.get_by_text("Wrong code")).to_be_visible()

    page.keyboard.type(phone.code())

    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def test_a_lost_phone(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    _, codes = enable(page, server)
    finish(page)

    for left in (9, 8):
        log_out(page)
        give_password(page, customer)
        give_code(page, codes[left])
        expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
        go_to_security(page)
        expect(page.get_by_text(f"{left} of 10 left")).to_be_visible()
    server.wait_for_mail(customer, 2, subject="Backup code used")
    log_out(page)
    give_password(page, customer)
    give_code(page, codes[8])
    expect(page.get_by_text("This code has already been used.")).to_be_visible()
    page.get_by_text("Lost your phone?").click()
    expect(page.get_by_text("Enter one of your backup codes instead.")).to_be_visible()
    give_code(page, codes[0])
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
    expect(page.get_by_text("Your backup codes are running out.")).to_have_count(0)
    with server.units.write() as unit:
        account_id = account_id_of(unit, customer)
        assert all(backup_code_use.consume(unit, account_id, code, Origin()) for code in codes[1:6])
    page.reload()
    expect(page.get_by_text("Your backup codes are running out.")).to_be_visible()
    go_to_security(page)
    expect(page.get_by_test_id("backup-codes-low")).to_contain_text("2 backup codes are left.")

    page.get_by_test_id("backup-codes-make").click()
    page.get_by_test_id("backup-codes-make-submit").click()
    sheet = page.get_by_test_id("backup-codes-new")
    fresh = sheet.get_by_test_id("backup-codes-list").get_by_role("listitem").all_inner_texts()
    assert set(fresh) != set(codes)
    sheet.get_by_role("button", name="Done").click()
    expect(sheet.get_by_text("Save the codes first")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(sheet).to_be_visible()
    finish(page)
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    expect(page.get_by_test_id("backup-codes-low")).to_have_count(0)


def test_copy_download_and_print(page: Page, server: Server, customer: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_settings(page, server, customer)
    dialog = open_wizard(page)
    key = dialog.get_by_test_id("totp-key")
    shown = key.locator("span").first.inner_text()
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", shown)
    key.click()
    expect(dialog.get_by_role("status").get_by_text("The key has been copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown.replace(" ", "")
    uri = dialog.get_by_test_id("totp-uri").get_attribute("href") or ""
    assert pyotp.parse_uri(uri).secret == shown.replace(" ", "")
    dialog.get_by_role("button", name="Cancel").click()

    _, codes = enable(page, server)
    sheet = page.get_by_test_id("backup-codes-new")
    sheet.get_by_role("button", name="Copy").click()
    expect(sheet.get_by_role("status").get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        sheet.get_by_role("link", name="Download").click()
    saved = download.value.path().read_text(encoding="utf-8")
    assert copied == saved
    assert set(codes) <= set(saved.splitlines())
    assert customer in saved
    page.evaluate("window.print = () => { window.printed = true; }")
    sheet.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(sheet.get_by_text(f"Account: {customer}")).to_be_visible()
    expect(sheet.get_by_text(f"Log in at {page.url.partition('/account/')[0]}/login")).to_be_visible()
    boxes = sheet.get_by_test_id("backup-codes-list").locator("li > span")
    assert [box.is_visible() for box in boxes.all()] == [True] * len(codes)
    assert page.locator("[data-testid=backup-codes-new]").bounding_box()["x"] == 0  # type: ignore[index]  # it is shown
    expect(page.get_by_role("heading", name="Password")).to_be_hidden()
    assert len(re.findall(rb"/Type /Page\b", page.pdf())) == 1
    page.emulate_media(media="print", color_scheme="dark")
    paper = Image.open(io.BytesIO(page.screenshot())).convert("L").histogram()
    assert sum(paper[255:]) > 0.8 * sum(paper), "dark pages are printed on white paper, too"


@contextmanager
def nothing_changed(page: Page, server: Server, email: str) -> Iterator[None]:
    """Two-factor authentication is off before and after, and no secret is left."""
    yield
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_visible()
    expect(page.get_by_test_id("totp-wizard")).to_have_count(0)
    owner = "(SELECT id FROM account WHERE email = :email)"
    assert server.query(f"SELECT count(*) FROM totp_authenticator WHERE account_id = {owner}", email=email) == [0]  # noqa: S608
    wait_until_no_secret_is_left(server, email)


def wait_until_no_secret_is_left(server: Server, email: str) -> None:
    """A page that opens deletes an abandoned secret, and does not say when it has done so."""
    secrets = "SELECT count(*) FROM totp_enrolment WHERE account_id = (SELECT id FROM account WHERE email = :email)"
    deadline = time.monotonic() + 100
    while server.query(secrets, email=email) != [0]:
        assert time.monotonic() < deadline, "the abandoned secret is still there"
        time.sleep(0.05)


@pytest.mark.parametrize("step", [1, 2])
def test_leaving_half_way_leaves_everything_as_it_was(page: Page, server: Server, customer: str, step: int) -> None:
    def go_half_way() -> Locator:
        dialog = open_wizard(page)
        if step == 2:
            dialog.get_by_role("button", name="Next").click()
            expect(dialog.get_by_text("Step 2 of 3")).to_be_visible()
        return dialog

    open_settings(page, server, customer)
    for leave in ("close", "escape", "reload", "back"):
        with nothing_changed(page, server, customer):
            if leave == "back":
                page.goto("/account/personal-information")
                go_to_security(page)
            dialog = go_half_way()
            if leave == "close":
                dialog.get_by_role("button", name="Close").click()
            elif leave == "escape":
                page.keyboard.press("Escape")
            elif leave == "reload":
                page.reload()
            else:
                page.go_back()
                expect(page.get_by_role("heading", name="Personal information", level=1)).to_be_visible()
                wait_until_no_secret_is_left(server, customer)
                page.go_forward()
            expect(dialog).to_have_count(0)


def test_codes_are_transient_vars(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    _, codes = enable(page, server)

    page.reload()

    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    expect(page.get_by_test_id("backup-codes-new")).to_have_count(0)
    assert not any(code in page.content() for code in codes)


def question_before(page: Page, leave: str) -> Dialog:
    """The browser's question when the page is about to be left; the answer is that it stays."""
    with page.expect_event("dialog") as asked:
        page.evaluate(f"setTimeout(() => {leave})")
    asked.value.dismiss()
    return asked.value


def test_codes_that_nobody_has_saved_are_not_left_without_a_question(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    _, codes = enable(page, server)
    back = question_before(page, "history.back()")
    assert (back.type, "shown only this once" in back.message) == ("confirm", True)
    for leave in ("location.reload()", "location.replace('/login')"):
        assert question_before(page, leave).type == "beforeunload"
    assert page.get_by_test_id("backup-codes-list").get_by_role("listitem").all_inner_texts() == codes
    assert page.url.endswith(SECURITY)

    finish(page)
    page.wait_for_url("**#two-factor")  # the card comes into view
    asked: list[str] = []

    def answer(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    page.on("dialog", answer)
    page.go_back()
    expect(page.get_by_role("heading", name="Personal information", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Personal information", level=1)).to_be_visible()
    assert asked == []


def test_two_tabs_do_not_mix(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    other = page.context.new_page()
    other.goto(SECURITY)
    phones = []
    for tab in (other, page):
        tab.bring_to_front()
        dialog = open_wizard(tab)
        phones.append(Phone(server, dialog.get_by_test_id("totp-qr")))
        dialog.get_by_role("button", name="Next").click()
        expect(dialog.get_by_text("Step 2 of 3")).to_be_visible()
    theirs, ours = phones
    page.get_by_label("Code (6 digits)").fill(theirs.code())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Wrong code")).to_be_visible()
    page.get_by_label("Code (6 digits)").fill(ours.code())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Step 3 of 3")).to_be_visible()


@pytest.mark.parametrize("step", [1, 2])
def test_the_slower_of_two_tabs_says_what_became_of_its_entry(
    page: Page, server: Server, customer: str, step: int
) -> None:
    open_settings(page, server, customer)
    other = page.context.new_page()
    other.goto(SECURITY)
    slow = open_wizard(other)
    theirs = Phone(server, slow.get_by_test_id("totp-qr"))
    if step == 2:
        slow.get_by_role("button", name="Next").click()
        slow.get_by_label("Code (6 digits)").fill(theirs.code())
    page.bring_to_front()
    enable(page, server)
    finish(page)

    other.bring_to_front()
    slow.get_by_role("button", name="Next" if step == 1 else "Check").click()
    expect(slow.get_by_role("alert")).to_contain_text("enabled in another tab or window")
    expect(slow.get_by_role("alert")).to_contain_text("delete that one and keep the other")
    slow.get_by_test_id("totp-ended-close").click()
    expect(slow).to_have_count(0)
    expect(other.get_by_test_id("totp-devices").get_by_role("listitem")).to_have_count(1)


def test_a_wizard_that_was_open_for_too_long_begins_again(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    dialog = open_wizard(page)
    Phone(server, dialog.get_by_test_id("totp-qr"))
    with server.units.write() as unit:
        unit.session.exec(delete(TotpEnrolment))
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_role("alert")).to_contain_text("delete the new entry")
    dialog.get_by_role("button", name="Start again").click()
    go_through(page, server, dialog)
    finish(page)


def test_a_clock_that_is_wrong_is_told(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    dialog = open_wizard(page)
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    for steps, words in ((10, "about 5 min fast"), (-10, "about 5 min slow")):
        dialog.get_by_label("Code (6 digits)").fill(phone.code(steps))
        dialog.get_by_role("button", name="Check").click()
        expect(dialog.get_by_text(words)).to_be_visible()


def test_after_a_while_password_and_code_are_asked_for_first(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    server.move_clock(11 * 60)
    page.get_by_role("button", name="Enable", exact=True).click()
    step_up = page.get_by_test_id("step-up")
    step_up.get_by_label("Password", exact=True).fill(PASSWORD)
    expect(step_up.get_by_label("Code (6 digits)")).to_have_count(0)
    step_up.get_by_role("button", name="Confirm").click()
    wizard = page.get_by_test_id("totp-wizard")
    expect(wizard).to_be_visible()
    phone, codes = go_through(page, server, wizard)
    finish(page)

    server.move_clock(22 * 60)
    page.get_by_role("button", name="Disable", exact=True).click()
    step_up.get_by_label("Password", exact=True).fill(PASSWORD)
    step_up.get_by_label("Code (6 digits)").fill(phone.code())
    step_up.get_by_role("button", name="Confirm").click()
    dialog = page.get_by_test_id("totp-disable-dialog")
    dialog.get_by_label("Code (6 digits)").fill(codes[4])
    dialog.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"),
    [
        ("fr", PHONE, "light"),
        ("fr", DESKTOP, "dark"),
        ("en", PHONE, "dark"),
        ("en", DESKTOP, "light"),
        ("de", PHONE, "light"),
    ],
    ids=["fr-phone-light", "fr-desktop-dark", "en-phone-dark", "en-desktop-light", "de-phone-light"],
)
def test_by_keyboard(
    server: Server,
    new_context: Callable[..., BrowserContext],
    email: str,
    language: str,
    viewport: dict[str, int],
    scheme: str,
) -> None:
    words = WORDS[language]
    server.create_account(email, language=language)
    locale = tag(language)
    page = new_context(locale=locale, viewport=viewport, color_scheme=scheme).new_page()
    by = Keyboard(page)

    def give_password() -> None:
        by.type(page.get_by_label(words["email"]), email)
        by.type(page.get_by_label(words["password"], exact=True), PASSWORD)
        by.press(page.get_by_role("button", name=words["log in"]))

    def nothing_is_cut_off() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto("/login")
    give_password()
    expect(page.get_by_role("heading", name=words["personal"])).to_be_visible()
    page.goto(SECURITY)
    by.press(page.get_by_role("button", name=words["enable"], exact=True))
    dialog = page.get_by_test_id("totp-wizard")
    expect(dialog.get_by_text(words["step 1"])).to_be_visible()
    nothing_is_cut_off()
    if viewport is PHONE:
        by.press(dialog.locator("summary").last)
    phone = Phone(server, dialog.get_by_role("img"))
    by.press(dialog.get_by_role("button", name=words["next"]))
    by.type(dialog.get_by_label(words["code"]), phone.code())
    page.keyboard.press("Enter")
    sheet = page.get_by_test_id("backup-codes-new")
    expect(sheet.get_by_text(words["step 3"])).to_be_visible()
    nothing_is_cut_off()
    by.tick(sheet.get_by_label(words["saved"]))
    by.press(sheet.get_by_role("button", name=words["done"]))
    expect(sheet).to_have_count(0)
    expect(card(page).get_by_text(words["device"])).to_be_visible()
    nothing_is_cut_off()

    page.context.clear_cookies()
    page.goto("/login")
    give_password()
    expect(page.get_by_role("heading", name=words["title"])).to_be_visible()
    nothing_is_cut_off()
    by.type(page.get_by_label(words["code"]), phone.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=words["personal"])).to_be_visible()
