"""Requests that never end: others are served meanwhile. The same through the proxies: `test_proxies`."""

import asyncio

import httpx
import pytest

from netim_app.commands.server import HEADER_SECONDS
from netim_app.web.request_bodies import MAX_AT_ONCE, MAX_SECONDS
from tests.kit.harness import Client, Server, fresh_address
from tests.kit.slow_bodies import slow_bodies

HEAD = (
    b"POST /auth/logout HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)


async def test_slow_body(server: Server, email: str) -> None:
    """1,100 from one address: a few are waited for, and those for seconds. A customer logs in meanwhile."""
    address = fresh_address()
    async with slow_bodies(server.port, address) as bodies, Client(server) as client:
        await client.log_in(email)
        assert client.vars["ProfileState.email"] == email
        assert (await client.log_out()).status_code == 303
        answers = await bodies.answers(MAX_SECONDS + 20)
    assert set(answers) <= {b"408", b"429", b""}
    assert 0 < answers[b"408"] <= MAX_AT_ONCE
    assert f'ip={address} reason="body too slow"' in server.log

    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=address)) as same:
        answer = await same.post(
            f"{server.address}/auth/logout", data={"a": "b"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == 303, "the address may do so again"


async def test_slow_headers_end(server: Server) -> None:
    """However steadily they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /login HTTP/1.1\r\nHost: x\r\n")
    async with asyncio.timeout(2 * HEADER_SECONDS):
        answer = asyncio.create_task(reader.read())
        while not (await asyncio.wait([answer], timeout=1))[0]:
            writer.write(b"X-More: x\r\n")
    assert not (await answer).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_slow_body_in_pieces_is_read(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /auth/session" + HEAD[17:] + b"Content-Length: 12\r\n\r\n")
    for piece in (b"tick", b"et=", b"wrong"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.2)
    assert (await reader.read()).startswith(b"HTTP/1.1 303 ")
    writer.close()


@pytest.mark.parametrize(
    "path", [b"/login", b"/nothing", b"/healthz", b"/ping", b"/_event", b"/_upload", b"/assets/x.js"]
)
async def test_slow_body_for_what_reads_none(server: Server, path: bytes) -> None:
    """It is answered at once, with any announced length."""
    async with asyncio.timeout(MAX_SECONDS):
        for length in (b"Content-Length: 9\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(HEAD.replace(b"/auth/logout", path) + length)
            assert (await reader.read()).startswith((b"HTTP/1.1 404", b"HTTP/1.1 405"))
            writer.close()
