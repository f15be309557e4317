"""The wizard where it is used most, and its picture on every screen."""

import io
import re
from collections.abc import Callable
from itertools import groupby

import pyotp
import pytest
from PIL import Image, ImageChops, ImageColor
from playwright.sync_api import BrowserContext, Locator, Page, expect

from netim_app.texts import catalog
from netim_app.ui.theme import DARK, LIGHT
from tests.browser.conftest import PHONE
from tests.kit.harness import Server
from tests.kit.languages import tag
from tests.kit.phone import Phone, open_settings

ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/143.0.0.0 Mobile Safari/537.36"
)
HELD = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2, "user_agent": ANDROID}
TABLET = {**HELD, "viewport": {"width": 820, "height": 1180}}


def begin(page: Page, server: Server, email: str) -> Locator:
    open_settings(page, server, email)
    page.get_by_test_id("totp-enable").click()
    wizard = page.get_by_test_id("totp-wizard")
    expect(wizard).to_be_visible()
    return wizard


def in_one_screen(dialog: Locator, action: Locator) -> None:
    """Nothing is scrolled, and the button that goes on is seen."""
    assert dialog.evaluate("e => e.scrollTop") == 0
    expect(action).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_each_step_is_one_screen_of_a_phone(
    new_context: Callable[..., BrowserContext], server: Server, email: str, language: str
) -> None:
    server.create_account(email, language=language)
    page = new_context(**HELD, locale=tag(language), reduced_motion="reduce").new_page()
    wizard = begin(page, server, email)
    key = page.get_by_test_id("totp-key").inner_text().split("\n")[0].replace(" ", "")
    in_one_screen(wizard, page.get_by_test_id("totp-next"))
    page.get_by_test_id("totp-next").click()
    form = page.get_by_test_id("totp-confirm")
    in_one_screen(wizard, form.locator("[type=submit]"))
    form.locator("[name=code]").fill(pyotp.TOTP(key).at(server.units.clock()))
    form.locator("[type=submit]").click()
    sheet = page.get_by_test_id("backup-codes-new")
    expect(sheet).to_be_visible()
    in_one_screen(sheet, page.get_by_test_id("backup-codes-finish").locator("[type=submit]"))


@pytest.mark.parametrize("device", [HELD, TABLET, {"viewport": PHONE}], ids=["phone", "tablet", "narrow"])
def test_what_cannot_scan_itself_opens_the_application(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, device: dict[str, object]
) -> None:
    page = new_context(**device).new_page()
    wizard = begin(page, server, customer)
    link = wizard.get_by_role("link", name="Open in your authenticator app")
    key, picture = wizard.get_by_test_id("totp-key"), wizard.get_by_role("img", name="QR code")
    assert str(link.get_attribute("href")).startswith("otpauth://totp/Netim%20Direct:")
    assert top(link) < top(key)
    expect(picture).to_be_hidden()
    wizard.get_by_text("Show the QR code").click()
    assert top(key) < top(picture)
    assert Phone(server, picture).uri == link.get_attribute("href")


def test_what_can_scan_shows_the_key_above_the_picture(page: Page, server: Server, customer: str) -> None:
    wizard = begin(page, server, customer)
    link = wizard.get_by_role("link", name="Open in your authenticator app")
    expect(wizard.get_by_text("Show the QR code")).to_be_hidden()
    assert top(wizard.get_by_test_id("totp-key")) < top(wizard.get_by_test_id("totp-qr")) < top(link)


def top(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"]


SHORT = "a@b.example"
LONG = "a.customer.whose.address.is.so.long.that.the.picture.needs.more.modules@department.company.example"
SIZES = [(1280, 900), (1280, 901), (1281, 900), (1440, 900), (1440, 777), (1441, 901), (700, 800), (1024, 768)]
"""Even and odd ones, because a dialog is centred, and those at which a side of the frame was once lost."""


@pytest.mark.parametrize(
    ("address", "ratio", "scrollbars"),
    [(SHORT, 1, "overlay"), (SHORT, 2, "classic"), (LONG, 1, "classic"), (LONG, 2, "overlay")],  # every pair once
    ids=["short-1-overlay", "short-2-classic", "long-1-classic", "long-2-overlay"],
)
def test_the_frame_is_whole_and_the_modules_are_whole_pixels(
    new_context: Callable[..., BrowserContext], server: Server, address: str, ratio: int, scrollbars: str
) -> None:
    email = server.create_account(f"{scrollbars}{ratio}{address}")
    page = new_context(device_scale_factor=ratio, reduced_motion="reduce").new_page()
    hidden = {"hidden": scrollbars == "overlay"}
    page.context.new_cdp_session(page).send("Emulation.setScrollbarsHidden", hidden)
    picture = begin(page, server, email).get_by_test_id("totp-qr")
    wrong = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme, colours in (("light", LIGHT), ("dark", DARK)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
            framed = around(page, picture)
            if faults := frame_faults(framed, colours) + module_faults(framed, ratio):
                wrong[width, height, scheme] = faults
    assert wrong == {}


def around(page: Page, picture: Locator) -> Image.Image:
    """The frame and a little of what is around it, in pixels of the screen."""
    picture.scroll_into_view_if_needed()
    box = picture.locator("..").bounding_box()
    assert box
    left, top = int(box["x"]) - 3, int(box["y"]) - 3
    clip = {"x": left, "y": top, "width": box["width"] + 7, "height": box["height"] + 7}
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")  # type: ignore[arg-type]  # four numbers


def frame_faults(seen: Image.Image, colours: dict[str, str]) -> list[str]:
    """The sides that are not one line in the colour of lines, but for the corners, which are round."""
    outside = Image.new("RGB", seen.size, colours["surface"])
    frame = seen.crop(ImageChops.difference(seen, outside).getbbox())
    line = ImageColor.getrgb(colours["line"])
    width, height = frame.size
    sides = {
        "top": [(x, 0) for x in range(width)],
        "bottom": [(x, height - 1) for x in range(width)],
        "left": [(0, y) for y in range(height)],
        "right": [(width - 1, y) for y in range(height)],
    }
    return [name for name, side in sides.items() if sum(frame.getpixel(at) == line for at in side) < len(side) * 0.85]


def module_faults(seen: Image.Image, ratio: int) -> list[str]:
    """Modules that are blurred, or not all of one size."""
    black = seen.convert("L").point(lambda value: 255 if value == 0 else 0)
    code = seen.crop(black.getbbox())
    width, height = code.size
    rows = [[code.getpixel((x, y)) for x in range(width)] for y in range(height)]
    colours = {colour for row in rows for colour in row}
    runs = {len([*run]) for row in rows for _, run in groupby(row)}
    module = min(runs)
    return [
        *([f"colours {colours}"] if colours != {(0, 0, 0), (255, 255, 255)} else []),
        *([f"runs of {sorted(runs)}"] if any(run % module for run in runs) else []),
        *([f"modules of {module}"] if module % ratio or module < 3 * ratio else []),
    ]
