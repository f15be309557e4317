"""Attacks that only a browser can show: scripts in what a customer typed, and what a page tells to others."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import go_to_security, log_in, log_out, unfold_rules
from tests.kit.harness import PASSWORD, Server, link_in
from tests.kit.headers import PAGES

SCRIPTS = (
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "javascript:window.pwned=1",
    '"><script>window.pwned=1</script>',
    "{{constructor.constructor('window.pwned=1')()}}",
)


def test_xss(page: Page, server: Server, customer: str) -> None:
    """In names, notes and all other input that is shown again: text stays text, on every page and in every mail."""
    log_in(page, customer)
    for script in SCRIPTS:
        page.get_by_label("Company").fill(script)
        page.get_by_label("City").fill(script)
        page.get_by_label("First name").fill("Anna")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Your details have been saved.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Company")).to_have_value(script)
    page.get_by_label("First name").fill(SCRIPTS[0])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=SCRIPTS[0])).to_be_visible()
    page.goto("/account/connection-and-security")
    unfold_rules(page)
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
        show = field.locator("xpath=following-sibling::button")
        for pressed, shown in (("true", "text"), ("false", "password")):
            show.click()
            expect(show).to_have_attribute("aria-pressed", pressed)
            expect(field).to_have_attribute("type", shown)
            field.press_sequentially(" more")  # the page renders the field anew: it counts, and its strength is shown
            expect(field).to_have_attribute("type", shown)
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
    log_in(page, customer)
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
    for path in (
        "/login",
        "/signup",
        "/forgot-password",
        "/reset-password",
        "/restore-email",
        "/verify-email",
        "/no/such/page",
    ):
        page.goto(path)
    log_in(page, customer)
    go_to_security(page)
    page.get_by_role("button", name="Enable", exact=True).click()
    expect(page.get_by_test_id("totp-qr")).to_be_visible()
    assert asked == {server.origin.split("/")[2]}


REPORT = """window.violations = []; addEventListener("securitypolicyviolation",
event => violations.push(`${event.violatedDirective} ${event.blockedURI}`))"""
INJECTIONS = """() => {
    const script = document.createElement("script");
    script.textContent = "window.pwned = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.pwned = 2'>");
    document.body.insertAdjacentHTML("beforeend", "<iframe src='https://evil.test/'></iframe>");
    setTimeout(() => { eval("window.pwned = 3"); }, 0);  // by itself later: Playwright's own calls may use eval
    setTimeout(() => { new Function("window.pwned = 4")(); }, 0);
    setTimeout(() => { location.href = "javascript:window.pwned=5"; }, 0);
    const form = document.createElement("form");
    form.action = "https://evil.test/";
    document.body.append(form);
    form.submit();
}"""


def test_csp_no_page_needs_more_than_it_may(page: Page, customer: str, complaints: list[str]) -> None:
    """All pages and what opens on them, without a violation. A script that gets into a page by mistake does not run."""
    page.add_init_script(REPORT)
    for path in (*PAGES, "/no/such/page"):
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        assert page.evaluate("violations") == [], path
    log_in(page, customer)
    for path in PAGES[-2:]:
        page.goto(path)
        expect(page.get_by_role("button", name="Anna Martin")).to_be_visible()
        assert page.evaluate("violations") == [], path
    page.goto(PAGES[-1])
    unfold_rules(page)
    for name in ("Change password", "Add a rule", "Enable"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("violations") == []
    assert complaints == []

    page.evaluate(INJECTIONS)
    for _ in range(100):
        if len(page.evaluate("violations")) >= 7:
            break
        page.wait_for_timeout(50)
    assert page.evaluate("window.pwned") is None
    refused = {violation.split()[0] for violation in page.evaluate("violations")}
    assert {"script-src-elem", "script-src-attr", "script-src", "form-action"} <= refused, refused
    assert {"frame-src", "default-src"} & refused
    assert page.url.endswith(PAGES[-1])
    assert all("Content Security Policy" in complaint or "EvalError" in complaint for complaint in complaints)
    complaints.clear()
    page.reload()
    expect(page.get_by_role("switch", name="Email alerts")).to_be_visible()


class AnotherSite(BaseHTTPRequestHandler):
    """A page that shows other pages in frames: those that its query names."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        framed = parse_qs(urlsplit(self.path).query).get("frame", [])
        self.wfile.write("".join(["<p>Hello</p>", *(f'<iframe src="{url}"></iframe>' for url in framed)]).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        pass


def test_csp_refuses_to_be_framed(chromium: Browser, server: Server) -> None:
    """No other site shows a page of ours inside its own. It shows one that does not mind, so the browser would."""
    with ThreadingHTTPServer(("127.0.0.1", 0), AnotherSite) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        other = f"http://127.0.0.1:{site.server_port}/"
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{other}?{urlencode([('frame', server.origin + path) for path in PAGES] + [('frame', other)])}")
        expect(page.frame_locator("iframe").last.get_by_text("Hello")).to_be_visible()
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * len(PAGES) + [other]
        page.goto(f"{server.origin}/login")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        context.close()
        site.shutdown()


STORES = """async () => JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie, window.name, await caches.keys(), history.state,
    (await indexedDB.databases()).map(each => each.name), location.href, document.title,
])"""


def kept(page: Page) -> str:
    """The data that a browser keeps of a site, as far as a script can see."""
    return str(page.evaluate(STORES))


def everything_kept(page: Page) -> str:
    """The same, and what the page shows or hides."""
    return f"{kept(page)} {page.content()} {page.evaluate('document.body.innerText')}"


def test_client_remnants_of_a_whole_visit(page: Page, customer: str) -> None:
    """After it neither the page, the browser's stores nor the way back show anything of the customer."""
    log_in(page, customer)
    expect(page.get_by_label("First name")).to_have_value("Anna")
    assert customer in page.locator("main").inner_html() + str(
        page.locator("input").evaluate_all("i => i.map(e => e.value)")
    )
    go_to_security(page)
    page.get_by_role("button", name="Enable", exact=True).click()
    qr = page.get_by_test_id("totp-qr")
    expect(qr).to_be_visible()
    key = page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    expect(qr).to_have_count(0)
    log_out(page)
    secrets = [customer, "Martin", *[word for word in key.split() if len(word) == 4 and word.isupper()]]
    assert len(secrets) >= 10, "the key was seen"
    assert not [secret for secret in secrets if secret in everything_kept(page)]
    for _ in range(4):
        page.go_back()
        page.wait_for_load_state()
        expect(page.get_by_role("heading").first).to_be_visible()
        assert not [secret for secret in secrets if secret in everything_kept(page)], page.url
    assert [cookie["name"] for cookie in page.context.cookies()] == ["netim_browser"]
    log_in(page, customer)
    expect(page.get_by_role("button", name="Anna Martin")).to_be_visible()


def test_cookie_attrs_no_script_reads_a_cookie(page: Page, customer: str) -> None:
    log_in(page, customer)
    assert {cookie["name"] for cookie in page.context.cookies()} == {"netim_browser", "netim_session"}
    assert page.evaluate("document.cookie") == ""
    assert "netim_session" not in everything_kept(page)


def test_reset_leak_nobody_hears_of_the_secret(page: Page, server: Server, customer: str) -> None:
    """It is in no request, no referrer, not in the address bar, and the browser's history and stores forget it."""
    page.goto("/forgot-password")
    page.get_by_label("Email address").fill(customer)
    page.get_by_role("button", name="Send the link").click()
    link = link_in(server.wait_for_mail(customer))
    secret = link.partition("#")[2]
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.method} {request.url} {request.post_data} {request.headers.get('referer', '')}")

    page.on("request", note)
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    expect(page).to_have_url(link.partition("#")[0])
    assert secret not in kept(page), "it is in the form alone"
    page.get_by_label("New password", exact=True).fill("walnut kettle saddle 31")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    page.get_by_role("link", name="Log in").first.click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert secret not in everything_kept(page)
    page.go_back()
    assert secret not in page.url
    assert len(asked) > 3
    assert not [request for request in asked if secret in request]
    assert secret not in server.log
