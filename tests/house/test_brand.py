"""Our name is in the brand's folder and nowhere else in the product."""

import re

import pytest

from netim_app.brand.brand import get_brand
from netim_app.settings import OWN_BRAND
from netim_app.texts import catalog, po_files
from tests.house.modules import PACKAGE, ROOT

LABELS = ('b"netim-direct password v1"', 'f"\\0netim-direct {host} {port}"', "(ours: `netim`, ")
"""Nobody sees these: a key's label, the name of a lock of the machine, and our words that no password is made of."""
PLACES = (
    *(PACKAGE, ROOT / "assets", ROOT / "deploy", ROOT / "docs"),
    *(ROOT / "compose.yaml", ROOT / "Containerfile", ROOT / "Makefile"),
)
TEXTS = (".py", ".po", ".jinja", ".svg", ".txt", ".toml", ".css", ".js", ".json", ".yaml", ".md", "")


def literals() -> re.Pattern[str]:
    """The name as people write it. `netim_app`, the command `netim`, `NETIM_...` and cookies are names of parts."""
    brand = get_brand()
    words = "|".join(re.escape(word) for word in (brand.file_prefix, brand.product.replace(" ", "")))
    return re.compile(
        rf"{brand.name}\b|(?i:{words}|{brand.product}|{brand.name}\.(?:example|com)|[\"']{brand.name}[\"'])"
    )


def test_the_name_is_written_in_the_brand_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted(path for place in PLACES for path in (place, *place.rglob("*")))
        if path.is_file() and path.suffix in TEXTS and OWN_BRAND not in path.parents
        for line in path.read_text("utf-8").splitlines()
        if literals().search(line) and not any(label in line for label in LABELS)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("Your Netim account", True),
        ("netim-direct-codes.txt", True),
        ('browser="netim"', True),
        ("security@netim.example", True),
        ("from netim_app import build", False),
        ("run `netim build` with NETIM_ENV", False),
        ("__Host-netim_session", False),
    ],
)
def test_what_counts_as_the_name(line: str, is_one: bool) -> None:
    assert bool(literals().search(line)) == is_one


def test_every_text_is_filled_in_the_name_of_the_brand() -> None:
    raw = po_files.load(PACKAGE).texts
    named = [key for key, forms in raw["en"].items() if "{product}" in "".join(forms)]

    assert len(named) > 30
    for locale in catalog.LOCALES:
        for key in named:
            shown = raw[locale].get(key, raw["en"][key])  # what a language lacks is shown in English
            assert "{product}" in "".join(shown), f"{locale}: {key}"
            assert get_brand().product in catalog.template(locale, key)
            assert "product" not in po_files.placeholders(catalog.template(locale, key))
