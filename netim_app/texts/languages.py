"""The languages of the product: one for each catalogue of this folder, and what the head of the catalogue says of it.

`de.po` makes German. Its head names the region whose dates are written (`Language`), how many forms a text with a
number has (`Plural-Forms`), and where the alphabet has letters of its own (`X-Alphabet`). Without these, the language
has what the CLDR says of it.
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
"""The language in which every text exists: what another one lacks is shown in it."""
FOLDER = Path(__file__).resolve().parent
_ALPHABET = re.compile(r'^"X-Alphabet: (.*)\\n"$', re.MULTILINE)
_EXPRESSION = re.compile(r"[n0-9\s()<>=!&|%?:+-]+")


@dataclass(frozen=True)
class Language:
    """What is known of one language.

    Attributes:
        code: name of its files, and its tag in HTML (BCP 47), such as `de` or `pt-BR`.
        region: whose dates and numbers it has.
        forms: how many a text has that counts something.
        plural: which of them, as an expression in C of the number `n`.
        alphabet: its letters in order, when this is not the order of Latin without accents.
    """

    code: str
    region: Locale
    forms: int
    plural: str
    alphabet: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What its speakers call it, as an entry of a list: `Deutsch`."""
        name = str(self.region.get_language_name(self.region) or self.code)
        return name[:1].upper() + name[1:]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.region.text_direction)

    @cached_property
    def form_of(self) -> Callable[[int], int]:
        """Which form of a text a number has."""
        return c2py(self.plural)


def read(path: Path) -> Language:
    """The language of a catalogue.

    Raises:
        babel.UnknownLocaleError, ValueError: its name or its head names no language.
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
    """Those of the product."""
    return find()


def language(code: str) -> Language:
    """The language of a code; the default for an unknown one."""
    known = languages()
    return known.get(code) or known[DEFAULT]
