"""A second brand is built and run: another name, other colours, another mark, and not a word of ours."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from netim_app.brand.brand import Brand, read_brand
from tests.browser.conftest import DESKTOP, PHONE, log_in, log_out, open_public
from tests.kit.brand import OURS, SECOND_BRAND
from tests.kit.fitting import misfits
from tests.kit.harness import PASSWORD, ROOT, Server, link_in
from tests.kit.pages import SECURITY
from tests.kit.phone import finish, give_password, go_through, open_wizard

PUBLIC = ("/login", "/signup", "/forgot-password", "/verify-email", "/reset-password", "/restore-email", "/nowhere")
ACCOUNT = ("/account/personal-information", SECURITY)
TOLD = """() => {
  const copy = document.documentElement.cloneNode(true);
  for (const unseen of copy.querySelectorAll("script, style, link[rel=modulepreload]")) unseen.remove();
  return copy.outerHTML;
}"""
"""All that a page says, its head and its attributes included; not the names of the program's parts."""
LONGEST = "Kestrel & Sons Cloud Accounts."


@pytest.fixture(scope="module")
def brand() -> Brand:
    found, faults = read_brand(SECOND_BRAND)
    assert not faults
    assert found
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with pages of its own: it takes half a minute to build them."""
    folder = tmp_path_factory.mktemp("second-brand")
    env = {"NETIM_BRAND_DIR": str(SECOND_BRAND), "REFLEX_WEB_WORKDIR": str(folder / "web")}
    made = Server(folder / "var", env=env)
    build = [sys.executable, "-m", "netim_app", "build"]
    done = subprocess.run(build, cwd=ROOT, env=made.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


@pytest.fixture(params=["en-GB", "fr-FR"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def says_nothing_of_us(page: Page, brand: Brand) -> None:
    told = page.evaluate(TOLD)
    assert OURS.findall(told) == [], re.findall(r"(?i).{40}netim.{40}", told)
    assert brand.product in page.title()


def mail_text(mail: EmailMessage) -> str:
    """Its headers, and both parts as they are shown."""
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *parts])


@pytest.mark.timeout(600)
def test_public_pages_say_no_word_of_ours(
    new_context: Callable[..., BrowserContext], locale: str, brand: Brand
) -> None:
    page = new_context(locale=locale).new_page()
    for path in PUBLIC:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        says_nothing_of_us(page, brand)
        expect(page.get_by_role("banner").get_by_text(brand.product)).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_wear_the_colours_and_the_mark(
    new_context: Callable[..., BrowserContext],
    server: Server,
    brand: Brand,
    scheme: Literal["light", "dark"],
    viewport: dict[str, int],
) -> None:
    page = new_context(viewport=viewport, color_scheme=scheme).new_page()
    email = server.create_account(f"{scheme}{viewport['width']}@example.com")
    open_public(page, "/signup")
    colours = brand.light if scheme == "light" else brand.dark
    button = page.get_by_role("button", name="Create my account")

    assert button.evaluate("e => getComputedStyle(e).backgroundColor") == rgb(colours["accent"])
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == rgb(colours["canvas"])
    mark = page.get_by_role("banner").locator("svg polygon").first
    assert mark.evaluate("e => getComputedStyle(e).fill") == rgb(colours["on-accent"])
    assert misfits(page) == []
    page.get_by_role("banner").locator("a > span > span").evaluate(f"e => e.textContent = {LONGEST!r}")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], "the longest name there may be"
    log_in(page, email)
    assert misfits(page) == []


def rgb(colour: str) -> str:
    """A colour as browsers name it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_from_sign_up_to_backup_codes(page: Page, server: Server, email: str, brand: Brand) -> None:
    page.goto("/signup")
    expect(page.get_by_role("link", name="terms of service")).to_have_attribute("href", brand.terms)
    expect(page.get_by_role("link", name="privacy policy")).to_have_attribute("href", brand.privacy)
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Last name").fill("Martin")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill("kestrel falcon 2026")
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    link = link_in(server.wait_for_mail(email))
    page.goto(link)
    page.get_by_label("The password you chose when you signed up").fill(PASSWORD)
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.get_by_test_id("confirmed")).to_be_visible()
    log_in(page, email)
    for path in ACCOUNT:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("meter")).to_be_visible()
        says_nothing_of_us(page, brand)

    phone, _ = go_through(page, server, open_wizard(page))
    assert phone.uri.startswith("otpauth://totp/Kestrel:")
    assert "issuer=Kestrel" in phone.uri
    says_nothing_of_us(page, brand)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "kestrel-backup-codes.txt"
    assert not OURS.search(saved.value.path().read_text())
    finish(page)
    server.wait_for_mail(email, subject="Two-factor authentication is on")

    log_out(page)
    give_password(page, email)
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    expect(page.locator("details a")).to_have_attribute("href", brand.support)

    mails = server.mails(email)
    assert len(mails) >= 2
    for mail in mails:
        assert OURS.findall(mail_text(mail)) == [], mail["subject"]
        assert mail["from"].addresses[0].display_name == "Kestrel Accounts"
        assert "Kestrel &amp; Sons Cloud" in mail_text(mail)
        assert brand.light["accent"] in mail_text(mail)
    assert any(brand.support in mail_text(mail) for mail in mails)


def test_programs_find_the_brand_too(page: Page, server: Server, brand: Brand) -> None:
    page.goto("/login")
    picture = page.locator('meta[property="og:image"]').get_attribute("content")
    assert picture == "/preview.png"
    for path in (picture, "/icon.png", "/favicon.svg", "/manifest.webmanifest", "/robots.txt"):
        answer = page.request.get(f"{server.address}{path}")
        assert answer.ok, path
        assert not OURS.search(answer.body().decode(errors="replace")), path
    told = page.request.get(f"{server.address}/login", headers={"User-Agent": "Twitterbot/1.0"}).text()
    assert f'content="{server.origin}/preview.png"' in told
    security = page.request.get(f"{server.address}/.well-known/security.txt").text()
    assert security.startswith("Contact: mailto:security@kestrel.example\n")
    answer = page.request.get(f"{server.address}/nowhere")
    assert not any(OURS.search(f"{name}: {value}") for name, value in answer.headers.items() if name != "set-cookie")
