"""Attacks that only a browser can show: scripts in what a customer typed, and what a page tells to others."""

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import go_to_security, sign_in
from tests.harness import PASSWORD, Server, link_in

SCRIPTS = (
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "javascript:window.pwned=1",
    '"><script>window.pwned=1</script>',
    "{{constructor.constructor('window.pwned=1')()}}",
)


def test_xss(page: Page, server: Server, customer: str) -> None:
    """In names, notes and whatever else is shown again: text stays text, on every page and in every mail."""
    sign_in(page, customer)
    for script in SCRIPTS:
        page.get_by_label("Company").fill(script)
        page.get_by_label("City").fill(script)
        page.get_by_label("First name").fill("Anna")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Your details are saved.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Company")).to_have_value(script)
    page.get_by_label("First name").fill(SCRIPTS[0])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=SCRIPTS[0])).to_be_visible()
    page.goto("/account/connection-and-security")
    for script in SCRIPTS[:2]:
        page.get_by_role("button", name="Add a rule").click()
        page.get_by_label("IP address, network or range").fill(f"203.0.113.{len(script)}")
        page.get_by_label("Note").fill(script)
        page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_test_id("ip-rules")).to_contain_text(script)
    assert page.evaluate("window.pwned") is None
    for mail in (server.wait_for_mail(customer, 1), server.wait_for_mail(customer, 2)):
        html = mail.get_body(("html",))
        assert html is not None
        assert not any(script in html.get_content() for script in SCRIPTS)


def test_pw_fields(page: Page, server: Server, customer: str) -> None:
    """Every password field hides what is typed, says to password managers what it is, and takes a paste."""

    def check(label: str, autocomplete: str) -> None:
        field = page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("type", "password")
        expect(field).to_have_attribute("autocomplete", autocomplete)
        page.evaluate("text => navigator.clipboard.writeText(text)", PASSWORD)
        field.focus()
        page.keyboard.press("Control+V")
        expect(field).to_have_value(PASSWORD)
        field.fill("")

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/login")
    check("Password", "current-password")
    page.goto("/signup")
    check("Password", "new-password")
    page.goto("/verify-email?for=sign-up")
    check("The password you chose when you signed up", "current-password")
    page.goto("/forgot-password")
    page.get_by_label("Email address").fill(customer)
    page.get_by_role("button", name="Send the link").click()
    page.goto(link_in(server.wait_for_mail(customer)))
    check("New password", "new-password")
    sign_in(page, customer)
    go_to_security(page)
    page.get_by_role("button", name="Change password").click()
    check("Current password", "current-password")
    check("New password", "new-password")


def test_third_party(page: Page, server: Server, customer: str) -> None:
    """No page asks anybody else for anything (every other test watches for it, too)."""
    asked: set[str] = set()

    def note(request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            asked.add(request.url.split("/")[2])

    page.on("request", note)
    for path in ("/login", "/signup", "/forgot-password", "/reset-password", "/verify-email", "/no/such/page"):
        page.goto(path)
    sign_in(page, customer)
    go_to_security(page)
    page.get_by_role("button", name="Enable", exact=True).click()
    expect(page.get_by_test_id("totp-qr")).to_be_visible()
    assert asked == {server.origin.split("/")[2]}
