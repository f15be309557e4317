"""The longest texts that a customer can bring, in every place that shows them: all of it fits, and can be read."""

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, update

from netim_app.core.actor import Actor
from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service import rule_list
from netim_app.features.journal.service import entries
from netim_app.identity import links, undo
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog
from tests.browser.conftest import unfold_rules
from tests.kit.factories import account_id_of
from tests.kit.fitting import misfits
from tests.kit.harness import PASSWORD, Server, link_in, running
from tests.kit.languages import tag
from tests.kit.pages import SECURITY
from tests.kit.phone import open_settings

WIDTHS = (320, 640, 690, 1280)
NAME = "Wilhelmina-Maximiliane" + "w" * 58
LOCAL = "wilhelminamaximilianevonhohenstaufenwittelsbachundmehrnochalsdas"
DOMAIN = "theresearchdepartmentofthefacultyofengineering.universityofexample.org"
DEVICE = "Wilhelminasverylongtelephone" + "W" * 12
BROWSER = "AMobileBrowserWithAVeryLongNameOfFortyxx 12345678"
SYSTEM = "ASystemWithAVeryLongNameOfFortyCharacter"
HERE = "2001:4860:1234:5678:9abc:def0:1234:5678"
RULES = (
    "2001:4860:1234:5678:9abc:def0:1234:5670/124",
    "2001:4860:1234:5678:9abc:def0:1234:5678 - 2001:4860:1234:5678:9abc:def0:2234:5678",
    "198.151.100.101 - 198.151.100.202",
    "198.151.100.128/25",
)
NOTE = "Headquarters " + "w" * 67
FAILURES: tuple[tuple[str, dict[str, str | bool]], ...] = (
    ("login_failed", {}),
    ("second_factor_not_completed", {}),
    ("login_blocked", {"way": "password"}),
    ("login_blocked", {"way": "ceremony"}),
    ("login_blocked", {"way": "reset"}),
    ("proof_failed", {}),
    ("code_refused", {"logged_in": True}),
    ("code_refused", {"logged_in": False, "only_fallback": True}),
    ("codes_locked_out", {}),
    ("more_failures", {}),
)


class Fitter:
    """Measures the page as it is now at every width, and notes what does not fit."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[tuple[str, int, str]] = []

    def __call__(self, what: str) -> None:
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 740})
            self.found += [(what, width, fault) for fault in misfits(self.page)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that is told the client's address by a proxy."""
    env = {"NETIM_TRUSTED_PROXIES": "127.0.0.1"}
    with running(tmp_path_factory.mktemp("long-texts") / "var", env=env) as started:
        yield started


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_the_longest_texts_fit_everywhere(chromium: Browser, server: Server, language: str) -> None:
    email = server.create_account(f"{LOCAL}@{language}.{DOMAIN}", language=language)
    context = chromium.new_context(
        locale=tag(language),
        reduced_motion="reduce",
        base_url=server.origin,
        extra_http_headers={"X-Forwarded-For": HERE},
    )
    page = context.new_page()
    fits = Fitter(page)
    visit_public_pages(fits, server, email)
    for fill in (fill_account, add_rules):
        with server.units.write() as unit:
            fill(unit, account_id_of(unit, email))
    open_settings(page, server, email)
    visit_personal_information(fits, email)
    visit_security(fits)
    visit_ip_restriction(fits)
    visit_two_factor(fits, server)
    visit_code(fits, email)
    context.close()
    assert fits.found == []


def fill_account(unit: UnitOfWork, account_id: int) -> None:
    """The longest names, and two failures of every kind."""
    names = {"first_name": NAME, "last_name": NAME, "company": "w" * 120, "street": "w" * 200, "city": "w" * 100}
    places = {"country": "GS", "time_zone": "America/North_Dakota/New_Salem"}
    unit.session.exec(update(Account).where(col(Account.id) == account_id).values(**names, **places))
    origin = Origin(address=HERE, browser=BROWSER, system=SYSTEM)
    for event, details in FAILURES:
        what = entries.What(sort="failures", event=event, details=details, origin=origin)
        entries.add(unit, account_id, what)
        entries.add(unit, account_id, what)


def add_rules(unit: UnitOfWork, account_id: int) -> None:
    origin = Origin(address=HERE, browser=BROWSER, system=SYSTEM)
    owner = Actor(origin=origin, account_id=account_id, session_id=0, fresh_until=unit.now, revision=0)
    for rule in RULES:
        rule_list.add_rule(unit, owner, parse(rule), NOTE)


def send(page: Page, form: str) -> None:
    page.get_by_test_id(form).locator("[type=submit]").click()


def visit_public_pages(fits: Fitter, server: Server, email: str) -> None:
    page = fits.page
    for path in ("/login?ended=1", "/signup", "/forgot-password", "/nowhere", "/reset-password", "/restore-email"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        fits(path)
    page.goto("/login")
    page.locator("#field-email").fill(email)
    page.locator("#field-password").fill("w" * 128)
    send(page, "login")
    expect(page.get_by_role("alert").first).to_be_visible()
    fits("a refused login")
    page.goto("/signup")
    for name, value in (("first_name", NAME), ("last_name", NAME), ("email", f"n{email[1:]}"), ("password", PASSWORD)):
        page.locator(f"#field-{name}").fill(value)
    send(page, "sign-up")
    expect(page.get_by_test_id("sent")).to_be_visible()
    fits("signed up")
    page.goto("/forgot-password")
    page.locator("#field-email").fill(email)
    send(page, "forgot")
    expect(page.get_by_test_id("sent")).to_be_visible()
    fits("reset asked for")
    page.goto(link_in(server.wait_for_mail(email, count=1)))
    fits("link")
    other = server.create_account(f"u{email[1:]}")
    with server.units.write() as unit:
        account_id = account_id_of(unit, other)
        token = links.new_link(unit, purpose=links.UNDO, life=undo.LIFE, account_id=account_id, email=other)
    page.goto(f"/restore-email#{token}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.locator("main [type=submit]").click()
    expect(page.get_by_test_id("restored")).to_be_visible()
    fits("a change of address is undone")


def visit_personal_information(fits: Fitter, email: str) -> None:
    page = fits.page
    page.goto("/account/personal-information")
    expect(page.get_by_test_id("gauge")).to_be_visible()
    fits("personal information")
    page.get_by_test_id("account-menu").click()
    fits("the menu")
    page.keyboard.press("Escape")
    page.get_by_test_id("language-menu").click()
    fits("the menu of languages")
    page.keyboard.press("Escape")
    page.get_by_test_id("profile").locator("#field-company").fill("w" * 120)
    page.get_by_test_id("profile").locator("#field-phone").fill("x" * 300)
    send(page, "profile")
    expect(page.get_by_test_id("profile").locator("[aria-invalid=true]").first).to_be_visible()
    fits("personal information, refused")
    page.get_by_test_id("email-change").click()
    form = page.get_by_test_id("change-email")
    form.locator("#new-email").fill(email)
    send(page, "change-email")
    expect(form.locator("#new-email-error")).to_be_visible()
    fits("a new email address, refused")
    form.locator("#new-email").fill(f"n{email[1:]}")
    send(page, "change-email")
    expect(page.get_by_test_id("pending-email")).to_be_visible()
    fits("a new email address that waits")


def visit_security(fits: Fitter) -> None:
    page = fits.page
    page.goto(SECURITY)
    unfold_rules(page)
    expect(page.get_by_test_id("ip-rules")).to_be_visible()
    fits("connection and security")
    page.get_by_test_id("login-alerts-switch").click()
    expect(page.get_by_test_id("login-alerts-switch")).to_have_attribute("aria-checked", "true")
    fits("alerts on")
    page.get_by_test_id("password-change").click()
    send(page, "change-password")
    expect(page.get_by_test_id("change-password").locator("[aria-invalid=true]").first).to_be_visible()
    fits("change the password")
    close(page, "password-dialog")


def close(page: Page, dialog: str) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_test_id(dialog)).to_have_count(0)


def visit_ip_restriction(fits: Fitter) -> None:
    page = fits.page
    page.get_by_test_id("ip-add").click()
    page.locator("#ip-address").fill(RULES[1])
    page.locator("#ip-note").fill(NOTE)
    send(page, "ip-add-form")
    expect(page.locator("#ip-address-error")).to_be_visible()
    fits("a rule twice")
    page.get_by_test_id("ip-add-many").click()
    fits("a list, empty")
    page.locator("#ip-list").fill(
        "\n".join([*RULES, f"fd00:1234:1234:5678:9abc:def0:1234:0/112 {NOTE}", "x" * 110, HERE])
    )
    send(page, "ip-list-form")
    expect(page.get_by_test_id("ip-list-preview")).to_be_visible()
    fits("a list with a fault")
    page.locator("#ip-list").fill("\n".join([*RULES, f"fd00:1234:1234:5678:9abc:def0:1234:0/112 {NOTE}", HERE]))
    send(page, "ip-list-form")
    expect(page.get_by_test_id("ip-list-add")).to_be_visible()
    fits("a list that was checked")
    close(page, "ip-list-dialog")
    for address, shown in ((HERE, "in"), ("2a01:4860:1234:5678:9abc:def0:1234:5678", "out")):
        page.locator("#ip-test").fill(address)
        send(page, "ip-test-form")
        expect(page.get_by_test_id("ip-test-result")).to_contain_text(address)
        fits(f"an address that was tested: {shown}")
    page.get_by_test_id("ip-restriction-switch").click()
    expect(page.get_by_test_id("ip-switch-dialog")).to_be_visible()
    fits("switch on")
    send(page, "ip-turn-on")
    expect(page.get_by_test_id("ip-restriction-switch")).to_have_attribute("aria-checked", "true")
    page.get_by_test_id("ip-rules").locator("button").first.click()
    expect(page.get_by_test_id("ip-remove")).to_be_visible()
    fits("remove a rule")
    close(page, "ip-remove-dialog")
    page.get_by_test_id("ip-restriction-switch").click()
    fits("switch off")
    send(page, "ip-turn-off")
    expect(page.get_by_test_id("ip-restriction-switch")).to_have_attribute("aria-checked", "false")


def enrol(fits: Fitter, server: Server, name: str) -> str:
    page = fits.page
    key = page.get_by_test_id("totp-key").inner_text().split("\n")[0].replace(" ", "")
    fits("wizard, step 1")
    page.get_by_test_id("totp-next").click()
    confirm = page.get_by_test_id("totp-confirm")
    confirm.locator("[name=code]").fill("000000")
    confirm.locator("[name=name]").fill(name)
    send(page, "totp-confirm")
    expect(confirm.locator("[aria-invalid=true]").first).to_be_visible()
    fits("wizard, step 2, wrong code")
    confirm.locator("[name=code]").fill(pyotp.TOTP(key).at(server.units.clock()))
    send(page, "totp-confirm")
    return key


def visit_two_factor(fits: Fitter, server: Server) -> None:
    page = fits.page
    page.get_by_test_id("totp-enable").click()
    enrol(fits, server, DEVICE)
    finish = page.get_by_test_id("backup-codes-finish")
    send(page, "backup-codes-finish")
    expect(finish.locator("[aria-invalid=true]")).to_be_visible()
    fits("wizard, step 3")
    finish.locator("[type=checkbox]").check()
    send(page, "backup-codes-finish")
    expect(finish).to_have_count(0)
    page.get_by_test_id("totp-add").click()
    enrol(fits, server, DEVICE[:-1])
    devices = page.get_by_test_id("totp-devices").locator("li")
    expect(devices).to_have_count(2)
    fits("two devices, one of them told")
    devices.last.locator("button").first.click()
    expect(page.get_by_test_id("totp-rename")).to_be_visible()
    fits("rename")
    close(page, "totp-rename-dialog")
    devices.last.locator("button").last.click()
    expect(page.get_by_test_id("totp-remove-dialog")).to_be_visible()
    fits("remove")
    close(page, "totp-remove-dialog")
    page.get_by_test_id("totp-disable").click()
    fits("disable")
    close(page, "totp-disable-dialog")
    page.get_by_test_id("backup-codes-make").click()
    fits("make new codes")
    close(page, "backup-codes-ask")
    server.move_clock(660)
    page.get_by_test_id("totp-add").click()
    send(page, "step-up")
    expect(page.locator("#step-up-code-error")).to_be_visible()
    fits("prove it again")
    close(page, "step-up-dialog")


def visit_code(fits: Fitter, email: str) -> None:
    page = fits.page
    page.context.clear_cookies()
    page.goto("/login")
    page.locator("#field-email").fill(email)
    page.locator("#field-password").fill(PASSWORD)
    send(page, "login")
    expect(page.get_by_test_id("login-code")).to_be_visible()
    page.locator("main summary").click()
    fits("the code")
