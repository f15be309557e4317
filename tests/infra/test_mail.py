"""infra.mail: what a mail says, how it is addressed, and how it leaves us: through a real SMTP server and as files."""

import asyncio
import ssl
import stat
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from netim_app.infra import mail
from netim_app.infra.mail import (
    DeliveryFailed,
    FileTransport,
    RecipientRefused,
    RenderedMail,
    SmtpTransport,
    Templates,
    TransportDown,
    address,
    build,
    read_mailbox,
    render,
)
from netim_app.setting_values import read_smtp_server
from netim_app.settings import Settings
from tests.kit.fakes import START, FakeClock, smtp_server
from tests.kit.tls import certificate, tls

__all__ = ["certificate", "tls"]

PARAMS: dict[str, Any] = {
    "first_name": "Zoë",
    "at": START,
    "browser": "Firefox",
    "link": "https://account.netim.example/x",
}
PLAIN = RenderedMail("Grüße", "Straße\n", "<p>Straße</p>\n")


def _message(to: str = "jane@example.com") -> EmailMessage:
    return build(PLAIN, to=to, sender="Netim Direct <security@netim.example>", message_id="abc", at=START)


# --- texts


def test_a_mail_has_three_texts_in_the_customers_language(mail_templates: Templates) -> None:
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
    mail_templates: Templates, locale: str, sentence: str
) -> None:
    rendered = render("logged_in", locale, PARAMS)
    for body in (rendered.text, rendered.html):
        assert sentence in body
        assert "Netim Direct" in body


def test_html_is_escaped_and_loads_nothing_from_afar(mail_templates: Templates) -> None:
    rendered = render("logged_in", "en", {**PARAMS, "first_name": "Jo & Co", "browser": "<img src=//evil.test/x>"})
    assert "Hello Jo &amp; Co," in rendered.html
    assert "&lt;img src=//evil.test/x&gt;" in rendered.html
    assert "Hello Jo & Co," in rendered.text
    assert not [word for word in ("<img", "<script", "<link", "url(", "@import", "<iframe") if word in rendered.html]


@given(st.text(max_size=300))
def test_the_subject_is_always_one_clean_line(name: str) -> None:
    subject = mail.templates().render("logged_in", "en", {**PARAMS, "first_name": name}).subject
    assert subject == " ".join(subject.split())
    assert not set(subject) & {chr(code) for code in (*range(32), 127, 0x85, 0x2028, 0x2029, 0x202E)}


@pytest.fixture(autouse=True)
def _templates(mail_templates: Templates) -> None:
    """All tests of this module see the event `logged_in`."""


def test_a_name_cannot_add_a_paragraph_to_the_text(mail_templates: Templates) -> None:
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
def test_a_name_that_looks_like_a_link_is_not_greeted(mail_templates: Templates, name: str) -> None:
    rendered = render("logged_in", "en", {**PARAMS, "first_name": name})
    assert rendered.text.startswith("Hello,\n")
    assert ">Hello,</p>" in rendered.html


@pytest.mark.parametrize(
    "name", ["Jean-Pierre", "O’Neil", "Dr. No", "José María", "Łukasz", "李", "J.R.", "J. R.", "J.-P.", "A.B"]
)
def test_a_real_name_is_greeted(mail_templates: Templates, name: str) -> None:
    assert render("logged_in", "en", {**PARAMS, "first_name": name}).text.startswith(f"Hello {name},")


def test_a_missing_parameter_is_an_error(mail_templates: Templates) -> None:
    with pytest.raises(UndefinedError):
        render("logged_in", "fr", {"first_name": "Jane"})


@pytest.mark.parametrize(("event", "locale"), [("nothing", "en"), ("logged_in", "de"), ("../logged_in", "en")])
def test_an_unknown_event_or_language_is_an_error(mail_templates: Templates, event: str, locale: str) -> None:
    with pytest.raises(TemplateNotFound):
        render(event, locale, PARAMS)


def test_ready_made_markup_is_no_parameter(mail_templates: Templates) -> None:
    with pytest.raises(TypeError):
        render("logged_in", "en", {**PARAMS, "browser": Markup("<b>x</b>")})


def test_two_places_for_one_event_are_an_error(tmp_path: Path) -> None:
    for feature in ("a", "b"):
        (tmp_path / "features" / feature / "emails" / "logged_in").mkdir(parents=True)
    with pytest.raises(ValueError, match="logged_in"):
        Templates(tmp_path)


def test_the_products_own_templates_are_found() -> None:
    assert "layout.html" not in Templates().events


# --- messages


def test_a_message_is_complete() -> None:
    message = _message()
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
    message = build(PLAIN, to=text, sender="a <a@b.test>", message_id="x", at=START)
    assert message["To"].addresses[0].addr_spec == parsed.addr_spec
    assert len(message["To"].addresses) == 1
    assert "Bcc" not in message


def test_an_international_address_is_written_as_such() -> None:
    assert "To: josé@example.com\r\n".encode() in _message("josé@example.com").as_bytes()


# --- SMTP


def smtp_transport(url: str, **options: Any) -> SmtpTransport:
    """As the settings make it."""
    return SmtpTransport(read_smtp_server(url), **options)


async def test_smtp_delivers_the_whole_message() -> None:
    async with smtp_server() as server:
        await smtp_transport(server.url).send(_message())
    (message,), (envelope,) = server.received, server.envelopes
    assert message["Message-ID"] == "<abc@netim.example>"
    parts: list[Any] = list(message.iter_parts())
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == ["Straße\n", "<p>Straße</p>\n"]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("security@netim.example", ["jane@example.com"])


async def test_smtp_delivers_to_an_international_address() -> None:
    async with smtp_server() as server:
        await smtp_transport(server.url).send(_message("josé@example.com"))
    assert server.envelopes[0].rcpt_tos == ["josé@example.com"]
    assert server.received[0]["To"] == "josé@example.com"


async def test_a_server_without_smtputf8_is_a_lasting_fault_for_a_mail_that_needs_it() -> None:
    async with smtp_server(utf8=False) as server:
        with pytest.raises(RecipientRefused, match=r"^the mail server lacks SMTPUTF8$"):
            await SmtpTransport(read_smtp_server(server.url)).send(_message("josé@example.com"))
    assert not server.received


@pytest.mark.parametrize("behaviour", ["no utf8", "no utf8 header"])
async def test_so_is_one_whose_next_server_lacks_it(behaviour: str) -> None:
    async with smtp_server(behaviour) as server:
        with pytest.raises(RecipientRefused, match=r": 55[34] 5\.6\.[79]$"):
            await SmtpTransport(read_smtp_server(server.url)).send(_message("josé@example.com"))


async def test_an_international_domain_needs_no_smtputf8() -> None:
    async with smtp_server(utf8=False) as server:
        await SmtpTransport(read_smtp_server(server.url)).send(_message("anna@bücher-laden.fr"))
    assert server.envelopes[0].rcpt_tos == ["anna@xn--bcher-laden-thb.fr"]
    assert server.received[0]["To"] == "anna@xn--bcher-laden-thb.fr"
    assert server.envelopes[0].mail_options == ["SIZE=" + str(len(server.envelopes[0].content or b"")), "BODY=8BITMIME"]


@pytest.mark.parametrize(
    ("behaviour", "kind", "reason"),
    [
        ("refuse", RecipientRefused, "recipient refused: 550 5.1.1"),
        ("greylist", DeliveryFailed, "recipient refused: 451 4.7.1"),
        ("reject", DeliveryFailed, "SMTPDataError: 554 5.7.1"),
        ("busy", TransportDown, "SMTPSenderRefused: 421 4.3.2"),
        ("close", TransportDown, "SMTPServerDisconnected"),
        ("hang", TransportDown, "SMTPReadTimeoutError"),
    ],
)
async def test_smtp_failures_are_told_apart_and_name_nobody(behaviour: str, kind: type[Exception], reason: str) -> None:
    async with smtp_server(behaviour) as server, asyncio.timeout(2):
        with pytest.raises(DeliveryFailed) as caught:
            await smtp_transport(server.url, timeout=0.3).send(_message())
    assert type(caught.value) is kind
    assert str(caught.value) == reason
    assert not server.received


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    async with smtp_server() as server:
        url = server.url
    with pytest.raises(TransportDown, match="SMTPConnectError"):
        await smtp_transport(url).send(_message())


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tls: ssl.SSLContext, scheme: str) -> None:
    kind: Any = {"tls": tls} if scheme == "smtps" else {"starttls": tls}
    async with smtp_server(**kind) as server:
        with pytest.raises(TransportDown):
            await smtp_transport(f"{scheme}://127.0.0.1:{server.port}").send(_message())
        assert not server.received
        await smtp_transport(f"{scheme}://127.0.0.1:{server.port}?verify=no").send(_message())
    assert len(server.received) == 1
    assert server.over_tls == [True]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_certificate_of_a_known_authority_is_accepted(
    tls: ssl.SSLContext, certificate: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    kind: Any = {"tls": tls} if scheme == "smtps" else {"starttls": tls}
    async with smtp_server(**kind) as server:
        await smtp_transport(f"{scheme}://127.0.0.1:{server.port}").send(_message())
    assert server.over_tls == [True]


async def test_without_starttls_nothing_is_sent_in_clear() -> None:
    async with smtp_server() as server:
        with pytest.raises(DeliveryFailed):
            await smtp_transport(f"smtp+starttls://127.0.0.1:{server.port}?verify=no").send(_message())
    assert not server.received


@pytest.mark.parametrize(("password", "taken"), [("p%40ss%3Aword", True), ("wrong", False)])
async def test_smtp_signs_in_with_a_percent_encoded_password(tls: ssl.SSLContext, password: str, taken: bool) -> None:
    async with smtp_server(starttls=tls, auth=True) as server:
        url = f"smtp+starttls://us%40er:{password}@127.0.0.1:{server.port}?verify=no"
        if taken:
            await smtp_transport(url).send(_message())
        else:
            with pytest.raises(TransportDown, match="SMTPAuthenticationError: 535"):
                await smtp_transport(url).send(_message())
    assert server.logins[0][0] == "us@er"
    assert len(server.received) == taken


# --- files


async def test_files_are_private_sorted_and_read_back(tmp_path: Path) -> None:
    clock = FakeClock()
    transport = FileTransport(tmp_path / "mail", clock)
    for name in ("first", "second", "third"):
        mail_ = RenderedMail(name, f"{name} text é\n", f"<p>{name}</p>\n")
        await transport.send(build(mail_, to=f"{name}@example.com", sender="a <a@b.test>", message_id=name, at=clock()))
        clock.advance(seconds=0.001)
    files = sorted((tmp_path / "mail").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
    assert all(file.suffix == ".eml" for file in files)
    newest, *_, oldest = read_mailbox(tmp_path / "mail")
    assert (newest.subject, newest.to, newest.text) == ("third", "third@example.com", "third text é\n")
    assert newest.html == "<p>third</p>\n"
    assert (oldest.id, oldest.date) == (files[0].stem, START)
    assert len(read_mailbox(tmp_path / "mail", limit=2)) == 2


def test_an_empty_mailbox_and_a_half_written_file(tmp_path: Path) -> None:
    assert read_mailbox(tmp_path / "missing") == []
    (tmp_path / ".x.part").write_text("Subject: half")
    (tmp_path / ".x.eml").write_text("Subject: hidden")
    (tmp_path / "bare.eml").write_text("")
    assert [(stored.id, stored.subject) for stored in read_mailbox(tmp_path)] == [("bare", "")]


async def test_a_folder_that_cannot_be_written_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TransportDown):
        await FileTransport(tmp_path / "file" / "mail").send(_message())


async def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(mail.os, "fsync", full)
    with pytest.raises(TransportDown, match="28"):
        await FileTransport(tmp_path / "mail").send(_message())
    assert list((tmp_path / "mail").iterdir()) == []


def test_the_way_out_is_the_one_configured(tmp_path: Path) -> None:
    assert isinstance(mail.make_transport(Settings(smtp_url="smtp://mail.test")), SmtpTransport)  # type: ignore[arg-type]
    assert isinstance(mail.make_transport(Settings(mail_dir=tmp_path)), FileTransport)
    with pytest.raises(ValueError, match="nowhere"):
        mail.make_transport(Settings(env="production"))


async def test_mails_go_out_side_by_side() -> None:
    async with smtp_server() as server:
        transport = smtp_transport(server.url)
        await asyncio.gather(*(transport.send(_message()) for _ in range(5)))
    assert len(server.received) == 5
