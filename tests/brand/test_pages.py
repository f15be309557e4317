"""The brand on pages, as their markup."""

import pytest

from netim_app.brand.brand import Brand, read_brand
from netim_app.brand.mark import Mark, Shape
from netim_app.identity.view.sign_up import legal_links
from netim_app.ui import document, icons
from tests.kit.brand import SECOND_BRAND


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Brand:
    found, _ = read_brand(SECOND_BRAND)
    assert found
    monkeypatch.setattr(icons, "get_brand", lambda: found)
    monkeypatch.setattr(document, "get_brand", lambda: found)
    return found


@pytest.mark.parametrize(
    ("name", "product", "said"),
    [
        ("Kestrel", "Kestrel Cloud", ['"Kestrel "', '"Cloud"']),
        ("Kestrel", "Kestrel", ['"Kestrel"']),
        ("Kestrel", "Kestrels", ['"Kestrels"']),
        ("Kestrel", "The Nest", ['"The Nest"']),
    ],
)
def test_the_company_stands_out_where_the_product_begins_with_it(
    second: Brand, monkeypatch: pytest.MonkeyPatch, name: str, product: str, said: list[str]
) -> None:
    renamed = second.model_copy(update={"name": name, "product": product})
    monkeypatch.setattr(icons, "get_brand", lambda: renamed)
    markup = str(icons.logo())

    assert all(words in markup for words in said)
    assert ("text-muted" in markup) == (len(said) > 1)


def test_the_mark_is_drawn_with_all_its_attributes(second: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Shape("path", {"d": "M1 2", "stroke-width": "3", "fill": "var(--color-accent)"})
    drawn = second.model_copy(update={"mark": Mark("0 0 8 8", (Shape("g", {"opacity": "0.5"}, (inner,)),))})
    monkeypatch.setattr(icons, "get_brand", lambda: drawn)
    markup = str(icons.logo())

    assert 'viewBox:"0 0 8 8"' in markup
    for attribute in ('d:"M1 2"', 'strokeWidth:"3"', 'fill:"var(--color-accent)"', 'opacity:"0.5"'):
        assert attribute in markup, attribute


def test_the_head_names_icons_and_the_product(second: Brand) -> None:
    head = "".join(str(part) for part in document.head())

    for path in ("/favicon.svg", "/icon.png", "/manifest.webmanifest"):
        assert f'"{path}"' in head
    assert 'property:"og:site_name"' in head
    assert second.product in head


def test_the_sign_up_names_the_pages_that_there_are() -> None:
    both = "".join(str(part) for part in legal_links("https://a.example/terms", "https://a.example/privacy"))
    one = "".join(str(part) for part in legal_links("", "https://a.example/privacy"))

    assert '"https://a.example/terms"' in both
    assert "terms of service" in both
    assert "politique de confidentialité" in both
    assert "terms of service" not in one
    assert '"https://a.example/privacy"' in one
    assert legal_links("", "") == []
