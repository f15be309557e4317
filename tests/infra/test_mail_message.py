"""How a mail is addressed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.brand.brand import get_brand
from netim_app.infra import mail_message
from netim_app.infra.mail_message import address, build, sender_of
from tests.kit.fakes import PLAIN_MAIL, START, message_to


def test_a_message_is_complete() -> None:
    message = message_to()
    assert message["To"] == "jane@example.com"
    assert message["From"] == "Netim Direct <security@netim.example>"
    assert message["Message-ID"] == "<abc@netim.example>"
    assert message["Date"].datetime == START
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "Grüße"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert message.as_bytes().isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com", "jane@example.com"),
        ("jane+x@Example.com", "jane+x@Example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("josé@example.com", "josé@example.com"),
        ("jane@localhost", "jane@localhost"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    assert address(text).addr_spec == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "jane", "@example.com", "jane@", "jane@example.com\nBcc: x@y.test", "jane@example.com\r\nBcc: x@y.test",
        "jane@example.com, x@y.test", "Jane <jane@example.com>", "jane@example.com>", "jane@exa mple.com", "a@b@c",
        "jane@example.com\x00", "jane@xn--.example\x85", "jane@-ü.example", "jane@example.com;x@y.test", "jane doe@example.com",  # noqa: E501
        "jos\u00a0é@example.com", 'é"@example.com', "é>,x@example.com", "é@é@example.com", "jane(x)@example.com", '"jane"@example.com', "=?utf-8?q?a?=@example.com", "=?utf-8?q?é?=@example.com", '"a b"@example.com',  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_no_bare_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address") as caught:
        address(text)
    assert "example" not in str(caught.value)


@given(st.text(max_size=80))
def test_no_text_breaks_out_of_the_address_header(text: str) -> None:
    try:
        parsed = address(text)
    except ValueError:
        return
    message = build(PLAIN_MAIL, to=text, sender="a <a@b.test>", message_id="x", at=START)
    assert message["To"].addresses[0].addr_spec == parsed.addr_spec
    assert len(message["To"].addresses) == 1
    assert "Bcc" not in message


def test_an_international_address_is_written_as_such() -> None:
    assert "To: josé@example.com\r\n".encode() in message_to("josé@example.com").as_bytes()


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("security@example.com", f"{get_brand().sender_name} <security@example.com>"),
        ("Support <security@example.com>", "Support <security@example.com>"),
    ],
)
def test_a_sender_without_a_name_has_that_of_the_brand(mail_from: str, sender: str) -> None:
    assert sender_of(mail_from) == sender


def test_a_name_with_signs_reaches_the_header_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = get_brand().model_copy(update={"sender_name": "Kestrel, Sons & Émile"})
    monkeypatch.setattr(mail_message, "get_brand", lambda: renamed)
    sender = sender_of("a@example.com")
    message = build(PLAIN_MAIL, to="b@example.com", sender=sender, message_id="1", at=START)

    assert message["From"].addresses[0].display_name == "Kestrel, Sons & Émile"
