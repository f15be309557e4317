"""The time zones that a customer can choose from, by name."""

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

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
