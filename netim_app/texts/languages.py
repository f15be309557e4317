"""The languages of the product: one for each catalogue of this folder, described by the catalogue's header.

`de.po` makes German. Its header names the region for the format of dates (`Language`), the number of forms of a text
with a number (`Plural-Forms`), and an alphabet with letters of its own (`X-Alphabet`). The CLDR gives the defaults.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

DEFAULT = "en"
"""The language in which every text exists. It replaces missing texts of other languages."""
FOLDER = Path(__file__).resolve().parent
_ALPHABET = re.compile(r'^"X-Alphabet: (.*)\\n"$', re.MULTILINE)
_EXPRESSION = re.compile(r"[n0-9\s()<>=!&|%?:+-]+")


@dataclass(frozen=True)
class Language:
    """The properties of a language.

    Attributes:
        code: the name of its files, and its HTML tag (BCP 47), such as `de` or `pt-BR`.
        region: determines the format of dates and numbers.
        forms: how many plural forms a text has.
        plural: selects the form, as a C expression of the number `n`.
        alphabet: its letters in order, when this differs from the Latin order without accents.
    """

    code: str
    region: Locale
    forms: int
    plural: str
    alphabet: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the language itself, as an entry of a list: `Deutsch`."""
        name = str(self.region.get_language_name(self.region) or self.code)
        return name[:1].upper() + name[1:]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.region.text_direction)

    @cached_property
    def form_of(self) -> Callable[[int], int]:
        """The index of the plural form for a number."""
        return c2py(self.plural)


def read(path: Path) -> Language:
    """The language of a catalogue.

    Raises:
        babel.UnknownLocaleError, ValueError: its name or its header names no language.
    """
    head = _head(path)
    found = _ALPHABET.search(path.read_text("utf-8"))
    if head.locale is None or not _EXPRESSION.fullmatch(head.plural_expr):
        raise ValueError(f"{path}: no language, or no rule for plural forms")
    return Language(
        path.stem, head.locale, head.num_plurals, head.plural_expr, tuple(found[1].split()) if found else ()
    )


def _head(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=str(Locale.parse(path.stem, sep="-")))


def find(folder: Path = FOLDER) -> Mapping[str, Language]:
    """Code -> language, the default first, then by code."""
    codes = sorted((path.stem for path in folder.glob("*.po")), key=lambda code: (code != DEFAULT, code))
    return {code: read(folder / f"{code}.po") for code in codes}


@lru_cache
def languages() -> Mapping[str, Language]:
    """The languages of the product."""
    return find()


def language(code: str) -> Language:
    """The language with this code; the default for an unknown one."""
    known = languages()
    return known.get(code) or known[DEFAULT]
