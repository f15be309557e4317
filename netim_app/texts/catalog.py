"""Every text of the product in every language.

Texts live in `.po` files next to the code that shows them: the msgid is a key such as `ui.menu.log_out`, the msgstr
is the text with `{name}` placeholders in the style of `str.format`. The value `count` selects the form of a text with
plural forms (`msgid_plural`). A text that a language lacks is shown in English.
"""

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.core import negotiate_locale

from netim_app.brand.brand import get_brand
from netim_app.texts import languages, po_files
from netim_app.texts.languages import Language, language
from netim_app.texts.po_files import COUNTED, Forms

DEFAULT_LOCALE = languages.DEFAULT
LOCALES = tuple(languages.languages())
"""The code of each language that has a catalogue, the default first."""

PACKAGE = Path(__file__).resolve().parents[1]
_QUALITY = re.compile(r";\s*q=([0-9.]+)")
_MAX_HEADER = 1_000
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


def known(locale: str) -> str:
    """The language itself, or the default one when it has no catalogue (any more)."""
    return locale if locale in LOCALES else DEFAULT_LOCALE
