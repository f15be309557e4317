"""Every text of the product in every language, and dates in the format of that language.

Texts live in `.po` files next to the code that shows them: the msgid is a key such as `ui.menu.log_out`, the msgstr
is the text with `{name}` placeholders in the style of `str.format`. The value `count` selects the form of a text with
plural forms (`msgid_plural`). A text that a language lacks is shown in English.
"""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.dates import format_timedelta

from netim_app.brand.brand import get_brand
from netim_app.texts import languages, po_files
from netim_app.texts.languages import Language, language
from netim_app.texts.po_files import COUNTED, Forms
from netim_app.texts.time_zones import zone_of

DEFAULT_LOCALE = languages.DEFAULT
LOCALES = tuple(languages.languages())
"""The code of each language that has a catalogue, the default first."""

PACKAGE = Path(__file__).resolve().parents[1]
_QUALITY = re.compile(r";\s*q=([0-9.]+)")
_MAX_HEADER = 1_000
FORMATTED = 8_192
"""How many formatted moments are cached: formatting costs as much as a database statement, and lists repeat them."""
_log = logging.getLogger(__name__)


@lru_cache
def _catalog() -> po_files.Catalog:
    return in_words_of(get_brand().words, po_files.load(PACKAGE))


def in_words_of(brand: Mapping[str, str], catalog: po_files.Catalog) -> po_files.Catalog:
    """The same texts with the brand's placeholders filled, such as `{product}`. All others stay."""

    def filled(template: str) -> str:
        for name, word in brand.items():
            template = template.replace(f"{{{name}}}", word)
        return template

    texts = {
        locale: {key: tuple(filled(form) for form in forms) for key, forms in own.items()}
        for locale, own in catalog.texts.items()
    }
    return po_files.Catalog(texts, catalog.faults)


def spoken(locale: str, key: str) -> tuple[Language, Forms]:
    """The forms of a text with their placeholders, and the language that they are in.

    That is English for a text that the language lacks; this is logged once for each language.

    Raises:
        KeyError: no such key.
    """
    texts = _catalog().texts
    english = texts[DEFAULT_LOCALE][key]
    if own := texts.get(locale, {}).get(key):
        return language(locale), own
    if locale:
        _report_missing(locale)
    return language(DEFAULT_LOCALE), english


@lru_cache(maxsize=64)
def _report_missing(locale: str) -> None:
    count = len(missing(locale))
    _log.warning("texts.missing language=%s texts=%d: English is shown; `netim texts` lists them", locale, count)


def missing(locale: str) -> list[str]:
    """The keys without a text in this language."""
    return sorted(keys() - _catalog().texts.get(locale, {}).keys())


def values(key: str) -> frozenset[str]:
    """The names of the values that a text needs.

    Raises:
        KeyError: no such key.
    """
    forms = _catalog().texts[DEFAULT_LOCALE][key]
    return po_files.values_of(forms, plural=len(forms) > 1)


def template(locale: str, key: str, count: object = 1) -> str:
    """The text with its placeholders, in the form for `count`. An unknown locale means English.

    Raises:
        KeyError: no such key.
    """
    speaker, forms = spoken(locale, key)
    return forms[speaker.form_of(abs(count))] if len(forms) > 1 and isinstance(count, int) else forms[0]


def text(locale: str, key: str, **params: object) -> str:
    """The text with its placeholders filled in. An unknown locale means English.

    Raises:
        KeyError: no such key, or a placeholder without a value.
    """
    return template(locale, key, params.get(COUNTED, 1)).format(**params)


def keys() -> frozenset[str]:
    """Every key that has an English text."""
    return frozenset(_catalog().texts[DEFAULT_LOCALE])


def has(key: str) -> bool:
    """Whether there is a text with this key."""
    return key in _catalog().texts[DEFAULT_LOCALE]


def is_translated(locale: str, key: str) -> bool:
    """Whether this language has its own text.

    Raises:
        KeyError: no such key.
    """
    texts = _catalog().texts
    return bool(texts[DEFAULT_LOCALE][key]) and key in texts.get(locale, {})


def faults() -> list[str]:
    """One line for every faulty key: it is empty, defined twice, has other placeholders in one language, and so on."""
    return list(_catalog().faults)


def choose_locale(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4). An invalid header means English."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:_MAX_HEADER].split(","):
        name, _, _ = part.partition(";")
        quality = _QUALITY.search(part)
        try:
            weight = float(quality[1]) if quality else 1.0
        except ValueError:
            continue
        if weight > 0 and name.strip():
            wanted.append((-weight, name.strip().lower()))
    ordered = [name for _, name in sorted(wanted, key=lambda pair: pair[0])]
    best = negotiate_locale(ordered, LOCALES, sep="-") or DEFAULT_LOCALE
    return next(locale for locale in LOCALES if locale.lower() == best.lower())


@lru_cache(maxsize=FORMATTED)
def format_date(moment: datetime, locale: str, time_zone: str) -> str:
    """The day of a moment in a time zone: `3 Aug 2026`, `3 août 2026`.

    Args:
        moment: aware.
        time_zone: IANA name; an unknown zone means UTC.
    """
    return _day(moment.astimezone(zone_of(time_zone)), known(locale))


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
    speaker = known(locale)
    return text(
        speaker,
        "ui.date.short",
        date=_day(local, speaker),
        time=babel_time(local, "short", locale=language(speaker).region),
    )


def _day(local: datetime, locale: str) -> str:
    day = str(babel_date(local, "medium", locale=language(locale).region))
    return day.replace("1 ", text(locale, "ui.date.first") + " ", 1) if day.startswith("1 ") else day


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
        return text(known(locale), "ui.date.just_now")
    # Babel switches to the next larger unit at 0.85 of it; without a threshold two days would be "48 hours".
    return format_timedelta(-age, add_direction=True, threshold=1, locale=language(locale).region)


def format_client(browser: str, system: str, locale: str) -> str:
    """A browser in words: `Firefox 140 on Linux`. Either part may be empty."""
    speaker = known(locale)
    if browser and system:
        return text(speaker, "ui.client", browser=browser, system=system)
    return browser or system or text(speaker, "ui.client.unknown")


def known(locale: str) -> str:
    """The language itself, or the default one when it has no catalogue (any more)."""
    return locale if locale in LOCALES else DEFAULT_LOCALE
