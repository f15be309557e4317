"""Cookies that a sibling subdomain has planted: what looks like ours is not, and what comes twice is refused.

The same in Chromium, and through the proxies: `test_proxies`.
"""

import socket
import uuid

import pytest

from reflex_guard.tokens import new_token
from tests.kit.cookies import attributes, is_logged_in
from tests.kit.harness import Client, Server

SESSION, BROWSER = b"netim_session", b"netim_browser"
BEFORE = (b"\xa0", b"\x85", b"\xa0 ", b"\x85\xa0")
"""Python strips them, and HTTP lets them through."""
OURS = {"Sec-Fetch-Site": "same-origin"}


def pair(client: Client, name: bytes) -> bytes:
    """One of a client's cookies, as it is sent."""
    value = next(str(c.value) for c in client.http.cookies.jar if c.name == name.decode())
    return name + b"=" + value.encode()


def lines(*cookies: bytes, **headers: str) -> list[tuple[bytes, bytes]]:
    return [*((b"Cookie", cookie) for cookie in cookies), *((k.encode(), v.encode()) for k, v in headers.items())]


def handshake(server: Server, *cookies: bytes, origin: str = "") -> int:
    """The status with which a socket's handshake is answered. Without an origin, one with a session is refused."""
    head = (
        f"GET /_event/?token={uuid.uuid4()}&EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    ) + (f"Origin: {origin}\r\n" if origin else "")
    sent = head.encode() + b"".join(b"Cookie: %b\r\n" % cookie for cookie in cookies) + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 10) as line:
        line.sendall(sent)
        return int(line.recv(1024).split()[1])


@pytest.mark.parametrize("before", BEFORE)
async def test_cookie_toss(server: Server, anna: Client, guest: Client, before: bytes) -> None:
    """A planted session is nobody's, and a planted device is none. The victim's own count beside them."""
    theirs, planted = pair(anna, SESSION), before + pair(anna, SESSION)
    assert handshake(server, theirs) == 403, "it is a session"
    assert handshake(server, planted) == 101, "it is none"
    answer = await guest.http.post("/auth/logout", headers=lines(planted) + lines(**OURS))
    assert answer.status_code == 303
    assert await is_logged_in(anna), "nobody else's request has ended it"

    for cookies in ((planted + b"x; " + theirs,), (theirs + b"; " + planted + b"x",), (theirs, planted + b"x")):
        assert handshake(server, *cookies) == 403
        assert handshake(server, *cookies, origin=server.origin) == 101

    guest.http.cookies.clear()
    for tossed, known in ((before + pair(anna, BROWSER), False), (pair(anna, BROWSER), True)):
        page = await guest.http.get("/login", headers=lines(tossed))
        assert (attributes(page, BROWSER.decode()) == {}) is known
        guest.http.cookies.clear()


@pytest.mark.parametrize("name", [SESSION, BROWSER])
async def test_cookie_toss_twice(server: Server, anna: Client, name: bytes) -> None:
    """One of the two is somebody else's: neither counts, in one header line or in two, the same value or another."""
    theirs = pair(anna, name)
    other = name + b"=" + new_token().encode()
    anna.http.cookies.clear()
    for cookies in (
        (theirs + b"; " + other,),
        (other + b";a=1; " + theirs,),
        (theirs, other),
        (theirs, theirs),
        (other, name + b"="),
    ):
        assert handshake(server, *cookies, origin=server.origin) == 403
        for path in ("/login", "/", "/ping", "/assets/none.js"):
            page = await anna.http.get(path, headers=lines(*cookies))
            assert (page.status_code, page.content) == (400, b"")
            assert "set-cookie" not in page.headers
            assert page.headers["cache-control"] == "no-store"
        for path in ("/auth/session", "/auth/logout"):
            assert (await anna.http.post(path, headers=lines(*cookies, **OURS))).status_code == 400
    assert 'reason="a cookie twice"' in server.log

    for cookies in ((theirs,), (theirs, b"a=1; a=1"), (theirs + b"; " + name.upper() + b"=x; x" + other,)):
        assert handshake(server, *cookies, origin=server.origin) == 101
        assert (await anna.http.get("/login", headers=lines(*cookies))).status_code == 200
