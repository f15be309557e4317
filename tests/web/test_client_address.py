"""infra.client_address and web.client_address: nobody chooses his own address."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.infra.client_address import client_address, is_unread
from netim_app.web.client_address import (
    WARN_EVERY_SECONDS,
    ClientAddress,
    UnreadClients,
    forwarded_client,
    forwarded_entry,
)
from tests.kit.fakes import captured_log

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"), ip_network("127.0.0.1/32"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1"),
        ("::1", "::1"),
    ],
)
def test_addresses_are_normalised(text: str, expected: str) -> None:
    assert str(client_address(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        None, "", " ", "unknown", "testclient", "fe80::1%eth0", "192.0.2.1:80", "[2001:db8::1]",
        "192.0.2.1 ", "192.0.2.01",
        "192.0.2", "3221225985", "0xc0000201", "192.0.2.256", "192.0.2.1\n", "١٩٢.0.2.1", "1" * 5000, "192.0.2.1/32",
    ],
)  # fmt: skip
def test_anything_else_is_no_address(text: str | None) -> None:
    assert client_address(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    client_address(text)
    forwarded_entry(text)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7\t", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),  # Azure Application Gateway, IIS
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::7:4711", "2001:db8::7:4711"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),  # AWS with the client's port
        ('"[2001:db8::7]:4711"', "2001:db8::7"),
        ('"192.0.2.7"', "192.0.2.7"),
        ("[::ffff:192.0.2.7]:4711", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25]:80", "fe80::1"),
        ("[FE80::1%eth0]", "fe80::1"),
    ],
)
def test_what_proxies_write_around_an_address_is_read(entry: str, expected: str) -> None:
    assert str(forwarded_entry(entry)) == expected


@pytest.mark.parametrize(
    "entry",
    [
        "", "unknown", "_hidden", "-", "192.0.2.7:", "192.0.2.7:x", "192.0.2.7:123456", "192.0.2.7:80:80",
        "192.0.2.07:80",
        "[192.0.2.7", "192.0.2.7]", "[]", "[]:80", ":80", '"', '""', '"192.0.2.7', '""192.0.2.7""',
        "[[2001:db8::7]]", "2001:db8::7]:80",
        "2001:db8::7%eth0", "192.0.2.7%eth0", "fe80::1%", "fe80::1%a b", "example.com:80", "for=192.0.2.7",
        "192.0.2.7:٨٠",
        "1" * 5000,
        "'192.0.2.7'", "http://192.0.2.7",
    ],
)  # fmt: skip
def test_what_is_no_entry_of_a_proxy_stays_unread(entry: str) -> None:
    assert forwarded_entry(entry) is None


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        # A stranger's headers count for nothing.
        ("192.0.2.7", ["1.1.1.1"], "192.0.2.7"),
        ("192.0.2.7", ["127.0.0.1", "10.0.0.1"], "192.0.2.7"),
        ("192.0.2.7", [], "192.0.2.7"),
        # Behind our proxy: the right-most entry that is not ours.
        ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7", "10.0.0.9 ,10.0.0.2"], "192.0.2.7"),
        ("::ffff:10.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7"),
        ("2001:db8:1::5", ["2001:db8:2::9"], "2001:db8:2::9"),
        # Garbage where the address must be: unknown, never what is on its left.
        ("10.0.0.1", ["1.1.1.1, evil"], None),
        ("10.0.0.1", ["1.1.1.1,"], None),
        ("10.0.0.1", ["1.1.1.1, , 10.0.0.2"], None),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7:port"], None),
        ("10.0.0.1", ["1.1.1.1, unknown"], None),
        # The parts that proxies write around an address are read.
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7:4711"], "192.0.2.7"),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7:4711, 10.0.0.2:80"], "192.0.2.7"),
        ("10.0.0.1", ['1.1.1.1, "[2001:db8:2::9]:4711"'], "2001:db8:2::9"),
        ("10.0.0.1", ["1.1.1.1, fe80::1%eth0"], "fe80::1"),
        ("10.0.0.1", [""], None),
        # Everybody is trusted, or nobody spoke: unknown, not the proxy.
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], None),
        ("10.0.0.1", [], None),
        ("10.0.0.1", ["1.1.1.1," * 60 + "192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["192.0.2.7" + ", 10.0.0.2" * 49], "192.0.2.7"),
        ("10.0.0.1", ["192.0.2.7" + ", 10.0.0.2" * 50], None),
        # No peer.
        (None, ["192.0.2.7"], None),
        ("", ["192.0.2.7"], None),
    ],
)
def test_only_our_proxies_are_believed(peer: str | None, lines: list[str], expected: str | None) -> None:
    address, _ = forwarded_client(peer, lines, PROXIES)
    assert address == (ip_address(expected) if expected else None)


@given(st.lists(st.text(alphabet="0123456789.,: abcdef%[]", max_size=30), max_size=4))
def test_what_the_client_writes_never_matters(lines: list[str]) -> None:
    """Our proxy appends what it sees; all entries before it are ignored."""
    for entry in ("192.0.2.7", "evil"):
        _, stopped_at = found = forwarded_client("10.0.0.1", [*lines, entry], PROXIES)
        assert found == forwarded_client("10.0.0.1", [entry], PROXIES)
        assert stopped_at == entry


async def _scope_seen(kind: str, client: Any, headers: list[tuple[bytes, bytes]], trusted: Any = PROXIES) -> Any:
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    async def nothing(*_args: Any) -> Any:
        raise AssertionError

    original = {"type": kind, "client": client, "headers": headers, "scheme": "http"}
    before = dict(original)
    await ClientAddress(app, trusted_proxies=trusted)(original, nothing, nothing)
    assert original == before
    return seen[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        (("192.0.2.7", 4711), [(b"x-forwarded-for", b"1.1.1.1")], ("192.0.2.7", 4711)),
        (("::ffff:192.0.2.7", 4711), [], ("192.0.2.7", 4711)),
        (("10.0.0.1", 4711), [(b"X-Forwarded-For", b"1.1.1.1"), (b"x-forwarded-for", b"192.0.2.7")], ("192.0.2.7", 0)),
        (("10.0.0.1", 4711), [(b"X-FORWARDED-FOR", b"192.0.2.7")], ("192.0.2.7", 0)),
        (("10.0.0.1", 4711), [(b"forwarded", b"for=1.1.1.1"), (b"x-real-ip", b"1.1.1.1")], None),
        (("10.0.0.1", 4711), [(b"x-forwarded-for", b"\xff\xfe")], None),
        (None, [], None),
    ],
)
async def test_the_scope_carries_the_result(kind: str, client: Any, headers: Any, expected: Any) -> None:
    headers = [*headers, (b"x-forwarded-proto", b"https")]
    scope = await _scope_seen(kind, client, headers)
    if expected is None:
        assert is_unread(scope["client"][0])
        assert client_address(scope["client"][0]) is None
    else:
        assert scope["client"] == expected
    assert scope["scheme"] == "http"


async def test_without_proxies_headers_are_ignored() -> None:
    scope = await _scope_seen("http", ("127.0.0.1", 1), [(b"x-forwarded-for", b"1.1.1.1")], ())
    assert scope["client"] == ("127.0.0.1", 1)


async def test_lifespan_passes_untouched() -> None:
    assert (await _scope_seen("lifespan", None, []))["client"] is None


async def _host_seen(peer: str, *lines: str) -> str:
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    return str((await _scope_seen("http", (peer, 1), headers))["client"][0])


async def test_unread_clients_are_told_apart_and_choose_nothing() -> None:
    """By the proxy and by what it wrote: nothing to the left of that counts, for a client may have written it."""
    one = await _host_seen("10.0.0.1", "client-a")
    assert one == await _host_seen("10.0.0.1", "1.1.1.1, client-a")
    assert one == await _host_seen("10.0.0.1", "client-b", "client-a, 10.0.0.2")
    others = [
        await _host_seen("10.0.0.1", "client-b"),
        await _host_seen("10.0.0.2", "client-a"),
        await _host_seen("10.0.0.1"),
        await _host_seen("10.0.0.1", "10.0.0.2"),
    ]
    assert one not in others
    assert all(is_unread(each) for each in (one, *others))
    assert len({one, *others}) == 4, "none, and proxies only, tell the same: nothing"


@pytest.mark.parametrize("last", ["client-a", "192.0.2.7", "192.0.2.7, 10.0.0.2", "unknown, 10.0.0.2"])
async def test_bf_xff_a_long_header_makes_no_new_client(last: str) -> None:
    """However much a client writes to the left of what the proxy adds, it is the same client."""
    one = await _host_seen("10.0.0.1", last)
    for number in range(3):
        left = [f"word-{number}-{entry}" for entry in range(10)] + ["1.1.1.1"] * 50
        assert await _host_seen("10.0.0.1", ", ".join(left), last) == one


async def test_bf_xff_a_client_raises_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the proxy tells the address, nothing to its left is told to the operator."""
    unread = UnreadClients()
    monkeypatch.setattr("netim_app.web.client_address.unread_clients", unread)
    for left in ("evil", "word, " * 60, "1.1.1.1, " * 60, ", " * 60):
        assert await _host_seen("10.0.0.1", left, "192.0.2.7") == "192.0.2.7"
    assert unread.warnings() == []
    await _host_seen("10.0.0.1", "192.0.2.7, evil")
    assert len(unread.warnings()) == 1


def test_proxies_of_more_than_an_hour_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    unread = UnreadClients()
    for number in range(10):
        unread.note(f"10.0.0.{number}", [], None)
    now = WARN_EVERY_SECONDS
    unread.note("10.0.0.1", [], None)
    assert list(unread._warned) == ["10.0.0.1"]


def test_a_proxy_that_does_not_tell_is_one_line() -> None:
    unread = UnreadClients()
    with captured_log("netim_app") as records:
        for n in range(50):
            unread.note("10.0.0.1", ["header"], f"evil{n}\nforged")
            unread.note("10.0.0.2", [], None)
            unread.note("10.0.0.3", ["10.0.0.1"], None)
    lines = [record.getMessage() for record in records]
    assert [record.levelname for record in records] == ["ERROR"] * 3
    for proxy, reason, line in zip(
        ("10.0.0.1", "10.0.0.2", "10.0.0.3"),
        ("holds no address", "no X-Forwarded-For", "proxies only"),
        lines,
        strict=True,
    ):
        assert f"proxy={proxy}" in line
        assert reason in line
        assert "\n" not in line
    assert [warning.split()[0] for warning in unread.warnings()] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert UnreadClients().warnings() == []
