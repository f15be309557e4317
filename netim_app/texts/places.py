"""The countries and time zones that a customer can choose from, by name."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from netim_app.texts.languages import language

# Countries


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


_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
"""Two-letter territories of the CLDR that are not the country of any postal address."""
_NO_DECOMPOSITION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"})
"""Letters that Unicode does not decompose, and the apostrophe, which Unicode places after all letters."""
_PRIVATE_USE = 0xE000
"""Unicode has no characters here, after those of all alphabets."""


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


# Time zones

UNKNOWN_ZONE = "UTC"
"""For a browser whose zone is unknown. A moment in UTC is labelled as UTC."""
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_FRACTIONS = {-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75}
"""Fractional UTC offsets, in hours, that some country has or had recently."""
_OFFSET = re.compile(r"(?:UTC)?([+-])([0-9]{2}):?([0-9]{2})")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]{1,2})")


@lru_cache
def time_zones() -> tuple[str, ...]:
    """The choices: UTC, the inhabited IANA zones under one name each, and offsets such as `UTC+03:00`."""
    zones = sorted(zone for zone in _known() - _older_names().keys() if zone.partition("/")[0] in _AREAS)
    offsets = sorted({*range(-12, 15), *_FRACTIONS} - {0})
    return (UNKNOWN_ZONE, *zones, *(_offset(hours) for hours in offsets))


@lru_cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _older_names() -> Mapping[str, str]:
    """IANA name -> the current name, where they differ (CLDR)."""
    names: Mapping[str, str] = get_global("zone_aliases")
    return names


def _offset(hours: float) -> str:
    whole, minutes = divmod(round(abs(hours) * 60), 60)
    return f"UTC{'-' if hours < 0 else '+'}{whole:02d}:{minutes:02d}"


@lru_cache
def zone_names() -> frozenset[str]:
    """The list, and the older names of its entries: a page opened earlier may still send one."""
    return frozenset(time_zones()) | _older_names().keys()


def listed_zone(name: str) -> str:
    """The entry of the list for the name from a browser or an older row; empty when there is none.

    `Asia/Calcutta` is `Asia/Kolkata`, `Etc/GMT-3` (which counts westwards) and `+03:00` are `UTC+03:00`, `Zulu` is UTC.
    """
    meant = _older_names().get(name, name)
    if fixed := _FIXED.fullmatch(name):
        meant = _offset(-int(fixed[1] + fixed[2]))
    elif offset := _OFFSET.fullmatch(name):
        meant = "UTC{}{}:{}".format(*offset.groups())
    if meant in time_zones():
        return meant
    return UNKNOWN_ZONE if name in _known() or meant in ("UTC+00:00", "UTC-00:00") else ""


def zone_of(name: str) -> tzinfo:
    """The rules of a zone of the list, or of an older name for one. Any other name means UTC."""
    try:
        if offset := _OFFSET.fullmatch(name):
            hours, minutes = int(offset[1] + offset[2]), int(offset[1] + offset[3])
            return timezone(timedelta(hours=hours, minutes=minutes))
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not a name, a folder of the zone database, or no such zone
        return UTC


def zone_label(name: str) -> str:
    """How a zone of the list is written for people: `America/New York`, `UTC−03:00`."""
    return name.replace("UTC-", "UTC\N{MINUS SIGN}").replace("_", " ")
