"""How a mail is addressed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.brand.brand import get_brand
from netim_app.infra import mail_message
from netim_app.infra.mail_message import RenderedMail, address, build, sender_of
from tests.kit.fakes import PLAIN_MAIL, START, message_to, opened

HEADERS = {
    "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type",
}  # fmt: skip
ENCODED = "New device: =?utf-8?q?x=0D=0ABcc:_a@b.test=0D=0A=0D=0Aevil?="
"""The name of a device. Read as an encoded word, it would add a header."""


def test_a_message_is_complete() -> None:
    assert message_to().content.isascii()
    message = opened(message_to())
    assert message["To"] == "jane@example.com"
    assert message["From"] == "Netim Direct <security@netim.example>"
    assert message["Message-ID"] == "<abc@netim.example>"
    assert message["Date"].datetime == START
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "Grüße"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


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


@given(st.text(max_size=80) | st.from_regex(r"[\w.=?\"<>,:;+-]{1,20}@[a-z-]{1,10}\.example", fullmatch=True))
def test_no_text_breaks_out_of_the_address_header(text: str) -> None:
    try:
        parsed = address(text)
    except ValueError:
        return
    message = build(PLAIN_MAIL, to=text, sender="a <a@b.test>", message_id="x", at=START)
    assert message.recipient == parsed.addr_spec
    to_line, *others = message.content.decode().partition("\r\n\r\n")[0].split("\r\n")
    assert to_line == f"To: {parsed.addr_spec}"
    assert {line.partition(":")[0] for line in others if not line.startswith(" ")} == HEADERS


def test_an_international_address_is_written_as_such() -> None:
    assert "To: josé@example.com\r\n".encode() in message_to("josé@example.com").content


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028"])
@pytest.mark.parametrize("to", ["jane@example.com", "josé@example.com"])
def test_no_header_gets_a_second_line(line_break: str, to: str) -> None:
    mail = replace(PLAIN_MAIL, subject=f"Hello{line_break}Bcc: x@y.test")
    with pytest.raises(ValueError, match="Subject is more than one line"):
        build(mail, to=to, sender="a <a@b.test>", message_id="x", at=START)


@pytest.mark.parametrize("to", ["jane@example.com", "josé@example.com"])
@pytest.mark.parametrize(
    "subject", ["Hello", "Nouvelle connexion : l’été à Besançon, " * 5, "plain words " * 20, "日本語 " * 40, ENCODED]
)
def test_a_subject_of_any_length_arrives(subject: str, to: str) -> None:
    message = build(replace(PLAIN_MAIL, subject=subject), to=to, sender="a <a@b.test>", message_id="x", at=START)
    assert opened(message)["Subject"].split() == subject.split()
    assert max(len(line) for line in message.content.decode().split("\r\n")) <= 78


def test_texts_arrive_as_they_are_and_lines_stay_short() -> None:
    text = "From here: Straße\n.\n" + "very " * 100 + "long\n=_x\n--=_x--\n trailing blank \n"
    message = build(
        RenderedMail("a", text, f"<p>{text}</p>\n"), to="a@b.test", sender="a@b.test", message_id="x", at=START
    )
    parts = [part.get_content().replace("\r\n", "\n") for part in opened(message).iter_parts()]
    assert parts == [text, f"<p>{text}</p>\n"]
    assert max(len(line) for line in message.content.decode().split("\r\n")) <= 78


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

    assert opened(message)["From"].addresses[0].display_name == "Kestrel, Sons & Émile"
