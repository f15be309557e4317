"""How texts are written: British English, French that is nobody's gender, short sentences."""

import ast
import re

import pytest

from netim_app.texts import catalog
from tests.house.modules import sources

KEYS = sorted(catalog.keys())
MOST_WORDS = 26
"""In one sentence: a longer one says several things at once."""
AMERICAN = re.compile(
    r"\b(?:(?:un)?(?:author|organ|recogn|custom|minim|maxim|summar|final|initial|general|personal)iz\w+"
    r"|colors?|behaviors?|favorites?|centers?|licenses?|catalogs?|dialogs?|grays?|cancell?ed|labeled|fulfill"
    r"|[ap]m|e-mails?|math|zip code|vacation|somebody|gotten)\b",
    re.IGNORECASE,
)
MASCULINE = re.compile(
    r"\bvous (?:êtes|serez|étiez|restez|avez été) (?:déjà |bien |maintenant |toujours )*\w+(?:é|i|u|it|is)\b"
    r"|\b(?:nous vous en avons|vous en être) \w+é\b|\brester \w+é\b|\bnouveau sur\b|\bsoyez \w+é\b|\bcher client\b",
    re.IGNORECASE,
)
NOT_NETIMS = re.compile(r"restriction d’IP|double authentification|mel\b|courriel|support technique", re.IGNORECASE)
"""Netim says "Restriction IP", "authentification à deux facteurs", "e-mail", "assistance"."""


def of(locale: str, pattern: re.Pattern[str]) -> list[str]:
    texts = {key: catalog.template(locale, key) for key in KEYS}
    return [f"{key}: {found[0]}" for key, text in texts.items() if (found := pattern.search(text))]


def sentences(locale: str, key: str) -> list[str]:
    return re.split(r"(?<=[.?!:…])\s+|\\n|\n", catalog.template(locale, key))


def test_english_is_british() -> None:
    assert of("en", AMERICAN) == []


def test_french_has_no_masculine_for_everybody() -> None:
    assert of("fr", MASCULINE) == []


def test_french_has_the_words_of_netim() -> None:
    assert of("fr", NOT_NETIMS) == []


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_no_sentence_is_long(locale: str) -> None:
    long = [
        f"{key}: {sentence}"
        for key in KEYS
        for sentence in sentences(locale, key)
        if len(re.findall(r"[\w’'\u2011-]+", sentence)) > MOST_WORDS
    ]
    assert long == []


@pytest.mark.parametrize(
    ("pattern", "typed"),
    [
        (AMERICAN, "To recognize it later"),
        (AMERICAN, "March 1, 6:51 PM"),
        (MASCULINE, "Vous êtes déconnecté. À bientôt !"),
        (MASCULINE, "Nous vous en avons informé par e-mail."),
        (MASCULINE, "Rester connecté"),
        (NOT_NETIMS, "La restriction d’IP est activée."),
    ],
)
def test_what_these_tests_look_for(pattern: re.Pattern[str], typed: str) -> None:
    assert pattern.search(typed)


def test_dates_are_written_in_one_place() -> None:
    """Else there are two forms of them on one page."""
    writers = {path for path, tree in sources().items() if re.search(r"babel\.dates|strftime", ast.unparse(tree))}
    assert writers == {"texts/catalog.py"}


@pytest.mark.parametrize(("locale", "word"), [("en", "support"), ("fr", "assistance")])
def test_a_text_that_sends_people_to_support_ends_in_its_address(locale: str, word: str) -> None:
    """So it is shown only where there is one; the form without it says nothing of support."""
    named = {key for key in KEYS if word in catalog.template(locale, key).lower()}
    assert named == {key for key in KEYS if key.endswith(".support")}
    assert all(catalog.template(locale, key).endswith(":") for key in named)
