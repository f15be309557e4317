"""setting_values: what people write into settings is read, or refused in one line that does not repeat it."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.core.clock import system_clock
from netim_app.infra.mail_message import RenderedMail, build
from netim_app.setting_networks import read_proxies
from netim_app.setting_values import (
    SmtpServer,
    read_database_url,
    read_listening_host,
    read_origin,
    read_redis_url,
    read_sender,
    read_smtp_server,
    read_support_contact,
)
from tests.kit.fakes import opened

READERS = (
    read_database_url, read_listening_host, read_origin, read_proxies, read_redis_url, read_sender, read_smtp_server,
    read_support_contact,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://account.example.com", "https://account.example.com"),
        ("https://account.example.com/", "https://account.example.com"),
        ("HTTPS://Account.Example.COM", "https://account.example.com"),
        ("https://account.example.com:443", "https://account.example.com"),
        ("https://account.example.com:", "https://account.example.com"),
        ("http://account.example.com:80", "http://account.example.com"),
        ("http://account.example.com:443", "http://account.example.com:443"),
        ("https://account.example.com:8443", "https://account.example.com:8443"),
        ("https://account.example.com.", "https://account.example.com"),
        ("https://bücher-laden.fr", "https://xn--bcher-laden-thb.fr"),
        ("https://BÜCHER-laden.fr:443/", "https://xn--bcher-laden-thb.fr"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("https://xn--bcher-laden-thb.fr", "https://xn--bcher-laden-thb.fr"),
        ("https://my_host.example.com", "https://my_host.example.com"),
        ("http://LOCALHOST:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://[2001:DB8:0::1]:443", "https://[2001:db8::1]"),
    ],
)
def test_an_origin_is_what_browsers_send(text: str, origin: str) -> None:
    assert read_origin(text) == origin
    assert read_origin(origin) == origin


@pytest.mark.parametrize(
    "text",
    [
        "account.example.com", "//account.example.com", "ftp://account.example.com", "https://",
        "https:///x", "*", "null",
        "https://account.example.com/path", "https://account.example.com?x", "https://account.example.com#x",
        "https://hunter2:pw@account.example.com", "https://hunter2@account.example.com", "https://@account.example.com",
        "https://account.example.com:0", "https://account.example.com:99999", "https://account.example.com:x",
        "https://account.example.com:80:90", "https://acc ount.example.com", "https://acc\tount.example.com",
        "https://account.example.com\\@evil.test", "https://[::1", "https://[fe80::1%25eth0]", "https://1.2.3", "https://0x7f.1",
        "https://127.1", "https://a..example", "https://*.example.com", "https://%61.example", "https://☃.example",
        "https://a.example,https://b.example",
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a bare origin such as https://account.example.com"):
        read_origin(text)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("smtp", "mail.example.com", 25)),
        ("smtp://mail.example.com:2525/", SmtpServer("smtp", "mail.example.com", 2525)),
        ("SMTPS://Mail.Example.com", SmtpServer("smtps", "mail.example.com", 465)),
        ("smtps://[2001:db8::1]:465", SmtpServer("smtps", "2001:db8::1", 465)),
        ("smtps://post.bücher.example", SmtpServer("smtps", "post.xn--bcher-kva.example", 465)),
        (
            "smtp+starttls://us%40er:p%23w%2F%3A@mail.example.com",
            SmtpServer("smtp+starttls", "mail.example.com", 587, "us@er", "p#w/:"),
        ),
        ("smtp+starttls://us@er:p@ss@mail", SmtpServer("smtp+starttls", "mail", 587, "us@er", "p@ss")),
        ("smtps://mail.example.com?verify=no", SmtpServer("smtps", "mail.example.com", 465, verify=False)),
        ("smtps://mail.example.com?verify=yes", SmtpServer("smtps", "mail.example.com", 465)),
    ],
)
def test_a_mail_server_is_read_with_user_and_password(text: str, server: SmtpServer) -> None:
    assert read_smtp_server(text) == server
    assert "p#w" not in repr(server)


@pytest.mark.parametrize(
    "text",
    [
        "", "mail.test", "http://mail.test", "smtp://", "smtp://mail.test:x", "smtp://mail.test/path", "smtp://mail.test?verify=maybe",
        "smtp://mail.test?other=1", "smtp://u:hunter2@mail.test:99999", "smtp://[::1", "smtp://mail.test:0",
        "smtps://user:hunter2#more@mail.test", "smtps://user:hunter2/more@mail.test",
        "smtps://user:hunter2?more@mail.test",
        "smtps://user@mail.test", "smtps://:hunter2@mail.test", "smtps://user:@mail.test",
        "smtps://u:hunter2@mail test",
        "smtps://u:hunter2@mail.test?verify", "smtps://mail.test.256",
    ],
)  # fmt: skip
def test_what_is_no_mail_server_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"smtps://|verify|user") as caught:
        read_smtp_server(text)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("smtp://user:pw@mail.test", True),
        ("smtp://user:pw@127.0.0.1", False),
        ("smtp://user:pw@localhost", False),
        ("smtp://user:pw@[::1]:25", False),
        ("smtp://user:pw@127.evil.test", True),
        ("smtp://mail.test", False),
        ("smtps://user:pw@mail.test", False),
        ("smtp+starttls://user:pw@mail.test", False),
    ],
)
def test_a_password_in_clear_is_seen(text: str, bare: bool) -> None:
    assert read_smtp_server(text).sends_password_in_clear is bare


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("127.0.0.1", ["127.0.0.1/32"]),
        ("10.0.0.0/8, 2001:db8::/32,192.0.2.1,", ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"]),
        ("10.0.0.0/8 192.168.0.0/16", ["10.0.0.0/8", "192.168.0.0/16"]),
        ("10.0.0.0/255.0.0.0", ["10.0.0.0/8"]),
        ("::ffff:10.0.0.1 ::ffff:10.0.0.0/104", ["10.0.0.1/32", "10.0.0.0/8"]),
        ("::1", ["::1/128"]),
        (" , ", []),
    ],
)
def test_proxies_are_addresses_and_networks(text: str, networks: list[str]) -> None:
    assert read_proxies(text) == tuple(map(ip_network, networks))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("*", "no wildcards"),
        ("10.0.0.*", "no wildcards"),
        ("localhost", "no names"),
        ("proxy.example.com", "no names"),
        ("127.0.0.1:8080", "no names"),
        ("[::1]", "no names"),
        ("10.0.0.0/33", "no names"),
        ("fe80::1%eth0/x", "no names"),
        ("10.0.0.0/8;10.1.0.0/16", "no names"),
        ("10.0.0.1/8", "bits set behind its prefix"),
        ("2001:db8::1/32", "bits set behind its prefix"),
        ("0.0.0.0/0", "everybody"),
        ("::/0", "everybody"),
        ("::ffff:0.0.0.0/96", "everybody"),
    ],
)
def test_other_proxies_are_refused(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_proxies(f"127.0.0.1,{text}")


@pytest.mark.parametrize(
    ("text", "host"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("localhost", "127.0.0.1"), ("[::1]", "::1"), ("::", "::")],  # noqa: S104
)
def test_the_server_listens_on_an_address(text: str, host: str) -> None:
    assert read_listening_host(text) == host


@pytest.mark.parametrize(
    "text", ["*", "account.example.com", "127.0.0.1:3000", "127.1", "fe80::1%eth0", "http://127.0.0.1"]
)
def test_what_is_no_address_cannot_be_listened_on(text: str) -> None:
    with pytest.raises(ValueError, match="must be an address of this machine"):
        read_listening_host(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgresql://netim:p#w@db/netim", "postgresql://netim:p#w@db/netim"),
        ("postgres://netim:pw@db/netim?sslmode=require", "postgresql://netim:pw@db/netim?sslmode=require"),
        ("postgresql+psycopg://netim@db:5433/netim", "postgresql+psycopg://netim@db:5433/netim"),
        ("postgresql:///netim?host=/run/postgresql", "postgresql:///netim?host=/run/postgresql"),
        ("postgresql://n%40im:p%40s%2Fs@db/net%40im", "postgresql://n%40im:p%40s%2Fs@db/net%40im"),
        ("sqlite:////var/lib/netim/netim.db", "sqlite:////var/lib/netim/netim.db"),
        ("sqlite:///var/netim.db", "sqlite:///var/netim.db"),
    ],
)
def test_a_database_is_postgresql_or_a_file(text: str, url: str) -> None:
    assert read_database_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "x", "/var/lib/netim.db", "mysql://u:hunter2@db/netim", "postgresql+asyncpg://u:hunter2@db/n", "postgresql+psycopg2://db/n",
        "postgresql://u:hunter2@db:x/n", "postgresql://u:hunter2@db:99999/n", "postgresql://", "sqlite://", "sqlite:///:memory:",
        "sqlite+aiosqlite:///x.db", "sqlite://host/x.db", "postgresql://u:hunter2@d b/n", "http://db/n",
    ],
)  # fmt: skip
def test_other_databases_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(ValueError, match="must look like postgresql://") as caught:
        read_database_url(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@hunter2@db/n",
        "postgresql://u:p@s/hunter2@db/n",
        "postgresql://u:p@s?hunter2@db/n",
        "postgresql://u/1:hunter2@db/n",
        "postgres://u:p@5:hunter2@db/n",
        "postgresql://u:@hunter2@db",
        "redis://u:1?hunter2@db",
        "redis://u:1/hunter2@db",
        "redis://u:1#hunter2@db",
    ],
)
def test_a_password_with_a_reserved_sign_is_refused_and_not_cut_into_a_host(url: str) -> None:
    read = read_redis_url if url.startswith("redis") else read_database_url
    with pytest.raises(ValueError, match=r"write .* %2F for /, .* and %40 for @") as caught:
        read(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "redis://localhost",
        "redis://:pw@localhost:6379/0",
        "rediss://u:p%23@redis.example.com/1",
        "redis://:p@ss@[::1]/",
    ],
)
def test_redis_is_named_by_its_url(text: str) -> None:
    assert read_redis_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "localhost:6379", "http://localhost", "redis://", "redis://:hunter2@localhost:x", "redis://:hunter2#more@localhost",
        "redis://:hunter2/more@localhost", "redis://localhost/name", "redis://:hunter2@local host", "unix:///run/redis",
    ],
)  # fmt: skip
def test_what_is_not_redis_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="must look like redis://") as caught:
        read_redis_url(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("Netim Direct <security@example.com>", "Netim Direct <security@example.com>"),
        ("security@example.com", "security@example.com"),
        ("<security@example.com>", "security@example.com"),
        ('"Netim, Direct" <security@Example.com>', '"Netim, Direct" <security@example.com>'),
        ("Équipe Netim <security@bücher.example>", "Équipe Netim <security@xn--bcher-kva.example>"),
        ("Netim  <security@example.com>", "Netim <security@example.com>"),
    ],
)
def test_a_sender_has_a_name_or_none(text: str, sender: str) -> None:
    assert read_sender(text) == sender
    mail = RenderedMail("a", "b", "c")
    letter = opened(build(mail, to="a@example.com", sender=sender, message_id="x", at=system_clock()))
    assert letter["From"].addresses[0].addr_spec == sender.rpartition("<")[2].rstrip(">")


@pytest.mark.parametrize(
    "text",
    [
        "nobody", "Netim", "@example.com", "Netim, Direct <security@example.com>", "a@example.com, b@example.com",
        "Netim <a@example.com> <b@example.com>", "Netim <a@example.com> x",
        "Netim\n <a@example.com>", "Netim <sécurité@example.com>",
        "Netim <a@example.com", '"Netim <a@example.com>"', "Netim <>", "a b@example.com",
        "Netim <a@-x.example>",
        "\u202eNetim <a@example.com>",
    ],
)  # fmt: skip
def test_what_nobody_can_answer_is_no_sender(text: str) -> None:
    with pytest.raises(ValueError, match="must be an address of yours"):
        read_sender(text)


@pytest.mark.parametrize(
    "text", ["support@example.com", "https://example.com/support", "https://example.com", "https://example.com/a?b=c#d"]
)
def test_support_has_an_address_or_a_page(text: str) -> None:
    assert read_support_contact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "support", "@example.com", "Support <support@example.com>", "a@example.com, b@example.com",
        "http://example.com/support", "https://", "https://user@example.com", "https://example.com/a b",
        'https://example.com/"x', "https://example.com/<x>",
        "javascript://example.com/%0Aalert(1)", "mailto:a@example.com",
        "support@example.com\nBcc: x@example.com", "\u202esupport@example.com",
    ],
)  # fmt: skip
def test_what_nobody_can_reach_is_no_support(text: str) -> None:
    with pytest.raises(ValueError, match="must be an e-mail address such as"):
        read_support_contact(text)


def refusal(read: Callable[[str], object], text: str) -> str:
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("read", READERS)
@given(text=st.one_of(st.text(), st.text('https:/sqlmpgre+.@[]%#?<>"\\ 019abé*,')))
def test_any_text_is_read_or_refused_in_one_line(read: Callable[[str], object], text: str) -> None:
    assert "\n" not in refusal(read, text)
