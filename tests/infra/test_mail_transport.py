"""How a mail leaves us: through a real SMTP server and as files."""

import asyncio
import ssl
import stat
from pathlib import Path
from typing import Any

import pytest

from netim_app.infra import mail_transport
from netim_app.infra.mail_message import RenderedMail, build
from netim_app.infra.mail_transport import (
    DeliveryFailed,
    FileTransport,
    RecipientRefused,
    SmtpTransport,
    TransportDown,
    make_transport,
)
from netim_app.infra.mailbox import read_mailbox
from netim_app.setting_values import read_smtp_server
from netim_app.settings import Settings
from tests.kit.fakes import START, FakeClock, message_to, smtp_server
from tests.kit.tls import certificate, tls

__all__ = ["certificate", "tls"]


def smtp_transport(url: str, **options: Any) -> SmtpTransport:
    """As the settings make it."""
    return SmtpTransport(read_smtp_server(url), **options)


async def test_smtp_delivers_the_wholemessage_to() -> None:
    async with smtp_server() as server:
        await smtp_transport(server.url).send(message_to())
    (message,), (envelope,) = server.received, server.envelopes
    assert message["Message-ID"] == "<abc@netim.example>"
    parts: list[Any] = list(message.iter_parts())
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == ["Straße\n", "<p>Straße</p>\n"]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("security@netim.example", ["jane@example.com"])


async def test_smtp_delivers_to_an_international_address() -> None:
    async with smtp_server() as server:
        await smtp_transport(server.url).send(message_to("josé@example.com"))
    assert server.envelopes[0].rcpt_tos == ["josé@example.com"]
    assert server.received[0]["To"] == "josé@example.com"


async def test_a_server_without_smtputf8_is_a_lasting_fault_for_a_mail_that_needs_it() -> None:
    async with smtp_server(utf8=False) as server:
        with pytest.raises(RecipientRefused, match=r"^the mail server lacks SMTPUTF8$"):
            await SmtpTransport(read_smtp_server(server.url)).send(message_to("josé@example.com"))
    assert not server.received


@pytest.mark.parametrize("behaviour", ["no utf8", "no utf8 header"])
async def test_so_is_one_whose_next_server_lacks_it(behaviour: str) -> None:
    async with smtp_server(behaviour) as server:
        with pytest.raises(RecipientRefused, match=r": 55[34] 5\.6\.[79]$"):
            await SmtpTransport(read_smtp_server(server.url)).send(message_to("josé@example.com"))


async def test_an_international_domain_needs_no_smtputf8() -> None:
    async with smtp_server(utf8=False) as server:
        await SmtpTransport(read_smtp_server(server.url)).send(message_to("anna@bücher-laden.fr"))
    assert server.envelopes[0].rcpt_tos == ["anna@xn--bcher-laden-thb.fr"]
    assert server.received[0]["To"] == "anna@xn--bcher-laden-thb.fr"
    assert server.envelopes[0].mail_options == ["SIZE=" + str(len(server.envelopes[0].content or b""))]


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
    async with smtp_server(behaviour) as server, asyncio.timeout(10):
        with pytest.raises(DeliveryFailed) as caught:
            await smtp_transport(server.url, timeout=1 if behaviour == "hang" else 10).send(message_to())
    assert type(caught.value) is kind
    assert str(caught.value) == reason
    assert not server.received


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    async with smtp_server() as server:
        url = server.url
    with pytest.raises(TransportDown, match="SMTPConnectError"):
        await smtp_transport(url).send(message_to())


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tls: ssl.SSLContext, scheme: str) -> None:
    kind: Any = {"tls": tls} if scheme == "smtps" else {"starttls": tls}
    async with smtp_server(**kind) as server:
        with pytest.raises(TransportDown):
            await smtp_transport(f"{scheme}://127.0.0.1:{server.port}").send(message_to())
        assert not server.received
        await smtp_transport(f"{scheme}://127.0.0.1:{server.port}?verify=no").send(message_to())
    assert len(server.received) == 1
    assert server.over_tls == [True]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_certificate_of_a_known_authority_is_accepted(
    tls: ssl.SSLContext, certificate: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    kind: Any = {"tls": tls} if scheme == "smtps" else {"starttls": tls}
    async with smtp_server(**kind) as server:
        await smtp_transport(f"{scheme}://127.0.0.1:{server.port}").send(message_to())
    assert server.over_tls == [True]


async def test_without_starttls_nothing_is_sent_in_clear() -> None:
    async with smtp_server() as server:
        with pytest.raises(DeliveryFailed):
            await smtp_transport(f"smtp+starttls://127.0.0.1:{server.port}?verify=no").send(message_to())
    assert not server.received


@pytest.mark.parametrize(("password", "taken"), [("p%40ss%3Aword", True), ("wrong", False)])
async def test_smtp_signs_in_with_a_percent_encoded_password(tls: ssl.SSLContext, password: str, taken: bool) -> None:
    async with smtp_server(starttls=tls, auth=True) as server:
        url = f"smtp+starttls://us%40er:{password}@127.0.0.1:{server.port}?verify=no"
        if taken:
            await smtp_transport(url).send(message_to())
        else:
            with pytest.raises(TransportDown, match="SMTPAuthenticationError: 535"):
                await smtp_transport(url).send(message_to())
    assert server.logins[0][0] == "us@er"
    assert len(server.received) == taken


# --- files


async def test_files_are_private_sorted_and_read_back(tmp_path: Path) -> None:
    clock = FakeClock()
    transport = FileTransport(tmp_path / "mail", clock)
    for name in ("first", "second", "third"):
        mail = RenderedMail(name, f"{name} text é\n", f"<p>{name}</p>\n")
        await transport.send(build(mail, to=f"{name}@example.com", sender="a <a@b.test>", message_id=name, at=clock()))
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
        await FileTransport(tmp_path / "file" / "mail").send(message_to())


async def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(mail_transport.os, "fsync", full)
    with pytest.raises(TransportDown, match="28"):
        await FileTransport(tmp_path / "mail").send(message_to())
    assert list((tmp_path / "mail").iterdir()) == []


def test_the_way_out_is_the_one_configured(tmp_path: Path) -> None:
    assert isinstance(make_transport(Settings(smtp_url="smtp://mail.test")), SmtpTransport)  # type: ignore[arg-type]
    assert isinstance(make_transport(Settings(mail_dir=tmp_path)), FileTransport)
    with pytest.raises(ValueError, match="nowhere"):
        make_transport(Settings(env="production"))


async def test_mails_that_follow_each_other_go_over_one_connection() -> None:
    async with smtp_server() as server:
        transport = smtp_transport(server.url)
        await asyncio.gather(*(transport.send(message_to()) for _ in range(5)))
        assert (len(server.received), server.connections) == (5, 1)
        await transport.finish()
        await transport.send(message_to())
        await transport.finish()
    assert (len(server.received), server.connections) == (6, 2)


async def test_after_a_failure_the_next_mail_gets_a_connection_of_its_own() -> None:
    async with smtp_server("refuse") as server:
        transport = smtp_transport(server.url)
        with pytest.raises(RecipientRefused):
            await transport.send(message_to())
        server.behaviour = "up"
        await transport.send(message_to())
        await transport.finish()
    assert (len(server.received), server.connections) == (1, 2)


async def test_a_connection_that_the_server_has_ended_is_replaced() -> None:
    async with smtp_server() as server:
        transport = smtp_transport(server.url)
        await transport.send(message_to())
        server.hang_up()
        await transport.send(message_to())
        await transport.finish()
    assert (len(server.received), server.connections) == (2, 2)


async def test_no_connection_brings_more_mails_than_servers_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_transport, "MAX_PER_CONNECTION", 2)
    async with smtp_server() as server:
        transport = smtp_transport(server.url)
        for _ in range(5):
            await transport.send(message_to())
        await transport.finish()
    assert (len(server.received), server.connections) == (5, 3)
