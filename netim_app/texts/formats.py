"""Dates, times and browsers in the format of a language."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.dates import format_timedelta

from netim_app.texts import catalog
from netim_app.texts.languages import language
from netim_app.texts.time_zones import zone_of

FORMATTED = 8_192
"""How many formatted moments are cached: formatting costs as much as a database statement, and lists repeat them."""


@lru_cache(maxsize=FORMATTED)
def format_date(moment: datetime, locale: str, time_zone: str) -> str:
    """The day of a moment in a time zone: `3 Aug 2026`, `3 août 2026`.

    Args:
        moment: aware.
        time_zone: IANA name; an unknown zone means UTC.
    """
    return _day(moment.astimezone(zone_of(time_zone)), catalog.known(locale))


@lru_cache(maxsize=FORMATTED)
def format_datetime(moment: datetime, locale: str, time_zone: str) -> str:
    """A moment in a time zone, with its offset: `3 Aug 2026, 13:00 (UTC+2)`. An unknown zone means UTC.

    Args:
        moment: aware; a naive one is treated as UTC.
        time_zone: IANA name such as `Europe/Paris`, or an offset such as `UTC+03:00`.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    local = aware.astimezone(zone_of(time_zone))
    return f"{_day_and_time(local, locale)} ({_offset(local)})"


@lru_cache(maxsize=FORMATTED)
def format_short(moment: datetime, locale: str, time_zone: str) -> str:
    """A moment in a time zone, short: `1 Mar 2026, 13:00`, `1 mars 2026 à 13:00`.

    The offset from UTC is added only in the hour that repeats when summer time ends.
    """
    local = moment.astimezone(zone_of(time_zone))
    short = _day_and_time(local, locale)
    return f"{short} ({_offset(local)})" if _comes_twice(local) else short


def _day_and_time(local: datetime, locale: str) -> str:
    speaker = catalog.known(locale)
    return catalog.text(
        speaker,
        "ui.date.short",
        date=_day(local, speaker),
        time=babel_time(local, "short", locale=language(speaker).region),
    )


def _day(local: datetime, locale: str) -> str:
    day = str(babel_date(local, "medium", locale=language(locale).region))
    return day.replace("1 ", catalog.text(locale, "ui.date.first") + " ", 1) if day.startswith("1 ") else day


def _comes_twice(local: datetime) -> bool:
    """Whether clocks show this time twice because they were set back."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _offset(local: datetime) -> str:
    """`UTC`, `UTC+1`, `UTC−3:30`."""
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    return "UTC" + (f"{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "")


def format_age(moment: datetime, now: datetime, locale: str) -> str:
    """How long ago a moment was: `just now` within the last minute, `5 minutes ago`, `il y a 3 jours`."""
    age = max(now - moment, timedelta())
    if age < timedelta(minutes=1):
        return catalog.text(catalog.known(locale), "ui.date.just_now")
    # Babel switches to the next larger unit at 0.85 of it; without a threshold two days would be "48 hours".
    return format_timedelta(-age, add_direction=True, threshold=1, locale=language(locale).region)


def format_client(browser: str, system: str, locale: str) -> str:
    """A browser in words: `Firefox 140 on Linux`. Either part may be empty."""
    speaker = catalog.known(locale)
    if browser and system:
        return catalog.text(speaker, "ui.client", browser=browser, system=system)
    return browser or system or catalog.text(speaker, "ui.client.unknown")
