"""Support is named where it has an address, with the address, and nowhere else."""

import re

import pytest

from netim_app.identity.state import messages
from netim_app.identity.state.incidents import incident_delta
from netim_app.identity.view.support import with_support
from netim_app.texts import catalog

CONTACT = "support@netim.example"
KEYS = sorted(key[: -len(".support")] for key in set(catalog.keys()) if re.fullmatch(r"(?!mail\.).+\.support", key))


@pytest.mark.parametrize("locale", catalog.LOCALES)
@pytest.mark.parametrize("key", KEYS)
def test_a_message_ends_in_the_address_of_support(key: str, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = dict.fromkeys(catalog.values(key), "3F2A")
    assert messages.in_words(locale, key, **values) == catalog.text(locale, key, **values)

    monkeypatch.setattr(messages, "SUPPORT_CONTACT", CONTACT)
    told = messages.in_words(locale, key, **values)
    assert told.endswith(f": {CONTACT}")
    assert all(value in told for value in values.values())


def test_a_message_that_needs_no_support_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "SUPPORT_CONTACT", CONTACT)
    assert messages.in_words("en", "login.wrong") == catalog.text("en", "login.wrong")


def test_an_incident_names_support_without_the_states_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "SUPPORT_CONTACT", CONTACT)
    assert f"the number 3F2A to our support: {CONTACT}" in str(incident_delta("3F2A", "en"))


@pytest.mark.parametrize(
    ("contact", "href"),
    [(CONTACT, f"mailto:{CONTACT}"), ("https://netim.example/help", "https://netim.example/help")],
)
def test_a_page_links_to_support(contact: str, href: str) -> None:
    page = str(with_support("second_factor.lost.text", contact).render())
    assert href in page
    assert "contact our support:" in page


def test_a_page_without_support_sends_nobody_there() -> None:
    page = str(with_support("second_factor.lost.text", "").render())
    assert "Each one works once." in page
    assert "support" not in page
