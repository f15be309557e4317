"""A brand is read from its folder: what it gives, and what is wrong with it, in one line each."""

import shutil
from pathlib import Path

import pytest

from netim_app.brand import colours
from netim_app.brand.brand import FILE, ICON, MARK, SIZES, Brand, read_brand
from netim_app.settings import OWN_BRAND
from tests.kit.brand import SECOND_BRAND


def second() -> Brand:
    brand, faults = read_brand(SECOND_BRAND)
    assert faults == []
    assert brand
    return brand


def copied(folder: Path, old: str = "", new: str = "", file: str = FILE) -> Path:
    """The second brand with one thing changed."""
    copy = folder / "brand"
    shutil.copytree(SECOND_BRAND, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    return copy


def test_our_own_brand_has_no_fault() -> None:
    brand, faults = read_brand(OWN_BRAND)

    assert faults == []
    assert brand
    assert brand.issuer == brand.sender_name == brand.product, "what is not given is the product"
    assert brand.support == brand.terms == brand.privacy == brand.security_contact == ""


def test_another_brand_gives_all_that_customers_see() -> None:
    brand = second()

    assert (brand.issuer, brand.sender_name, brand.file_prefix) == ("Kestrel", "Kestrel Accounts", "kestrel")
    assert brand.words == {"product": "Kestrel & Sons Cloud"}
    assert brand.light["accent"] == "#7a1fa2"
    assert (brand.light["canvas"], brand.light["ink"]) == ("#f8f5fa", colours.LIGHT["ink"]), (
        "ours where it says nothing"
    )
    assert brand.light.keys() == brand.dark.keys() == colours.NAMES


def test_no_password_is_made_of_name_and_product() -> None:
    assert second().forbidden_words == ("kestrel", "kestrel & sons cloud", "kestrel&sonscloud", "falcon")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "Kestrel"\n', "", "brand.toml: name: Field required"),
        ('product = "Kestrel & Sons Cloud"', 'product = "Kestrel {x}"', "product: must be one line without { }"),
        ('product = "Kestrel & Sons Cloud"', f'product = "{"K" * 31}"', "product: String should have at most 30"),
        ('issuer = "Kestrel"', 'issuer = "a:b"', "issuer: must not contain a colon"),
        ('file_prefix = "kestrel"', 'file_prefix = "../etc"', "file_prefix: must be like acme-accounts"),
        ('"falcon"', '"a"', "password_words.0: String should have at least 3"),
        ("https://kestrel.example/help", "http://kestrel.example", "support: must be an e-mail address such as"),
        ("https://kestrel.example/terms", "terms@kestrel.example", "terms: must be an address such as https://"),
        ("https://kestrel.example/terms", "javascript:alert(1)", "terms: must be an address such as https://"),
        ("terms =", "term =", "term: Extra inputs are not permitted"),
        ("[dark]", "[darkness]", "dark: Field required"),
        ('accent = "#7a1fa2"', 'accent = "purple"', "light.accent: must be a colour such as #2350c4"),
        ('accent-soft = "#33173f"\n', "", "brand.toml: dark: accent-soft is missing"),
        ('canvas = "#f8f5fa"', 'canvass = "#f8f5fa"', "brand.toml: light: there is no colour canvass"),
        ("[light]", "[light", "brand.toml: "),
    ],
)
def test_a_fault_is_one_line_that_says_where(tmp_path: Path, old: str, new: str, fault: str) -> None:
    _, faults = read_brand(copied(tmp_path, old, new))

    assert len([line for line in faults if fault in line]) == 1, faults
    assert all(line.startswith("NETIM_BRAND_DIR: ") and "\n" not in line for line in faults)


def test_a_colour_that_cannot_be_read_is_refused_with_the_pair_and_the_figures(tmp_path: Path) -> None:
    _, faults = read_brand(copied(tmp_path, 'accent = "#7a1fa2"', 'accent = "#b07ac4"'))

    assert (
        "NETIM_BRAND_DIR: brand.toml: light: accent #b07ac4 on surface #ffffff has a contrast of 3.27, "
        "at least 4.5 is needed (WCAG AA)"
    ) in faults


@pytest.mark.parametrize("theme", [colours.LIGHT, colours.DARK], ids=["light", "dark"])
def test_every_colour_of_a_theme_meets_another(theme: dict[str, str]) -> None:
    met = {name for front, back, _ in colours.PAIRS for name in (front, back)}

    assert {name for name in theme if not name.startswith("level-")} - met == {"line"}, "a line is decoration"


def test_black_on_white_has_the_largest_contrast() -> None:
    assert colours.contrast("#000000", "#ffffff") == colours.contrast("#ffffff", "#000000") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# The mark and the pictures


def test_a_mark_takes_the_colours_of_a_theme_and_leaves_out_what_draws_nothing() -> None:
    svg = second().mark.as_svg(second().dark)

    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32"')
    assert 'fill="#dfa8f5"' in svg
    assert 'fill="#ffb300"' in svg, "a colour of its own stays"
    assert "var(" not in svg
    assert "title" not in svg


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ('<image href="https://example.com/a.png"/>', "holds <image>"),
        ('<a href="https://example.com"><circle r="1"/></a>', "holds <a>"),
        ('<circle r="1" onload="alert(1)"/>', "has onload"),
        ('<circle r="1" style="fill:red"/>', "has style"),
        ('<circle r="1" fill="url(#x)"/>', "no gradient"),
        ('<circle r="1" fill="var(--color-nothing)"/>', "is not understood"),
        ('<circle r="1&quot;&gt;&lt;b"/>', "is not understood"),
        ("<g><text>Kestrel</text></g>", "holds <text>"),
        ("<circle>", "is no SVG file"),
        ("<g>" + " " * 20_000 + "</g>", "at most 20000"),
    ],
)
def test_a_mark_that_does_more_than_draw_is_refused(tmp_path: Path, new: str, fault: str) -> None:
    _, faults = read_brand(copied(tmp_path, "<title>Kestrel</title>", new, MARK))

    assert len(faults) == 1
    assert faults[0].startswith("NETIM_BRAND_DIR: mark.svg: ")
    assert fault in faults[0]


def test_a_mark_needs_its_box(tmp_path: Path) -> None:
    assert "must begin with <svg" in read_brand(copied(tmp_path, ' viewBox="0 0 64 64"', "", MARK))[1][0]


@pytest.mark.parametrize("name", SIZES)
def test_a_picture_that_is_missing_or_of_another_size_is_told(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path)
    (folder / name).write_bytes((OWN_BRAND / (set(SIZES) - {name}).pop()).read_bytes())
    assert read_brand(folder)[1] == [
        f"NETIM_BRAND_DIR: {name}: must be a PNG file of {SIZES[name][0]} x {SIZES[name][1]} pixels"
    ]

    (folder / name).unlink()
    assert read_brand(folder)[1] == [
        f"NETIM_BRAND_DIR: {name}: No such file or directory; `python -m tools.brand_pictures` draws it"
    ]


def test_a_folder_without_a_brand_is_told(tmp_path: Path) -> None:
    brand, faults = read_brand(tmp_path)

    assert brand is None
    assert faults == [f"NETIM_BRAND_DIR: {tmp_path / FILE}: No such file or directory"]


def test_the_icon_is_what_the_folder_has() -> None:
    assert second().picture(ICON) == (SECOND_BRAND / ICON).read_bytes()
