"""The values of docs/journal.md, on which the author of a verifier tries it."""

import re
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from netim_app.core.errors import DomainError
from netim_app.features.journal import rules
from netim_app.features.journal.rules import Entry, Head
from tests.house.modules import ROOT

DOCUMENT = (ROOT / "docs" / "journal.md").read_text("utf-8")
AT = datetime(2026, 3, 1, 9, 30, 15, 123_000, tzinfo=UTC)
SALT = bytes(range(16))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "account.example.com/journal"


def first() -> Entry:
    personal = {"address": rules.commitment(SALT, "192.0.2.7"), "browser": rules.commitment(SALT, "Firefox 140")}
    return Entry(account_id=42, number=1, at=AT, event="logged_in", details={"known_browser": False}, personal=personal)


def second() -> Entry:
    return Entry(account_id=42, number=2, at=AT, event="mail_queued", details={"mail": "logged_in"}, personal={})


def blocks() -> list[str]:
    return re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)


def test_commitments_hashes_and_fingerprints_are_those_of_the_document() -> None:
    one = rules.hash_of(rules.FIRST_PREVIOUS, first())
    two = rules.hash_of(one, second())

    for value in (first().personal["address"], one, two, Head(2, two).fingerprint):
        assert f"`{value}`" in DOCUMENT
    for entry in (first(), second()):
        assert rules.rfc8785.dumps(entry.content()).decode() + "\n" in blocks()


def test_the_note_is_that_of_the_document() -> None:
    head = Head(2, rules.hash_of(rules.hash_of(rules.FIRST_PREVIOUS, first()), second()))
    text = rules.head_text(42, head, AT)
    note = rules.note_of(text, NAME, public(), KEY.sign(text.encode()))

    assert note in blocks()
    assert f"`{rules.key_line(NAME, public())}`" in DOCUMENT


def public() -> bytes:
    return KEY.public_key().public_bytes_raw()


def test_each_part_of_an_entry_changes_its_hash() -> None:
    found = {
        rules.hash_of(previous, Entry(account_id, number, at, event, details, personal))
        for previous in (rules.FIRST_PREVIOUS, "1" * 64)
        for account_id in (42, 43)
        for number in (1, 2)
        for at in (AT, AT.replace(microsecond=124_000))
        for event in ("logged_in", "logged_out")
        for details in ({}, {"count": 1})
        for personal in ({}, {"address": "0" * 64})
    }
    assert len(found) == 128


def test_the_same_value_under_another_salt_is_another_commitment() -> None:
    assert rules.commitment(SALT, "192.0.2.7") != rules.commitment(bytes(16), "192.0.2.7")


@pytest.mark.parametrize("text", ["", "2026-02-30", "0001-01-01", "9999-12-31", "x", "2026"])
def test_what_is_no_day_of_a_journal_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match=r"journal\.no_day"):
        rules.read_day(text)


def test_a_day_and_an_address_are_read() -> None:
    assert rules.read_day("2026-03-31") == date(2026, 3, 31)
    assert rules.read_address("2001:0DB8::1") == "2001:db8::1"
    with pytest.raises(DomainError, match=r"journal\.no_address"):
        rules.read_address("example.com")
