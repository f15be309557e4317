"""The texts of mails."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from netim_app.infra import mail_templates
from netim_app.infra.mail_message import RenderedMail
from netim_app.infra.mail_templates import PACKAGE, Templates, UntranslatedError, render
from netim_app.infra.queued_mail import QueuedMail
from netim_app.texts import catalog
from netim_app.texts.catalog import LOCALES
from tests.kit.fakes import START

PARAMS: dict[str, Any] = {
    "first_name": "Zoë",
    "at": START,
    "browser": "Firefox",
    "link": "https://account.netim.example/x",
    "security_url": "https://account.netim.example/security",
    "forgot_url": "https://account.netim.example/forgot",
    "when": "1 March",
    "address": "192.0.2.1",
    "system": "Linux",
    "client": "Firefox on Linux",
    "support": "https://netim.example/help",
}


def render_template(package: Path, content: str, locale: str = "en") -> RenderedMail:
    """A mail of its own, with these parts."""
    folder = package / "emails"
    folder.mkdir()
    (folder / "made_up.jinja").write_text(
        '{% extends "layout.jinja" %}'
        "{% block subject %}Subject{% endblock %}{% block content %}\n" + content + "{% endblock %}"
    )
    return Templates(package).render("made_up", locale, PARAMS)


def test_a_mail_has_three_texts_in_the_customers_language(sample_templates: Templates) -> None:
    english, french = render("logged_in", "en", PARAMS), render("logged_in", "fr", PARAMS)
    assert (english.subject, french.subject) == ("Login to Netim, Zoë", "Connexion à Netim, Zoë")
    assert english.text.startswith("Hello Zoë,\n\nHello Firefox,\n\n  Browser: Firefox\n\nCheck:\nhttps://")
    assert french.text.startswith("Bonjour Zoë,\n\nBonjour Firefox,")
    assert '<html lang="fr" dir="ltr">' in french.html
    assert ">Bonjour Firefox,</h1>" in french.html
    assert '<a href="https://account.netim.example/x"' in english.html


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("en", "We never ask for your password"), ("fr", "Nous ne demandons jamais votre mot de passe")],
)
def test_every_mail_says_who_sends_it_and_that_we_never_ask_for_a_password(
    sample_templates: Templates, locale: str, sentence: str
) -> None:
    rendered = render("logged_in", locale, PARAMS)
    for body in (rendered.text, rendered.html):
        assert sentence in body
        assert "Netim Direct" in body


def test_html_is_escaped_and_loads_nothing_from_afar(sample_templates: Templates) -> None:
    rendered = render("logged_in", "en", {**PARAMS, "first_name": "Jo & Co", "browser": "<img src=//evil.test/x>"})
    assert "Hello Jo &amp; Co," in rendered.html
    assert "&lt;img src=//evil.test/x&gt;" in rendered.html
    assert "Hello Jo & Co," in rendered.text
    assert "<img src=//evil.test/x>" in rendered.text
    assert not [word for word in ("<img", "<script", "<link", "url(", "@import", "<iframe") if word in rendered.html]


@given(st.text(max_size=300))
def test_the_subject_is_always_one_clean_line(name: str) -> None:
    subject = mail_templates.templates().render("logged_in", "en", {**PARAMS, "first_name": name}).subject
    assert subject == subject.strip()
    assert "  " not in subject
    assert not set(subject) & {chr(code) for code in (*range(32), 127, 0x85, 0x2028, 0x2029, 0x202E)}


@pytest.fixture(autouse=True)
def _templates(sample_templates: Templates) -> None:
    """All tests of this module see the event `logged_in`."""


def test_a_name_cannot_add_a_paragraph_to_the_text(sample_templates: Templates) -> None:
    text = render("logged_in", "fr", {**PARAMS, "link": "https://x\r\n\r\nCall +33 1\x00now"}).text
    assert "https://x Call +33 1 now" in text


@pytest.mark.parametrize(
    "name",
    [
        "win at http://evil.test",
        "www.evil",
        "evil.test",
        "x@y",
        "a/b",
        "y" * 81,
        "<b>",
        "",
        "j.rx",
        "t.co",
        "J.R.io",
        "1.2.3.4",
        "evil．test",
        "evil。test",
        "evil｡test",
        "evil․test",
        "ｗｗｗ evil",
        "a／b",
        "x＠y",
        "https：evil",
    ],
)
def test_a_name_that_looks_like_a_link_is_not_greeted(sample_templates: Templates, name: str) -> None:
    rendered = render("logged_in", "en", {**PARAMS, "first_name": name})
    assert rendered.text.startswith("Hello,\n")
    assert ">Hello,</p>" in rendered.html


@pytest.mark.parametrize(
    "name", ["Jean-Pierre", "O’Neil", "Dr. No", "José María", "Łukasz", "李", "J.R.", "J. R.", "J.-P.", "A.B"]
)
def test_a_real_name_is_greeted(sample_templates: Templates, name: str) -> None:
    assert render("logged_in", "en", {**PARAMS, "first_name": name}).text.startswith(f"Hello {name},")


def test_a_missing_parameter_is_an_error(sample_templates: Templates) -> None:
    with pytest.raises(UndefinedError):
        render("logged_in", "fr", {"first_name": "Jane"})


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [('say("mail.nobody_wrote_it")', "nobody_wrote_it"), ('say("mail.greeting.named", nobody="x")', "name")],
)
def test_a_sentence_that_is_not_there_or_lacks_a_value_is_an_error(tmp_path: Path, sentence: str, wrong: str) -> None:
    with pytest.raises(KeyError, match=wrong):
        render_template(tmp_path, "{{ " + sentence + " }}")


def test_french_marks_stand_behind_a_wide_blank_and_parameters_are_left_alone(sample_templates: Templates) -> None:
    params = {**PARAMS, "browser": "Fire\N{NARROW NO-BREAK SPACE}fox"}
    rendered = render("logged_in", "fr", params)
    assert "Check\N{NO-BREAK SPACE}:\n" in rendered.text
    assert "Bonjour Fire\N{NARROW NO-BREAK SPACE}fox," in rendered.text
    assert ">Bonjour Fire\N{NARROW NO-BREAK SPACE}fox,</h1>" in rendered.html


@pytest.mark.parametrize("event", ["nothing", "../logged_in", "alerts/emails/logged_in"])
def test_an_unknown_event_is_an_error(sample_templates: Templates, event: str) -> None:
    with pytest.raises(TemplateNotFound):
        render(event, "en", PARAMS)


def test_an_unknown_language_is_an_error(sample_templates: Templates) -> None:
    with pytest.raises(UntranslatedError, match=r"mail\."):
        render("logged_in", "xx", PARAMS)


def test_ready_made_markup_is_no_parameter(sample_templates: Templates) -> None:
    with pytest.raises(TypeError):
        render("logged_in", "en", {**PARAMS, "browser": Markup("<b>x</b>")})


def test_two_places_for_one_event_are_an_error(tmp_path: Path) -> None:
    for feature in ("a", "b"):
        (tmp_path / "features" / feature / "emails").mkdir(parents=True)
        (tmp_path / "features" / feature / "emails" / "logged_in.jinja").touch()
    with pytest.raises(ValueError, match="logged_in"):
        Templates(tmp_path)


def test_the_products_own_templates_are_found() -> None:
    found = Templates().events
    assert {"logged_in", "sign_up"} <= found.keys()
    assert not {"layout", "parts", "shared_parts"} & found.keys()


ALL_PARTS = """
{{ mail.lead("one") }}
{{ mail.contact("two") }}
{{ mail.small_print("two and a half") }}
{{ mail.paragraph("three") }}
{{ mail.heading("four") }}
{{ mail.facts([("five", "six"), ("seven", 8)]) }}
{{ mail.details([("nine", "ten")]) }}
{{ mail.button("eleven", "https://a.example/eleven") }}
{{ mail.hint("twelve", "thirteen", "https://a.example/twelve") }}
{{ mail.nothing_to_do() }}
{{ mail.not_you() }}
{{ mail.change_password() }}
{{ mail.choose_password() }}
{{ mail.no_login() }}
{{ mail.not_you_change_password() }}
{{ mail.not_you_change_password("fourteen", "fifteen") }}
{{ mail.about_link(1, "days") }}
{{ mail.about_link(2, "hours") }}
{{ mail.about_link(3, "minutes") }}
{{ mail.greeting() }}
{{ mail.preview() }}
"""


@pytest.mark.parametrize("locale", LOCALES)
def test_every_part_has_the_same_words_and_links_in_text_and_html(tmp_path: Path, locale: str) -> None:
    rendered = render_template(tmp_path, ALL_PARTS, locale)
    body = re.sub(
        r"(?s)^.*<body[^>]*>|<!--.*?-->|<td [^>]*aria-hidden.*?</td>|<div class=\"preview\".*?</div>", "", rendered.html
    )
    shown = html.unescape(re.sub(r"<[^>]+>", " ", body))
    words = [re.findall(r"\w+", re.sub(r"https?://\S+", "", part)) for part in (rendered.text, shown)]

    # The name of the product is above the HTML; the text has it in the line of the sender.
    assert words[1][:2] == ["Netim", "Direct"]
    assert words[0] == words[1][2:]
    assert len(words[0]) > 100
    assert re.findall(r"https?://\S+", rendered.text) == re.findall(r'href="([^"]+)"', rendered.html)


def test_that_test_knows_every_part() -> None:
    shared = PACKAGE / "texts" / "emails"
    parts = {
        name: set(re.findall(r"macro (\w+)", (shared / name).read_text(encoding="utf-8")))
        for name in ("shared_parts.jinja", "text/parts.jinja", "html/parts.jinja")
    }
    assert parts["text/parts.jinja"] == parts["html/parts.jinja"]
    assert set.union(*parts.values()) == set(re.findall(r"mail\.(\w+)\(", ALL_PARTS))


def queued(locale: str) -> QueuedMail:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return QueuedMail("ada@example.com", "logged_in", locale, "UTC", PARAMS | {"browser": moment})


def test_a_mail_in_a_language_that_has_it_is_written_in_it(caplog: pytest.LogCaptureFixture) -> None:
    mail = queued("fr").render("https://example.test")

    assert "1er mars 2026" in mail.text
    assert caplog.messages == []


@pytest.mark.parametrize("lacks", ["mail.greeting.named", "mail.sign_off"])
def test_a_mail_that_lacks_one_text_is_all_in_english(
    lacks: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = catalog.is_translated
    monkeypatch.setattr(catalog, "is_translated", lambda *text: known(*text) and text != ("fr", lacks))

    mail = queued("fr").render("https://example.test")

    assert mail == queued("en").render("https://example.test")
    assert caplog.messages == [f"mail.not_translated mail=logged_in language=fr missing={lacks}"]


def test_a_mail_in_an_unknown_language_is_in_english(caplog: pytest.LogCaptureFixture) -> None:
    """Such as that of an account whose language is no longer there."""
    assert queued("xx").render("https://example.test") == queued("en").render("https://example.test")
    assert len(caplog.messages) == 1


def test_additions_of_features_stand_at_their_places(tmp_path: Path) -> None:
    folder = tmp_path / "emails" / "additions"
    folder.mkdir(parents=True)
    (folder / "note.jinja").write_text("{{ mail.paragraph(addition.words) }}")
    (tmp_path / "emails" / "made_up.jinja").write_text(
        '{% extends "layout.jinja" %}'
        "{% block subject %}Subject{% endblock %}{% block content %}{{ mail.paragraph('Content') }}{% endblock %}"
    )
    additions = [
        {"name": "note", "place": place, "words": f"<{place}>\nline"} for place in ("head", "end", "small_print")
    ]
    mail = Templates(tmp_path).render("made_up", "en", PARAMS, additions)
    bare = Templates(tmp_path).render("made_up", "en", PARAMS)
    for text, (before, after) in ((mail.text, ("<", ">")), (mail.html, ("&lt;", "&gt;"))):
        places = [text.index(f"{before}{place}{after} line") for place in ("head", "end", "small_print")]
        assert places == sorted(places)
        assert places[0] < text.index("Zoë") < text.index("Content") < places[1] < text.index("automatic") < places[2]
    assert "line" not in bare.text


def test_an_addition_without_a_template_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TemplateNotFound):
        Templates(tmp_path).render("logged_in", "en", PARAMS, [{"name": "missing", "place": "head"}])
