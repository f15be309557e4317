"""The files of the brand, as browsers and other programs get them."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from netim_app.brand import brand as brands
from netim_app.brand.brand import Brand, read_brand
from netim_app.infra.unit_of_work import Units
from netim_app.web import brand_files
from netim_app.web.routes import routes
from tests.kit.brand import SECOND_BRAND

URL = "https://account.example.com"
NOW = datetime(2026, 11, 24, 8, 5, 1, tzinfo=UTC)
KEPT = "public, max-age=86400"


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Brand:
    found, _ = read_brand(SECOND_BRAND)
    assert found
    monkeypatch.setattr(brand_files, "get_brand", lambda: found)
    return found


async def get(path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(routes()), base_url=URL) as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("path", "kind", "start"),
    [
        ("/favicon.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'),
        ("/icon.png", "image/png", b"\x89PNG"),
        ("/preview.png", "image/png", b"\x89PNG"),
        ("/manifest.webmanifest", "application/manifest+json", b"{"),
    ],
)
async def test_a_file_is_the_brands_and_may_be_kept_for_a_day(
    second: Brand, path: str, kind: str, start: bytes
) -> None:
    answer = await get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["cache-control"] == KEPT
    assert answer.content.startswith(start)
    assert (await get(path, "POST")).status_code == 405


async def test_the_manifest_names_the_brand_and_icons_that_are_there(second: Brand) -> None:
    manifest = (await get("/manifest.webmanifest")).json()

    assert (manifest["name"], manifest["short_name"]) == (second.product, second.name)
    assert manifest["theme_color"] == "#f8f5fa"
    for icon in manifest["icons"]:
        answer = await get(icon["src"])
        assert answer.headers["content-type"].startswith(icon["type"])


async def test_security_txt_says_who_hears_of_a_vulnerability(second: Brand, sqlite_units: Units) -> None:
    answer = await get("/.well-known/security.txt")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("Contact: mailto:security@kestrel.example\nExpires: ")


def test_security_txt_has_the_lines_of_rfc_9116(second: Brand) -> None:
    assert brand_files.security_lines(second, URL, NOW).splitlines() == [
        "Contact: mailto:security@kestrel.example",
        "Expires: 2027-05-23T00:00:00Z",
        "Preferred-Languages: en, de, fr",
        "Canonical: https://account.example.com/.well-known/security.txt",
        "Policy: https://kestrel.example/disclosure",
    ]


async def test_a_brand_that_names_nobody_has_no_security_txt() -> None:
    assert not brands.get_brand().security_contact
    assert (await get("/.well-known/security.txt")).status_code == 404


def test_robots_are_kept_off_what_is_one_customers() -> None:
    lines = (Path(__file__).parents[2] / "assets" / "robots.txt").read_text().splitlines()

    assert lines[0] == "User-agent: *"
    assert {"Disallow: /account/", "Disallow: /auth/"} <= set(lines)
    assert "Disallow: /" not in lines, "the login may be found"
