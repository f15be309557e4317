"""The session cookie and the tickets it comes from."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from netim_app.identity import sessions, tickets
from reflex_guard.tokens import digest, new_token
from tests.kit.cookies import attributes, is_logged_in
from tests.kit.harness import PASSWORD, Client, Server
from tests.kit.pages import PERSONAL

MINUTE, HOUR, DAY = 60, 3600, 86400
CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.127.0.0.1"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:3000"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": ""},
]


async def login_ticket(client: Client, email: str, **form: Any) -> str:
    await client.load("/login")
    ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD} | form)
    assert ticket
    return ticket


@pytest.mark.parametrize("remember", [False, True])
async def test_cookie_attrs(server: Server, email: str, remember: bool) -> None:
    async with Client(server) as client:
        page = await client.http.get("/login")
        browser = attributes(page, "netim_browser")
        assert {"httponly", "path", "samesite", "max-age"} == set(browser) - {""}
        assert browser["max-age"] == str(365 * DAY)
        response = await client.log_in(email, remember=remember)
        session = attributes(response, "netim_session")
        assert set(session) - {""} == {"httponly", "path", "samesite"} | ({"max-age"} if remember else set())
        assert (session["path"], session["samesite"].lower()) == ("/", "lax")
        if remember:
            assert 29 * DAY < int(session["max-age"]) <= 30 * DAY
        assert re.fullmatch(r"[\w-]{43}", session[""])
        assert response.status_code == 303
        assert response.headers["cache-control"] == "no-store"


async def test_cookie_attrs_in_production(production: Server, new_email: Callable[[], str]) -> None:
    email = production.create_account(new_email())
    async with Client(production) as client:
        page = await client.http.get("/login")
        browser = attributes(page, "__Host-netim_browser")
        assert {"httponly", "secure", "path", "samesite", "max-age"} == set(browser) - {""}
        cookie = f"__Host-netim_browser={browser['']}"
        await client.connect("/login", headers={"Cookie": cookie})
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        headers = {"Sec-Fetch-Site": "same-origin", "Cookie": cookie}
        response = await client.http.post("/auth/session", data={"ticket": ticket}, headers=headers)
        session = attributes(response, "__Host-netim_session")
        assert set(session) - {""} == {"secure", "httponly", "path", "samesite"}
        assert session["path"] == "/"
        assert response.headers["location"] == PERSONAL
        assert "max-age" in response.headers["strict-transport-security"]
        logged_in = f"{cookie}; __Host-netim_session={session['']}"
        await client.connect(PERSONAL, headers={"Cookie": logged_in})
        await client.call("ShellState.open_account_page")
        assert client.vars["ShellState.customer_name"] == "Anna Martin"
        await client.connect(PERSONAL, headers={"Cookie": logged_in.replace("__Host-", "")})
        await client.call("ShellState.open_account_page")
        assert client.vars["ShellState.customer_name"] == ""
        out = await client.http.post("/auth/logout", headers={"Sec-Fetch-Site": "same-origin", "Cookie": logged_in})
        assert attributes(out, "__Host-netim_session")["max-age"] == "0"
        assert "secure" in attributes(out, "__Host-netim_session")


async def test_production_knows_no_page_for_developers(production: Server) -> None:
    async with Client(production) as client:
        await client.load("/login")
        await client.call("MailboxState.open_page")
        assert "MailboxState.mails" not in client.vars


async def test_fixation(server: Server, email: str) -> None:
    planted = new_token()
    async with Client(server, cookies={"netim_session": planted}) as client:
        await client.log_in(email)
        first = client.session_cookie
        assert first != planted
        assert server.query("SELECT 1 FROM account_session WHERE token_digest = :d", d=digest(planted)) == []
        ticket = await client.ticket("StepUpState.submit", form={"password": PASSWORD})
        await client.redeem(ticket)
        assert client.session_cookie not in (first, planted)
        assert await is_logged_in(client)
        async with Client(server, cookies={"netim_session": first}) as old:
            assert not await is_logged_in(old)
        last = await _logged_out(server, client)
    async with Client(server, cookies={"netim_session": ""}) as twice:
        await twice.log_in(email)
        held = twice.session_cookie
        await twice.log_in(email)
        assert await is_logged_in(twice)
        async with Client(server, cookies={"netim_session": held}) as old:
            assert not await is_logged_in(old), "what the browser held before logging in again is dead"
    async with Client(server, cookies={"netim_session": last}) as again:
        await again.log_in(email)
        assert again.session_cookie not in (first, last, planted)


async def test_token_random(server: Server, email: str) -> None:
    (account,) = server.query("SELECT id FROM account WHERE email = :e", e=email)
    secrets: set[str] = set()
    with server.units.write() as unit:
        for number in range(500):
            browser = digest(f"device {number}")
            ticket = tickets.issue_ticket(unit, purpose="login", account_id=account, browser_digest=browser)
            unit.session.flush()
            opened = tickets.redeem_ticket(unit, ticket, browser, sessions.Origin())
            assert opened is not None
            secrets |= {ticket, opened.token}
        unit.session.rollback()
    assert len(secrets) == 1000
    assert {len(secret) for secret in secrets} == {43}  # 256 bits
    used = {position: {secret[position] for secret in secrets} for position in range(42)}
    assert min(len(characters) for characters in used.values()) > 55, "each place takes all 64 characters"


async def test_token_random_database_keeps_digests_only(server: Server, anna: Client) -> None:
    text = str(server.dump())
    assert digest(anna.session_cookie) in text
    assert anna.session_cookie not in text


async def _logged_out(server: Server, client: Client) -> str:
    value = client.session_cookie
    await client.log_out()
    return value


async def _revoked(server: Server, client: Client) -> str:
    with server.units.write() as unit:
        for account in server.query("SELECT id FROM account"):
            sessions.end_sessions(unit, account)
    return client.session_cookie


async def _expired(server: Server, client: Client) -> str:
    server.move_clock(13 * HOUR)
    return client.session_cookie


async def _changed(how: Callable[[str], str], client: Client) -> str:
    return how(client.session_cookie)


DEAD: dict[str, Callable[[Server, Client], Any]] = {
    "logged out": _logged_out,
    "revoked": _revoked,
    "expired": _expired,
    "truncated": lambda _, client: _changed(lambda v: v[:-1], client),
    "longer": lambda _, client: _changed(lambda v: v + "A", client),
    "other case": lambda _, client: _changed(str.swapcase, client),
    "quoted": lambda _, client: _changed(lambda v: f'"{v} "', client),
    "digest": lambda _, client: _changed(digest, client),
    "empty": lambda _, client: _changed(lambda _v: "", client),
    "long": lambda _, client: _changed(lambda v: v * 100, client),
}


@pytest.mark.parametrize("way", DEAD)
async def test_replay_cookie(server: Server, anna: Client, way: str) -> None:
    assert await is_logged_in(anna)
    value = await DEAD[way](server, anna)
    async with Client(server, cookies={"netim_session": value}) as thief:
        page = await thief.http.get(PERSONAL)
        assert page.status_code == 200
        assert "Anna" not in page.text
        assert not await is_logged_in(thief)
        assert "Anna" not in str(thief.heard)
        out = await thief.log_out()
        assert (out.status_code, out.headers["location"]) == (303, "/login?bye=1")


@pytest.mark.parametrize(
    ("remember", "alive", "dead"),
    [(False, 29 * MINUTE, 31 * MINUTE), (True, 29 * DAY, 30 * DAY + MINUTE)],
    ids=["idle", "remembered"],
)
async def test_timeouts(server: Server, email: str, remember: bool, alive: int, dead: int) -> None:
    async with Client(server) as client, Client(server) as other:
        await client.log_in(email, remember=remember)
        await other.log_in(email, remember=remember)
        server.move_clock(alive)
        assert await is_logged_in(client)
        server.move_clock(dead)
        await other.send("ProfileState.save", form={})
        await other.until(lambda: bool(other.redirects()))
        assert other.redirects()[-1] == f"/login?next={PERSONAL}&ended=1"


async def test_timeouts_activity_moves_the_idle_limit_and_not_the_absolute_one(server: Server, email: str) -> None:
    async with Client(server) as client:
        await client.log_in(email)
        for step in range(1, 36):
            server.move_clock(step * 20 * MINUTE)
            await client.call("PasswordState.close")
        assert client.redirects() == []
        server.move_clock(12 * HOUR + MINUTE)
        await client.call("PasswordState.close")
        assert client.redirects() == [f"/login?next={PERSONAL}&ended=1"]


async def test_others_die(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as other:
        await other.log_in(email, remember=True)
        before = anna.session_cookie
        form = {"current": PASSWORD, "password": "another 9 lanterns in fog"}
        ticket = await anna.ticket("PasswordState.submit", form=form)
        await anna.redeem(ticket)
        assert anna.session_cookie != before
        assert await is_logged_in(anna)
        assert not await is_logged_in(other)
        assert other.redirects()[-1].startswith("/login")


async def test_renewal_tells_other_tabs_to_reload(server: Server, anna: Client) -> None:
    async with Client(server, cookies=dict(anna.http.cookies)) as tab:
        assert await is_logged_in(tab)
        ticket = await anna.ticket("StepUpState.submit", form={"password": PASSWORD})
        await anna.redeem(ticket)
        before = server.dump("account_session")
        await tab.call("LoginAlertsState.switch", on=True)
        assert tab.vars["TicketExchangeState.reload"] is True
        assert tab.redirects() == []
        assert server.dump("account_session") == before
        tab.http.cookies.clear()
        for cookie in anna.http.cookies.jar:
            tab.http.cookies.jar.set_cookie(cookie)
        assert await is_logged_in(tab)
        assert tab.vars["TicketExchangeState.reload"] is False


async def test_tab_that_lost_the_new_cookie_signs_in_again_instead_of_reloading_for_ever(
    server: Server, anna: Client
) -> None:
    async with Client(server, cookies=dict(anna.http.cookies)) as tab:
        assert await is_logged_in(tab)
        await anna.redeem(await anna.ticket("StepUpState.submit", form={"password": PASSWORD}))
        await tab.call("LoginAlertsState.switch", on=True)
        assert tab.vars["TicketExchangeState.reload"] is True
        await tab.connect("/account/connection-and-security")
        await tab.call("ShellState.open_account_page")
        assert tab.vars["TicketExchangeState.reload"] is False
        assert tab.redirects()[-1].endswith("&ended=1")
        await tab.connect("/login")
        await tab.call("LoginState.open_page")
        assert tab.vars["TicketExchangeState.reload"] is False


@pytest.mark.parametrize("headers", CROSS_SITE)
async def test_csrf(server: Server, email: str, headers: dict[str, str]) -> None:
    async with Client(server) as client:
        ticket = await login_ticket(client, email)
        base = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in client.http.cookies.jar), **headers}
        async with httpx.AsyncClient(base_url=server.address) as foreign:
            for path in ("/auth/session", "/auth/logout"):
                for sent in ({"data": {"ticket": ticket}}, {"content": f"ticket={ticket}"}):
                    kind = {} if "data" in sent else {"Content-Type": "text/plain"}
                    answer = await foreign.post(path, headers=base | kind, **sent)
                    assert answer.status_code == 403
                    assert "set-cookie" not in answer.headers
        assert (await client.redeem(ticket)).headers["location"] == PERSONAL, "the ticket is still good"
        assert await is_logged_in(client)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_csrf_other_methods(server: Server, anna: Client, method: str) -> None:
    ticket = await anna.ticket("StepUpState.submit", form={"password": PASSWORD})
    for path in ("/auth/logout", "/auth/session"):
        answer = await anna.http.request(
            method, path, params={"ticket": ticket}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code in (404, 405) or method == "OPTIONS"
        assert not attributes(answer, "netim_session")
    assert await is_logged_in(anna)


@pytest.mark.parametrize("who", ["customer", "stranger"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        PERSONAL,
        "/healthz",
        "/ping",
        "/auth/session",
        "/auth/logout",
        "/nowhere",
        "/favicon.svg",
        "/_event/",
    ],
)
async def test_cors(server: Server, anna: Client, path: str, who: str) -> None:
    if who == "stranger":
        anna.http.cookies.clear()
    for origin in ("https://evil.test", "null", "http://127.0.0.1:3000.evil.test"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = await anna.http.request(
                method, path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
            )
            # Without this one no other CORS header means anything to a browser.
            assert "access-control-allow-origin" not in answer.headers


async def test_tickets_are_single_use(server: Server, email: str) -> None:
    async with Client(server) as client:
        ticket = await login_ticket(client, email)
        assert attributes(await client.redeem(ticket), "netim_session")
        again = await client.redeem(ticket)
        assert again.headers["location"] == "/login?again=1"
        assert not attributes(again, "netim_session")


@pytest.mark.parametrize(("later", "works"), [(29, True), (31, False)])
async def test_tickets_live_30_seconds(server: Server, email: str, later: int, works: bool) -> None:
    async with Client(server) as client:
        ticket = await login_ticket(client, email)
        server.move_clock(later - 1)
        assert bool(attributes(await client.redeem(ticket), "netim_session")) is works


async def test_tickets_are_bound_to_the_browser(server: Server, email: str) -> None:
    async with Client(server) as client, Client(server) as thief:
        ticket = await login_ticket(client, email)
        await thief.load("/login")
        for _ in range(2):
            assert (await thief.redeem(ticket)).headers["location"] == "/login?again=1"
            thief.http.cookies.clear()
        assert attributes(await client.redeem(ticket), "netim_session")


async def test_tickets_race(server: Server, email: str) -> None:
    async with Client(server) as client:
        ticket = await login_ticket(client, email)
        answers = await asyncio.gather(*(client.redeem(ticket) for _ in range(20)))
        assert len([a for a in answers if attributes(a, "netim_session")]) == 1
    count = "SELECT count(*) FROM account_session JOIN account ON account.id = account_id WHERE email = :e"
    assert server.query(count, e=email) == [1]


@pytest.mark.parametrize("body", ["", "ticket=", "ticket=a&ticket=b&ticket=c", "x" * 5000, "ticket=%00", "%", "\xff"])
async def test_tickets_malformed(guest: Client, body: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        answer = await guest.http.post("/auth/session", content=body, headers=headers | {"Content-Type": kind})
        assert answer.status_code in (303, 400, 413)
        assert not attributes(answer, "netim_session")
        assert "Traceback" not in answer.text


async def test_tickets_body_without_length(guest: Client) -> None:
    async def endless() -> Any:
        for _ in range(64):
            yield b"ticket=" + b"x" * 65536

    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.suppress(httpx.ReadError, httpx.WriteError):  # it hangs up while we still talk
        answer = await guest.http.post("/auth/session", content=endless(), headers=headers)
        assert answer.status_code == 411
    assert (await guest.http.get("/healthz")).status_code == 200


async def test_tickets_that_are_made_up_take_no_turn_to_write(server: Server, email: str) -> None:
    """Nor do cookies: somebody else is writing, and both are answered meanwhile."""
    async with Client(server) as client, Client(server, cookies={"netim_session": new_token()}) as stranger:
        ticket = await login_ticket(client, email)
        await stranger.load("/login")
        with contextlib.closing(sqlite3.connect(server.folder / "netim.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert (await stranger.redeem("A" * 43)).headers["location"] == "/login?again=1"
            assert (await stranger.log_out()).headers["location"] == "/login?bye=1"
            waiting = asyncio.create_task(client.redeem(ticket))
            await asyncio.wait({waiting}, timeout=0.5)
            assert not waiting.done(), "a real one does wait"
            other.execute("ROLLBACK")
        assert attributes(await waiting, "netim_session")


async def test_csrf_login_of_the_attacker(server: Server, email: str, new_email: Callable[[], str]) -> None:
    """Nobody can be logged in to an attacker's account: the ticket works in the attacker's own browser only."""
    server.create_account(new_email())
    async with Client(server) as attacker, Client(server) as victim:
        ticket = await login_ticket(attacker, email)
        await victim.load("/login")
        assert not attributes(await victim.redeem(ticket), "netim_session")
