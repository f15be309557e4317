"""infra.client_address: nobody chooses his own address."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.infra.client_address import ClientAddress, client_address, forwarded_address

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
        None, "", " ", "unknown", "testclient", "fe80::1%eth0", "192.0.2.1:80", "[2001:db8::1]", "192.0.2.1 ", "192.0.2.01",  # noqa: E501
        "192.0.2", "3221225985", "0xc0000201", "192.0.2.256", "192.0.2.1\n", "١٩٢.0.2.1", "1" * 5000, "192.0.2.1/32",
    ],
)  # fmt: skip
def test_anything_else_is_no_address(text: str | None) -> None:
    assert client_address(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    client_address(text)


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
        # Garbage where the address must stand: unknown, never what stands to its left.
        ("10.0.0.1", ["1.1.1.1, evil"], None),
        ("10.0.0.1", ["1.1.1.1,"], None),
        ("10.0.0.1", ["1.1.1.1, , 10.0.0.2"], None),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.7:4711"], None),
        ("10.0.0.1", ["1.1.1.1, fe80::1%eth0"], None),
        ("10.0.0.1", [""], None),
        # Everybody is trusted, or nobody spoke: unknown, not the proxy.
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], None),
        ("10.0.0.1", [], None),
        ("10.0.0.1", ["1.1.1.1," * 60 + "192.0.2.7"], None),
        # No peer.
        (None, ["192.0.2.7"], None),
        ("", ["192.0.2.7"], None),
    ],
)
def test_only_our_proxies_are_believed(peer: str | None, lines: list[str], expected: str | None) -> None:
    address = forwarded_address(peer, lines, PROXIES)
    assert address == (ip_address(expected) if expected else None)


@given(st.lists(st.text(alphabet="0123456789.,: abcdef%[]", max_size=30), max_size=4))
def test_what_the_client_writes_never_matters(lines: list[str]) -> None:
    """Our proxy appends what it sees; whatever came before is ignored."""
    assert forwarded_address("10.0.0.1", [*lines, "192.0.2.7"], PROXIES) == (
        ip_address("192.0.2.7") if sum(line.count(",") + 1 for line in lines) < 50 else None
    )


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
        (("10.0.0.1", 4711), [(b"forwarded", b"for=1.1.1.1"), (b"x-real-ip", b"1.1.1.1")], ("", 0)),
        (("10.0.0.1", 4711), [(b"x-forwarded-for", b"\xff\xfe")], ("", 0)),
        (None, [], ("", 0)),
    ],
)
async def test_the_scope_carries_the_result(kind: str, client: Any, headers: Any, expected: Any) -> None:
    headers = [*headers, (b"x-forwarded-proto", b"https")]
    scope = await _scope_seen(kind, client, headers)
    assert scope["client"] == expected
    assert scope["scheme"] == "http"


async def test_without_proxies_headers_are_ignored() -> None:
    scope = await _scope_seen("http", ("127.0.0.1", 1), [(b"x-forwarded-for", b"1.1.1.1")], ())
    assert scope["client"] == ("127.0.0.1", 1)


async def test_lifespan_passes_untouched() -> None:
    assert (await _scope_seen("lifespan", None, []))["client"] is None
