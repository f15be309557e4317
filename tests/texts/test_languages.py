"""A language is its files: what their heads say, how one is begun, and what is shown of one that is not finished."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from netim_app.commands import maintenance
from netim_app.texts import catalog, languages, new_language, po_files

ENGLISH = """msgid ""
msgstr ""
"Language: en_GB\\n"

msgid "a"
msgstr "A {name}"

msgid "b"
msgid_plural "b"
msgstr[0] "One"
msgstr[1] "{count} of them"
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for folder in ("texts", "features/x/texts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "texts/en.po").write_text(ENGLISH, "utf-8")
    (tmp_path / "features/x/texts/en.po").write_text('msgid "c"\nmsgstr "first\\nsecond"\n', "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "name", "direction", "plural_of_5"),
    [
        ("en", "English", "ltr", 1),
        ("fr", "Français", "ltr", 1),
        ("ar", "العربية", "rtl", 3),
        ("pl", "Polski", "ltr", 2),
    ],
)
def test_a_file_makes_a_language(tmp_path: Path, code: str, name: str, direction: str, plural_of_5: int) -> None:
    (tmp_path / f"{code}.po").write_text('msgid "a"\nmsgstr "b"\n', "utf-8")

    found = languages.read(tmp_path / f"{code}.po")

    assert (found.code, found.name, found.direction, found.form_of(5)) == (code, name, direction, plural_of_5)


def test_the_head_of_a_file_says_whose_dates_and_which_letters(tmp_path: Path) -> None:
    head = '"Language: da_DK\\n"\n"X-Alphabet: a b z æ\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    (tmp_path / "da.po").write_text(f'msgid ""\nmsgstr ""\n{head}', "utf-8")

    found = languages.read(tmp_path / "da.po")

    assert (str(found.region), found.alphabet, found.forms) == ("da_DK", ("a", "b", "z", "æ"), 1)


@pytest.mark.parametrize("plural", ["alert(1)", "n > 1 ? 0 : `x`", "[n]"])
def test_a_rule_for_plurals_is_nothing_but_arithmetic(tmp_path: Path, plural: str) -> None:
    """It is written into the pages."""
    (tmp_path / "da.po").write_text(f'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural={plural};\\n"\n', "utf-8")

    with pytest.raises(ValueError, match="plural"):
        languages.read(tmp_path / "da.po")


def test_a_new_language_has_every_text_to_translate_and_is_shown_in_english_until_then(package: Path) -> None:
    written = new_language.add_missing(package, "pl")

    assert [(path.relative_to(package).as_posix(), count) for path, count in written] == [
        ("texts/pl.po", 2),
        ("features/x/texts/pl.po", 1),
    ]
    assert list(languages.find(package / "texts")) == ["en", "pl"]
    assert '#. first\n#. second\nmsgid "c"\nmsgstr ""\n' in (package / "features/x/texts/pl.po").read_text("utf-8")
    assert (package / "texts/pl.po").read_text("utf-8").count("msgstr[") == 3
    loaded = po_files.load(package)
    assert loaded.texts["pl"] == {}
    assert loaded.faults == ("pl: a is empty", "pl: b is empty", "pl: c is empty")


def test_what_is_translated_stays_when_the_rest_is_added(package: Path) -> None:
    new_language.add_missing(package, "de")
    german = package / "texts/de.po"
    german.write_text(german.read_text("utf-8").replace('"a"\nmsgstr ""', '"a"\nmsgstr "Ä {name}"'), "utf-8")
    with (package / "texts/en.po").open("a", encoding="utf-8") as file:
        file.write('\nmsgid "d"\nmsgstr "D"\n')

    assert new_language.add_missing(package, "de") == [(german, 1)]
    assert new_language.add_missing(package, "de") == []
    assert po_files.load(package).texts["de"] == {"a": ("Ä {name}",)}


@pytest.mark.parametrize("code", ["", "qq", "../en", "sr-Latn", "not a language"])
def test_no_files_are_written_for_what_is_no_language(package: Path, code: str) -> None:
    with pytest.raises(ValueError, match=r"code|longer"):
        new_language.add_missing(package, code)
    assert len(list(package.rglob("*.po"))) == 2


@pytest.mark.parametrize(
    ("polish", "fault"),
    [
        ('msgstr[0] "Jeden"\nmsgstr[1] "{count} z nich"\nmsgstr[2] "{count} z nich"', ""),
        ('msgstr[0] "Jeden"\nmsgstr[1] "{count} z nich"\nmsgstr[2] ""', "pl: b is empty"),
        ('msgstr[0] "{name}"\nmsgstr[1] "{count} z nich"\nmsgstr[2] "{count}"', "b has a broken placeholder"),
    ],
)
def test_a_text_has_the_plural_forms_of_its_language(package: Path, polish: str, fault: str) -> None:
    (package / "texts/pl.po").write_text(
        f'msgid "a"\nmsgstr "A {{name}}"\n\nmsgid "b"\nmsgid_plural "b"\n{polish}\n', "utf-8"
    )

    assert [found[: len(fault)] for found in po_files.load(package).faults] == [fault] * bool(fault)


def test_a_text_that_is_not_plural_where_english_is_is_a_fault(package: Path) -> None:
    (package / "texts/fr.po").write_text('msgid "a"\nmsgstr "A {name}"\n\nmsgid "b"\nmsgstr "{count}"\n', "utf-8")

    assert po_files.load(package).faults == ("fr: b has 1 form(s) instead of 2",)


@pytest.fixture
def unfinished(package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The product, with these texts alone: Polish has one of three."""
    (package / "texts/pl.po").write_text('msgid "a"\nmsgstr "Ą {name}"\n', "utf-8")
    monkeypatch.setattr(catalog, "_catalog", lambda: po_files.load(package))
    catalog._report_missing.cache_clear()
    yield
    catalog._report_missing.cache_clear()


@pytest.mark.usefixtures("unfinished")
def test_what_a_language_lacks_is_english_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert catalog.text("pl", "a", name="x") == "Ą x"
        assert not caplog.messages
        assert catalog.text("pl", "b", count=5) == "5 of them"
        assert catalog.text("pl", "c") == "first\nsecond"

    assert caplog.messages == ["texts.missing language=pl texts=2: English is shown; `netim texts` lists them"]
    assert catalog.missing("pl") == ["b", "c"]
    assert (catalog.text("", "b", count=1), catalog.text("en", "b", count=0)) == ("One", "0 of them")


def test_the_command_begins_a_language(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalog, "PACKAGE", package)

    maintenance.texts(new="de")

    assert capsys.readouterr().out.splitlines() == [
        f"{package.name}/texts/de.po: 2 texts to translate",
        f"{package.name}/features/x/texts/de.po: 1 texts to translate",
    ]
    with pytest.raises(typer.Exit):
        maintenance.texts(new="klingon")


@pytest.mark.usefixtures("unfinished")
def test_the_command_says_what_is_missing_and_fails_for_an_unfinished_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        maintenance.texts()
    assert capsys.readouterr().err.splitlines() == ["pl: b is missing"]


def test_the_command_counts_the_texts_of_each_language(capsys: pytest.CaptureFixture[str]) -> None:
    maintenance.texts()
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == list(catalog.LOCALES)
    assert f"en: {len(catalog.keys())} texts" in told
