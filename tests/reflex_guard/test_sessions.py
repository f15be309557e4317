"""sessions, session_routes, cookies: a ticket becomes a cookie once, and only for forms of our own pages."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_guard.cookies import CookieDigests, host_name
from reflex_guard.session_routes import MAX_FORM_BYTES, SessionRoutes
from reflex_guard.sessions import TICKET_LIFE, MemorySessions
from reflex_guard.tokens import digest, digests_in, new_token

ORIGIN = "https://count.example"
COOKIE = host_name("session", secure=True)
OURS = {"Sec-Fetch-Site": "same-origin"}


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> MemorySessions[str]:
    return MemorySessions(timedelta(hours=1), clock)


def client_of(sessions: MemorySessions[str], **options: Any) -> httpx.AsyncClient:
    """A browser, and the routes behind the middleware."""
    routes = SessionRoutes(sessions, cookie=COOKIE, origins=[ORIGIN], home="/in", login="/out", **options)
    app = CookieDigests(routes.application(), names={"session": COOKIE}, origins=[ORIGIN])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, headers=OURS)


async def test_a_ticket_opens_a_session_once(sessions: MemorySessions[str]) -> None:
    ticket = await sessions.issue("Anna")
    tokens = await asyncio.gather(*(sessions.redeem(ticket) for _ in range(20)))

    (token,) = filter(None, tokens)
    assert await sessions.look_up(digest(token)) == "Anna"
    assert await sessions.look_up(token) is None
    await sessions.end(digest(token))
    assert await sessions.look_up(digest(token)) is None


async def test_nothing_that_is_kept_logs_in(sessions: MemorySessions[str]) -> None:
    ticket = await sessions.issue("Anna")
    assert ticket not in str(vars(sessions))
    token = await sessions.redeem(ticket)
    assert token
    assert token not in str(vars(sessions))


async def test_tickets_and_sessions_end_by_themselves(sessions: MemorySessions[str], clock: Clock) -> None:
    late, early = await sessions.issue("late"), await sessions.issue("early")
    clock.now += TICKET_LIFE.total_seconds() - 1
    token = await sessions.redeem(early)
    clock.now += 1
    assert await sessions.redeem(late) is None
    assert token

    assert await sessions.look_up(digest(token)) == "early"
    clock.now += 3600
    assert await sessions.look_up(digest(token)) is None


async def test_a_posted_ticket_becomes_a_cookie_that_no_script_reads(sessions: MemorySessions[str]) -> None:
    async with client_of(sessions) as browser:
        answer = await browser.post("/auth/session", data={"ticket": await sessions.issue("Anna")})
        assert (answer.status_code, answer.headers["location"]) == (303, "/in")
        value = answer.cookies[COOKIE]
        assert answer.headers["set-cookie"] == f"__Host-session={value}; HttpOnly; Path=/; SameSite=lax; Secure"
        assert await sessions.look_up(digest(value)) == "Anna"

        again = await browser.post("/auth/session", data={"ticket": await sessions.issue("Bob")})
        assert await sessions.look_up(digest(value)) is None, "the session that the browser held has ended"
        assert await sessions.look_up(digest(again.cookies[COOKIE])) == "Bob"

        out = await browser.post("/auth/logout", data={})
        assert out.headers["location"] == "/out"
        assert 'session=""' in out.headers["set-cookie"]
        assert await sessions.look_up(digest(again.cookies[COOKIE])) is None


@pytest.mark.parametrize("sent", ["", "x", "no-such-ticket" + "x" * 29])
async def test_what_is_no_ticket_gets_no_cookie(sessions: MemorySessions[str], sent: str) -> None:
    async with client_of(sessions) as browser:
        answer = await browser.post("/auth/session", data={"ticket": sent})
    assert (answer.headers["location"], "set-cookie" in answer.headers) == ("/out", False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none", "Origin": ORIGIN}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Origin": ORIGIN}, 303),
    ],
)
async def test_only_our_own_pages_post(sessions: MemorySessions[str], headers: dict[str, str], status: int) -> None:
    ticket = await sessions.issue("Anna")
    async with client_of(sessions) as browser:
        del browser.headers["Sec-Fetch-Site"]
        answer = await browser.post("/auth/session", data={"ticket": ticket}, headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) is (status == 303)
    assert (await sessions.redeem(ticket) is None) is (status == 303), "a refused ticket is not spent"


async def test_a_form_says_how_long_it_is_and_is_small(sessions: MemorySessions[str]) -> None:
    async def chunks() -> Any:
        yield b"ticket=x"

    async with client_of(sessions) as browser:
        long = await browser.post("/auth/session", data={"ticket": "x" * MAX_FORM_BYTES})
        unsaid = await browser.post("/auth/session", content=chunks())
        assert (long.status_code, unsaid.status_code) == (413, 411)
        assert (await browser.get("/auth/session")).status_code == 405


async def seen_behind(headers: list[tuple[bytes, bytes]], kind: str = "http") -> tuple[dict[str, str] | None, int]:
    """The digests that reach what is behind the middleware, and the status or code of a refusal."""
    seen: dict[str, str] | None = None
    codes: list[int] = []

    async def behind(scope: Scope, _receive: Receive, _send: Send) -> None:
        nonlocal seen
        assert b"cookie" not in dict(scope["headers"])
        (told,) = [value for name, value in scope["headers"] if name == b"authorization"]
        seen = digests_in(told.decode())

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        codes.extend(message[name] for name in ("status", "code") if name in message)

    app: ASGIApp = CookieDigests(
        behind, names={"session": COOKIE, "theme": "theme"}, origins=[ORIGIN], harmless=["theme"]
    )
    await app({"type": kind, "path": "/", "headers": headers}, receive, send)
    return seen, codes[0] if codes else 0


SECRET = new_token()
CARRIED = (b"cookie", f"{COOKIE}={SECRET}".encode())
HARMLESS = (b"cookie", f"theme={SECRET}".encode())


async def test_what_is_behind_sees_digests_alone() -> None:
    forged = (b"authorization", f"session {'0' * 64}; theme ".encode())
    assert await seen_behind([CARRIED, forged]) == ({"session": digest(SECRET), "theme": ""}, 0)
    assert await seen_behind([forged]) == ({"session": "", "theme": ""}, 0)
    assert await seen_behind([(b"cookie", f"{COOKIE}=short".encode())]) == ({"session": "", "theme": ""}, 0)


@pytest.mark.parametrize(("kind", "code"), [("http", 400), ("websocket", 1008)])
async def test_a_cookie_that_comes_twice_is_refused(kind: str, code: int) -> None:
    ours = (b"origin", ORIGIN.encode())
    assert await seen_behind([CARRIED, CARRIED, ours], kind) == (None, code)
    assert await seen_behind([CARRIED, ours], kind) == ({"session": digest(SECRET), "theme": ""}, 0)


async def test_a_handshake_that_logs_in_comes_from_our_own_pages() -> None:
    ask = partial(seen_behind, kind="websocket")
    assert await ask([CARRIED, (b"origin", b"https://evil.example")]) == (None, 1008)
    assert await ask([CARRIED]) == (None, 1008)
    assert await ask([HARMLESS]) == ({"session": "", "theme": digest(SECRET)}, 0)
    assert (await ask([CARRIED, (b"origin", ORIGIN.encode())]))[1] == 0
