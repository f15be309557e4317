"""The headers that every answer carries, and secrets that no answer gives away."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection

import httpx
import pytest

from netim_app.build import web_dir
from tests.kit.harness import Server
from tests.kit.headers import EXPOSED, PAGES, assert_guarded, directives


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        *PAGES,
        "/nowhere",
        "/healthz",
        "/.well-known/change-password",
        "/ping",
        "/auth/session",
        "/favicon.ico",
        "/favicon.svg",
        "/_event/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"])
def test_headers(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, path)
    assert_guarded(answer)
    assert "Traceback" not in answer.text
    if method in ("PUT", "DELETE") and path != "/_event/":
        assert answer.status_code in (404, 405)


def test_headers_on_a_refused_upgrade(http: httpx.Client) -> None:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "https://evil.test",
    }  # fmt: skip
    answer = http.get("/_event/?EIO=4&transport=websocket&token=x", headers=upgrade)
    # Granian answers by itself before there is a response of ours that could carry headers: nothing but the status.
    assert answer.status_code == 403
    assert answer.content == b""
    assert "set-cookie" not in answer.headers


def test_headers_in_production(production: Server) -> None:
    with httpx.Client(base_url=production.address) as client:
        script = next(iter(re.findall(r'/assets/[^"]+\.js', client.get("/login").text)))
        for path in (*PAGES, "/nowhere", "/healthz", "/favicon.svg", script, "/assets/nothing.js", "/_event/"):
            answer = client.get(path)
            assert_guarded(answer)
            assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
            if path != script:
                assert "upgrade-insecure-requests" in directives(answer)
                assert directives(answer)["connect-src"] == ["'self'", "wss://account.netim.example"]


def test_exposed_trace_is_no_echo(http: httpx.Client) -> None:
    answer = http.request("TRACE", "/login", headers={"Cookie": "netim_session=secret"})
    assert answer.status_code in (400, 404, 405, 501)
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_csp(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 200
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    scripts = policy["script-src"]
    assert scripts[0] == "'self'"
    assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", source) for source in scripts[1:])
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:"} & set(scripts)
    assert not re.search(r"<[^>]+\son\w+\s*=", answer.text), "handlers in attributes would not run"
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', answer.text), "nothing from other hosts"


@pytest.mark.parametrize("path", EXPOSED)
def test_exposed(http: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = http.request(method, path)
        assert answer.status_code in (404, 405), answer.text[:200]
        for sign in ("netim_app", "[core]", "root:", '"dependencies"', "SECRET"):
            assert sign not in answer.text or "text/html" in answer.headers["content-type"]
        assert_guarded(answer)


def test_exposed_no_source_maps(http: httpx.Client) -> None:
    scripts = sorted((web_dir() / "build" / "client" / "assets").glob("*.js"))
    assert scripts
    for script in scripts:
        assert "sourceMappingURL" not in script.read_text(errors="replace")[-300:]
    assert http.get(f"/assets/{scripts[0].name}.map").status_code == 404


def test_client_remnants_no_answer_with_data_is_stored(http: httpx.Client) -> None:
    for path in (*PAGES, "/nowhere", "/healthz", "/auth/session"):
        assert http.get(path).headers["cache-control"] == "no-store"
    for found in set(re.findall(r'/assets/[^"]+-[\w-]{8}\.(?:js|css)', http.get("/login").text)):
        answer = http.get(found)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert http.get("/assets/missing-AAAAAAAA.js").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("offered", "chosen"), [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("identity", None)]
)
def test_pages_and_files_are_sent_in_the_shortest_form(http: httpx.Client, offered: str, chosen: str | None) -> None:
    script = next(iter(re.findall(r'/assets/entry.client-[^"]+\.js', http.get("/login").text)))
    for path in ("/login", script):
        answer = http.get(path, headers={"Accept-Encoding": offered})
        assert answer.status_code == 200
        assert answer.headers.get("content-encoding") == chosen
        assert answer.headers["vary"].startswith("Accept-Encoding")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("", "en"), ("nl", "en"), ("de-AT", "de"), ("fr-CH, en;q=0.5", "fr"), ("en, fr;q=0.9", "en"), (";;,", "en")],
)
def test_a_page_is_in_the_language_of_the_browser(http: httpx.Client, wanted: str, language: str) -> None:
    answer = http.get("/login", headers={"Accept-Language": wanted})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{language}"' in answer.text
    assert "netim_browser" in answer.headers["set-cookie"]


def test_a_page_holds_its_style_and_fetches_none(http: httpx.Client) -> None:
    page = http.get("/login").text
    assert re.search(r"<style>.*\.rounded-control", page, re.DOTALL)
    assert re.findall(r'<link [^>]*rel="stylesheet"(?! disabled)', page) == []


def test_password_managers_are_led_to_the_change(http: httpx.Client) -> None:
    answer = http.get("/.well-known/change-password")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/account/connection-and-security#password"
    nowhere = http.get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")
    assert nowhere.status_code == 404


def redirect_of(server: Server, path: str, host: str) -> tuple[int, str]:
    """The status and the place that a request for exactly this path is sent to."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Host": host})
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers.get("Location", "")


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "a@evil.test", "127.0.0.1:3000"])
def test_headers_no_redirect_leads_to_the_host_that_was_sent(server: Server, host: str) -> None:
    odd = [path for page in PAGES[1:] for path in (f"/{page}", f"{page}//", f"/.{page}", f"{page}/.", f"//{page}?a=b")]
    odd += [
        "//assets",
        "//evil.test",
        "//evil.test/..",
        "/%2f/login",
        "/\\login",
        "/healthz/",
        "/auth/session/",
        "/ping/",
    ]
    answers = {path: redirect_of(server, path, host) for path in odd}
    assert any(status == 307 for status, _ in answers.values())
    for path, (status, location) in answers.items():
        assert status in (200, 301, 302, 303, 307, 308, 400, 404, 405), path
        assert bool(re.fullmatch(r"/([^/\\].*)?", location)) is bool(location), (path, location)
    status, location = redirect_of(server, "//login", host)
    assert redirect_of(server, location, host) == (200, ""), "it leads to the page"
