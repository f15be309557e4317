"""Every mail of the product, in every language: complete, renderable, safe and specific."""

import html as markup
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations, product
from typing import Any

import pytest

from netim_app.infra import mail_templates
from netim_app.infra.mail_message import RenderedMail
from netim_app.offers import offers
from netim_app.texts import catalog
from netim_app.texts.catalog import LOCALES
from netim_app.texts.formats import format_datetime
from netim_app.ui.theme import DARK, LIGHT
from tests.house.modules import PACKAGE
from tests.kit.reviewed import ACCOUNT, PLACE, Addition, Mail, additions, joined
from tests.kit.reviewed import NOTICE as COMMON

SECRET = "#t-3nUx_0k9"
LINK = f"{ACCOUNT}/verify-email{SECRET}"
UNDO_LINK = f"{ACCOUNT}/restore-email{SECRET}"
SUPPORT = COMMON["support"]
NEW_EMAIL = "zoe.new@example.org"
URLS = {"link", "login_url", "security_url", "profile_url", "forgot_url"}
MOMENT = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)

OF_FEATURES: dict[str, Mail] = joined("mails")
"""Those of features are in `tests/features/<name>/reviewed.py`."""

ADDITIONS: dict[str, Addition] = joined("additions")
ADDED = additions()

SAMPLES: dict[str, Mapping[str, Any]] = {
    "sign_up": {"link": LINK, "hours": 24},
    "sign_up_again": {
        "first_name": "Zoé",
        "login_url": f"{ACCOUNT}/login",
        "forgot_url": COMMON["forgot_url"],
    },
    "reset": COMMON | {"link": LINK, "minutes": 60, "restored": False, "frozen": False},
    "email_change_asked": COMMON | {"new_email": NEW_EMAIL},
    "more_notices": COMMON | {"count": 53, "about": "New login from a new device", "card": "recent-activity"},
    "email_change": {"link": LINK, "hours": 24},
    "email_changed": COMMON
    | {"new_email": NEW_EMAIL, "can_be_undone": True, "profile_url": f"{ACCOUNT}/account/personal-information"},
    "email_undo": COMMON | {"new_email": NEW_EMAIL, "link": UNDO_LINK, "days": 7},
    "email_restored": COMMON,
    "account_unlocked": COMMON | {"two_factor_off": False},
    "second_factor_not_completed": COMMON,
    "codes_locked_out": COMMON | {"last": False, "sole": False},
    "support_acted": COMMON | {"act": "disabled"},
} | {event: mail.params for event, mail in OF_FEATURES.items()}
"""The parameters that the services hand over, by event."""

SUPPORTED = {"account_unlocked", "email_changed", "email_restored", "support_acted"}
"""Mails of identity that always send people to support, where it has an address."""

UNCONFIRMED = {"sign_up", "email_change", "alert_copy_confirm"}
"""Mails to mailboxes that may be anybody's: they say nothing that somebody has typed."""

UNSAID: dict[str, set[str]] = {
    "second_factor_not_completed": {"security_url"},
    "codes_locked_out": {"security_url", "last", "sole"},
    "reset": {"security_url", "forgot_url"},  # the one link that is asked for
    "email_changed": {"forgot_url"},  # a reset would go to the new mailbox, which may be a stranger's
    "more_notices": set(PLACE),  # there were several
    "email_undo": {"security_url", "forgot_url"},  # the account's pages are closed to the owner of the old mailbox
    "email_restored": {"forgot_url"},  # the link to a new password has a mail of its own
    "support_acted": set(PLACE) | {"security_url"},  # the same
    "account_unlocked": set(PLACE),  # the console of our operator
} | {event: set(mail.unsaid) for event, mail in OF_FEATURES.items()}
"""The parameters that a mail keeps to itself on purpose."""

VARIANTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "sign_up": {"hours": (24, 1)},
    "reset": {"restored": (False, True), "frozen": (False, True), "minutes": (60, 1)},
    "email_undo": {"days": (7, 1)},
    "email_changed": {"can_be_undone": (True, False)},
    "codes_locked_out": {"last": (False, True), "sole": (False, True)},
    "account_unlocked": {"two_factor_off": (False, True)},
    "more_notices": {"count": (1, 53)},
    "support_acted": {"act": ("exported", "sessions_ended", "disabled", "enabled")},
} | {event: dict(mail.variants) for event, mail in OF_FEATURES.items() if mail.variants}
CHOOSING = {"act", "change", "way"}
"""Parameters that choose a sentence and are told in none."""
EVENTS = sorted(mail_templates.templates().events)
MAILS = [
    (event, locale)
    for event, locale in product(EVENTS, LOCALES)
    if not any(key.startswith(f"mail.{event}.") for key in catalog.missing(locale))
]
"""A feature may lack a language: its mail is in English then. `netim texts` finds a catalogue with gaps."""
CASES = [
    (event, locale, {name: value})
    for event, locale in MAILS
    for name, values in VARIANTS.get(event, {"first_name": ("Zoé",)}).items()
    for value in values
]
every_mail = pytest.mark.parametrize(("event", "locale"), MAILS)
every_variant = pytest.mark.parametrize(("event", "locale", "variant"), CASES)


def render(event: str, locale: str, **other: object) -> RenderedMail:
    return mail_templates.render(event, locale, dict(SAMPLES[event]) | other)


def words(html: str) -> str:
    return markup.unescape(re.sub(r"<[^>]+>", " ", html))


def body(html: str) -> str:
    """The part that is seen: neither the head nor the logo nor the preview."""
    return re.sub(r'(?s)^.*<body[^>]*>|<!--.*?-->|<td [^>]*aria-hidden.*?</td>|<div class="preview".*?</div>', "", html)


def dark_rules(html: str) -> dict[str, dict[str, str]]:
    """Class -> what the dark style says about it."""
    found = re.search(r"(?s)@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", html)
    assert found
    rules: dict[str, dict[str, str]] = {}
    for names, text in re.findall(r"([.\w, -]+) \{ (.*?) \}", found[1]):
        declared = dict(re.findall(r"([\w-]+): (#\w+) !important;", text))
        for name in names.split(", "):
            rules.setdefault(name.strip().removeprefix("."), {}).update(declared)
    return rules


def test_every_event_is_sampled_and_every_sample_has_its_event() -> None:
    assert sorted(SAMPLES) == EVENTS


SUPPORT_WORDS = dict.fromkeys(LOCALES, "support") | {"fr": "assistance"}


def sends_to_support(event: str, variant: dict[str, Any]) -> bool:
    if event in OF_FEATURES:
        return OF_FEATURES[event].to_support(variant)
    return event in SUPPORTED or (event == "codes_locked_out" and any(variant.values()))


@every_variant
def test_support_has_an_address_or_is_not_mentioned(event: str, locale: str, variant: dict[str, Any]) -> None:
    word = SUPPORT_WORDS[locale]
    for contact in (SUPPORT, "https://netim.example/help"):
        rendered = render(event, locale, **variant, **({"support": contact} if "support" in SAMPLES[event] else {}))
        href = contact if "://" in contact else f"mailto:{contact}"
        assert (f'href="{href}"' in rendered.html) == sends_to_support(event, variant)
        assert (f"\n{contact}\n" in rendered.text) == sends_to_support(event, variant)
    without = render(event, locale, **variant, **({"support": ""} if "support" in SAMPLES[event] else {}))
    for part in (without.text, words(body(without.html))):
        assert word not in part.lower()


@every_variant
def test_a_list_of_mails_shows_more_than_the_subject(event: str, locale: str, variant: dict[str, Any]) -> None:
    rendered = render(event, locale, **variant)
    found = re.search(
        r'(?s)<body[^>]*>\s*<div class="preview" style="display:none[^"]*">(.*?)(?:&#847; )+</div>', rendered.html
    )
    assert found, "the first text of the body"
    preview = " ".join(markup.unescape(found[1]).split())
    assert len(preview) > 20
    assert preview not in rendered.subject
    assert preview in " ".join(rendered.text.split()) or preview.startswith(
        "Firefox 140 on Windows, 203.0.113.7, 24 Nov"
    )


@every_variant
def test_the_whole_button_is_its_link(event: str, locale: str, variant: dict[str, Any]) -> None:
    html = render(event, locale, **variant).html
    for cell, link in re.findall(r'<td class="accent" bgcolor="[^"]*" style="([^"]*)"><a [^>]*style="([^"]*)"', html):
        assert "padding" not in cell
        assert "padding:11px 20px" in link
        assert "display:inline-block" in link
    assert html.count("mso-text-raise:11pt") == html.count("display:inline-block"), "Outlook knows no padding of a link"


@every_variant
def test_text_has_air_and_each_link_a_line_of_its_own(event: str, locale: str, variant: dict[str, Any]) -> None:
    parts = render(event, locale, **variant).text.rstrip("\n").split("\n\n")
    for part in parts:
        lines = part.split("\n")
        assert len(lines) == 1 or lines[0] == "--" or all(line.startswith("  ") for line in lines) or len(lines) == 2, (
            part
        )
        for line in lines:
            assert "://" not in line or re.fullmatch(r"\S+", line.strip()), part


@every_variant
def test_the_subject_is_one_short_line(event: str, locale: str, variant: dict[str, Any]) -> None:
    subject = render(event, locale, **variant).subject

    assert 0 < len(subject) <= 70
    told = [str(value) for value in (dict(SAMPLES[event]) | variant).values() if not isinstance(value, bool)]
    assert "Netim Direct" in subject or any(len(value) > 3 and value in subject for value in told)


def test_every_sentence_of_the_catalogue_is_said_by_some_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates put keys together. A key that no variant says is not needed; one that is missing is a KeyError."""
    said: set[str] = set()
    template = catalog.template

    def listen(locale: str, key: str, count: object) -> str:
        said.add(key)
        return template(locale, key, count)

    monkeypatch.setattr(catalog, "template", listen)
    for event, locale, variant in CASES:
        mail_templates.render(event, locale, dict(SAMPLES[event]) | variant, ADDED)

    every_key = catalog.keys()
    names = {f"mail.{event}.name" for event in EVENTS}
    assert {key for key in said if key.startswith("mail.")} == {
        key for key in every_key if key.startswith("mail.")
    } - names


def test_every_mail_has_a_name_that_tells_it_from_all_others() -> None:
    """The page that says whether a mail is ours calls it so."""
    for locale in LOCALES:
        named = [f"mail.{event}.name" for event in EVENTS if catalog.is_translated(locale, f"mail.{event}.name")]
        assert len({catalog.text(locale, key) for key in named}) == len(named) > len(EVENTS) / 2
    assert {f"mail.{event}.name" for event in EVENTS} <= catalog.keys()


def test_every_addition_is_sampled_at_its_place() -> None:
    offered = {addition.name: addition.place for addition in offers().mail_additions}
    assert {name: each.place for name, each in ADDITIONS.items()} == offered


@pytest.mark.parametrize("locale", LOCALES)
def test_additions_look_like_the_rest_of_a_mail(locale: str) -> None:
    with_them = mail_templates.render("logged_in", locale, SAMPLES["logged_in"], ADDED)
    without = render("logged_in", locale)
    assert with_them.subject == without.subject
    preview = re.compile(r'(?s)<div class="preview".*?</div>')
    assert preview.search(with_them.html)[0] == preview.search(without.html)[0]  # type: ignore[index]
    for name, each in ADDITIONS.items():
        for value in each.values.values():
            assert str(value) in with_them.text, name
            assert markup.escape(str(value)) in with_them.html, name
    dark = dark_rules(with_them.html)
    for tag, style in re.findall(r'<(\w[^>]*) style="([^"]*)"', body(with_them.html)):
        if "#" in style:
            found = re.search(r'class="(\w+)"', tag)
            assert found, tag
            assert found[1] in dark, tag


@pytest.mark.parametrize("locale", LOCALES)
def test_markup_in_an_addition_stays_text(locale: str) -> None:
    hostile = [{**each, **{name: f"<b>{name}</b>" for name in ADDITIONS[each["name"]].values}} for each in ADDED]
    assert "<b>" not in mail_templates.render("logged_in", locale, SAMPLES["logged_in"], hostile).html


@pytest.mark.parametrize("event", sorted(UNCONFIRMED))
def test_a_mail_to_a_mailbox_that_may_be_anybodys_has_no_words_of_others(event: str) -> None:
    assert set(SAMPLES[event]) == {"link", "hours"}


@every_variant
def test_nothing_is_left_unrendered(event: str, locale: str, variant: dict[str, Any]) -> None:
    rendered = render(event, locale, **variant)

    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#|\bNone\b|Undefined", part)


@every_mail
def test_text_and_html_say_what_was_handed_over(event: str, locale: str) -> None:
    rendered = render(event, locale)
    unsaid = UNSAID.get(event, set())

    for name, value in SAMPLES[event].items():
        if name not in {"client", "support", *VARIANTS.get(event, {})}:
            assert (str(value) in rendered.text) == (name not in unsaid), name
            in_html = rf'href="{re.escape(value)}[#"]' if name in URLS else re.escape(markup.escape(str(value)))
            assert bool(re.search(in_html, rendered.html)) == (name not in unsaid), name


@every_variant
def test_first_what_happened_then_when_and_where_then_what_to_do(
    event: str, locale: str, variant: dict[str, Any]
) -> None:
    html = body(render(event, locale, **variant).html)
    order = [
        html.index("<h1"),
        *([html.index('class="sunken"')] if "when" in SAMPLES[event] else []),
        html.index("<h2"),
    ]

    assert order == sorted(order)
    assert ('class="sunken"' in html) == ("when" in SAMPLES[event])
    assert (html.count("<h1"), html.count("<h2")) == (1, 1)


@every_mail
def test_markup_in_a_parameter_stays_text(event: str, locale: str) -> None:
    hostile = {
        name: f'<b>x</b>"{name}'
        for name, value in SAMPLES[event].items()
        if isinstance(value, str) and name not in CHOOSING
    }
    rendered = render(event, locale, **hostile)

    assert "<b>" not in rendered.html
    assert "first_name" not in rendered.html  # such a name is not greeted at all
    for name, value in hostile.items():
        if value in rendered.text:
            assert markup.escape(value).replace("&quot;", "&#34;") in rendered.html, name
            assert f'>"{name}' not in rendered.html


@pytest.mark.parametrize("event", EVENTS)
def test_the_languages_differ_in_every_part(event: str) -> None:
    english, french = render(event, "en"), render(event, "fr")

    assert english.subject != french.subject
    assert english.text != french.text
    assert words(english.html) != words(french.html)
    assert 'lang="en"' in english.html
    assert 'lang="fr"' in french.html


@pytest.mark.parametrize(("event", "locale"), [mail for mail in MAILS if mail[0] in VARIANTS])
def test_a_mail_that_has_several_ways_says_which(event: str, locale: str) -> None:
    for name, values in VARIANTS[event].items():
        for first, second in combinations([render(event, locale, **{name: value}) for value in values], 2):
            assert first.text != second.text
            assert words(first.html) != words(second.html)


@every_mail
def test_a_mail_needs_nothing_from_elsewhere(event: str, locale: str) -> None:
    html = render(event, locale).html

    assert not re.search(r"<(img|script|link|iframe|form|object)\b|@import|url\(", html)
    linked = {ACCOUNT} if URLS & SAMPLES[event].keys() else set()
    assert set(re.findall(r'https?://[^/"<\s]+', html)) == linked


@every_variant
def test_every_mail_says_its_language_and_looks_right_in_the_dark(
    event: str, locale: str, variant: dict[str, Any]
) -> None:
    rendered = render(event, locale, **variant)
    html = rendered.html
    dark = dark_rules(html)

    assert html.startswith("<!DOCTYPE html>")
    assert f'<html lang="{locale}" dir="ltr">' in html
    assert f"<title>{markup.escape(rendered.subject, quote=False)}</title>" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    # The colours are the app's, and each colour of a mail's own has its dark twin.
    twins = {value: {DARK[name] for name, same in LIGHT.items() if same == value} for value in LIGHT.values()}
    styled = [(tag, style) for tag, style in re.findall(r'<(\w[^>]*) style="([^"]*)"', html) if "#" in style]
    assert len(styled) > 5
    for tag, style in styled:
        classes = re.search(r'class="(\w+)"', tag)
        assert classes, f"the dark style cannot reach <{tag}>"
        for kind, colour in re.findall(r"(?:^|;)([\w-]*(?:color|background|border[\w-]*)):[^;]*?(#\w+)", style):
            assert colour in twins, colour
            twin = dark[classes[1]]["border-color" if kind.startswith("border") else kind]
            assert twin in twins[colour], f"{kind} of <{tag}>"


def anchors() -> set[str]:
    """Where cards are, on the pages of the account."""
    views = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("view*/**/*.py")]
    views += [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("view.py")]
    return set(re.findall(r'\banchor="([a-z-]+)"', " ".join(views)))


def test_links_lead_to_the_card_concerned() -> None:
    found = {
        link.removeprefix(ACCOUNT)
        for event, locale, variant in CASES
        for link in re.findall(r'href="([^"]+)"', render(event, locale, **variant).html)
        if SECRET not in link and link != f"mailto:{SUPPORT}"
    }
    pages = {link.partition("#")[0] for link in found}

    assert {link.partition("#")[2] for link in found} - {""} <= anchors()
    assert len(found) > 10
    assert pages == {
        "/login",
        "/forgot-password",
        "/account/connection-and-security",
        "/account/personal-information",
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_advice_fits_what_has_changed(locale: str) -> None:
    """A customer who was told that devices are gone is not asked to check them, and so on."""
    advised = {
        change: set(re.findall(r"https?://\S+", render("two_factor_changed", locale, change=change).text))
        for change in VARIANTS["two_factor_changed"]["change"]
    }
    forgot, security = COMMON["forgot_url"], COMMON["security_url"]

    # A stranger has enabled it: who has no codes cannot come in, so pages of the account are of no use.
    assert advised["enabled"] == {forgot}
    assert advised["disabled"] == advised["added"] == {f"{security}#password", f"{security}#two-factor", forgot}
    assert ("devices" in render("two_factor_changed", "en", change="added").text) is True
    assert "check your devices" not in render("two_factor_changed", "en", change="disabled").text
    assert "vérifiez vos appareils" not in render("two_factor_changed", "fr", change="disabled").text


@every_variant
def test_every_character_is_one_that_fonts_and_searches_know(event: str, locale: str, variant: dict[str, Any]) -> None:
    rendered = render(event, locale, **variant | {"when": format_datetime(MOMENT, locale, "Europe/Paris")})

    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search("[\u00ad\u2010\u2011\u200b-\u200f]", part)


@pytest.mark.parametrize(("event", "variant"), [(event, variant) for event, locale, variant in CASES if locale == "fr"])
def test_french_marks_stay_with_their_words(event: str, variant: dict[str, Any]) -> None:
    rendered = render(event, "fr", **variant)

    for part in (rendered.subject, rendered.text, words(body(rendered.html))):
        assert not re.search(r" [:;?!»]|« ", part)


@pytest.mark.parametrize("event", sorted(event for event in EVENTS if "link" in SAMPLES.get(event, {})))
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            {
                "days": "works for 7 days.",
                "hours": "works for 24 hours.",
                "minutes": "works for 60 minutes.",
                "": "you will be asked to confirm",
            },
        ),
        (
            "fr",
            {
                "days": "valable 7 jours.",
                "hours": "valable 24 heures.",
                "minutes": "valable 60 minutes.",
                "": "une confirmation vous sera demandée",
            },
        ),
        (
            "de",
            {
                "days": "ist 7 Tage gültig.",
                "hours": "ist 24 Stunden gültig.",
                "minutes": "ist 60 Minuten gültig.",
                "": "Sie werden um eine Bestätigung gebeten",
            },
        ),
    ],
)
def test_a_link_says_how_long_it_lives_and_what_opening_and_ignoring_it_do(
    event: str, locale: str, said: dict[str, str]
) -> None:
    rendered = render(event, locale)
    ignored = {
        "en": r"(?s)gnore this message.*othing happens",
        "fr": r"(?s)gnore.*ne se passera rien",
        "de": r"(?s)gnorieren.*passiert nichts",
    }[locale]

    for part in (rendered.text, words(rendered.html)):
        unit = next(unit for unit in ("days", "hours", "minutes") if unit in SAMPLES[event])
        assert said[unit].replace("7", str(SAMPLES[event].get("days"))) in part
        assert said[""] in part
        assert re.search(ignored, part)
