"""Everything that a customer can see, looked at by axe (WCAG 2.2 AA): every page, dialog, step, notice and fault."""

import re
from pathlib import Path

import axe_playwright_python
import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlmodel import col, delete

from netim_app import build
from netim_app.core.facts import Fact, Origin
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.ip_restriction.tables import IpRule
from netim_app.features.journal.service import entries
from netim_app.features.login_alerts.service import copies
from netim_app.features.lost_device.tables import ReplacementToDo
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.features.passkeys.service import recovery
from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.identity import links, notices, operations, stored_passwords, undo
from netim_app.identity.facts import PasswordChanged
from netim_app.identity.tables import Account
from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, PHONE, unfold_rules
from tests.browser.wire import Wire
from tests.kit.factories import account_id_of
from tests.kit.harness import PASSWORD, Server, link_in
from tests.kit.kept_secrets import text_of
from tests.kit.languages import tag
from tests.kit.not_me import not_me_link
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.passkeys import mailed_page
from tests.kit.phone import finish, open_settings
from tests.kit.virtual_authenticator import NO_PASSKEYS, Device

pytestmark = pytest.mark.usefixtures("own_limits")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PUBLIC = (
    "/login?ended=1",
    "/signup",
    "/forgot-password",
    "/verify-email?for=sign-up",
    "/reset-password",
    "/restore-email",
    "/recover-account",
    "/did-you-send-this",
    "/not-me",
    "/alert-copy",
    "/alert-copy?for=stop",
)
NARROWEST = {"width": 320, "height": 640}
"""A desktop window of 1280 px at 400 % (WCAG 1.4.10)."""
ZOOMED = {"width": 640, "height": 450}
"""The same at 200 % (1.4.4)."""
PAIRS = ((DESKTOP, "light"), (PHONE, "dark"))
"""The theme has nothing to do with the width, nor with the language: French pages are looked at in turn in one of them,
which keeps the test short. Rules that depend on the length of words are tried in both."""
COLOURS = "color-contrast"
"""The rule that takes two thirds of axe's time. English pages alone are judged by it: no language has its own colours,
as no code names one (`test_no_code_names_a_language`), and no word is wider than its place (`test_words.py`)."""
TOO_LONG = "x" * 400
HIDDEN = {
    "hand-over", "keep-pending", "link-token",
    "passkeys-prompt", "passkey-login-prompt", "passkey-code-prompt", "passkey-proof-prompt", "passkeys-only-prompt",
    "passkey-recovery-token-begin", "passkey-recovery-token-finish", "passkey-recovery-token-stop",
}  # fmt: skip
"""Fields and forms that nobody can see."""

RUN = """async ([standards, skipped]) => {
  const rules = Object.fromEntries(skipped.map((rule) => [rule, {enabled: false}]));
  const found = await axe.run(document, {runOnly: standards, rules, resultTypes: ["violations"]});
  const told = (node) => node.html.slice(0, 160) + node.any.map((why) => why.message);
  return found.violations.map(({id, nodes}) => [id, nodes.map(told)]);
}"""
SEEN = """() => [...document.querySelectorAll("[data-testid], [id]")]
  .filter((element) => element.checkVisibility({visibilityProperty: true}))
  .flatMap((element) => [element.dataset.testid, element.id].filter(Boolean))"""
# Boxes to tick count with their label, and what a screen reader alone can see has no size.
SMALL = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
  .filter((element) => element.checkVisibility({visibilityProperty: true}) && !element.closest(".sr-only"))
  .map((element) => [element.outerHTML.slice(0, 160), element.getBoundingClientRect()])
  .filter(([, {width, height}]) => width < 24 || height < 24)
  .map(([html, {width, height}]) => `${width} x ${height}: ${html}`)"""
SIDEWAYS = """() => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("dialog, main, [role=status]")].filter(
    (element) => element.scrollWidth > element.clientWidth && getComputedStyle(element).display !== "inline");
  return root.scrollWidth > innerWidth ? ["the page"] : wide.map((element) => element.outerHTML.slice(0, 160));
}"""


def built_names() -> set[str]:
    """The names of all that the built pages can show: cards, dialogs, forms, fields and the messages at them.

    But for the development page of the kit: `test_kit.py` looks at that.
    """
    folders = ("app", "app_components", "components", "utils")
    paths = (path for folder in folders for path in (build.web_dir() / folder).rglob("*.jsx"))
    sources = [path.read_text() for path in paths if "kit" not in str(path.relative_to(build.web_dir()))]
    return {name for source in sources for name in re.findall(r'(?:"data-testid"|id): ?"([\w-]+)"', source)}


def test_the_names_are_found_in_the_build() -> None:
    assert {"login", "totp-wizard", "ip-switch-dialog", "step-up-code-error"} <= built_names()


class Looker:
    """Lets axe look at the page as it is now, measures it at every width, and notes what there was."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.seen: set[str] = set()
        self.count = 0

    def __call__(self, what: str) -> None:
        page = self.page
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        self.seen |= set(page.evaluate(SEEN))
        self.count += 1
        skipped = [] if self.language == "en" else [COLOURS]
        for viewport, scheme in PAIRS if self.language == "en" else PAIRS[self.count % 2 :][:1]:
            page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a dict of both
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
            assert (what, scheme, page.evaluate(RUN, [STANDARDS, skipped])) == (what, scheme, [])
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a dict of both
        assert (what, page.evaluate(SMALL)) == (what, [])
        for narrow in (NARROWEST, ZOOMED):
            page.set_viewport_size(narrow)  # type: ignore[arg-type]  # a dict of both
            assert (what, narrow, page.evaluate(SIDEWAYS)) == (what, narrow, [])
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a dict of both
        assert page.locator("h1").count() == 1, what
        assert page.title(), f"{what} has no title"
        assert page.locator("html").get_attribute("lang") == self.language, what


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", catalog.LOCALES)
def test_axe_finds_nothing_wherever_a_customer_can_come(
    wired: Browser, wire: Wire, server: Server, email: str, language: str
) -> None:
    server.create_account(email, language=language)
    locale = tag(language)
    context = wired.new_context(locale=locale, reduced_motion="reduce", base_url=server.origin, viewport=DESKTOP)  # type: ignore[arg-type]
    look = Looker(context.new_page(), language)
    try:
        visit_a_page_without_connection(look, wire)
        visit_public_pages(look)
        visit_sign_up(look, server, f"new.{email}")
        visit_reset(look, server, email)
        visit_question(look, server, email)
        visit_undo(look, server, server.create_account(f"undo.{email}", language=language))
        visit_not_me(look, server, server.create_account(f"not.me.{email}", language=language))
        open_settings(look.page, server, email)
        visit_personal_information(look, server, email)
        visit_security(look, server, email)
        visit_copies(look, server, f"second.{email}")
        visit_phrase(look)
        visit_ip_restriction(look, server, email)
        visit_dialogs_of_one_field(look)
        visit_two_factor(look, server, email)
    finally:
        wire.mend()
        context.close()
    assert built_names() - of_passkeys() - of_passkeys_only() - look.seen - HIDDEN == set(), (
        "nobody has looked at these"
    )


def of_passkeys() -> set[str]:
    """The names that are looked at by themselves: they need a device."""
    return {name for name in built_names() if name.startswith("passkey")} - of_passkeys_only()


def of_passkeys_only() -> set[str]:
    """Those of the switch that closes all other ways in, and of the way back."""
    return {
        name for name in built_names() if name.startswith(("passkeys-only", "passkey-recovery", "passkey-elsewhere"))
    }


def test_axe_finds_nothing_about_passkeys(wired: Browser, server: Server, email: str) -> None:
    server.create_account(email, asked_for_passkey=False)
    context = wired.new_context(locale="en-GB", reduced_motion="reduce", base_url=server.origin, viewport=DESKTOP)
    look = Looker(context.new_page(), "en")
    page = look.page
    open_settings(page, server, email)
    expect(page.locator("#passkey-question")).to_be_visible()
    look("the question for a passkey")
    visit_passkeys(look)
    server.move_clock(660)
    page.get_by_test_id("passkeys-add").click()
    expect(page.get_by_test_id("passkey-proof")).to_be_visible()
    look("prove it again by a passkey")
    page.context.clear_cookies()
    page.goto("/login")
    page.locator("#field-email").fill(email)
    page.locator("#field-password").fill(PASSWORD)
    look("log in by a passkey")
    page.get_by_test_id("login").locator("[type=submit]").click()
    expect(page.get_by_test_id("passkey-code")).to_be_visible()
    look("a passkey after the password")
    server.move_clock(0)
    context.close()
    assert of_passkeys() - look.seen - HIDDEN == set(), "nobody has looked at these"


def test_axe_finds_nothing_about_passkeys_only(wired: Browser, server: Server, email: str) -> None:
    server.create_account(email)
    context = wired.new_context(locale="en-GB", reduced_motion="reduce", base_url=server.origin, viewport=DESKTOP)
    look = Looker(context.new_page(), "en")
    page = look.page
    open_settings(page, server, email)
    codes = visit_passkeys_only(look)
    visit_the_way_back(look, server, email, codes)
    page.add_init_script(NO_PASSKEYS)
    server.move_clock(660)
    page.goto(SECURITY)
    page.get_by_test_id("totp-enable").click()
    expect(page.get_by_test_id("passkey-elsewhere")).to_be_visible()
    look("no way to prove it here")
    server.move_clock(0)
    context.close()
    assert of_passkeys_only() - look.seen - HIDDEN == set(), "nobody has looked at these"


def visit_passkeys_only(look: Looker) -> list[str]:
    """Switched on; the backup codes that are left."""
    page = look.page
    Device(page, defaultBackupEligibility=True, defaultBackupState=True)
    page.get_by_test_id("passkeys-add").click()
    sheet = page.get_by_test_id("backup-codes-list").locator("li")
    expect(sheet).to_have_count(10)
    codes = sheet.all_inner_texts()
    finish(page)
    page.get_by_test_id("passkeys-only").click()
    form = page.get_by_test_id("passkeys-only-on")
    refuse(form)
    look("passkeys only, with a fault")
    form.locator("input").first.fill(codes.pop())
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("passkeys-only-dialog")).to_have_count(0)
    page.get_by_test_id("passkeys-only").click()
    expect(page.get_by_test_id("passkeys-only-off-dialog")).to_be_visible()
    look("passkeys only off")
    close(page, "passkeys-only-off-dialog")
    return codes


def visit_the_way_back(look: Looker, server: Server, email: str, codes: list[str]) -> None:
    page = look.page
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        recovery.mail_way_back(unit, Fact(account_id=account_id, at=unit.now))
    page.goto(mailed_page(server, email, "Get back into your"))
    begin = page.get_by_test_id("passkey-recovery-begin")
    refuse(begin)
    look("the way back, with a fault")
    begin.locator("#passkey-recovery-code").fill(codes.pop())
    begin.locator("[type=submit]").click()
    expect(page.get_by_test_id("passkey-recovery-begun")).to_be_visible()
    look("the wait has begun")
    page.goto(SECURITY)
    expect(page.locator("#passkey-recovery")).to_be_visible()
    look("a session while somebody waits")
    page.goto("/recover-account?for=finish#" + "x" * 43)
    expect(page.get_by_test_id("passkey-recovery-finish")).to_be_visible()
    look("the wait is over")
    page.goto(mailed_page(server, email, "Someone asks for your"))
    expect(page.get_by_test_id("passkey-recovery-stop")).to_be_visible()
    look("stop the wait")
    page.get_by_test_id("passkey-recovery-stop").locator("[type=submit]").click()
    expect(page.get_by_test_id("passkey-recovery-stopped")).to_be_visible()
    look("the wait is stopped")


def refuse(form: Locator) -> None:
    """Sends a form that is full of faults."""
    form.locator("[type=submit]").click()
    expect(form.locator("[aria-invalid=true]").first).to_be_visible()


def close(page: Page, dialog: str) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_test_id(dialog)).to_have_count(0)


def visit_a_page_without_connection(look: Looker, wire: Wire) -> None:
    """Before the server is reached nobody knows the language, so the page speaks both."""
    page, wire.sockets = look.page, False
    known, look.language = look.language, "en"
    # There is no heading yet.
    standards = [name for name in STANDARDS if name != "best-practice"]
    for path in ("/reset-password", "/login"):
        page.goto(path)
        expect(page.get_by_test_id("connection-lost")).to_be_visible()
        look.seen |= set(page.evaluate(SEEN))
        page.evaluate(AXE)
        assert page.evaluate(RUN, [standards, []]) == []
        assert page.evaluate(SIDEWAYS) == []
    wire.sockets = True
    look.language = known
    expect(page.get_by_test_id("login")).to_be_visible()
    expect(page.get_by_test_id("connection-back")).to_be_visible()
    look.seen.add("connection-back")  # it goes by itself
    page.evaluate("document.documentElement.dataset.unanswered = ''")
    look("a press without an answer")


def visit_public_pages(look: Looker) -> None:
    page = look.page
    for path in (*PUBLIC, "/nowhere"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look(path)
    for path, form in (
        ("/login", "login"), ("/signup", "sign-up"), ("/forgot-password", "forgot"),
    ):  # fmt: skip
        page.goto(path)
        refuse(page.get_by_test_id(form))
        look(f"{path} with faults")


def visit_sign_up(look: Looker, server: Server, email: str) -> None:
    page = look.page
    page.goto("/signup")
    for name, value in (("first_name", "Anna"), ("last_name", "Martin"), ("email", email), ("password", PASSWORD)):
        page.locator(f"#field-{name}").fill(value)
    page.get_by_test_id("sign-up").locator("[type=submit]").click()
    expect(page.get_by_test_id("sent")).to_be_visible()
    look("signed up")
    page.goto(link_in(server.wait_for_mail(email)))
    form = page.get_by_test_id("verify")
    refuse(form)
    look("confirmation without the password")
    form.locator("#field-password").fill(PASSWORD)
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("confirmed")).to_be_visible()
    look("confirmed")


def visit_reset(look: Looker, server: Server, email: str) -> None:
    page = look.page
    page.goto("/forgot-password")
    page.locator("#field-email").fill(email)
    page.get_by_test_id("forgot").locator("[type=submit]").click()
    expect(page.get_by_test_id("sent")).to_be_visible()
    look("reset asked for")
    page.goto(link_in(server.wait_for_mail(email)))
    form = page.get_by_test_id("reset")
    form.locator("#field-password").fill("password1234")
    refuse(form)
    look("a weak new password")
    form.locator("#field-password").fill(PASSWORD)
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    look("the new password is set")


def visit_question(look: Looker, server: Server, email: str) -> None:
    """With a mail of ours, and with two that are not."""
    page = look.page
    page.goto("/did-you-send-this")
    form = page.get_by_test_id("question")
    refuse(form)
    look("nothing to be checked")
    ours = text_of([server.mails(email)[-1]])
    for text, answer in (("00000-00000", "no"), (TOO_LONG, "none"), (ours, "yes")):
        form.locator("textarea").fill(text)
        form.locator("[type=submit]").click()
        expect(page.get_by_test_id(f"question-{answer}")).to_be_visible()
        look(f"a mail that is checked: {answer}")
        page.get_by_role("main").get_by_role("button").last.click()
        expect(form).to_be_visible()


def visit_undo(look: Looker, server: Server, email: str) -> None:
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        token = links.new_link(unit, purpose=links.UNDO, life=undo.LIFE, account_id=account_id, email=email)
    page = look.page
    page.goto(f"/restore-email#{token}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look("a change of address can be undone")
    page.locator("main [type=submit]").click()
    expect(page.get_by_test_id("restored")).to_be_visible()
    look("a change of address is undone")


def visit_not_me(look: Looker, server: Server, email: str) -> None:
    page = look.page
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        notices.notify(unit, "password_changed", Fact(account_id=account_id, at=unit.now), way="reset")
    page.goto(not_me_link(server, email))
    expect(page.get_by_test_id("not-me")).to_be_visible()
    look("what the button does")
    page.locator("main [type=submit]").click()
    expect(page.get_by_test_id("not-me-done")).to_be_visible()
    look("everything is stopped")
    with server.units.write() as unit:
        unit.record(PasswordChanged(account_id=account_id, at=unit.now, way="reset"))
    open_settings(page, server, email)
    expect(page.get_by_test_id("frozen")).to_be_visible()
    look("a frozen account")
    page.context.clear_cookies()


def visit_personal_information(look: Looker, server: Server, email: str) -> None:
    page = look.page
    page.goto(PERSONAL)
    expect(page.get_by_test_id("gauge")).to_be_visible()
    look("personal information")
    page.get_by_test_id("language-menu").click()
    look("the menu of languages")
    page.keyboard.press("Escape")
    page.get_by_test_id("account-menu").click()
    look("the menu")
    page.keyboard.press("Escape")
    form = page.get_by_test_id("profile")
    form.evaluate(
        """(form, long) => {
          for (const field of form.querySelectorAll("input")) field.value = long;
          for (const field of form.querySelectorAll("select")) field.selectedOptions[0].value = "nonsense";
        }""",
        TOO_LONG,
    )
    refuse(form)
    look("personal information, every field refused")
    page.goto(PERSONAL)
    form.locator("#field-company").fill("Example")
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("live-region").locator("button")).to_be_visible()
    look("personal information, saved")
    page.get_by_test_id("email-change").click()
    form = page.get_by_test_id("change-email")
    refuse(form)
    look("no new email address")
    form.locator("#new-email").fill(f"other.{email}")
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("pending-email")).to_be_visible()
    look("a new email address that waits for its confirmation")
    page.get_by_test_id("delete-account-begin").click()
    refuse(page.get_by_test_id("delete-account"))
    look("no address of the account that is to be deleted")
    page.keyboard.press("Escape")
    look_at_the_account_that_stays(look, server, email)
    look_at_the_password(look, server, email)


def look_at_the_account_that_stays(look: Looker, server: Server, email: str) -> None:
    """As after a login that has taken a deletion back."""
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        moments = dict.fromkeys(("asked_at", "due_at", "taken_back_at"), unit.now)
        unit.session.add(AccountDeletion(account_id=account_id, **moments))
    look.page.goto(PERSONAL)
    panel = look.page.locator("#account-stays")
    expect(panel).to_be_visible()
    look("the account stays")
    panel.get_by_role("button").click()
    expect(panel).to_have_count(0)


def look_at_the_password(look: Looker, server: Server, email: str) -> None:
    """As after a login with a password that a stricter policy refuses."""
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        password = unit.session.get_one(Account, account_id).password_hash
        stored_passwords.store_judgement(unit, account_id, password, accepted=False)
    look.page.goto(SECURITY)
    expect(look.page.get_by_test_id("hint-password_refused")).to_be_visible()
    look("a password that is refused now")


def look_at_the_panel(look: Looker, server: Server, email: str) -> None:
    """As after a login by backup code, with one step done."""
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        unit.session.add(ReplacementToDo(account_id=account_id, key="totp.lost.remove"))
    look.page.goto(SECURITY)
    panel = look.page.locator("#lost-device")
    expect(panel).to_be_visible()
    look("lost phone")
    panel.get_by_role("button").last.click()
    expect(panel).to_have_count(0)


def visit_the_journal(look: Looker, server: Server, email: str) -> None:
    """With more entries than one page holds, and with faults in the filter."""
    page = look.page
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        for _ in range(12):
            operations.note_and_notify(unit, account_id, "exported", Origin())
    page.get_by_test_id("journal-show").click()
    expect(page.get_by_test_id("journal-more")).to_be_visible()
    form = page.get_by_test_id("journal-filter")
    for name, value in (("since", "0001-01-01"), ("until", "0001-01-01"), ("address", "nowhere")):
        form.locator(f"#journal-{name}").fill(value)
    refuse(form)
    look("the journal, with faults in its filter")


def visit_security(look: Looker, server: Server, email: str) -> None:
    """With a second browser, and with more of a past than one page of the list holds."""
    page = look.page
    elsewhere = page.context.browser.new_context(base_url=server.origin)  # type: ignore[union-attr]  # it has one
    open_settings(elsewhere.new_page(), server, email)
    elsewhere.close()
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        for number in range(12):
            origin = Origin(address=f"203.0.113.{number}", browser="Firefox", system="Linux")
            for _ in range(1 + number % 3):
                entries.add(unit, account_id, entries.What(sort="failures", event="login_failed", origin=origin))
    page.goto(SECURITY)
    expect(page.get_by_test_id("activity-more")).to_be_visible()
    look("connection and security")
    visit_the_journal(look, server, email)
    look_at_the_panel(look, server, email)
    page.get_by_test_id("login-alerts-switch").click()
    expect(page.get_by_test_id("login-alerts-switch")).to_have_attribute("aria-checked", "true")
    look("alerts on")
    page.get_by_test_id("sessions-others").click()
    expect(page.get_by_test_id("sessions-others-dialog")).to_be_visible()
    look("log out everywhere else")
    close(page, "sessions-others-dialog")


def visit_copies(look: Looker, server: Server, second: str) -> None:
    """The address for copies of alerts, entered, confirmed and stopped."""
    page = look.page
    page.get_by_test_id("copy-begin").click()
    form = page.get_by_test_id("copy")
    refuse(form)
    look("no address for copies")
    form.locator("#copy-email").fill(second)
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("copy-again")).to_be_visible()
    look("an address that waits for its confirmation")
    page.goto(link_in(server.wait_for_mail(second)))
    page.get_by_test_id("copy-link").locator("[type=submit]").click()
    expect(page.get_by_test_id("copy-confirmed")).to_be_visible()
    look("copies are confirmed")
    with server.units.write() as unit:
        account_id = account_id_of(unit, second.removeprefix("second."))
        token = links.new_link(unit, purpose=copies.STOP, life=links.CONFIRM_LIFE, account_id=account_id, email=second)
    page.goto(SECURITY)
    expect(page.get_by_test_id("copy-change")).to_be_visible()
    look("an address that gets copies")
    page.goto(f"/alert-copy?for=stop#{token}")
    page.get_by_test_id("copy-link").locator("[type=submit]").click()
    expect(page.get_by_test_id("copy-stopped")).to_be_visible()
    look("copies are stopped")
    page.goto(SECURITY)


def visit_phrase(look: Looker) -> None:
    page = look.page
    for phrase in ("blue heron at noon", "another phrase"):
        page.get_by_test_id("phrase-begin").click()
        form = page.get_by_test_id("phrase")
        refuse(form)
        look("no phrase")
        form.locator("#field-phrase").fill(phrase)
        form.locator("[type=submit]").click()
        expect(page.get_by_test_id("phrase-dialog")).to_have_count(0)
    page.get_by_test_id("phrase-begin").click()
    expect(page.get_by_test_id("phrase-present")).to_be_visible()
    look("the phrase")
    close(page, "phrase-dialog")


def visit_list_of_rules(look: Looker) -> None:
    page = look.page
    page.get_by_test_id("ip-add").click()
    page.get_by_test_id("ip-add-many").click()
    text = page.locator("#ip-list")
    look("a list, empty")
    text.fill(f"192.168.1.* # {TOO_LONG}\n{TOO_LONG}\n203.0.113.7/24")
    refuse(page.get_by_test_id("ip-list-form"))
    look("a list that cannot be read")
    rules = [
        "2001:4860:1234:5678:9abc:def0:1234:5678 Office",
        "fd00::/8 # Home",
        "fd00::/8",
        "2001:4860:1::1 to 2001:4860:1::9",
    ]
    text.fill("\n".join(rules))
    page.get_by_test_id("ip-list-form").locator("[type=submit]").click()
    expect(page.get_by_test_id("ip-list-add")).to_be_visible()
    look("a list that was checked")
    close(page, "ip-list-dialog")


def visit_ip_restriction(look: Looker, server: Server, email: str) -> None:
    page = look.page
    unfold_rules(page)
    visit_list_of_rules(look)
    page.get_by_test_id("ip-add").click()
    form = page.get_by_test_id("ip-add-form")
    form.locator("#ip-address").fill("no address")
    refuse(form)
    look("add a rule, no address")
    form.locator("#ip-address").fill("203.0.113.0/24")
    form.locator("#ip-note").evaluate("(field, long) => { field.value = long; }", TOO_LONG)
    form.locator("[type=submit]").click()
    expect(form.locator("#ip-note-error")).to_be_visible()
    look("add a rule, a long note")
    form.locator("#ip-note").fill("Office")
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("ip-rules")).to_be_visible()
    test = page.get_by_test_id("ip-test-form")
    refuse(test)
    look("a rule, and a test without an address")
    test.locator("#ip-test").fill("203.0.113.7")
    test.locator("[type=submit]").click()
    expect(page.get_by_test_id("ip-test-result").locator("svg")).to_be_visible()
    look("an address that was tested")
    page.get_by_test_id("ip-restriction-switch").click()
    refuse(page.get_by_test_id("ip-turn-on"))
    look("switch the restriction on, which would shut out")
    close(page, "ip-switch-dialog")
    page.get_by_test_id("ip-add-here").click()
    expect(page.get_by_test_id("ip-rules").locator("li")).to_have_count(2)
    page.get_by_test_id("ip-restriction-switch").click()
    expect(page.get_by_test_id("ip-safe")).to_be_visible()
    look("switch the restriction on")
    page.get_by_test_id("ip-turn-on").locator("[type=submit]").click()
    expect(page.get_by_test_id("ip-restriction-switch")).to_have_attribute("aria-checked", "true")
    look("the restriction is on")
    page.get_by_test_id("ip-restriction-switch").click()
    expect(page.get_by_test_id("ip-turn-off")).to_be_visible()
    look("switch it off")
    page.get_by_test_id("ip-turn-off").locator("[type=submit]").click()
    expect(page.get_by_test_id("ip-restriction-switch")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_test_id("ip-rules")).to_be_hidden()
    look("the list is folded")
    unfold_rules(page)
    page.get_by_test_id("ip-rules").locator("button").first.click()
    expect(page.get_by_test_id("ip-remove")).to_be_visible()
    look("remove a rule")
    close(page, "ip-remove-dialog")
    with server.units.write() as unit:
        for number in range(12):
            rule = IpRule(
                account_id=account_id_of(unit, email),
                family=4,
                first=bytes([203, 0, 114, number]).rjust(16, b"\0"),
                last=bytes([203, 0, 114, number]).rjust(16, b"\0"),
                text=f"203.0.114.{number}",
                note="Office",
                added_at=unit.now,
                added_from="127.0.0.1",
            )
            unit.session.add(rule)
    page.goto(SECURITY)
    unfold_rules(page)
    expect(page.get_by_test_id("ip-find")).to_be_visible()
    look("so many rules that they can be searched")


def visit_dialogs_of_one_field(look: Looker) -> None:
    page = look.page
    page.get_by_test_id("password-change").click()
    expect(page.get_by_test_id("password-dialog")).to_be_visible()
    look("change the password")
    refuse(page.get_by_test_id("change-password"))
    look("change the password, with faults")
    close(page, "password-dialog")


def end_enrolments(server: Server, *, enable: int = 0) -> None:
    """Leaves open wizards without what they set up: as time does, or another tab that enables for this account."""
    with server.units.write() as unit:
        unit.session.exec(delete(TotpEnrolment))
        if enable:
            unit.session.add(
                TotpAuthenticator(account_id=enable, name="Other", sealed=b"", last_step=0, added_at=unit.now)
            )


def visit_two_factor(look: Looker, server: Server, email: str) -> None:
    page = look.page
    with server.units.read() as unit:
        account_id = account_id_of(unit, email)
    page.get_by_test_id("totp-enable").click()
    expect(page.get_by_test_id("totp-key")).to_be_visible()
    end_enrolments(server)
    page.get_by_test_id("totp-next").click()
    expect(page.get_by_test_id("totp-ended")).to_be_visible()
    look("wizard, out of time")
    page.get_by_test_id("totp-wizard").get_by_role("button").last.click()
    expect(page.get_by_test_id("totp-key")).to_be_visible()
    end_enrolments(server, enable=account_id)
    page.get_by_test_id("totp-next").click()
    expect(page.get_by_test_id("totp-ended-close")).to_be_visible()
    look("wizard, another tab was faster")
    page.get_by_test_id("totp-ended-close").click()
    with server.units.write() as unit:
        unit.session.exec(delete(TotpAuthenticator).where(col(TotpAuthenticator.account_id) == account_id))
    page.get_by_test_id("totp-enable").click()
    key = page.get_by_test_id("totp-key").inner_text().split("\n")[0].replace(" ", "")
    page.get_by_test_id("totp-applications").locator("summary").click()
    look("wizard, step 1")
    page.get_by_test_id("totp-next").click()
    confirm = page.get_by_test_id("totp-confirm")
    confirm.locator("[name=code]").fill("000000")
    refuse(confirm)
    look("wizard, step 2, wrong code")
    confirm.locator("[name=name]").fill("")
    confirm.locator("[name=code]").fill("")
    confirm.locator("[type=submit]").click()
    expect(confirm.locator("#totp-name-error")).to_be_visible()
    look("wizard, step 2, no name")
    confirm.locator("[name=name]").fill("Pixel")
    confirm.locator("[name=code]").fill(pyotp.TOTP(key).at(server.units.clock()))
    confirm.locator("[type=submit]").click()
    finish = page.get_by_test_id("backup-codes-finish")
    refuse(finish)
    look("wizard, step 3, not saved")
    page.goto(SECURITY)
    expect(page.get_by_test_id("backup-codes-unsaved")).to_be_visible()
    look("codes that were never saved")

    page.get_by_test_id("backup-codes-make").click()
    expect(page.get_by_test_id("backup-codes-ask")).to_be_visible()
    look("make new codes")
    page.get_by_test_id("backup-codes-make-submit").click()
    refuse(finish)
    look("new codes")
    codes = page.get_by_test_id("backup-codes-list").locator("li").all_inner_texts()
    finish.locator("[type=checkbox]").check()
    finish.locator("[type=submit]").click()
    expect(finish).to_have_count(0)
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        assert all(backup_code_use.consume(unit, account_id, code, Origin()) for code in codes[:9])
    page.goto(SECURITY)
    expect(page.get_by_test_id("backup-codes-low")).to_be_visible()
    look("one backup code left")

    page.get_by_test_id("totp-add").click()
    expect(page.get_by_test_id("totp-wizard")).to_be_visible()
    look("one more device")
    page.get_by_test_id("totp-next").click()
    expect(page.get_by_test_id("totp-confirm")).to_be_visible()
    look("one more device, step 2")
    close(page, "totp-wizard")
    page.get_by_test_id("totp-devices").locator("button").first.click()
    rename = page.get_by_test_id("totp-rename")
    rename.locator("input").fill("")
    refuse(rename)
    look("rename, with a fault")
    close(page, "totp-rename-dialog")
    page.get_by_test_id("totp-disable").click()
    refuse(page.get_by_test_id("totp-disable-form"))
    look("disable, with a fault")
    close(page, "totp-disable-dialog")
    visit_removal(look, server, email, key)

    server.move_clock(660)
    page.get_by_test_id("password-change").click()
    refuse(page.get_by_test_id("change-password"))
    expect(page.locator("#change-password-code-error")).to_be_visible()
    look("change of the password, with a code that is missing")
    close(page, "password-dialog")
    page.get_by_test_id("totp-add").click()
    step_up = page.get_by_test_id("step-up")
    expect(step_up).to_be_visible()
    look("prove it again")
    refuse(step_up)
    expect(page.locator("#step-up-code-error")).to_be_visible()
    look("prove it again, with faults")

    page.context.clear_cookies()
    page.goto("/login")
    page.locator("#field-email").fill(email)
    page.locator("#field-password").fill(PASSWORD)
    page.get_by_test_id("login").locator("[type=submit]").click()
    form = page.get_by_test_id("login-code")
    expect(form).to_be_visible()
    look("the code")
    refuse(form)
    look("the code, with a fault")


def visit_passkeys(look: Looker) -> None:
    """With a device that is gone afterwards: it would answer the login page by itself."""
    page = look.page
    device = Device(page)
    page.get_by_test_id("passkeys-add").click()
    codes = page.get_by_test_id("backup-codes-finish")
    codes.locator("[type=checkbox]").check()
    codes.locator("[type=submit]").click()
    expect(codes).to_have_count(0)
    row = page.get_by_test_id("passkeys-list").locator("button")
    expect(row.first).to_be_visible()
    look("a passkey")
    device.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device.id})
    row.first.click()
    rename = page.get_by_test_id("passkey-rename")
    rename.locator("input").fill("")
    refuse(rename)
    look("rename the passkey, with a fault")
    close(page, "passkey-rename-dialog")
    row.last.click()
    expect(page.get_by_test_id("passkey-remove-submit")).to_be_visible()
    look("remove the passkey")
    close(page, "passkey-remove-dialog")


def visit_removal(look: Looker, server: Server, email: str, key: str) -> None:
    """The last device is disabled, not removed: this takes a second one."""
    page = look.page
    server.move_clock(60)
    page.get_by_test_id("totp-add").click()
    second = page.get_by_test_id("totp-key").inner_text().split("\n")[0].replace(" ", "")
    page.get_by_test_id("totp-next").click()
    confirm = page.get_by_test_id("totp-confirm")
    confirm.locator("[name=name]").fill("Tablet")
    confirm.locator("[name=code]").fill(pyotp.TOTP(second).at(server.units.clock()))
    confirm.locator("[type=submit]").click()
    devices = page.get_by_test_id("totp-devices")
    expect(devices.locator("li")).to_have_count(2)
    look("two devices")
    devices.locator("li").last.locator("button").last.click()
    expect(page.get_by_test_id("totp-remove-dialog")).to_be_visible()
    look("remove a device")
    close(page, "totp-remove-dialog")
