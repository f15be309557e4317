"""A slow line, and one that breaks: a press answers at once and counts once, and nothing that was typed is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, arguments, executable, unfold_rules
from tests.browser.wire import Wire
from tests.kit.harness import PASSWORD, Server, running
from tests.kit.phone import Phone, open_settings, open_wizard

SLOW_SECONDS = 0.2
"""Each way: 400 ms to the server and back."""
NEW_PASSWORD = "copper window giraffe 77"

CLICK_AGAIN_AND_AGAIN = "(button) => { setInterval(() => button.click(), 20); }"
# How long after a press the button says that it was pressed: measured in the page, from the browser's own time stamp.
WATCH = """(button) => {
  const note = (event) => { window.pressed ??= event.timeStamp; };
  for (const kind of ["click", "submit"]) addEventListener(kind, note, {capture: true});
  new MutationObserver(() => {
    if (button.getAttribute("aria-disabled") === "true") window.answered ??= performance.now();
  }).observe(button, {attributes: true});
}"""


@pytest.fixture
def far(wired: Browser, wire: Wire, server: Server) -> Iterator[Page]:
    """A tab at the other end of the wire."""
    context = wired.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin)
    yield context.new_page()
    wire.mend()
    context.close()


def sent_by(page: Page, handler: str) -> list[str]:
    """Collects the events of one handler that leave the page from now on: give it the page before it is loaded."""
    sent: list[str] = []

    def note(frame: str | bytes) -> None:
        if isinstance(frame, str) and f'_{handler}"' in frame:
            sent.append(frame)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", listen)
    return sent


def press_hard(button: Locator, field: Locator | None) -> None:
    """As people do who are not sure that it worked: Enter, a double click, Enter twice."""
    button.evaluate(WATCH)
    if field is not None:
        field.press("Enter")
    button.dblclick(force=True, no_wait_after=True)
    (field or button).press("Enter", no_wait_after=True)
    (field or button).press("Enter", no_wait_after=True)


def answered_at_once(page: Page) -> bool:
    """Whether the press was answered before the server could have done so."""
    return bool(page.evaluate("window.answered - window.pressed") < 2 * SLOW_SECONDS * 1000)


@pytest.mark.alone
def test_login_counts_once(far: Page, wire: Wire, server: Server, customer: str) -> None:
    sent = sent_by(far, "login_state.submit")
    far.goto("/login")
    far.get_by_label("Email address").fill(customer)
    far.get_by_label("Password", exact=True).fill(PASSWORD)
    button = far.get_by_role("button", name="Log in")
    wire.delay = SLOW_SECONDS
    press_hard(button, far.get_by_label("Password", exact=True))
    assert answered_at_once(far)
    expect(button).to_have_attribute("aria-disabled", "true")
    # Until the next page is there, and not only until the server has answered.
    button.evaluate(CLICK_AGAIN_AND_AGAIN)
    expect(far.get_by_role("heading", name="Personal information")).to_be_visible()
    assert len(sent) == 1
    sessions = "SELECT count(*) FROM account_session WHERE account_id = (SELECT id FROM account WHERE email = :email)"
    assert server.query(sessions, email=customer) == [1]


def test_login_before_the_language_is_known_counts_once(far: Page, wire: Wire, server: Server, customer: str) -> None:
    """All texts change when it arrives: that is no answer to the press."""
    sent = sent_by(far, "login_state.submit")
    wire.sockets = False
    far.goto("/login")
    far.locator("#field-email").fill(customer)
    far.locator("#field-password").fill(PASSWORD)
    far.get_by_test_id("login").locator("[type=submit]").evaluate(CLICK_AGAIN_AND_AGAIN)
    expect(far.get_by_test_id("login").locator("[aria-disabled=true]")).to_be_visible()
    wire.sockets = True
    expect(far.get_by_role("heading", name="Personal information")).to_be_visible()
    assert len(sent) == 1


def test_login_before_the_document_is_complete_counts_once(far: Page, server: Server, customer: str) -> None:
    """The browser may parse its end after the press."""
    sent = sent_by(far, "login_state.submit")
    far.goto("/login")
    far.get_by_label("Email address").fill(customer)
    far.get_by_label("Password", exact=True).fill(PASSWORD)
    button = far.get_by_role("button", name="Log in")
    button.evaluate("""(button) => {
      Object.defineProperty(document, "readyState", {value: "interactive"});
      setInterval(() => {
        button.click();
        document.body.append(document.createElement("template"));
      }, 20);
    }""")
    expect(far.get_by_role("heading", name="Personal information")).to_be_visible()
    assert len(sent) == 1


@pytest.mark.alone
def test_sign_up_counts_once(far: Page, wire: Wire, server: Server, email: str) -> None:
    """Also while the strength of the password is still on its way: that is no answer to the press."""
    sent = sent_by(far, "sign_up_state.submit")
    far.goto("/signup")
    far.get_by_label("First name").fill("Anna")
    far.get_by_label("Last name").fill("Martin")
    far.get_by_label("Email address").fill(email)
    wire.delay = SLOW_SECONDS
    password = far.get_by_label("Password", exact=True)
    password.press_sequentially("quiet meadow lantern 42")
    button = far.get_by_role("button", name="Create my account")
    far.wait_for_timeout(300)  # the rating has left
    press_hard(button, password)
    assert answered_at_once(far)
    expect(far.get_by_test_id("password-strength")).not_to_contain_text("not rated")
    if far.get_by_test_id("sent").count() == 0:
        password.press("Enter")
    expect(far.get_by_test_id("sent")).to_be_visible()
    server.wait_for_mail(email)
    assert len(sent) == 1
    assert len(server.mails(email)) == 1


@pytest.mark.alone
def test_code_and_rule_and_password_and_switch_count_once(far: Page, wire: Wire, server: Server, customer: str) -> None:
    handlers = (
        "totp_wizard_state.confirm",
        "ip_dialog_state.add",
        "password_state.submit",
        "login_alerts_state.switch",
    )
    sent = {handler: sent_by(far, handler) for handler in handlers}
    open_settings(far, server, customer)
    wire.delay = SLOW_SECONDS

    switch = far.get_by_role("switch", name="Email alerts")
    press_hard(switch, None)
    assert answered_at_once(far)
    expect(switch).to_be_checked()

    unfold_rules(far)
    far.get_by_test_id("ip-add").click()
    form = far.get_by_test_id("ip-add-form")
    form.get_by_label("IP address, network or range").fill("127.0.0.0/8")
    far.evaluate("delete window.pressed; delete window.answered")
    press_hard(form.get_by_role("button", name="Add", exact=True), form.get_by_label("IP address, network or range"))
    assert answered_at_once(far)
    expect(far.get_by_test_id("ip-rules").get_by_role("listitem")).to_have_count(1)

    dialog = open_wizard(far)
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    code = dialog.get_by_label("Code (6 digits)")
    code.fill(phone.code())
    far.evaluate("delete window.pressed; delete window.answered")
    press_hard(dialog.get_by_role("button", name="Check"), code)
    assert answered_at_once(far)
    sheet = far.get_by_test_id("backup-codes-new")
    expect(sheet).to_be_visible()
    sheet.get_by_role("checkbox").check()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)

    far.get_by_test_id("password-change").click()
    form = far.get_by_test_id("change-password")
    form.get_by_label("Current password").fill(PASSWORD)
    form.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    far.evaluate("delete window.pressed; delete window.answered")
    press_hard(form.get_by_role("button", name="Change password"), form.get_by_label("New password", exact=True))
    assert answered_at_once(far)
    expect(far.get_by_text("Your password has been changed.")).to_be_visible()
    assert {handler: len(frames) for handler, frames in sent.items()} == dict.fromkeys(handlers, 1)


def test_code_that_sends_itself_is_sent_once(far: Page, wire: Wire, server: Server, customer: str) -> None:
    open_settings(far, server, customer)
    phone = Phone(server, open_wizard(far).get_by_test_id("totp-qr"))
    far.get_by_role("button", name="Next").click()
    far.get_by_label("Code (6 digits)").fill(phone.code())
    far.get_by_role("button", name="Check", exact=True).click()
    expect(far.get_by_test_id("backup-codes-new")).to_be_visible()
    far.context.clear_cookies()
    sent = sent_by(far, "login_state.submit_code")
    far.goto("/login")
    far.get_by_label("Email address").fill(customer)
    far.get_by_label("Password", exact=True).fill(PASSWORD)
    far.keyboard.press("Enter")
    wire.delay = SLOW_SECONDS
    code = far.get_by_label("Code (6 digits)")
    code.press_sequentially(phone.code())
    far.keyboard.press("Enter")  # the field may have gone meanwhile
    far.keyboard.press("Enter")
    expect(far.get_by_role("heading", name="Personal information")).to_be_visible()
    assert len(sent) == 1


def lost(page: Page) -> Locator:
    """The page's message, there where it can be seen: in the dialog when one is open."""
    return page.get_by_test_id("connection-lost").last


def break_for_a_moment(page: Page, wire: Wire) -> None:
    """The server is away until the page has said so, and comes back."""
    wire.cut()
    expect(lost(page)).to_be_visible()
    expect(lost(page)).to_contain_text(catalog.text("en", "ui.connection.lost"))
    wire.mend()
    expect(page.get_by_test_id("connection-lost")).to_have_count(0)


def test_what_was_typed_outlives_a_lost_connection(far: Page, wire: Wire, server: Server, customer: str) -> None:
    loaded: list[str] = []
    far.goto("/signup")
    far.get_by_label("First name").fill("Anna")
    far.get_by_label("Password", exact=True).fill("quiet meadow")
    far.on("load", lambda page: loaded.append(page.url))
    break_for_a_moment(far, wire)
    expect(far.get_by_label("First name")).to_have_value("Anna")
    expect(far.get_by_label("Password", exact=True)).to_have_value("quiet meadow")
    far.get_by_role("button", name="Create my account").click()
    expect(far.get_by_label("Email address")).to_have_accessible_description("Please fill in this field.")
    assert loaded == [], "it went on without loading the page anew"

    open_settings(far, server, customer)
    loaded.clear()
    far.get_by_test_id("password-change").click()
    dialog = far.get_by_test_id("password-dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    break_for_a_moment(far, wire)
    expect(dialog.get_by_label("Current password")).to_have_value(PASSWORD)
    assert loaded == []
    dialog.get_by_role("button", name="Change password").click()
    expect(far.get_by_text("Your password has been changed.")).to_be_visible()


def test_the_wizard_outlives_a_change_to_the_other_application(
    far: Page, wire: Wire, server: Server, customer: str
) -> None:
    """A phone cuts the connection of a browser in the background: just when its owner copies the code."""
    open_settings(far, server, customer)
    wizard = open_wizard(far)
    phone = Phone(server, wizard.get_by_test_id("totp-qr"))
    break_for_a_moment(far, wire)
    expect(wizard.get_by_test_id("totp-qr")).to_be_visible()
    wizard.get_by_role("button", name="Next").click()
    wizard.get_by_label("Name of the device").fill("Pixel")
    break_for_a_moment(far, wire)
    expect(wizard.get_by_label("Name of the device")).to_have_value("Pixel")
    wizard.get_by_label("Code (6 digits)").fill(phone.code())
    wizard.get_by_role("button", name="Check").click()
    codes = far.get_by_test_id("backup-codes-list").get_by_role("listitem")
    expect(codes).to_have_count(10)
    shown = codes.all_inner_texts()
    break_for_a_moment(far, wire)
    assert codes.all_inner_texts() == shown
    far.get_by_test_id("backup-codes-new").get_by_role("checkbox").check()
    far.get_by_test_id("backup-codes-new").get_by_role("button", name="Done").click()
    expect(far.get_by_test_id("totp-devices")).to_contain_text("Pixel")
    expect(far.get_by_test_id("backup-codes-new")).to_have_count(0)
    far.reload()  # that is another visit: what was shown once is gone
    expect(far.get_by_test_id("totp-devices")).to_contain_text("Pixel")
    expect(far.get_by_role("dialog")).to_have_count(0)


def test_a_press_while_the_server_is_away_is_sent_once_when_it_is_back(
    far: Page, wire: Wire, server: Server, customer: str
) -> None:
    sent = sent_by(far, "login_alerts_state.switch")
    open_settings(far, server, customer)
    switch = far.get_by_role("switch", name="Email alerts")
    expect(switch).to_be_visible()
    wire.cut()
    expect(lost(far)).to_be_visible()
    for _ in range(3):
        switch.click(force=True)
    expect(switch).to_have_attribute("aria-disabled", "true")
    wire.mend()
    expect(switch).to_be_checked()
    assert len(sent) == 1


def test_what_was_sent_cannot_be_taken_back(far: Page, wire: Wire, server: Server, customer: str) -> None:
    """Cancel would only follow it, and close the dialog over what was done: so it waits for the answer."""
    open_settings(far, server, customer)
    far.get_by_test_id("password-change").click()
    dialog = far.get_by_test_id("password-dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)

    far.get_by_test_id("password-change").click()
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    wire.cut()
    expect(dialog.get_by_test_id("connection-lost")).to_be_visible()
    dialog.get_by_role("button", name="Change password").click()
    dialog.get_by_role("button", name="Cancel").click(force=True)
    dialog.get_by_role("button", name="Close").click(force=True)
    for _ in range(3):
        far.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    wire.mend()
    expect(far.get_by_text("Your password has been changed.")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_page_that_never_reached_the_server_says_so_in_both_languages(far: Page, wire: Wire) -> None:
    """As behind a proxy that lets no websocket pass: the document comes, and nothing else does."""
    wire.sockets = False
    far.goto("/login")
    expect(far.locator("input[name=password]")).to_be_visible()
    expect(lost(far)).to_contain_text(catalog.text("en", "ui.connection.never"))
    expect(lost(far).locator("[lang=fr]")).to_contain_text(catalog.text("fr", "ui.connection.never"))
    wire.sockets = True
    expect(far.get_by_test_id("language-menu")).to_be_visible()
    expect(far.get_by_test_id("connection-lost")).to_have_count(0)


def test_a_press_without_an_answer_is_told(far: Page, wire: Wire, server: Server, customer: str) -> None:
    """The line is dead and nobody has noticed yet: after a while the page says so, and the press can be repeated."""
    open_settings(far, server, customer)
    far.get_by_test_id("password-change").click()
    dialog = far.get_by_test_id("password-dialog")
    button = dialog.get_by_role("button", name="Change password")
    dialog.get_by_label("Current password").fill("wrong wrong wrong 1")
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    wire.stall()
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(dialog.get_by_test_id("unanswered")).to_be_visible(timeout=15_000)
    expect(button).to_have_attribute("aria-disabled", "false")
    wire.mend()
    expect(dialog.get_by_text("Wrong password.")).to_be_visible()


def test_what_was_typed_outlives_a_restart_of_the_server(chromium: Browser, tmp_path: Path, email: str) -> None:
    with running(tmp_path / "var") as server:
        server.create_account(email)
        browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(server.port))
        context = browser.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin)
        guest, customer = context.new_page(), context.new_page()
        open_settings(customer, server, email)
        customer.goto("/account/personal-information")
        customer.get_by_label("Company").fill("Example SARL")
        guest.goto("/signup")
        guest.get_by_label("First name").fill("Anna")
        server.stop()
        for page in (guest, customer):
            page.bring_to_front()
            expect(lost(page)).to_be_visible()
        server.start()
        for page, label, typed in ((customer, "Company", "Example SARL"), (guest, "First name", "Anna")):
            page.bring_to_front()
            expect(page.get_by_test_id("connection-lost")).to_have_count(0, timeout=30_000)
            expect(page.get_by_label(label)).to_have_value(typed)
        customer.bring_to_front()
        customer.get_by_role("button", name="Save").click()
        expect(customer.get_by_text("Your details have been saved.")).to_be_visible()
        browser.close()
