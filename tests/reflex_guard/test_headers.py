"""headers: every answer carries them, and the policy lets exactly our inline scripts run."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from reflex_guard.headers import (
    IMMUTABLE,
    SecurityHeaders,
    content_security_policy,
    inline_script_hashes,
    relative,
)

URL = "https://account.netim.example"


async def _page(_request: Request) -> Response:
    return PlainTextResponse(
        "ok", headers={"Server": "granian/2.8", "X-Powered-By": "python", "X-Frame-Options": "ALLOW"}
    )


async def _own_cache(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Cache-Control": "private, max-age=5"})


async def _crash(_request: Request) -> Response:
    raise RuntimeError("boom")


def _client(*, production: bool = False) -> httpx.AsyncClient:
    routes = [
        Route("/", _page),
        Route("/own", _own_cache),
        Route("/crash", _crash),
        Route("/assets/{path:path}", _page),
    ]
    app = SecurityHeaders(Starlette(routes=routes), origins=[URL], production=production)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=URL)


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/missing", 404), ("/crash", 500), ("/assets/a-1234abcd.js", 200)]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_every_answer_carries_the_headers(path: str, status: int, method: str) -> None:
    async with _client() as client:
        answer = await client.request(method, path)
    assert answer.status_code == (405 if method == "POST" and path != "/missing" else status)
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers.get_list("x-frame-options") == ["DENY"]
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    is_document = answer.headers["cache-control"] != IMMUTABLE
    assert ("camera=()" in headers.get("permissions-policy", "")) == is_document
    assert ("script-src" in headers["content-security-policy"]) == is_document
    assert headers.get_list("server") == ["web"]
    assert "x-powered-by" not in headers
    assert "strict-transport-security" not in headers


async def test_only_production_binds_browsers_to_https() -> None:
    async with _client(production=True) as client:
        answer = await client.get("/missing")
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    assert "upgrade-insecure-requests" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "no-store"),
        ("/missing", "no-store"),
        ("/own", "private, max-age=5"),
        ("/assets/root-BxYz12-4.js", IMMUTABLE),
        ("/assets/[account]._index-D_dZ1234.css", IMMUTABLE),
        ("/assets/logo.svg", "no-store"),
        ("/favicon-12345678.ico", "no-store"),
    ],
)
async def test_what_may_be_kept(path: str, expected: str) -> None:
    async with _client() as client:
        answer = await client.get(path)
    assert answer.headers.get_list("cache-control") == [expected]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("image/svg+xml", "image/svg+xml; charset=utf-8"),
        ("application/xml", "application/xml; charset=utf-8"),
        ("text/html; charset=latin-1", "text/html; charset=latin-1"),
        ("application/json", "application/json"),
        ("font/woff2", "font/woff2"),
    ],
)
async def test_characters_say_how_they_are_written(kind: str, said: str) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", kind.encode())]})
        await send({"type": "http.response.body", "body": b"x"})

    guarded = SecurityHeaders(app, origins=[URL], production=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url=URL) as client:
        answer = await client.get("/")
    assert answer.headers.get_list("content-type") == [said]


async def test_a_missing_hashed_file_is_not_kept() -> None:
    app = SecurityHeaders(Starlette(), origins=[URL], production=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        answer = await client.get("/assets/root-BxYz1234.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


async def test_a_refused_websocket_carries_them_and_an_accepted_one_passes() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.accept"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await SecurityHeaders(app, origins=[URL], production=False)({"type": "websocket", "path": "/_event"}, send, send)
    assert (b"x-frame-options", b"DENY") in sent[0]["headers"]
    assert sent[1] == {"type": "websocket.accept"}


@pytest.mark.parametrize(
    ("url", "socket"),
    [(URL, "wss://account.netim.example"), ("http://127.0.0.1:3000", "ws://127.0.0.1:3000")],
)
def test_the_policy_names_our_socket_and_allows_no_eval(url: str, socket: str) -> None:
    policy = content_security_policy(url, production=False, script_hashes=["'sha256-abc='"])
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["connect-src"] == f"'self' {socket}"
    assert directives["script-src"] == "'self' 'sha256-abc='"
    assert directives["default-src"] == directives["object-src"] == directives["base-uri"] == "'none'"
    assert "unsafe-eval" not in policy
    assert "*" not in policy


def test_exactly_the_inline_scripts_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "index.html").write_bytes(
        b"<html><script>a < b && '</' + 'x';</script><SCRIPT type=module>\r\nimport 'x';\n</SCRIPT>"
        b"<script src='/assets/x.js'></script><script async src=/y.js>fallback()</script>"
        b"<p>not a script</p><button onclick='evil()'>x</button></html>"
    )
    (tmp_path / "login" / "index.html").write_text("<script>é()</script>", encoding="utf-8")
    (tmp_path / "x.js").write_text("<script>not html</script>")
    expected = {"a < b && '</' + 'x';", "\nimport 'x';\n", "é()"}
    assert set(inline_script_hashes(tmp_path)) == {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in expected
    }


def test_no_build_means_no_hashes(tmp_path: Path) -> None:
    assert inline_script_hashes(tmp_path / "missing") == ()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/login?again=1", "/login?again=1"),
        ("https://evil.test/login/?a=b#c", "/login/?a=b#c"),
        ("http://evil.test//login/", "/login/"),
        ("//evil.test/login", "/evil.test/login"),
        ("/\\evil.test", "/evil.test"),
        ("HTTPS://evil.test", "/"),
        ("http://[/x", "/x"),
        ("login/", "/login/"),
        ("", "/"),
    ],
)
def test_redirects_stay_here(location: str, expected: str) -> None:
    assert relative(location) == expected
