"""Every text of the product, in every language, and dates as people of that language write them.

Texts live in `.po` files next to the code that shows them: the msgid is a key such as `ui.menu.log_out`, the msgstr
is the text with `{name}` placeholders in the style of `str.format`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from string import Formatter

from babel.core import negotiate_locale
from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.dates import format_timedelta
from babel.messages.pofile import read_po

from netim_app.texts.places import zone_of

LOCALES = ("en", "fr")
DEFAULT_LOCALE = "en"

_PACKAGE = Path(__file__).resolve().parents[1]
_FOLDERS = ("texts", "identity/texts", "pages/texts", "features/*/texts")
# Before a sign of two parts, before a percent sign behind a figure, and inside of guillemets.
_FRENCH_BLANK = re.compile(r" (?=»|[;?!](?:[\s\"<)]|$))|(?<=[\d}]) (?=%(?!}))|(?<=«) ", re.MULTILINE)
_FRENCH_COLON = re.compile(r" (?=:(?:[\s\"<)]|$))", re.MULTILINE)
_BABEL = {"en": "en_GB", "fr": "fr"}
"""Whose dates a language has: English is British throughout."""
_MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
_QUALITY = re.compile(r";\s*q=([0-9.]+)")
_MAX_HEADER = 1_000
FORMATTED = 8_192
"""Moments in words that are kept: writing one takes as long as a statement, and lists show the same ones again."""


@dataclass(frozen=True)
class Catalog:
    """The texts of some folders: `texts[locale][key]`, and what is wrong with them."""

    texts: Mapping[str, Mapping[str, str]]
    faults: tuple[str, ...]


def load(package: Path) -> Catalog:
    """Reads and merges all `.po` files below a package folder."""
    texts: dict[str, dict[str, str]] = {locale: {} for locale in LOCALES}
    faults: list[str] = []
    for locale in LOCALES:
        for path in _po_files(package, locale):
            with path.open("rb") as file:
                entries = {str(m.id): typeset(locale, str(m.string)) for m in read_po(file, locale=locale) if m.id}
            # read_po keeps one of several equal msgids and says nothing, so count them in the source.
            found = _MSGID.findall(path.read_text("utf-8"))
            twice = {key for key in found if found.count(key) > 1} | (entries.keys() & texts[locale].keys())
            faults += [f"{locale}: {key} is defined twice" for key in sorted(twice)]
            texts[locale].update(entries)
    return Catalog(texts, tuple(faults + list(_compare(texts))))


def typeset(locale: str, text: str) -> str:
    """A text as printers of its language set it: French has blanks that no keyboard has, and `e-mail` on one line."""
    if locale != "fr":
        return text
    text = _FRENCH_COLON.sub("\N{NO-BREAK SPACE}", text).replace("e-mail", "e\N{NON-BREAKING HYPHEN}mail")
    return _FRENCH_BLANK.sub("\N{NARROW NO-BREAK SPACE}", text)


def _po_files(package: Path, locale: str) -> Iterable[Path]:
    return [path for folder in _FOLDERS for path in sorted(package.glob(f"{folder}/{locale}.po"))]


def _compare(texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for key in sorted(set().union(*texts.values())):
        missing = [locale for locale in LOCALES if key not in texts[locale]]
        yield from (f"{locale}: {key} is missing" for locale in missing)
        present = [locale for locale in LOCALES if locale not in missing]
        yield from (f"{locale}: {key} is empty" for locale in present if not texts[locale][key].strip())
        try:
            names = {locale: placeholders(texts[locale][key]) for locale in present}
        except ValueError as error:
            yield f"{key} has a broken placeholder: {error}"
            continue
        if len(set(names.values())) > 1:
            listed = ", ".join(f"{locale} {sorted(found)}" for locale, found in names.items())
            yield f"{key} has different placeholders: {listed}"


def placeholders(template: str) -> frozenset[str]:
    """The names between braces. Raises ValueError for unbalanced braces, a name that is missing or a format."""
    found = set()
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"only {{name}} is understood, not {{{name}}} with a format")
        found.add(name)
    return frozenset(found)


@lru_cache
def _catalog() -> Catalog:
    return load(_PACKAGE)


def template(locale: str, key: str) -> str:
    """The text with its placeholders. An unknown locale means English.

    Raises:
        KeyError: no such key.
    """
    texts = _catalog().texts
    english = texts[DEFAULT_LOCALE]
    return texts.get(locale, english).get(key) or english[key]


def text(locale: str, key: str, **params: object) -> str:
    """The text with its placeholders filled in. An unknown locale means English.

    Raises:
        KeyError: no such key, or a placeholder without a value.
    """
    return template(locale, key).format(**params)


def keys() -> frozenset[str]:
    """Every key that has an English text."""
    return frozenset(_catalog().texts[DEFAULT_LOCALE])


def has(key: str) -> bool:
    """Whether there is such a text."""
    return key in _catalog().texts[DEFAULT_LOCALE]


def faults() -> list[str]:
    """One line for every key that is missing, empty, defined twice or has other placeholders in one language."""
    return list(_catalog().faults)


def choose_locale(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4). Nonsense means English."""
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
    return negotiate_locale(ordered, LOCALES, sep="-") or DEFAULT_LOCALE


@lru_cache(maxsize=FORMATTED)
def format_date(moment: datetime, locale: str, time_zone: str) -> str:
    """The day of a moment in somebody's own time: `3 Aug 2026`, `3 août 2026`.

    Args:
        moment: aware.
        time_zone: IANA name; an unknown zone means UTC.
    """
    return _day(moment.astimezone(zone_of(time_zone)), _known(locale))


@lru_cache(maxsize=FORMATTED)
def format_datetime(moment: datetime, locale: str, time_zone: str) -> str:
    """A moment in somebody's own time, with its offset: `3 Aug 2026, 13:00 (UTC+2)`. An unknown zone means UTC.

    Args:
        moment: aware; a naive one is taken for UTC.
        time_zone: IANA name such as `Europe/Paris`, or an offset such as `UTC+03:00`.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    local = aware.astimezone(zone_of(time_zone))
    return f"{_day_and_time(local, locale)} ({_offset(local)})"


@lru_cache(maxsize=FORMATTED)
def format_short(moment: datetime, locale: str, time_zone: str) -> str:
    """A moment in somebody's own time, short: `1 Mar 2026, 13:00`, `1 mars 2026 à 13:00`.

    The offset from UTC follows in the hour that comes twice, when summer time ends.
    """
    local = moment.astimezone(zone_of(time_zone))
    short = _day_and_time(local, locale)
    return f"{short} ({_offset(local)})" if _comes_twice(local) else short


def _day_and_time(local: datetime, locale: str) -> str:
    known = _known(locale)
    return text(
        known,
        "ui.date.short",
        date=_day(local, known),
        time=babel_time(local, "short", locale=_BABEL[known]),
    )


def _day(local: datetime, locale: str) -> str:
    day = babel_date(local, "medium", locale=_BABEL[locale])
    return day.replace("1 ", "1er ", 1) if locale == "fr" and local.day == 1 else day


def _comes_twice(local: datetime) -> bool:
    """Whether clocks were set back over this time, so that they show it a second time."""
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
        return text(_known(locale), "ui.date.just_now")
    # By default two days would be "48 hours", as of 0.85 of a unit the next one is taken.
    return format_timedelta(-age, add_direction=True, threshold=1, locale=_BABEL[_known(locale)])


def format_client(browser: str, system: str, locale: str) -> str:
    """A browser in words: `Firefox 140 on Linux`. Either may be empty."""
    known = _known(locale)
    if browser and system:
        return text(known, "ui.client", browser=browser, system=system)
    return browser or system or text(known, "ui.client.unknown")


def _known(locale: str) -> str:
    return locale if locale in LOCALES else DEFAULT_LOCALE
