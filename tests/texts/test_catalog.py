"""The catalog: what it finds, what it reports, and how it chooses a language."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from netim_app.texts import catalog, po_files

Write = Callable[..., tuple[str, ...]]


@pytest.fixture
def package(tmp_path: Path) -> Write:
    """Writes `.po` files into a package of its own: `package("texts/en", a="Hello")`; returns the loaded faults."""

    def write(**files: dict[str, str] | str) -> tuple[str, ...]:
        for name, texts in files.items():
            path = tmp_path / (name.replace("__", "/").replace("_en", "/en").replace("_fr", "/fr") + ".po")
            path.parent.mkdir(parents=True, exist_ok=True)
            entries = "".join(f'\nmsgid "{key}"\nmsgstr "{value}"\n' for key, value in dict(texts).items())
            path.write_text(f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n{entries}', "utf-8")
        return po_files.load(tmp_path).faults

    return write


def test_the_product_has_no_faults() -> None:
    assert catalog.faults() == []
    assert catalog.keys() >= {"ui.menu.log_out"}


def test_a_text_comes_in_the_language_asked_for_and_in_english_for_any_other() -> None:
    assert catalog.text("en", "ui.menu.log_out") == "Log out"
    assert catalog.text("fr", "ui.menu.log_out") == "Se déconnecter"
    assert catalog.text("de", "ui.menu.log_out") == "Abmelden"
    assert catalog.text("", "ui.menu.log_out") == catalog.text("xx", "ui.menu.log_out") == "Log out"


def test_an_unknown_key_or_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        catalog.text("fr", "ui.menu.no_such_key")
    with pytest.raises(KeyError):
        catalog.text("fr", "ui.date.moment", date="x")


def test_folders_of_features_are_merged(package: Write) -> None:
    files = {"texts_en": {"a": "A"}, "texts_fr": {"a": "A"}, "features__x__texts_en": {"b": "B", "c": "C"}}
    assert package(**files) == (), "a folder that nobody has translated yet"
    assert package(**files, features__x__texts_fr={"b": "B"}) == ("fr: c is missing",)


def test_equal_keys_are_reported_across_files_and_inside_of_one(package: Write, tmp_path: Path) -> None:
    both = {"texts_fr": {"a": "A"}, "texts_en": {"a": "A"}}
    assert package(**both) == ()
    assert package(**both, pages__texts_en={"a": "other"}) == ("en: a is defined twice",)
    (tmp_path / "pages/texts/en.po").unlink()
    with (tmp_path / "texts/fr.po").open("a", encoding="utf-8") as file:
        file.write('\nmsgid "a"\nmsgstr "encore"\n')
    assert po_files.load(tmp_path).faults == ("fr: a is defined twice",)


@pytest.mark.parametrize(
    ("english", "french", "fault"),
    [
        ("Hi {name}", "Bonjour", "a has different placeholders: en ['name'], fr []"),
        ("Hi {name}", "Bonjour {nom}", "a has different placeholders: en ['name'], fr ['nom']"),
        ("Hi", " ", "fr: a is empty"),
        ("Hi {name:>9}", "Bonjour {name}", "a has a broken placeholder"),
        ("Hi {0}", "Bonjour {0}", "a has a broken placeholder"),
        ("Hi {name", "Bonjour {name}", "a has a broken placeholder"),
    ],
)
def test_languages_that_differ_are_reported(package: Write, english: str, french: str, fault: str) -> None:
    (found,) = package(texts_en={"a": english}, texts_fr={"a": french})
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("FR", "fr"),
        ("en;q=0.1,fr;q=0.5", "fr"),
        ("en;q=0.5,fr;q=0.1", "en"),
        ("fr;q=0, nl", "en"),
        ("nl, fr;q=0.1", "fr"),
        ("de-AT, en;q=0.5", "de"),
        ("*", "en"),
        ("", "en"),
        (";;;q=x,\x00,--,-fr,\u2603", "en"),
        ("fr;q=1.2.3", "en"),
        ("x" * 100_000 + ",fr", "en"),
    ],
)
def test_the_language_of_a_guest_is_the_best_that_we_have(header: str, locale: str) -> None:
    assert catalog.choose_locale(header) == locale


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Mot de passe oublié ?", "Mot de passe oublié\N{NARROW NO-BREAK SPACE}?"),
        (
            "Clé : {key} ; fin !",
            "Clé\N{NO-BREAK SPACE}: {key}\N{NARROW NO-BREAK SPACE}; fin\N{NARROW NO-BREAK SPACE}!",
        ),
        ("« {name} » a été ajouté.", "«\N{NARROW NO-BREAK SPACE}{name}\N{NARROW NO-BREAK SPACE}» a été ajouté."),
        ("à partir de {fair} %, 20 %", "à partir de {fair}\N{NARROW NO-BREAK SPACE}%, 20\N{NARROW NO-BREAK SPACE}%"),
        ("2001:db8::/48 ou :: seul", "2001:db8::/48 ou :: seul"),
        ("Adresse e-mail", "Adresse e\N{NON-BREAKING HYPHEN}mail"),
    ],
)
def test_a_typed_blank_before_a_sign_breaks_no_line(typed: str, printed: str) -> None:
    assert po_files.typeset(typed) == printed
    assert po_files.typeset(printed) == printed


def test_every_text_is_set_so() -> None:
    wrong = [
        (locale, key)
        for locale in catalog.LOCALES
        for key in sorted(catalog.keys())
        for form in catalog.spoken(locale, key)[1]
        if re.search(r"[ \u202f]:\s| [;?!»]|« |[\d}] %|[eE]-[mM]ail", form)
    ]
    assert wrong == []
    assert "E\N{NON-BREAKING HYPHEN}Mail-Adresse" in catalog.template("de", "field.email")
    assert "\N{NARROW NO-BREAK SPACE}?" in catalog.template("fr", "login.forgot")
