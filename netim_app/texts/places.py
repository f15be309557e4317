"""Countries and time zones that a customer can choose from, by their names."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale


@lru_cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """(ISO 3166-1 code, name) of all countries, sorted by name in `language`."""
    names = {str(code): str(name) for code, name in Locale.parse(language).territories.items()}
    found = [(code, names[code]) for code in names if code.isalpha() and code not in _NO_COUNTRIES]
    return tuple(sorted(found, key=lambda pair: pair[1]))


_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
"""Two-letter territories of the CLDR that no postal address has as its country."""


@lru_cache
def time_zones() -> tuple[str, ...]:
    """The IANA zones that people live in, sorted."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(areas)))
