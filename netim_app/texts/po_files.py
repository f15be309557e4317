"""Reads the `.po` files of the product and reports their faults."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.messages.pofile import read_po

from netim_app.texts import languages
from netim_app.texts.languages import DEFAULT, Language

Forms = tuple[str, ...]
"""A text: one form, or one for each plural form of its language."""
COUNTED = "count"
"""The placeholder that selects the form of a text. A form may omit it."""

FOLDERS = ("texts", "identity/texts", "pages/texts", "features/*/texts")
# Before a two-part punctuation mark, between a figure and its percent sign, and inside guillemets.
_NARROW_BLANK = re.compile(r" (?=»|[;?!](?:[\s\"<)]|$))|(?<=[\d}]) (?=%(?!}))|(?<=«) ", re.MULTILINE)
_COLON = re.compile(r" (?=:(?:[\s\"<)]|$))", re.MULTILINE)
_EMAIL = re.compile(r"\b([Ee])-(?=[Mm]ail)")
_MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Catalog:
    """The texts of some folders, `texts[locale][key]`, and their faults."""

    texts: Mapping[str, Mapping[str, Forms]]
    faults: tuple[str, ...]


def load(package: Path) -> Catalog:
    """Reads and merges all `.po` files below a package folder."""
    known = languages.find(package / "texts")
    texts: dict[str, dict[str, Forms]] = {locale: {} for locale in known}
    faults: list[str] = []
    for locale, language in known.items():
        for path in paths(package, locale):
            entries = entries_of(path, language)
            # read_po silently keeps one of several equal msgids, so count them in the source.
            found = keys_of(path)
            twice = {key for key in found if found.count(key) > 1} | (entries.keys() & texts[locale].keys())
            faults += [f"{locale}: {key} is defined twice" for key in sorted(twice)]
            faults += _gaps(path, entries)
            texts[locale].update((key, forms) for key, forms in entries.items() if all(map(str.strip, forms)))
    return Catalog(texts, tuple(faults + list(_compare(texts, known))))


def paths(package: Path, locale: str) -> list[Path]:
    """The files of one language."""
    return [path for folder in FOLDERS for path in sorted(package.glob(f"{folder}/{locale}.po"))]


def keys_of(path: Path) -> list[str]:
    """The keys of a file in their order, including duplicates."""
    return _MSGID.findall(path.read_text("utf-8"))


def entries_of(path: Path, language: Language) -> dict[str, Forms]:
    """Key -> text; empty when it is not translated yet."""
    return {key: tuple(typeset(form) for form in forms) for key, forms in typed(path, language.region)}


def typed(path: Path, region: Locale | None = None) -> Iterator[tuple[str, Forms]]:
    """(key, text as typed) of each message of a file."""
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale=region) if message.id]
    for message in messages:
        key = message.id if isinstance(message.id, str) else message.id[0]
        yield key, (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def typeset(text: str) -> str:
    """A text with non-breaking characters: no line breaks before a mark that follows a blank, nor in the word `e-mail`.

    French and German use such blanks. In a language without them the text stays unchanged.
    """
    text = _EMAIL.sub("\\1\N{NON-BREAKING HYPHEN}", _COLON.sub("\N{NO-BREAK SPACE}", text))
    return _NARROW_BLANK.sub("\N{NARROW NO-BREAK SPACE}", text)


def _gaps(path: Path, entries: Mapping[str, Forms]) -> Iterator[str]:
    """Texts that a language's file lacks or leaves empty. A missing file is no fault: English is shown."""
    english = path.with_name(f"{DEFAULT}.po")
    wanted = keys_of(english) if english.exists() else []
    yield from (f"{path.stem}: {key} is missing" for key in sorted(set(wanted) - entries.keys()))
    for key, forms in sorted(entries.items()):
        if not all(map(str.strip, forms)):
            yield f"{path.stem}: {key} is empty"


def _compare(texts: Mapping[str, Mapping[str, Forms]], known: Mapping[str, Language]) -> Iterator[str]:
    english = texts[DEFAULT]
    for key in sorted(set().union(*texts.values())):
        present = {locale: texts[locale][key] for locale in texts if key in texts[locale]}
        if key not in english:
            yield f"{DEFAULT}: {key} is missing"
            continue
        wanted = {locale: known[locale].forms if len(english[key]) > 1 else 1 for locale in present}
        yield from (
            f"{locale}: {key} has {len(forms)} form(s) instead of {wanted[locale]}"
            for locale, forms in present.items()
            if len(forms) != wanted[locale]
        )
        yield from _compare_values(key, present)


def _compare_values(key: str, present: Mapping[str, Forms]) -> Iterator[str]:
    try:
        names = {locale: values_of(forms, plural=len(present[DEFAULT]) > 1) for locale, forms in present.items()}
    except ValueError as error:
        yield f"{key} has a broken placeholder: {error}"
        return
    if len(set(names.values())) > 1:
        listed = ", ".join(f"{locale} {sorted(found)}" for locale, found in names.items())
        yield f"{key} has different placeholders: {listed}"


def values_of(forms: Iterable[str], *, plural: bool) -> frozenset[str]:
    """The names of the values that a text needs. One with plural forms always counts `count`.

    Raises:
        ValueError: a form has an invalid placeholder, or lacks a value that another form has.
    """
    found = [placeholders(form) | ({COUNTED} if plural else set()) for form in forms]
    if len(set(found)) > 1:
        raise ValueError(f"its forms have different ones: {sorted(frozenset().union(*found))}")
    return found[0]


def placeholders(template: str) -> frozenset[str]:
    """The names between braces. Raises ValueError for unbalanced braces, a missing name, or a format."""
    found = set()
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"only {{name}} is understood, not {{{name}}} with a format")
        found.add(name)
    return frozenset(found)
