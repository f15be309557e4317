"""Guessing, enumeration, passwords, and the links that are mailed."""

import asyncio
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netim_app import build as front_end
from netim_app.infra.rate_limit import LOGIN_PER_ADDRESS
from netim_app.settings import Settings
from reflex_guard.tokens import digest
from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, ROOT, Client, Server, fresh_address, link_in, production_server
from tests.kit.login import NEW_PASSWORD, WRONG, ask_reset, attempt, can_log_in, link_from, shape
from tests.kit.windows import whole_window

MINUTE = 60
FORWARDING = [
    {"X-Forwarded-For": "203.0.113.{n}"},
    {"X-Forwarded-For": "127.0.0.1, 203.0.113.{n}"},
    {"X-Forwarded-For": "203.0.113.{n}", "x-forwarded-for": "127.0.0.1", "X-FORWARDED-FOR": "203.0.113.{n}"},
    {"X-Real-IP": "203.0.113.{n}"},
    {"Forwarded": "for=203.0.113.{n}"},
    {"CF-Connecting-IP": "203.0.113.{n}"},
    {"True-Client-IP": "203.0.113.{n}"},
    {"X-Client-IP": "203.0.113.{n}", "X-Cluster-Client-IP": "203.0.113.{n}", "X-Forwarded-For": "203.0.113.{n}"},
]


def failures(server: Server) -> int:
    return sum(server.query("SELECT failures FROM attempt_window"))


async def test_bf_single(server: Server, email: str) -> None:
    before = failures(server)
    said = set()
    async with Client(server) as attacker:
        await attacker.load("/login")
        for number in range(25):
            assert await attempt(attacker, email, f"{WRONG} {number}") == ""
            said.add(str(attacker.vars["LoginState.errors"]))
        assert await attempt(attacker, email, PASSWORD) == "", "five guesses are used up, so even the right one fails"
        said.add(str(attacker.vars["LoginState.errors"]))
    assert failures(server) - before == 5
    assert len(said) == 1
    server.move_clock(15 * MINUTE + 1)
    assert await can_log_in(server, email, PASSWORD)


async def test_bf_address_is_limited_over_all_accounts(server: Server, new_email: Callable[[], str]) -> None:
    """Also the end of spraying: one password over many accounts from one address."""
    async with Client(server) as attacker:
        await attacker.load("/login")
        before = len(server.query("SELECT 1 FROM attempt_window"))
        await whole_window(LOGIN_PER_ADDRESS, 40)
        for _ in range(LOGIN_PER_ADDRESS.amount + 10):
            await attempt(attacker, new_email(), PASSWORD)
        assert len(server.query("SELECT 1 FROM attempt_window")) - before == LOGIN_PER_ADDRESS.amount
        assert "try again" in str(attacker.vars["LoginState.errors"]).lower()


@pytest.mark.parametrize("headers", FORWARDING, ids=",".join)
async def test_bf_xff(server: Server, email: str, headers: dict[str, str]) -> None:
    before = failures(server)
    async with Client(server) as attacker:
        await attacker.load("/login")
        sent: dict[str, str] = {}
        for number in range(8):
            sent = {name: value.format(n=number + 1) for name, value in headers.items()}
            await attacker.connect(headers=sent)
            assert await attempt(attacker, email, WRONG) == ""
        assert await attempt(attacker, email, PASSWORD) == ""
        assert failures(server) - before == 5
        server.move_clock(16 * MINUTE)
        ticket = await attempt(attacker, email, PASSWORD)
        await attacker.http.post(
            "/auth/session", data={"ticket": ticket}, headers={"Sec-Fetch-Site": "same-origin"} | sent
        )
        address = "SELECT address FROM account_session JOIN account ON account.id = account_id WHERE email = :e"
        assert server.query(address, e=email) == [attacker.local_address]
    assert "203.0.113." not in server.log
    assert f"ip={attacker.local_address}" in server.log


async def test_bf_parallel(server: Server, email: str) -> None:
    before = failures(server)
    clients = [Client(server) for _ in range(100)]
    try:
        await asyncio.gather(*(client.load("/login") for client in clients))
        tickets = await asyncio.gather(*(attempt(client, email, f"{WRONG} {n}") for n, client in enumerate(clients)))
        assert not any(tickets)
        assert failures(server) - before == 5
        assert await attempt(clients[0], email, PASSWORD) == ""
    finally:
        await asyncio.gather(*(client.__aexit__() for client in clients))


async def test_bf_parallel_survives_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        server.start()
        server.create_account("anna@example.com")
        async with Client(server) as attacker:
            await attacker.load("/login")
            for _ in range(5):
                await attempt(attacker, "anna@example.com", WRONG)
        server.stop()
        server.start()
        assert not await can_log_in(server, "anna@example.com", PASSWORD)
    finally:
        server.stop()
        server.close()


async def test_victim_lockout(server: Server, anna: Client, email: str) -> None:
    await anna.log_out()
    async with Client(server) as attacker:
        await attacker.load("/login")
        for _ in range(6):
            await attempt(attacker, email, WRONG)
        assert await attempt(attacker, email, PASSWORD) == ""
    await anna.load("/login")
    assert await attempt(anna, email, PASSWORD), "her own browser is known"
    async with Client(server) as elsewhere:
        await elsewhere.load("/forgot-password")
        token = await ask_reset(server, elsewhere, email)
        await elsewhere.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        assert elsewhere.vars["ResetState.done"]
        async with Client(server) as attacker:
            await attacker.load("/login")
            assert await attempt(attacker, email, NEW_PASSWORD) == "", "the attacker's budget is still used up"
        assert await attempt(elsewhere, email, NEW_PASSWORD), "the browser that reset is known from then on"


async def test_unlock(server: Server, anna: Client, email: str) -> None:
    await anna.log_out()
    await anna.load("/login")
    for client_is_known in (True, False):
        async with Client(server) as stranger:
            await stranger.load("/login")
            client = anna if client_is_known else stranger
            for _ in range(6):
                await attempt(client, email, WRONG)
            assert await attempt(client, email, PASSWORD) == ""
    done = await asyncio.to_thread(server.netim, "unlock", email)
    assert done.returncode == 0
    assert await attempt(anna, email, PASSWORD)
    assert await can_log_in(server, email, PASSWORD)
    assert await asyncio.to_thread(server.wait_for_mail, email, 1, "unlocked")
    nobody = await asyncio.to_thread(server.netim, "unlock", "nobody@example.com")
    assert (nobody.returncode, nobody.stderr.strip()) == (1, "no account has this e-mail address")


async def test_enum_login(server: Server, email: str, anna: Client, new_email: Callable[[], str]) -> None:
    locked, disabled, waiting, unknown = (new_email() for _ in range(4))
    server.create_account(locked)
    server.create_account(disabled)
    assert (await asyncio.to_thread(server.netim, "disable", disabled)).returncode == 0
    async with Client(server) as attacker:
        await attacker.load("/login")
        for _ in range(6):
            await attempt(attacker, locked, WRONG)
        await attacker.call(
            "SignUpState.submit",
            form={"email": waiting, "first_name": "A", "last_name": "B", "password": PASSWORD},
        )
    shapes = {}
    for who, password in (
        (email, WRONG), (unknown, WRONG), (locked, WRONG), (locked, PASSWORD), (disabled, PASSWORD),
        (waiting, PASSWORD),
    ):  # fmt: skip
        async with Client(server) as attacker:
            page = await attacker.load("/login")
            await attacker.settle()
            attacker.heard.clear()
            assert await attempt(attacker, who, password) == ""
            shapes[who, password == PASSWORD] = (shape(attacker.heard), sorted(page.cookies))
    assert len({str(found) for found in shapes.values()}) == 1, shapes
    assert await can_log_in(server, email, PASSWORD)


async def test_enum_signup_reset(server: Server, email: str, new_email: Callable[[], str]) -> None:
    shapes = []
    known, unknown = email, new_email()
    for who in (known, unknown):
        for handler in ("SignUpState.submit", "ForgotState.submit"):
            async with Client(server) as client:
                await client.load("/signup")
                await client.settle()
                client.heard.clear()
                form = {"email": who, "first_name": "A", "last_name": "B", "password": PASSWORD}
                await client.call(handler, form=form)
                shapes.append((handler, str(shape(client.heard)).replace(who, "?")))
    assert len(set(shapes)) == 2
    await link_from(server, unknown, page="verify-email")
    await link_from(server, known)
    assert {"verify-email" in str(m) for m in server.mails(known)} == {False}
    assert len(server.mails(unknown)) == 1


async def test_enum_signup_reset_email_change_is_no_oracle(server: Server, new_email: Callable[[], str]) -> None:
    taken, free = server.create_account(new_email()), new_email()
    address, shapes = fresh_address(), []
    for who in (taken, free):
        async with Client(server, local_address=address) as anna:
            own = server.create_account(new_email())
            await anna.log_in(own)
            anna.heard.clear()
            await anna.call("EmailState.submit", form={"email": who})
            heard = str(shape(anna.heard)).replace(who, "?").replace(own, "own")
            shapes.append(re.sub(r"'(id|number)': \d+|\d\d:\d\d", "", heard))  # sessions and the activity have these
    assert shapes[0] == shapes[1]
    await link_from(server, free, page="verify-email")
    assert server.mails(taken) == []


WEAK = {
    "short": "Ab3$x 9",
    "one character less": "Zq8#vL2!mKp",
    "common": "password1234",
    "keyboard": "qwertyuiop12",
    "repeated": "aaaaaaaaaaaaaaaaaaaa",
    "product": "netimdirect2026",
    "too long": "quiet meadow lantern 42 " * 6,
    "surrogate": PASSWORD + "\ud800",
    "NUL": PASSWORD + "\0",
}


@pytest.mark.parametrize("kind", [*WEAK, "own address"])
async def test_pw_policy(server: Server, anna: Client, email: str, new_email: Callable[[], str], kind: str) -> None:
    weak = WEAK.get(kind, email)
    before = server.dump("account_session")
    async with Client(server) as client:
        await client.load("/signup")
        form = {"email": email if kind == "own address" else new_email(), "first_name": "A", "last_name": "B"}
        await client.call("SignUpState.submit", form=form | {"password": weak})
        assert list(client.vars["SignUpState.errors"]) == ["password"]
        await anna.call("PasswordState.submit", form={"current": PASSWORD, "password": weak})
        assert list(anna.vars["PasswordState.errors"]) == ["password"]
        assert server.dump("account_session") == before
        token = await ask_reset(server, client, email)
        before = server.dump("outbox_message", "account_session")
        await client.call("ResetState.submit", form={"token": token, "password": weak})
        assert list(client.vars["ResetState.errors"]) == ["password"]
        assert server.dump("outbox_message", "account_session") == before, "nothing written, and the link still good"


@pytest.mark.parametrize(
    "password",
    [
        "x9 " + "lantern-Quiet 42 " * 4,
        "quiet meadow 42 lantern-fog geese Zq9 orchid " * 2 + "harbour violin 17 compass& thistle Ω",
        " quiet meadow lantern ",
        "🦆🌾🏮 quiet 42 meadow",
        unicodedata.normalize("NFD", "prés 42 forêt là-bas"),
    ],
    ids=["64 or more", "127", "blanks", "emoji", "decomposed"],
)
async def test_pw_fidelity(server: Server, new_email: Callable[[], str], password: str) -> None:
    email = new_email()
    async with Client(server) as client:
        await client.load("/signup")
        form = {"email": email, "first_name": "A", "last_name": "B", "password": password}
        await client.call("SignUpState.submit", form=form)
        assert client.vars["SignUpState.errors"] == {}
        token = await link_from(server, email, page="verify-email")
        await client.call("VerifyState.submit", form={"token": token, "password": password[:-1]})
        assert "password" in client.vars["VerifyState.errors"]
        await client.call("VerifyState.submit", form={"token": token, "password": password})
        assert client.vars["VerifyState.done"] == "sign_up", client.vars["VerifyState.errors"]
    near = {password + " ", password.rstrip() + "x", password.swapcase(), password[:-1], password[:72]}
    near |= {password[:73] + "!" + password[74:]} if len(password) > 74 else set()
    async with Client(server) as client:
        await client.load("/login")
        for other in near - {password}:
            assert await attempt(client, email, other) == ""
            server.query("SELECT 1")
        server.move_clock(16 * MINUTE)
        assert await attempt(client, email, password + "\0") == ""
        assert await attempt(client, email, password)
        for form in ("NFC", "NFD"):
            assert await attempt(client, email, unicodedata.normalize(form, password))


async def test_pw_change(server: Server, anna: Client, email: str) -> None:
    (before,) = server.query("SELECT password_hash FROM account WHERE email = :e", e=email)
    forms: list[dict[str, Any]] = [
        {"password": NEW_PASSWORD},
        {"current": "", "password": NEW_PASSWORD},
        {"current": None, "password": NEW_PASSWORD},
        {"current": PASSWORD, "password": PASSWORD},
        *[{"current": WRONG, "password": NEW_PASSWORD}] * 6,
        {"current": PASSWORD, "password": NEW_PASSWORD},
    ]
    for form in forms:
        assert await anna.ticket("PasswordState.submit", form=form) == ""
        assert anna.vars["PasswordState.errors"]
    assert server.query("SELECT password_hash FROM account WHERE email = :e", e=email) == [before]
    server.move_clock(16 * MINUTE)  # that she is logged in was proved too long ago: the form is a proof of its own
    assert await anna.ticket("PasswordState.submit", form={"current": PASSWORD, "password": NEW_PASSWORD})
    assert server.query("SELECT password_hash FROM account WHERE email = :e", e=email) != [before]
    assert not await can_log_in(server, email, PASSWORD)
    assert await can_log_in(server, email, NEW_PASSWORD)


async def test_half(server: Server, anna: Client, email: str) -> None:
    await anna.call("LoginAlertsState.switch", on=True)
    async with Client(server) as client:
        await client.load("/login")
        await attempt(client, email, WRONG)
        assert await attempt(client, email, PASSWORD), "a ticket that nobody redeems is no login yet"
        await asyncio.sleep(0.3)
        assert server.mails(email) == []
        await client.redeem(await attempt(client, email, PASSWORD))
        await asyncio.to_thread(server.wait_for_mail, email)
        assert len(server.mails(email)) == 1


async def test_acct_disabled(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as stranger:
        await stranger.load("/login")
        token = await ask_reset(server, stranger, email)
        ticket = await attempt(stranger, email, PASSWORD)
        done = await asyncio.to_thread(server.netim, "disable", email)
        assert done.returncode == 0
        unsent = "SELECT id FROM outbox_message WHERE state <> 'sent' AND event = 'support_acted'"
        await until(lambda: not server.query(unsent))  # the customer is mailed about the operator's act
        before = server.dump("attempt_window")
        await anna.call("LoginAlertsState.switch", on=True)
        assert anna.redirects()[-1].startswith("/login")
        await anna.connect("/account/personal-information")
        await anna.call("ShellState.open_account_page")
        assert not anna.vars["ShellState.ready"]
        assert (await stranger.redeem(ticket)).headers["location"] == "/login?again=1"
        await stranger.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        assert not stranger.vars["ResetState.done"]
        assert await attempt(stranger, email, PASSWORD) == ""
        mails = len(server.mails(email))
        await stranger.call("ForgotState.submit", form={"email": email})
        await until(lambda: server.dump("attempt_window") == before)  # the sender finds out that it leads to nothing
        assert len(server.mails(email)) == mails


HOSTS = [
    {"Host": "evil.test"},
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http"},
    {"Forwarded": "host=evil.test;proto=http"},
    {"X-Original-Host": "evil.test", "X-Host": "evil.test", "Referer": "http://evil.test/"},
]


@pytest.mark.parametrize("headers", HOSTS, ids=",".join)
async def test_reset_host(server: Server, email: str, headers: dict[str, str]) -> None:
    async with Client(server) as client:
        await client.http.get("/forgot-password", headers=headers)
        await client.connect("/forgot-password", headers=headers)
        router = {"pathname": "/forgot-password", "asPath": "//evil.test/x", "headers": {"origin": "https://evil.test"}}
        await client.send("ForgotState.submit", router, form={"email": email})
        await link_from(server, email)
        (mail,) = server.mails(email)
        assert link_in(mail).startswith(f"{server.origin}/reset-password#")
        assert "evil" not in mail.as_string()


async def test_reset_token(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as client:
        await client.load("/reset-password")

        async def works(token: str, password: str = NEW_PASSWORD) -> bool:
            await client.call("ResetState.open_page")
            await client.call("ResetState.submit", form={"token": token, "password": password})
            return client.vars["ResetState.done"] and not client.vars["ResetState.errors"]

        first = await ask_reset(server, client, email)
        assert re.fullmatch(r"[\w-]{43}", first)
        assert digest(first) in str(server.dump())
        assert first not in str(server.dump())
        second = await ask_reset(server, client, email, 2)
        assert not await works(first), "a newer request ends the older one"
        for wrong in (first[:-1], second.swapcase(), second + "A", digest(second), "", "A" * 43, None, ["x"]):
            assert not await works(wrong)
        server.move_clock(61 * MINUTE)
        assert not await works(second), "an hour is over"
        server.move_clock(59 * MINUTE)
        assert await works(second)
        assert not await works(second, "yet another 3 lanterns"), "once only"
        assert "netim_session" not in str(client.http.cookies), "a reset logs nobody in"
    server.move_clock(0)
    await anna.call("LoginAlertsState.switch", on=True)
    assert anna.redirects()[-1].startswith("/login"), "all sessions ended"
    assert await can_log_in(server, email, NEW_PASSWORD)
    assert not await can_log_in(server, email, PASSWORD)


async def test_reset_token_dies_with_a_change_of_password(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as client:
        await client.load("/reset-password")
        token = await ask_reset(server, client, email)
        assert await anna.ticket("PasswordState.submit", form={"current": PASSWORD, "password": NEW_PASSWORD})
        await client.call("ResetState.submit", form={"token": token, "password": "yet another 3 lanterns"})
        assert not client.vars["ResetState.done"]
    assert await can_log_in(server, email, NEW_PASSWORD)


async def test_reset_leak_opening_a_link_does_nothing(server: Server, guest: Client, email: str) -> None:
    token = await ask_reset(server, guest, email)
    before = server.dump()
    for path in (f"/reset-password?token={token}", f"/reset-password/{token}", f"/verify-email?token={token}"):
        answer = await guest.http.get(path)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert token not in answer.text
    await guest.connect("/reset-password")
    await guest.call("ResetState.open_page")
    assert server.dump() == before
    await guest.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
    assert guest.vars["ResetState.done"]


async def test_token_swap(server: Server, anna: Client, email: str, new_email: Callable[[], str]) -> None:
    changed, registered = new_email(), new_email()
    await anna.call("EmailState.submit", form={"email": changed})
    async with Client(server) as client:
        await client.load("/signup")
        form = {"email": registered, "first_name": "A", "last_name": "B", "password": PASSWORD}
        await client.call("SignUpState.submit", form=form)
        sign_up = await link_from(server, registered, page="verify-email")
        change = await link_from(server, changed, page="verify-email")
        reset = await ask_reset(server, client, email)
        before = server.dump("outbox_message")
        for token in (sign_up, change, anna.session_cookie):
            await client.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
            assert not client.vars["ResetState.done"]
        for token in (reset, anna.session_cookie):
            await client.call("VerifyState.submit", form={"token": token})
            assert client.vars["VerifyState.done"] == ""
            assert (await client.redeem(token)).headers["location"] == "/login?again=1"
        assert server.dump("outbox_message") == before
        await client.call("VerifyState.submit", form={"token": sign_up, "password": PASSWORD})
        assert client.vars["VerifyState.done"] == "sign_up"
        await client.call("VerifyState.open_page")
        await client.call("VerifyState.submit", form={"token": change, "password": PASSWORD})
        assert client.vars["VerifyState.done"] == "email_change"
        await client.call("ResetState.submit", form={"token": reset, "password": NEW_PASSWORD})
        assert not client.vars["ResetState.done"], "the address it was sent to is no longer the account's"
    assert server.query("SELECT email FROM account WHERE email IN (:a, :b, :c)", a=email, b=changed, c=registered) == [
        changed,
        registered,
    ]


@pytest.mark.parametrize("kind", ["reset", "sign_up"])
async def test_race_once(server: Server, email: str, new_email: Callable[[], str], kind: str) -> None:
    clients = [Client(server) for _ in range(20)]
    try:
        await asyncio.gather(*(client.load("/login") for client in clients))
        if kind == "reset":
            token = await ask_reset(server, clients[0], email)
            handler, done = "ResetState.submit", lambda c: c.vars["ResetState.done"]
            passwords = [f"{NEW_PASSWORD} {number}" for number in range(20)]
        else:
            address = new_email()
            form = {"email": address, "first_name": "A", "last_name": "B", "password": PASSWORD}
            await clients[0].call("SignUpState.submit", form=form)
            token = await link_from(server, address, page="verify-email")
            handler, done = "VerifyState.submit", lambda c: c.vars["VerifyState.done"]
            passwords = [PASSWORD] * 20
        await asyncio.gather(
            *(
                client.call(handler, form={"token": token, "password": password})
                for client, password in zip(clients, passwords, strict=True)
            )
        )
        assert len([client for client in clients if done(client)]) == 1
        assert not any("incident" in str(client.heard) for client in clients)
    finally:
        await asyncio.gather(*(client.__aexit__() for client in clients))


async def test_flood_mail(server: Server, email: str) -> None:
    async with Client(server) as client:
        await client.load("/forgot-password")
        for _ in range(8):
            await client.call("ForgotState.submit", form={"email": email})
            assert client.vars["ForgotState.sent_to"] == email
        await link_from(server, email, 5)
        await asyncio.sleep(0.3)
        assert len(server.mails(email)) == 5


async def test_default_acct(tmp_path: Path) -> None:
    bad = Server(tmp_path / "bad", env={"NETIM_ENV": "production", "NETIM_CLOCK_FILE": "", "NETIM_BCRYPT_COST": "4"})
    (tmp_path / "bad").mkdir()
    refused = await asyncio.to_thread(bad.netim, "serve")
    assert refused.returncode == 2
    lines = refused.stderr.strip().splitlines()
    assert all(line.startswith("refused to start: NETIM_") or "mail has nowhere to go" in line for line in lines)
    for name in ("NETIM_SECRET_KEY", "https://", "NETIM_SMTP_URL", "NETIM_BCRYPT_COST"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "bad" / "netim.db").exists()
    with production_server(tmp_path / "good") as server:
        assert server.query("SELECT count(*) FROM account") == [0]


def test_default_acct_past_the_command(tmp_path: Path) -> None:
    """Without `netim serve`, too, the application does not start with unsafe settings."""
    bad = Server(tmp_path, env={"NETIM_ENV": "production", "NETIM_CLOCK_FILE": "", "NETIM_PUBLIC_URL": "http://x.test"})
    server_command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(bad.port)]
    started = subprocess.run(
        [*server_command, "netim_app.netim_app:app"],
        cwd=ROOT,
        env=front_end.environment(Settings(env="production"))
        | bad.environment()
        | {"__REFLEX_SKIP_COMPILE": "true", "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.returncode != 0
    assert "NETIM_SECRET_KEY is not set" in started.stdout + started.stderr
