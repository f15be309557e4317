"""What a mail says."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from netim_app.infra import mail_templates
from netim_app.infra.mail_templates import Templates, render
from tests.kit.fakes import START

PARAMS: dict[str, Any] = {
    "first_name": "Zoë",
    "at": START,
    "browser": "Firefox",
    "link": "https://account.netim.example/x",
}


def test_a_mail_has_three_texts_in_the_customers_language(sample_templates: Templates) -> None:
    english, french = render("logged_in", "en", PARAMS), render("logged_in", "fr", PARAMS)
    assert english.subject == "Login to your account, Zoë"
    assert english.text.startswith("Hello Zoë,\n\nSigned in with Firefox.")
    assert french.text.startswith("Bonjour Zoë,\n\nhttps://")
    assert '<html lang="fr">' in french.html
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
    assert not [word for word in ("<img", "<script", "<link", "url(", "@import", "<iframe") if word in rendered.html]


@given(st.text(max_size=300))
def test_the_subject_is_always_one_clean_line(name: str) -> None:
    subject = mail_templates.templates().render("logged_in", "en", {**PARAMS, "first_name": name}).subject
    assert subject == " ".join(subject.split())
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


@pytest.mark.parametrize(("event", "locale"), [("nothing", "en"), ("logged_in", "de"), ("../logged_in", "en")])
def test_an_unknown_event_or_language_is_an_error(sample_templates: Templates, event: str, locale: str) -> None:
    with pytest.raises(TemplateNotFound):
        render(event, locale, PARAMS)


def test_ready_made_markup_is_no_parameter(sample_templates: Templates) -> None:
    with pytest.raises(TypeError):
        render("logged_in", "en", {**PARAMS, "browser": Markup("<b>x</b>")})


def test_two_places_for_one_event_are_an_error(tmp_path: Path) -> None:
    for feature in ("a", "b"):
        (tmp_path / "features" / feature / "emails" / "logged_in").mkdir(parents=True)
    with pytest.raises(ValueError, match="logged_in"):
        Templates(tmp_path)


def test_the_products_own_templates_are_found() -> None:
    assert "layout.html" not in Templates().events
