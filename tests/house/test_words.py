"""How texts are written: British English, French that is nobody's gender, German that says "Sie", short sentences."""

import ast
import re

import pytest

from netim_app.texts import catalog
from tests.house.modules import sources

KEYS = sorted(catalog.keys())
MOST_WORDS = 26
"""In one sentence: a longer one says several things at once."""
MOST_LETTERS = 17
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

NOT_OUR_GERMAN = re.compile(
    r"\b(?:du|dein\w*|dich|euch|euer\w*|(?:ein|aus)(?:ge)?logg\w+|login|account|emails?|handy|kennwort|2-faktor\w*"
    r"|zwei-faktor-authentifizierung|(?:ersatz|wiederherstellungs|backup)codes?|authentifizierungs-app|daß)\b"
    r"|\"|'|“[^„]*“",
    re.IGNORECASE,
)
"""docs/translating.md has the words to take."""


def of(locale: str, pattern: re.Pattern[str]) -> list[str]:
    own = [key for key in KEYS if catalog.is_translated(locale, key)]
    texts = [(key, form) for key in own for form in catalog.spoken(locale, key)[1]]
    return [f"{key}: {found[0]}" for key, text in texts if (found := pattern.search(re.sub(r"{\w+}", "", text)))]


def sentences(locale: str, key: str) -> list[str]:
    forms = catalog.spoken(locale, key)[1]
    return [sentence for form in forms for sentence in re.split(r"(?<=[.?!:…])\s+|\\n|\n", form)]


def test_english_is_british() -> None:
    assert of("en", AMERICAN) == []


def test_french_has_no_masculine_for_everybody() -> None:
    assert of("fr", MASCULINE) == []


def test_french_has_the_words_of_netim() -> None:
    assert of("fr", NOT_NETIMS) == []


def test_german_has_the_words_of_the_glossary() -> None:
    assert of("de", NOT_OUR_GERMAN) == []


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_no_sentence_is_long(locale: str) -> None:
    long = [
        f"{key}: {sentence}"
        for key in KEYS
        for sentence in sentences(locale, key)
        if len(re.findall(r"[\w’'\u2011-]+", sentence)) > MOST_WORDS
    ]
    assert long == []


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_no_word_of_a_page_is_wider_than_its_place(locale: str) -> None:
    """Beside a switch, and in the gauge, a longer one would be broken inside. Mails have more room."""
    long = [
        f"{key}: {word}"
        for key in KEYS
        if not key.startswith("mail.")
        for sentence in sentences(locale, key)
        for word in re.findall(r"[^\W\d_]+", re.sub(r"{\w+}", "", sentence))
        if len(word) > MOST_LETTERS
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
        (NOT_OUR_GERMAN, "Logge dich mit deinem Passwort ein"),
        (NOT_OUR_GERMAN, "Zwei-Faktor-Authentifizierung"),
        (NOT_OUR_GERMAN, 'Das Gerät "Pixel"'),
    ],
)
def test_what_these_tests_look_for(pattern: re.Pattern[str], typed: str) -> None:
    assert pattern.search(typed)


def test_dates_are_written_in_one_place() -> None:
    """Else there are two forms of them on one page."""
    writers = {path for path, tree in sources().items() if re.search(r"babel\.dates|strftime", ast.unparse(tree))}
    assert writers == {"texts/formats.py"}


@pytest.mark.parametrize(("locale", "word"), [("en", "support"), ("fr", "assistance"), ("de", "support")])
def test_a_text_that_sends_people_to_support_ends_in_its_address(locale: str, word: str) -> None:
    """So it is shown only where there is one; the form without it says nothing of support."""
    named = {key for key in KEYS if word in catalog.template(locale, key).lower()}
    assert named == {key for key in KEYS if key.endswith(".support")}
    assert all(catalog.template(locale, key).endswith(":") for key in named)
