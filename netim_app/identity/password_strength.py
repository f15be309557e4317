"""How hard a password is to guess: the score of zxcvbn, at a limited cost."""

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from gzip import decompress
from importlib.resources import files
from itertools import chain

from zxcvbn import matching, zxcvbn
from zxcvbn.matching import L33T_TABLE

from netim_app.brand.brand import get_brand
from netim_app.texts.catalog import DEFAULT_LOCALE, LOCALES

LONG = 15
"""Characters. NIST requires this length if the password is the only factor."""
_SCORED_LENGTH = 24
_READINGS = 32
"""Zxcvbn tries every way to read digits and signs as letters ("1" as "i" or "l"). Its cost explodes with the number of
these readings and the length of a hostile text: 72 characters can occupy a core for minutes, 24 for a second. So only
the start and the end of a longer password are judged, each cut to this many readings: the rest can only make the
password stronger. Each end takes at most about 15 ms."""
_READINGS_OF_SHORT = 1000
"""A password shorter than `LONG` is judged as a whole unless nearly all of it is signs. This takes at most 50 ms."""
_WORDS_PER_LANGUAGE = 30_000


def strength(password: str, personal: Sequence[str]) -> int:
    """Zxcvbn's score, 0 to 4, assuming that the attacker knows the `personal` words."""
    if not password:
        return 0
    load_words()
    words = [word for word in (*get_brand().forbidden_words, *personal) if word]
    ends = {cheap_start(password), cheap_start(password[::-1])[::-1]}
    return max(int(zxcvbn(end, user_inputs=words)["score"]) for end in ends)


@lru_cache
def load_words() -> None:
    """Teaches zxcvbn, which knows English, the words of the other languages. Takes a third of a second, once."""
    known = {language: _frequent_words(language) for language in LOCALES if language != DEFAULT_LOCALE}
    matching.add_frequency_lists({language: words for language, words in known.items() if words})


def _frequent_words(language: str) -> list[str]:
    """The most frequent words of a language, with and without accents. Empty if there is no list."""
    found = files("spellchecker") / "resources" / f"{language}.json.gz"
    if not found.is_file():
        return []
    counts: dict[str, int] = json.loads(decompress(found.read_bytes()))
    words = sorted(counts, key=counts.__getitem__, reverse=True)[:_WORDS_PER_LANGUAGE]
    return list(dict.fromkeys(spelling for word in words for spelling in (word, _without_accents(word))))


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


def cheap_start(password: str) -> str:
    """The longest start of the password that zxcvbn judges cheaply."""
    start = password[:_SCORED_LENGTH]
    most = _READINGS if len(password) >= LONG else _READINGS_OF_SHORT
    while _readings(start) > most:
        start = start[:-1]
    return start


def _readings(text: str) -> int:
    """The most spellings that zxcvbn tries, because signs can stand for letters."""
    present = [[sign for sign in signs if sign in text] for signs in L33T_TABLE.values()]
    letters = Counter(chain.from_iterable(present))
    ambiguous = sum(1 for count in letters.values() if count > 1)
    return math.prod([2] * ambiguous + [len(signs) for signs in present if signs])
