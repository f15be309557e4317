"""Reads phone numbers as people write them, by the rules of all countries (Google's libphonenumber)."""

import re

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

from netim_app.core import readers
from netim_app.core.forms import Form

MAX_LENGTH = 40
_LABEL = re.compile(
    r"(?:t[eé]l(?:[eé]phone|efon)?|phone|mobil(?:e|telefon)?|handy|portable|fax)\b[\s.:]*(?=[+(0-9])", re.IGNORECASE
)
_EXTENSION_IN_WORDS = re.compile(r"[\s,;]*\b(?:poste|durchwahl)\b[\s.:]*", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s,;]+(?=ext(?!=)|x[\s0-9]|#)", re.IGNORECASE)
_INTERNATIONAL_PREFIX = re.compile(r"^00[\s.-]*(?=[1-9(])")
_NATIONAL = re.compile(r"(?!00)\(?\d(?:\D*\d){2}")
"""The beginning of a number within a country."""
_NORTH_AMERICA = 1
"""The country code whose numbers may be spelt with letters."""


def read_phone(form: Form, name: str, country: str) -> str:
    """Reads a number and returns its international form; empty if none was given.

    Args:
        form: the form to read from.
        name: the name of the field.
        country: ISO code of the country of a number without `+`; empty for none.
    """
    typed = form.text(name, limit=MAX_LENGTH, required=False, clean=_tidy)
    if not typed:
        return ""
    number = _place(typed, country) or _place(_INTERNATIONAL_PREFIX.sub("+", typed), country)
    if number is None:
        needs_country = not country and _NATIONAL.match(typed)
        return form.refuse(name, "form.phone_country" if needs_country else "form.phone")
    shown = format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return shown if len(shown) <= MAX_LENGTH else form.refuse(name, "form.phone")


def _tidy(typed: str) -> str:
    text = _LABEL.sub("", readers.plain(typed), count=1)
    return _EXTENSION.sub(" ", _EXTENSION_IN_WORDS.sub(" ext. ", text))


def _place(typed: str, country: str) -> PhoneNumber | None:
    """The number; None if the text is no number, has too few or too many digits, or contains more than a number."""
    if not typed.startswith(("+", "(", *"0123456789")):
        return None
    try:
        number = parse(typed, country or None)
    except NumberParseException:
        return None
    spelt = not number.extension and any(sign.isalpha() for sign in typed.partition(";")[0])
    if spelt and number.country_code != _NORTH_AMERICA:
        return None
    possible = is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible else None
