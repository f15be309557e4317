"""Countries and time zones that a customer can choose from, by their names."""

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
    """(ISO 3166-1 code, name) of all countries in a language, sorted by name as its dictionaries are.

    Args:
        code: of the language.
    """
    spoken = language(code)
    names = {str(territory): str(name) for territory, name in spoken.region.territories.items()}
    found = [(country, names[country]) for country in names if country.isalpha() and country not in _NO_COUNTRIES]
    return tuple(sorted(found, key=lambda pair: sort_key(pair[1], spoken.alphabet)))


_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
"""Two-letter territories of the CLDR that no postal address has as its country."""
_NO_DECOMPOSITION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"})
"""Letters that Unicode does not take apart, and the apostrophe: Unicode has it behind all letters."""
_PRIVATE_USE = 0xE000
"""Where Unicode has no characters, behind those of all alphabets."""


def sort_key(name: str, alphabet: Sequence[str] = ()) -> tuple[str, str]:
    """The sort key of a name: by its letters first, then by accents and capitals.

    UTS 10 begins like this, so without an alphabet it is right for languages that take an accented letter for the same
    letter: English, French, German, Italian, Dutch, Portuguese. Others name their alphabet (`X-Alphabet`), in which a
    letter may be of two characters, such as `ch`. A letter that is not in it counts without its accents.
    """
    folded = unicodedata.normalize("NFC", name.casefold())
    longest_first = sorted(alphabet, key=len, reverse=True)
    letters = re.findall("|".join([*map(re.escape, longest_first), "."]), folded)
    return "".join(_place(letter, alphabet) for letter in letters), name


def _place(letter: str, alphabet: Sequence[str]) -> str:
    """What sorts as the letter has to: its place in the alphabet, as a character behind all others."""
    plain = [letter] if letter in alphabet else list(_plain(letter))
    return "".join(chr(_PRIVATE_USE + alphabet.index(sign)) if sign in alphabet else sign for sign in plain)


def _plain(name: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", name)
    letters = "".join(letter for letter in taken_apart if not unicodedata.combining(letter))
    return letters.translate(_NO_DECOMPOSITION)


# Time zones

UNKNOWN_ZONE = "UTC"
"""For a browser whose zone is unknown. A moment in UTC says that it is in UTC."""
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_FRACTIONS = {-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75}
"""Hours of offsets that some country has, or had lately, beside the whole ones."""
_OFFSET = re.compile(r"(?:UTC)?([+-])([0-9]{2}):?([0-9]{2})")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]{1,2})")


@lru_cache
def time_zones() -> tuple[str, ...]:
    """What can be chosen: UTC, the IANA zones that people live in by one name each, and offsets such as `UTC+03:00`."""
    zones = sorted(zone for zone in _known() - _older_names().keys() if zone.partition("/")[0] in _AREAS)
    offsets = sorted({*range(-12, 15), *_FRACTIONS} - {0})
    return (UNKNOWN_ZONE, *zones, *(_offset(hours) for hours in offsets))


@lru_cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _older_names() -> Mapping[str, str]:
    """IANA name -> the name that is in use today, where they differ (CLDR)."""
    names: Mapping[str, str] = get_global("zone_aliases")
    return names


def _offset(hours: float) -> str:
    whole, minutes = divmod(round(abs(hours) * 60), 60)
    return f"UTC{'-' if hours < 0 else '+'}{whole:02d}:{minutes:02d}"


@lru_cache
def zone_names() -> frozenset[str]:
    """The list, and the older names of its entries: a page that was opened before may still send one."""
    return frozenset(time_zones()) | _older_names().keys()


def listed_zone(name: str) -> str:
    """The entry of the list that a browser or an older row means; empty when there is none.

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
    except (ValueError, OSError, KeyError):  # not a name, a folder of the zone database, no such zone
        return UTC


def zone_label(name: str) -> str:
    """How a zone of the list is written for people: `America/New York`, `UTC−03:00`."""
    return name.replace("UTC-", "UTC\N{MINUS SIGN}").replace("_", " ")
