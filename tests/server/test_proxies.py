"""The app behind nginx and behind Caddy, with TLS, as docs/deployment.md sets them up. Each test runs with both."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import aiohttp
import httpx
import psutil
import pytest
from playwright.async_api import async_playwright, expect
from socketio.exceptions import ConnectionError as Refused

from netim_app.build import web_dir
from netim_app.web.request_bodies import MAX_AT_ONCE
from reflex_guard.headers import HSTS, IMMUTABLE
from tests.browser.conftest import ARGS, executable
from tests.kit.cookies import attributes, is_logged_in
from tests.kit.harness import PASSWORD, Client, Server, customer, fresh_address, link_in, production_server
from tests.kit.headers import assert_guarded
from tests.kit.ip_restriction import REFUSED, restrict, try_login
from tests.kit.pages import PERSONAL
from tests.kit.proxies import NAME, PROXIES, Entrance
from tests.kit.slow_bodies import slow_bodies

SESSION = "__Host-netim_session"
expect.set_options(timeout=10_000)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SPOOFS = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP")


@pytest.fixture(scope="module")
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Entrance:
    """Both proxies listen here, in turn: a build belongs to one address."""
    return Entrance.make(tmp_path_factory.mktemp("entrance"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, entrance: Entrance) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("behind")
    with production_server(
        folder, entrance.url, entrance.upstreams[0], NETIM_TRUSTED_PROXIES="127.0.0.1/32"
    ) as started:
        started.entrance, started.trust = entrance.url, entrance.certificates.trust()
        yield started


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, entrance: Entrance, app: Server
) -> Iterator[str]:
    with PROXIES[request.param](tmp_path_factory.mktemp(request.param), entrance):
        yield request.param


@pytest.fixture(autouse=True)
def clock_put_right() -> None:
    """The clock of production is not moved."""


@pytest.fixture
def server(app: Server, proxy: str) -> Server:
    """The app, with one of the proxies before it: every request comes through that."""
    return app


@pytest.fixture
async def plain(entrance: Entrance, proxy: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who comes by http."""
    async with httpx.AsyncClient(base_url=f"http://{NAME}:{entrance.http}") as client:
        yield client


def greet(entrance: Entrance, context: ssl.SSLContext, name: str = NAME) -> ssl.SSLSocket:
    """Shakes hands as far as TLS goes."""
    return context.wrap_socket(socket.create_connection(("127.0.0.1", entrance.https), 10), server_hostname=name)


# The way in


async def test_tls_only_a_customer_signs_in_by_https_and_wss(server: Server, email: str) -> None:
    async with Client(server) as client:
        response = await client.log_in(email)
        assert client.vars["ProfileState.email"] == email
        cookie = attributes(response, SESSION)
        assert {"secure", "httponly"} <= set(cookie)
        assert "domain" not in cookie
        assert client._sio is not None
        assert client._sio.eio.ws.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert f'"ip": "{client.local_address}"' in server.log, "the app knows the customer's address, not the proxy's"
        assert await is_logged_in(client)
        await client.log_out()
        assert not await is_logged_in(client)


async def test_tls_only_http_carries_no_session(
    server: Server, new_email: Callable[[], str], plain: httpx.AsyncClient
) -> None:
    async with customer(server, new_email()) as client:
        cookie = {"Cookie": f"{SESSION}={client.session_cookie}"}
        for path in ("/", "/login?next=/x", PERSONAL, "/_event/?EIO=4&transport=websocket"):
            for headers in ({}, cookie, cookie | UPGRADE):
                answer = await plain.get(path, headers=headers)
                assert (answer.status_code, answer.headers["location"]) == (301, server.entrance + path)
                assert "set-cookie" not in answer.headers
                assert "strict-transport-security" not in answer.headers, "by http it would mean nothing"
        answer = await plain.post("/auth/logout", headers=cookie | {"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 301
        assert await is_logged_in(client), "it did not get to the app"
        page = await client.http.get("/login")
        assert page.headers.get_list("strict-transport-security") == [HSTS]


async def test_tls_only_cookies_are_for_tls(server: Server) -> None:
    async with Client(server) as client:
        page = await client.http.get("/login")
        assert {"secure", "httponly", "path"} <= set(attributes(page, "__Host-netim_browser"))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_only_old_versions_are_refused(proxy: str, entrance: Entrance, version: ssl.TLSVersion) -> None:
    old = entrance.certificates.trust()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        greet(entrance, old)
    for now in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        old.maximum_version, old.minimum_version = now, now
        with greet(entrance, old) as connection:
            assert connection.version() in ("TLSv1.2", "TLSv1.3")
            assert str(connection.cipher()).startswith(("('ECDHE", "('TLS_")), "with forward secrecy"


def test_tls_only_the_certificate_is_looked_at(proxy: str, entrance: Entrance) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(entrance, ssl.create_default_context())
    for name in ("account.evil.test", "other.localhost"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            greet(entrance, entrance.certificates.trust(), name)
    with greet(entrance, entrance.certificates.trust()) as connection:
        assert connection.getpeercert()


# Past it


def test_tls_only_the_app_listens_on_loopback_alone(app: Server) -> None:
    assert app.process is not None
    first = psutil.Process(app.process.pid)
    listening = {
        connection.laddr.ip
        for process in (first, *first.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


async def test_tls_only_the_address_cannot_be_chosen(server: Server, email: str) -> None:
    home, elsewhere = fresh_address(), fresh_address()
    restrict(server, email, home)
    for lie in (home, f"{home}, {home}", f"{elsewhere}, {home}", "127.0.0.1", f"{home}, 127.0.0.1"):
        headers = dict.fromkeys(SPOOFS, lie) | {"x-forwarded-for": lie, "Forwarded": f"for={lie}"}
        async with Client(server, local_address=elsewhere, headers=headers) as liar:
            assert await try_login(liar, email) == REFUSED
    async with Client(server, local_address=home, headers=dict.fromkeys(SPOOFS, elsewhere)) as owner:
        assert await try_login(owner, email) == ""


async def test_tls_only_past_the_proxy_nobody_chooses_either(app: Server, new_email: Callable[[], str]) -> None:
    """Somebody on this machine, who can reach the app's own port, is no proxy of ours."""
    email = app.create_account(new_email())
    home, elsewhere = fresh_address(), fresh_address()
    restrict(app, email, home)
    own_port = Server(app.folder, port=app.port, env=app.env, public_url=app.public_url)
    async with Client(own_port, local_address=elsewhere, headers=dict.fromkeys(SPOOFS, home)) as liar:
        assert await try_login(liar, email) == REFUSED
    async with Client(own_port, local_address=home, headers=dict.fromkeys(SPOOFS, elsewhere)) as owner:
        assert await try_login(owner, email) == ""


async def test_tls_only_the_name_cannot_be_chosen(server: Server, email: str, plain: httpx.AsyncClient) -> None:
    """Another name leads nowhere, whether by http, https or wss; and what else may name a host is not looked at."""
    async with Client(server) as client:
        for browser in (plain, client.http):
            try:
                answer = await browser.get("/login", headers={"Host": "evil.test"})
            except httpx.TransportError:
                continue  # hung up
            assert answer.content == b""
            assert "location" not in answer.headers
            assert "set-cookie" not in answer.headers
        with pytest.raises((Refused, aiohttp.ClientError)):
            await client.connect("/login", headers={"Host": "evil.test"})
        with pytest.raises(Refused):
            await client.connect("/login", headers={"Origin": "https://evil.test"})
        poison = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.test"}
        page = await client.http.get("/login", headers=poison)
        assert "evil.test" not in page.text + str(page.headers)
        await client.connect("/forgot-password", headers=poison)
        await client.call("ForgotState.submit", form={"email": email})
        mail = await asyncio.to_thread(server.wait_for_mail, email)
        assert link_in(mail).startswith(f"{server.entrance}/reset-password#")


# Requests that it holds off


async def test_slow_body_through_the_proxy(server: Server, entrance: Entrance, email: str) -> None:
    """1,100 from one address: they get an answer or none, and are closed. A customer logs in meanwhile."""
    async with (
        slow_bodies(entrance.https, fresh_address(), server.trust) as bodies,
        Client(server) as client,
    ):
        await client.log_in(email)
        assert client.vars["ProfileState.email"] == email
        assert (await client.log_out()).status_code == 303
        # nginx knows no limit for a whole body, and goes on with a few of each address.
        answers = await bodies.answers(60, held=MAX_AT_ONCE)
    assert answers[b"429"]
    assert b"303" not in answers


async def test_cookie_toss_through_the_proxy(server: Server, email: str, new_email: Callable[[], str]) -> None:
    async with Client(server) as victim, customer(server, new_email()) as attacker:
        await victim.log_in(email)
        for before in (b"\xa0", b"\x85"):
            tossed = before + f"{SESSION}={attacker.session_cookie}".encode()
            headers = [(b"Cookie", tossed), (b"Sec-Fetch-Site", b"same-origin")]
            async with httpx.AsyncClient(base_url=server.entrance, verify=server.trust or True) as stranger:
                assert (await stranger.post("/auth/logout", headers=headers)).status_code == 303
            assert await is_logged_in(attacker)
        twice = [("Cookie", f"{SESSION}={c.session_cookie}") for c in (victim, attacker)]
        async with httpx.AsyncClient(base_url=server.entrance, verify=server.trust or True) as stranger:
            assert (await stranger.get("/login", headers=twice)).status_code == 400
            assert (await stranger.get("/login", headers=twice[:1])).status_code == 200
        await victim.call("ShellState.open_account_page")
        assert victim.vars["ProfileState.email"] == email


class Sibling(BaseHTTPRequestHandler):
    """Another server under the same name: its port makes no difference to cookies."""

    cookies: tuple[bytes, ...] = ()
    seen = b""

    def do_GET(self) -> None:
        Sibling.seen = self.headers.get("Cookie", "").encode("latin-1")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.flush_headers()
        self.wfile.write(b"".join(b"Set-Cookie: %b; Path=/\r\n" % cookie for cookie in self.cookies) + b"\r\n")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


async def test_cookie_toss_in_chromium(server: Server, email: str, new_email: Callable[[], str]) -> None:
    """The sibling plants the attacker's cookies in the victim's browser, who then works in the own account."""
    async with customer(server, new_email()) as attacker, async_playwright() as playwright:
        jar = {str(c.name): str(c.value) for c in attacker.http.cookies.jar}
        names = [before + name.encode() for before in (b"\xa0", b"\x85") for name in jar]
        Sibling.cookies = tuple(name + b"=" + jar[name[1:].decode()].encode() for name in names)
        sibling = ThreadingHTTPServer(("127.0.0.1", 0), Sibling)
        Thread(target=sibling.serve_forever, daemon=True).start()
        # Pages on localhost look for their socket at the port of https, which their own policy does not know here.
        mapped = f"--host-resolver-rules=MAP {NAME}:443 127.0.0.1:{urlsplit(server.entrance).port}"
        browser = await playwright.chromium.launch(
            executable_path=executable(), args=[*ARGS, "--ignore-certificate-errors", mapped]
        )
        try:
            page = await browser.new_page(base_url=server.entrance, bypass_csp=True, locale="en-GB")
            await page.goto(f"http://{NAME}:{sibling.server_port}/")
            await page.goto("/account/personal-information")
            await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
            await page.get_by_label("Email address").fill(email)
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
            await expect(page.get_by_text(email)).to_be_visible()
            held = {c["name"]: c["value"] for c in await page.context.cookies()}
            assert held["__Host-netim_browser"] != jar["__Host-netim_browser"]
            await page.goto(f"http://{NAME}:{sibling.server_port}/")
            assert all(name in Sibling.seen for name in names), "the browser has sent them all the time"
        finally:
            await browser.close()
            sibling.shutdown()
            sibling.server_close()
        assert await is_logged_in(attacker)


# Answers that it makes faster, and those that it must not touch


def test_http_2(proxy: str, entrance: Entrance) -> None:
    """Agreed on, and then really spoken (RFC 9113, 3.4: preface and settings)."""
    context = entrance.certificates.trust()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with greet(entrance, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">I", 0)[1:] + b"\x04\x00" + bytes(4))
        assert connection.recv(9)[3] == 4, "its first frame is one of settings"


def hashed_script() -> str:
    """The largest file of the build whose name changes with its content."""
    assets = web_dir() / "build" / "client" / "assets"
    largest = max(assets.glob("*-????????.js"), key=lambda path: path.stat().st_size)
    return f"/assets/{largest.name}"


async def test_compression_of_what_is_the_same_for_all(server: Server) -> None:
    async with Client(server) as client:
        for path in ("/login", hashed_script()):
            sizes = {}
            for coding in ("identity", "gzip", "br"):
                async with client.http.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
                    assert answer.headers.get("content-encoding", "identity") == coding
                    assert "accept-encoding" in answer.headers.get("vary", "").lower()
                    sizes[coding] = len(b"".join([part async for part in answer.aiter_raw()]))
            assert sizes["br"] < sizes["gzip"] < sizes["identity"]


async def test_no_compression_of_what_is_secret(server: Server, email: str) -> None:
    """(BREACH.) Neither answers for one customer nor the socket, in any encoding that a client offers."""
    async with Client(server) as client:
        response = await client.log_in(email)
        assert response.request.headers["accept-encoding"].startswith("gzip")
        assert "content-encoding" not in response.headers
        assert "content-encoding" not in (await client.log_out()).headers
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=server.trust)) as session,
            session.ws_connect(
                f"{server.entrance}/_event/?EIO=4&transport=websocket&token={client.token}",
                compress=15,
                headers={"Origin": server.origin},
            ) as websocket,
        ):
            assert websocket.compress == 0


async def test_headers_come_through(server: Server) -> None:
    async with Client(server) as client:
        for path, status, caching in (
            (hashed_script(), 200, IMMUTABLE), ("/login", 200, "no-store"), (PERSONAL, 200, "no-store"),
            ("/nothing-here", 404, "no-store"),
        ):  # fmt: skip
            answer = await client.http.get(path)
            assert answer.status_code == status
            assert answer.headers["cache-control"] == caching
            assert answer.headers.get_list("strict-transport-security") == [HSTS]
            assert_guarded(answer)


async def test_what_the_proxy_answers_by_itself(server: Server) -> None:
    """Operators' figures are for operators; a body that is too large does not get to the app; no version is told."""
    async with Client(server) as client:
        for answer in (
            await client.http.get("/healthz"),
            await client.http.post("/auth/session", content=b"x" * 100_000),
        ):
            assert answer.status_code in (404, 413)
            assert "outbox" not in answer.text
            assert answer.headers["strict-transport-security"] == HSTS
            assert not any(character.isdigit() for character in answer.headers.get("server", ""))
        assert (await client.http.get("/ping")).status_code == 200
    async with httpx.AsyncClient(base_url=server.address) as operator:
        assert (await operator.get("/healthz")).json()["database"] == "up"
