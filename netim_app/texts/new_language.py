"""Starts a new language, or adds the missing texts of an existing one, as empty entries."""

from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.messages.plurals import get_plural

from netim_app.texts.languages import DEFAULT
from netim_app.texts.po_files import keys_of, paths, typed

MAX_CODE = 5
"""The longest code that the database stores: `de`, `pt-BR`."""


def add_missing(package: Path, code: str) -> list[tuple[Path, int]]:
    """Writes an empty entry for each text that this language lacks, with the English text above. Existing texts stay.

    Args:
        package: the folder of the product.
        code: of the language, such as `de` or `pt-BR`.

    Returns:
        Each changed file, with the number of added texts.

    Raises:
        ValueError: no language has this code, or it is too long.
    """
    region = _region(code)
    written = []
    for english in paths(package, DEFAULT):
        path = english.with_name(f"{code}.po")
        there = keys_of(path) if path.exists() else []
        entries = [entry for key, entry in _entries(english, region) if key not in there]
        if entries:
            with path.open("a", encoding="utf-8") as file:
                file.write(("" if path.exists() and there else _head(region)) + "".join(entries))
            written.append((path, len(entries)))
    return written


def _region(code: str) -> Locale:
    if len(code) > MAX_CODE:
        raise ValueError(f"{code} is longer than {MAX_CODE} letters")
    try:
        return Locale.parse(code, sep="-")
    except Exception as error:
        raise ValueError(f"no language has the code {code}") from error


def _head(region: Locale) -> str:
    plural = get_plural(region)
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {region}\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};\\n"\n'
    )


def _entries(english: Path, region: Locale) -> Iterator[tuple[str, str]]:
    for key, forms in typed(english):
        comment = _comment(forms[-1])
        if len(forms) > 1:
            empty = "".join(f'msgstr[{form}] ""\n' for form in range(get_plural(region).num_plurals))
            yield key, f'\n{comment}msgid "{key}"\nmsgid_plural "{key}"\n{empty}'
        else:
            yield key, f'\n{comment}msgid "{key}"\nmsgstr ""\n'


def _comment(text: str) -> str:
    """The English text for translators, with each line as a comment."""
    return "".join(f"#. {line}".rstrip() + "\n" for line in text.split("\n"))
