"""Where one request ends and the next begins: nobody hides a second one in the body of the first (ASVS 4.2)."""

import re
import socket

import pytest

from tests.kit.harness import Server

FORM = (
    b"POST /auth/session HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(HIDDEN)
HIDING = {
    "length and chunks": FORM + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": FORM + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": FORM + b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + HIDDEN,
    "a length with a sign": FORM + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "an unknown encoding": FORM + b"Transfer-Encoding: xchunked\r\n" + LENGTH + b"\r\n" + HIDDEN,
    "a blank before the colon": FORM + b"Transfer-Encoding : chunked\r\n" + LENGTH + b"\r\n" + HIDDEN,
    "a line break in a value": b"GET /login HTTP/1.1\r\nHost: x\r\nX-Note: a\rX-Other: b\r\n\r\n" + HIDDEN,
}


def heard_after(server: Server, sent: bytes) -> bytes:
    """All that comes until the server hangs up, or for two seconds when it does not."""
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.settimeout(2)
        line.sendall(sent)
        try:
            while piece := line.recv(65536):
                heard += piece
        except TimeoutError:
            pass
    return heard


def answers(server: Server, sent: bytes) -> list[int]:
    """The status of every answer."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", heard_after(server, sent))]


@pytest.mark.parametrize("way", HIDING)
def test_no_request_hides_in_another(server: Server, way: str) -> None:
    (status,) = answers(server, HIDING[way])

    assert status in (400, 411)


def test_two_requests_on_one_line_are_answered_one_after_the_other(server: Server) -> None:
    assert answers(server, HIDDEN + HIDDEN) == [200, 200]


def test_http_2_is_the_proxys(server: Server) -> None:
    """One parser less of what strangers send."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"

    heard = heard_after(server, preface)

    assert heard == b"" or heard.startswith(b"HTTP/1.1 400 ")
    assert answers(server, HIDDEN) == [200]
