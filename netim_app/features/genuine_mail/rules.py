"""The formats of phrases and references."""

import re
import unicodedata
from datetime import timedelta

from netim_app.core import readers
from netim_app.core.forms import Form

MIN_PHRASE = 4
MAX_PHRASE = 40
KEEP = timedelta(days=180)
"""How long a reference is kept."""
KEEP_DAYS = KEEP.days
REFERENCE_BITS = 50
MAX_PASTE = 20_000
"""The text of about four of our mails. Of a longer text the last lines are enough."""
MOST_REFERENCES = 5
"""Per question: more would allow more guesses at once."""
EXAMPLE = "7KQ2M-X9PD4"
SHORT = 40
"""A text of up to this many characters is meant as a reference, and is not a whole mail."""

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
_LOOK_ALIKES = str.maketrans("ILO", "110")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_HALF = "[0-9A-TV-Z]{5}"
_REFERENCE = re.compile(rf"(?<![0-9A-Z])({_HALF})-({_HALF})(?![0-9A-Z])", re.ASCII)
_ALONE = re.compile(rf"({_HALF})[\s-]*({_HALF})", re.ASCII)
_SOFT_BREAK = re.compile(r"=\r?\n")
"""A soft line break of quoted-printable, in case somebody pastes the source of a mail."""


def read_phrase(form: Form) -> str:
    """The phrase in a form: one line that no mail program turns into a link."""
    phrase = form.text("phrase", limit=MAX_PHRASE, clean=_one_blank_at_a_time)
    if not phrase:
        return ""
    if sum(_is_seen(sign) for sign in phrase) < MIN_PHRASE:
        return form.refuse("phrase", "genuine_mail.too_short", least=MIN_PHRASE)
    if readers.is_like_a_link(phrase):
        return form.refuse("phrase", "genuine_mail.like_a_link")
    return phrase


def _one_blank_at_a_time(typed: str) -> str:
    return re.sub(" {2,}", " ", readers.line(typed))


def _is_seen(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] not in "ZM" and category != "Cf"


def reference_of(number: int) -> str:
    """The reference for a number below 2 ** `REFERENCE_BITS`, as a mail shows it."""
    signs = "".join(_SIGNS[number >> shift & 31] for shift in range(REFERENCE_BITS - 5, -1, -5))
    return f"{signs[:5]}-{signs[5:]}"


def references_in(text: str) -> tuple[str, ...]:
    """The distinct references in a typed or pasted text. Of many, the last ones: a mail has its own at the end.

    Case, the kind of dash, and letters that look like digits do not matter.
    """
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", _SOFT_BREAK.sub("", text))).upper()
    alone = _ALONE.fullmatch(plain.strip())
    found = [alone.groups()] if alone else _REFERENCE.findall(plain)
    last_first = dict.fromkeys("-".join(halves).translate(_LOOK_ALIKES) for halves in reversed(found))
    return tuple(last_first)[:MOST_REFERENCES]
