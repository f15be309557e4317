"""The countries that a customer can choose from, by name."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from netim_app.texts.languages import language

_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
"""Two-letter territories of the CLDR that are not the country of any postal address."""
_NO_DECOMPOSITION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"})
"""Letters that Unicode does not decompose, and the apostrophe, which Unicode places after all letters."""
_PRIVATE_USE = 0xE000
"""Unicode has no characters here, after those of all alphabets."""


@lru_cache
def countries(code: str) -> tuple[tuple[str, str], ...]:
    """(ISO 3166-1 code, name) of all countries in a language, in its dictionary order.

    Args:
        code: of the language.
    """
    spoken = language(code)
    names = {str(territory): str(name) for territory, name in spoken.region.territories.items()}
    found = [(country, names[country]) for country in names if country.isalpha() and country not in _NO_COUNTRIES]
    return tuple(sorted(found, key=lambda pair: sort_key(pair[1], spoken.alphabet)))


def sort_key(name: str, alphabet: Sequence[str] = ()) -> tuple[str, str]:
    """The sort key of a name: first its letters, then accents and capitals.

    This is how UTS 10 begins, so without an alphabet it is right for languages that sort an accented letter as its base
    letter: English, French, German, Italian, Dutch, Portuguese. Others name their alphabet (`X-Alphabet`), in which a
    letter may have two characters, such as `ch`. A letter outside of it sorts without its accents.
    """
    folded = unicodedata.normalize("NFC", name.casefold())
    longest_first = sorted(alphabet, key=len, reverse=True)
    letters = re.findall("|".join([*map(re.escape, longest_first), "."]), folded)
    return "".join(_place(letter, alphabet) for letter in letters), name


def _place(letter: str, alphabet: Sequence[str]) -> str:
    """A string that sorts as the letter must: its place in the alphabet, as a character after all others."""
    plain = [letter] if letter in alphabet else list(_plain(letter))
    return "".join(chr(_PRIVATE_USE + alphabet.index(sign)) if sign in alphabet else sign for sign in plain)


def _plain(name: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", name)
    letters = "".join(letter for letter in taken_apart if not unicodedata.combining(letter))
    return letters.translate(_NO_DECOMPOSITION)
