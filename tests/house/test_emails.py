"""Every mail of the product, in every language: complete, renderable, safe and specific."""

import html as markup
import re
from typing import Any

import pytest

from netim_app.infra import mail
from netim_app.texts.catalog import LOCALES

PARTS = {"subject.txt", "body.txt", "body.html"}
ACCOUNT = "https://account.netim.example"
LINK = f"{ACCOUNT}/verify-email#t-3nUx_0k9"
PLACE: dict[str, Any] = {"address": "203.0.113.7", "browser": "Firefox 140", "system": "Windows"}
COMMON: dict[str, Any] = PLACE | {
    "first_name": "Zoé",
    "when": "24 November 2026, 09:05",
    "security_url": f"{ACCOUNT}/account/connection-and-security",
    "forgot_url": f"{ACCOUNT}/forgot-password",
}
NEW_EMAIL = "zoe.new@example.org"
URLS = {"link", "login_url", "security_url", "forgot_url"}

SAMPLES: dict[str, dict[str, Any]] = {
    "sign_up": {"first_name": "Zoé", "link": LINK, "hours": 24},
    "sign_up_again": {
        "first_name": "Zoé",
        "login_url": f"{ACCOUNT}/login",
        "forgot_url": COMMON["forgot_url"],
    },
    "reset": {"first_name": "Zoé", "link": LINK, "minutes": 60},
    "email_change_asked": COMMON | {"new_email": NEW_EMAIL},
    "email_change": COMMON | {"new_email": NEW_EMAIL, "link": LINK, "hours": 24},
    "email_changed": COMMON | {"new_email": NEW_EMAIL},
    "account_unlocked": COMMON,
    "sign_in_refused": COMMON | {"reason_text": "This network is not on the list."},
    "half_sign_in": COMMON,
    "codes_stopped": COMMON | {"last": False},
    "signed_in": COMMON | {"known_device": True},
    "alerts_off": COMMON,
    "ip_restriction_changed": COMMON | {"change": "removed", "rule": "198.51.100.0/24"},
    "two_factor_changed": COMMON | {"change": "added", "device": "Pixel 9"},
    "backup_codes_made": COMMON,
    "backup_code_used": COMMON | {"left": 7},
    "password_changed": COMMON | {"way": "changed"},
}
"""What the services hand over, by event."""

UNSAID: dict[str, set[str]] = {
    "half_sign_in": {"security_url"},
    "codes_stopped": {"security_url", "last"},
    "email_change": {*PLACE, "security_url", "forgot_url"},  # the mailbox is not yet known to be the customer's
    "email_changed": {"forgot_url"},  # a reset would go to the new mailbox, which may be a stranger's
    "backup_code_used": set(PLACE),  # where from is said by the alert of the sign-in
    "account_unlocked": set(PLACE),  # the console of our operator
}
"""What a mail keeps to itself on purpose."""

VARIANTS: dict[str, dict[str, tuple[Any, Any]]] = {
    "signed_in": {"known_device": (True, False)},
    "password_changed": {"way": ("changed", "reset")},
    "two_factor_changed": {"change": ("added", "removed")},
    "ip_restriction_changed": {"change": ("on", "off")},
}
EVENTS = sorted(mail.templates().events)
every_mail = pytest.mark.parametrize(("event", "locale"), [(event, locale) for event in EVENTS for locale in LOCALES])


def render(event: str, locale: str, **other: object) -> mail.RenderedMail:
    return mail.render(event, locale, SAMPLES[event] | other)


def words(html: str) -> str:
    return markup.unescape(re.sub(r"<[^>]+>", " ", html))


def test_every_event_is_sampled_and_every_sample_has_its_event() -> None:
    assert sorted(SAMPLES) == EVENTS


@pytest.mark.parametrize("event", EVENTS)
def test_both_languages_and_all_three_parts_exist_and_nothing_else(event: str) -> None:
    folder = mail.templates().events[event]

    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        f"{locale}/{part}" for locale in LOCALES for part in PARTS
    }


@every_mail
def test_the_subject_is_one_short_line(event: str, locale: str) -> None:
    template = mail.templates().events[event] / locale / "subject.txt"

    assert len(template.read_text(encoding="utf-8").splitlines()) == 1
    assert 0 < len(render(event, locale).subject) <= 70


@every_mail
def test_nothing_is_left_unrendered(event: str, locale: str) -> None:
    rendered = render(event, locale)

    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#|\bNone\b|Undefined", part)


@every_mail
def test_text_and_html_say_what_was_handed_over(event: str, locale: str) -> None:
    rendered = render(event, locale)
    unsaid = UNSAID.get(event, set())

    for name, value in SAMPLES[event].items():
        if name not in VARIANTS.get(event, {}):
            assert (str(value) in rendered.text) == (name not in unsaid), name
            in_html = f'href="{value}"' if name in URLS else markup.escape(str(value))
            assert (in_html in rendered.html) == (name not in unsaid), name


@every_mail
def test_text_and_html_tell_the_same_facts(event: str, locale: str) -> None:
    rendered = render(event, locale)
    facts = re.findall(r"<tr><td[^>]*>([^<]+)</td><td[^>]*>([^<]+)</td></tr>", rendered.html)

    assert bool(facts) == ("when" in SAMPLES[event])
    for label, value in facts:
        line = rf"^  {re.escape(label)}\s?: {re.escape(markup.unescape(value))}$"
        assert re.search(line, rendered.text, re.MULTILINE)


@every_mail
def test_markup_in_a_parameter_stays_text(event: str, locale: str) -> None:
    hostile = {name: f'<b>x</b>"{name}' for name, value in SAMPLES[event].items() if isinstance(value, str)}
    rendered = render(event, locale, **hostile)

    assert "<b>" not in rendered.html
    assert "first_name" not in rendered.html  # such a name is not greeted at all
    for name, value in hostile.items():
        if value in rendered.text:
            assert markup.escape(value).replace("&quot;", "&#34;") in rendered.html, name
            assert f'"{name}' not in rendered.html


@pytest.mark.parametrize("event", EVENTS)
def test_the_languages_differ_in_every_part(event: str) -> None:
    english, french = render(event, "en"), render(event, "fr")

    assert english.subject != french.subject
    assert english.text != french.text
    assert words(english.html) != words(french.html)
    assert 'lang="en"' in english.html
    assert 'lang="fr"' in french.html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("event", sorted(VARIANTS))
def test_a_mail_that_has_two_ways_says_which(event: str, locale: str) -> None:
    for name, (one, other) in VARIANTS[event].items():
        first, second = (render(event, locale, **{name: value}) for value in (one, other))

        assert first.text != second.text
        assert words(first.html) != words(second.html)


@every_mail
def test_a_mail_needs_nothing_from_elsewhere(event: str, locale: str) -> None:
    html = render(event, locale).html

    assert not re.search(r"<(img|script|link|iframe|form|object)\b|@import|url\(", html)
    assert set(re.findall(r'https?://[^/"<\s]+', html)) == {ACCOUNT}


@pytest.mark.parametrize("event", sorted(event for event in EVENTS if "link" in SAMPLES.get(event, {})))
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", {"hours": "works for 24 hours.", "minutes": "works for 60 minutes.", "": "asks you to confirm"}),
        ("fr", {"hours": "valable 24 heures.", "minutes": "valable 60 minutes.", "": "demande de confirmer"}),
    ],
)
def test_a_link_says_how_long_it_lives_and_what_opening_and_ignoring_it_do(
    event: str, locale: str, said: dict[str, str]
) -> None:
    rendered = render(event, locale)
    ignored = {"en": r"(?s)gnore this message.*othing happens", "fr": r"(?s)gnore.*ne se passera rien"}[locale]

    for part in (rendered.text, words(rendered.html)):
        assert said["hours" if "hours" in SAMPLES[event] else "minutes"] in part
        assert said[""] in part
        assert re.search(ignored, part)
