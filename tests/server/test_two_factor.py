"""Two-factor authentication against a running server: what an attacker tries, and what the owner may still do."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from netim_app.identity.second_factor import LOCKOUT_AFTER
from netim_app.identity.tables import FailedCodeCount
from reflex_guard.tokens import new_token
from tests.kit.cookies import attributes
from tests.kit.handlers import handlers, plausible, short
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.login import NEW_PASSWORD, ask_reset
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.two_factor import (
    DIALOG,
    HALF,
    NEW_CODES,
    WIZARD,
    Owner,
    give_code,
    give_password,
    owner,
    plain,
)

__all__ = ["owner", "plain"]

CHANGES = (
    "authentication is on",
    "New backup codes",
    "Device added",
    "Device removed",
    "Backup code used",
    "authentication is off",
)
NO_CODES: tuple[Any, ...] = ("", "000000", None, 0, True, [], {}, "1" * 100_000, "\0", "\ud800")
NO_DEVICES: tuple[Any, ...] = (None, True, -1, 0, 10**30, "1", [], {}, float("1e300"))
NO_STEPS: tuple[Any, ...] = (None, True, 3, "1", [], {}, 10**30)
NO_NAMES: tuple[Any, ...] = ("", " ", None, [], "x" * 41, "a\u202eb", "a\0b")


@pytest.fixture
async def thief(server: Server, owner: Owner) -> AsyncIterator[Client]:
    """Somebody who knows the password and is asked for the code."""
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert client.vars["LoginState.needs_code"]
        yield client


# Codes


async def test_totp_replay_the_code_that_enrolled_cannot_login(plain: Owner, server: Server) -> None:
    plain.key = await plain.begin()
    code = plain.code()
    assert await plain.confirm(code)
    async with Client(server) as client:
        await give_password(client, plain.email)
        assert await give_code(client, code) == ""
        plain.wait()
        assert await give_code(client, plain.code())


async def test_totp_replay_from_one_login_to_the_next_and_to_disabling(
    owner: Owner, thief: Client, server: Server
) -> None:
    code, before = owner.code(), owner.code(-1)
    assert await give_code(thief, code)

    async with Client(server) as second:
        await give_password(second, owner.email)
        assert await give_code(second, code) == ""
        assert await give_code(second, before) == ""
    assert await owner.disable(code) == ""
    assert owner.is_on


async def test_totp_replay_to_a_step_up(owner: Owner, thief: Client) -> None:
    code = owner.code()
    assert await give_code(thief, code)

    async def step_up(code: str) -> str:
        return await owner.client.ticket("StepUpState.submit", form={"password": PASSWORD, "code": code})

    assert await step_up(code) == ""
    owner.wait()
    assert await step_up(owner.code())


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_totp_window(owner: Owner, server: Server, steps: int, accepted: bool) -> None:
    owner.wait(600)
    async with Client(server) as client:
        await give_password(client, owner.email)
        ticket = await client.ticket(
            "LoginState.submit_code",
            form={"code": owner.code(steps), "offset": str(steps), "time": "0", "now": owner.now + steps},
        )
    assert bool(ticket) is accepted


async def test_totp_window_does_not_learn_from_failed_codes(owner: Owner, thief: Client) -> None:
    for steps in (3, 4, 5):
        assert await give_code(thief, owner.code(steps)) == ""
    assert await give_code(thief, owner.code())


async def test_totp_cross(owner: Owner, server: Server, new_email: Any) -> None:
    async with customer(server, new_email()) as client, AsyncExitStack() as stack:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        other = Owner(server, client, client.vars["ProfileState.email"])
        other.offset = owner.offset
        await other.enable()
        stranger = await stack.enter_async_context(Client(server))
        await give_password(stranger, owner.email)
        for code in (other.code(), *other.codes[:2]):
            assert await give_code(stranger, code) == ""
        owner.offset = other.offset
        assert await give_code(stranger, owner.code())

        (foreign,) = owner.row("totp_authenticator", "id")
        before = owner.row("totp_authenticator", "id, name")
        for handler in ("begin_rename", "begin_remove"):
            await client.call(f"{DIALOG}.{handler}", authenticator_id=foreign)
            assert not client.vars[f"{DIALOG}.dialog"]
        await client.call(f"{DIALOG}.rename", form={"name": "Mine"})
        await client.call(f"{DIALOG}.remove")
        assert owner.row("totp_authenticator", "id, name") == before


async def test_race_once_of_twenty_submissions_one_logs_in(owner: Owner, server: Server) -> None:
    """All in one browser, whose pending login is one."""
    for code in (owner.code(), owner.codes[0]):
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(server)) for _ in range(20)]
            await give_password(clients[0], owner.email)
            for client in clients[1:]:
                client.http.cookies = clients[0].http.cookies
                await client.connect("/login")
            tickets = await asyncio.gather(*(give_code(client, code) for client in clients))
        assert sum(bool(ticket) for ticket in tickets) == 1


async def test_race_once_between_browsers(owner: Owner, server: Server) -> None:
    """Each has given the password, and all have the same code."""
    for code in (owner.code(), owner.codes[0]):
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(server)) for _ in range(5)]
            for client in clients:
                await give_password(client, owner.email)
            tickets = await asyncio.gather(*(give_code(client, code) for client in clients))
        assert sum(bool(ticket) for ticket in tickets) == 1
        owner.wait(16 * 60)


# Guessing


async def test_totp_limit_is_one_for_all_who_guess(owner: Owner, server: Server) -> None:
    """Five wrong codes, from any client and of any kind; then even the right one is none. The owner gets in."""
    async with AsyncExitStack() as stack:
        thieves = [await stack.enter_async_context(Client(server)) for _ in range(6)]
        for thief, wrong in zip(
            thieves, (owner.code(9), "000-123", owner.code(-9), "٠٠٠٤٥٦", owner.code(99)), strict=False
        ):
            await give_password(thief, owner.email)
            assert await give_code(thief, wrong) == ""
        assert owner.row("failed_code_count", "sum(failures)") == [5]

        late = thieves[5]
        await give_password(late, owner.email)  # a new password step does not begin anew
        assert await give_code(late, owner.code()) == ""
        assert await give_code(late, owner.codes[0]) == ""
        assert "Too many wrong codes" in late.vars["LoginState.errors"]["code"]
        assert owner.row("failed_code_count", "sum(failures)") == [5], "a throttled guess is not looked at"
        assert owner.row("backup_code", "count(used_at)") == [0]

        await owner.client.log_out()
        await give_password(owner.client, owner.email)
        assert await give_code(owner.client, owner.code(99)) == ""
        assert "Wrong code" in owner.client.vars["LoginState.errors"]["code"]
        assert await give_code(owner.client, owner.code()), "the owner's browser is known, and has guesses of its own"

        owner.wait(15 * 60)
        await give_password(late, owner.email)
        assert await give_code(late, owner.code())


async def test_totp_limit_counts_step_up_and_disabling_too(owner: Owner) -> None:
    async def step_up(code: str) -> str:
        return await owner.client.ticket("StepUpState.submit", form={"password": PASSWORD, "code": code})

    for _ in range(2):
        assert await step_up(owner.code(99)) == ""
    for _ in range(3):
        assert await owner.disable(owner.code(99)) == ""
    assert await owner.disable(owner.code()) == ""
    assert await step_up(owner.code()) == ""
    assert owner.is_on

    owner.wait(15 * 60)
    assert (await owner.client.redeem(await step_up(owner.code()))).status_code == 303
    owner.wait()
    await owner.client.connect(SECURITY)
    assert await owner.disable(owner.code())


NO_GUESSES = ("", " \u200b", "83930", "8393081", "no code", "839308 839309", "①②③④⑤⑥", "1" * 100)
"""Codes typed in a hurry, dictated, or pasted from the wrong place."""


def as_typed(code: str) -> tuple[str, ...]:
    """A code as people type, paste and dictate it."""
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    return (
        f"{code[:3]}-{code[3:]}",
        f"{code[:3]}\u202f{code[3:]}",
        f"\u2067{arabic}\u2069",
        wide,
        f"3. {code[:3]} {code[3:]}",
    )


async def test_what_is_no_code_is_said_and_is_no_guess(owner: Owner, thief: Client) -> None:
    places = (
        (thief, "LoginState.submit_code"),
        (owner.client, "StepUpState.submit"),
        (owner.client, f"{DIALOG}.disable"),
    )
    before = set(owner.server.dump()["attempt_window"])
    for client, handler in places:
        for typed in NO_GUESSES:
            assert await client.ticket(handler, form={"password": PASSWORD, "code": typed}) == ""
            message = client.vars[f"{handler.partition('.')[0]}.errors"]["code"]
            assert message in ("Please enter a single six-digit code. This did not count as an attempt.",
                               "Please fill in this field."), typed  # fmt: skip
    assert owner.row("failed_code_count") == [0]
    assert set(owner.server.dump()["attempt_window"]) <= before, "nothing was paid"
    assert await give_code(thief, owner.code())


async def test_a_right_code_is_right_however_it_is_typed(owner: Owner, server: Server) -> None:
    for index in range(5):
        async with Client(server) as client:
            await give_password(client, owner.email)
            assert await give_code(client, as_typed(owner.code())[index]), index
        owner.wait()
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, as_typed(owner.codes[2])[4]), "a backup code with the number it has in the list"
    form = {"password": PASSWORD, "code": as_typed(owner.code())[0]}
    assert (await owner.client.redeem(await owner.client.ticket("StepUpState.submit", form=form))).status_code == 303
    owner.wait()
    await owner.client.connect(SECURITY)
    assert await owner.disable(as_typed(owner.code())[3])


async def test_a_device_is_proved_by_a_code_however_it_is_typed(plain: Owner) -> None:
    plain.key = await plain.begin()
    assert await plain.confirm("83930") == ""
    assert "six-digit" in plain.client.vars[f"{WIZARD}.errors"]["code"]
    assert await plain.confirm(as_typed(plain.code())[2], name="👩\u200d💻 علی\u200cرضا\u200f")
    assert plain.row("totp_authenticator", "name") == ["👩\u200d💻 علی\u200cرضا"]


async def test_bc_guess_stops_at_a_hundred_until_the_password_is_a_new_one(owner: Owner, server: Server) -> None:
    account_id = owner.row("totp_authenticator", "account_id")[0]
    with server.units.write() as unit:
        unit.session.add(FailedCodeCount(account_id=account_id, browser_digest="", failures=LOCKOUT_AFTER - 1))
    async with Client(server) as thief:
        await give_password(thief, owner.email)
        assert await give_code(thief, "000000") == ""
        await asyncio.to_thread(server.wait_for_mail, owner.email, subject="blocked")
        assert await owner.disable(owner.code()) == "", "no code is looked at anywhere"
        owner.wait(16 * 60)
        await thief.call("LoginState.open_page")
        assert await give_code(thief, owner.code()) == ""
        await thief.ticket("LoginState.submit", form={"email": owner.email, "password": PASSWORD})
        assert not thief.vars["LoginState.needs_code"]
        assert thief.vars["LoginState.errors"]

    async with Client(server) as client:
        await client.load("/forgot-password")
        token = await ask_reset(server, client, owner.email)
        await client.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        await give_password(client, owner.email, NEW_PASSWORD)
        assert await give_code(client, owner.code())


# Half-way


async def test_handlers_pending(owner: Owner, thief: Client, server: Server, new_email: Any) -> None:
    """Everything that there is, called by somebody who owes the code: nothing moves but the code form itself."""
    may_change = (
        "attempt_window", "sign_up", "mailed_link", "outbox_message", "mail_reference", "journal_entry",
    )  # fmt: skip
    before = server.dump(*may_change)
    for name, handler in handlers().items():
        if short(name).startswith(("LoginState.", "MailboxState.")):
            continue
        for payload in ({}, plausible(handler, owner.email)):
            thief.path = SECURITY
            await thief.call(name, **payload)
    assert server.dump(*may_change) == before
    assert "Martin" not in str(thief.heard)
    assert not thief.vars["ShellState.ready"]
    assert thief.session_cookie == ""

    await thief.connect("/login")
    assert await give_code(thief, owner.code())


async def test_pending_cookie_opens_nothing_and_dies(owner: Owner, thief: Client) -> None:
    for path in ("/account/personal-information", SECURITY):
        await thief.connect(path)
        await thief.call("ShellState.open_account_page")
        assert thief.redirects()[-1].startswith("/login")
    await thief.connect("/login")
    owner.wait(10 * 60)
    assert await give_code(thief, owner.code()) == ""
    await give_password(thief, owner.email)
    assert await give_code(thief, owner.code())


BROWSER, PENDING = "netim_browser", "netim_pending"


def cookies_of(client: Client) -> dict[str, str]:
    return {str(c.name): str(c.value) for c in client.http.cookies.jar}


async def test_pending_bound(owner: Owner, thief: Client, server: Server) -> None:
    """A browser cookie that two browsers hold, a planted one for example: only that with the secret can finish."""
    planted = {BROWSER: cookies_of(thief)[BROWSER]}
    for guessed in ({}, {PENDING: new_token()}, {PENDING: planted[BROWSER]}):
        async with Client(server, cookies=planted | guessed) as other:
            await other.connect("/login")
            await other.call("LoginState.open_page")
            assert not other.vars["LoginState.needs_code"]
            assert await give_code(other, owner.code()) == ""
            assert other.redirects() == ["/login?again=1"]
            await other.call("LoginState.cancel_code")
            await other.send("State.update_vars_internal", vars={"TabState._tab": "x", "needs_code": True})
            assert await give_code(other, owner.code()) == ""
    assert owner.row("pending_login") == [1]
    assert owner.row("failed_code_count") == [0], "no guess was looked at"

    assert await give_code(thief, owner.code())


async def test_pending_bound_of_a_page_that_the_server_has_forgotten(
    owner: Owner, thief: Client, server: Server
) -> None:
    """Its press is handled again, once: by the secret that its own browser holds, or not at all."""

    async def press(client: Client, code: str) -> list[str]:
        marker = len(client.heard)
        await client.call_forgotten("/login", "LoginState.submit_code", form={"code": code})
        return re.findall(r"'ticket_rx_state_': '([\w-]+)'", str(client.heard[marker:]))

    async with Client(server, cookies={BROWSER: cookies_of(thief)[BROWSER]}) as other:
        assert await press(other, owner.code()) == []
        assert other.redirects() == ["/login?again=1"]
    assert owner.row("pending_login") == [1]
    assert owner.row("failed_code_count") == [0], "no guess was looked at"

    assert await press(thief, "000000") == []
    assert owner.row("failed_code_count", "failures") == [1]
    assert len(await press(thief, owner.code())) == 1


async def test_pending_bound_what_was_begun_elsewhere_with_the_same_device(owner: Owner, server: Server) -> None:
    """The attacker logs in to an own account half-way in the meantime: neither of the two gets into the other's."""
    async with Client(server) as victim, AsyncExitStack() as stack:
        await give_password(victim, owner.email)
        attacker = await stack.enter_async_context(Client(server, cookies={BROWSER: cookies_of(victim)[BROWSER]}))
        await give_password(attacker, owner.email)
        assert await give_code(victim, owner.code()) == "", "that login is over"
        await give_password(victim, owner.email)
        assert await give_code(attacker, owner.code()) == ""
        assert await give_code(victim, owner.code())


async def test_pending_bound_the_tab_goes_on(owner: Owner, thief: Client, server: Server) -> None:
    """After a lost connection and after a reload, without the cookie too; other tabs of the browser with it."""
    secret = cookies_of(thief)[PENDING]
    thief.http.cookies.delete(PENDING)
    for path in ("/login", "/signup", "/login"):
        await thief.load(path)
    await thief.call("LoginState.open_page")
    assert thief.vars["LoginState.needs_code"]

    async with Client(server, cookies=cookies_of(thief) | {PENDING: secret}) as tab:
        await tab.load("/login")
        await tab.call("LoginState.open_page")
        assert tab.vars["LoginState.needs_code"]
        assert await give_code(tab, "000000") == ""
        assert tab.vars["LoginState.errors"]["code"]
        response = await tab.redeem(await give_code(tab, owner.code()))
        assert response.headers["location"] == PERSONAL
        assert attributes(response, PENDING)["max-age"] == "0"
    assert await give_code(thief, owner.code()) == "", "it is finished"


async def test_pending_bound_a_newer_login_of_another_tab_counts(owner: Owner, thief: Client, server: Server) -> None:
    async with Client(server, cookies=cookies_of(thief)) as tab:
        await give_password(tab, owner.email)
        assert await give_code(thief, owner.code()) == ""
        thief.http.cookies = tab.http.cookies
        await thief.load("/login")
        await thief.call("LoginState.open_page")
        assert thief.vars["LoginState.needs_code"]
        assert await give_code(thief, owner.code())


async def test_pending_bound_the_cookie(owner: Owner, server: Server) -> None:
    """It is given for the secret of that browser's login alone, to pages of ours, for as long as the login can wait."""
    own, site = "/auth/pending", {"Sec-Fetch-Site": "same-origin"}
    async with Client(server) as client, Client(server) as other:
        await client.load("/login")
        assert await client.ticket("LoginState.submit", form={"email": owner.email, "password": PASSWORD}) == ""
        secret = re.findall(r"'pending_rx_state_': '([\w-]{43})'", str(client.heard))[0]
        assert client.vars["TicketExchangeState.pending"] == ""
        await other.load("/login")
        for refused in (
            await client.http.post(own, data={"secret": secret}, headers={"Sec-Fetch-Site": "cross-site"}),
            await client.http.post(own, data={"secret": ""}, headers=site),
            await client.http.post(own, data={"x": "y"}, headers=site),
            await client.http.post(own, data={"secret": secret[:-1] + "!"}, headers=site),
        ):
            assert refused.status_code == 403
            assert "set-cookie" not in refused.headers
        for nothing in (
            await client.http.post(own, data={"secret": new_token()}, headers=site),
            await other.http.post(own, data={"secret": secret}, headers=site),
        ):
            assert nothing.status_code == 204
            assert "set-cookie" not in nothing.headers
        given = await client.http.post(own, data={"secret": secret}, headers=site)
        assert given.status_code == 204
        cookie = attributes(given, PENDING)
        assert cookie.pop("") not in ("", secret)
        assert cookie.pop("max-age") == "600"
        again = await client.http.post(own, data={"secret": secret}, headers=site)
        assert "set-cookie" not in again.headers, "once"
        assert cookie == {"httponly": "", "path": "/", "samesite": "lax"}


async def test_pending_cancelled(owner: Owner, thief: Client) -> None:
    await thief.call("LoginState.cancel_code")
    assert not thief.vars["LoginState.needs_code"]
    assert await give_code(thief, owner.code()) == ""
    assert owner.row("pending_login") == [0]
    await give_password(thief, owner.email)
    assert await give_code(thief, owner.code())


async def test_pending_mix(owner: Owner, server: Server, new_email: Any) -> None:
    """Mallory begins as herself, swaps to the owner's password half-way, and gives her own code."""
    async with customer(server, new_email()) as client, Client(server) as mixed, Client(server) as parallel:
        await client.connect(SECURITY)
        await client.call("ShellState.open_account_page")
        mallory = Owner(server, client, client.vars["ProfileState.email"])
        mallory.offset = owner.offset
        await mallory.enable()

        await give_password(mixed, mallory.email)
        parallel.http.cookies = mixed.http.cookies
        await parallel.connect("/login")
        await give_password(parallel, owner.email)
        for tab in (mixed, parallel):
            assert await give_code(tab, mallory.code()) == ""

        await give_password(mixed, mallory.email)
        response = await mixed.redeem(await give_code(mixed, mallory.code()))
        assert response.status_code == 303
        await mixed.connect(SECURITY)
        await mixed.call("ShellState.open_account_page")
        assert mixed.vars["ProfileState.email"] == mallory.email


async def test_half_login_alert_is_mailed_once(owner: Owner, thief: Client, server: Server) -> None:
    """A right password without its code: somebody knows it. A wrong password tells nothing."""
    assert await give_code(thief, "000000") == ""
    await thief.ticket("LoginState.submit", form={"email": owner.email, "password": "wrong " + PASSWORD})
    assert [mail for mail in server.mails(owner.email) if HALF in str(mail["subject"])] == []
    await thief.call("LoginState.cancel_code")
    mail = await asyncio.to_thread(server.wait_for_mail, owner.email, subject=HALF)
    assert thief.local_address in mail.as_string()

    await give_password(thief, owner.email)
    await thief.call("LoginState.cancel_code")
    assert await give_code(thief, owner.code()) == ""
    assert len([m for m in server.mails(owner.email) if HALF in str(m["subject"])]) == 1, "once an hour at most"
    (account_id,) = owner.row("totp_authenticator", "account_id")
    assert server.log.count(f"event=second_factor_not_completed account_id={account_id} ") == 2


async def test_reset_2fa(owner: Owner, server: Server) -> None:
    """A reset link replaces the password and nothing else."""
    devices, codes = owner.row("totp_authenticator", "*"), owner.row("backup_code", "*")
    async with Client(server) as client:
        await client.load("/forgot-password")
        token = await ask_reset(server, client, owner.email)
        await client.connect("/reset-password")
        await client.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        assert client.vars["ResetState.done"]
        assert client.session_cookie == ""
        assert (owner.row("totp_authenticator", "*"), owner.row("backup_code", "*")) == (devices, codes)

        await give_password(client, owner.email, NEW_PASSWORD)
        assert client.vars["LoginState.needs_code"]
        assert await give_code(client, "000000") == ""
        assert await give_code(client, owner.code())


async def test_remember_2fa_a_known_browser_is_asked_all_the_same(owner: Owner) -> None:
    await owner.client.log_out()
    await owner.client.load("/login")
    form = {"email": owner.email, "password": PASSWORD, "remember": "on"}
    assert await owner.client.ticket("LoginState.submit", form=form) == ""
    assert owner.client.vars["LoginState.needs_code"]
    assert await give_code(owner.client, owner.code())


# Setting up


async def test_enrol_is_nothing_without_a_proved_code(plain: Owner) -> None:
    keys = {await plain.begin() for _ in range(3)}
    assert {len(pyotp.TOTP(key).byte_secret()) for key in keys} == {20}
    assert len(keys) == 3
    assert plain.row("totp_enrolment") == [1]  # a new one of the same tab replaces the old one

    for code in NO_CODES:
        assert await plain.client.ticket(f"{WIZARD}.confirm", form={"code": code, "name": "x"}) == ""
    await plain.client.call(f"{WIZARD}.confirm", form=["code"])
    assert not plain.is_on

    await plain.client.call(f"{WIZARD}.close")
    assert plain.row("totp_enrolment") == [0]


async def test_enrol_takes_no_secret_from_the_client(plain: Owner) -> None:
    mine = pyotp.random_base32()
    await plain.begin()
    form = {
        "code": pyotp.TOTP(mine).generate_otp(plain.now),
        "name": "x",
        "key_text": mine,
        "secret": mine,
        "handle": "x",
        "_enrolment": "x",
    }
    assert await plain.client.ticket(f"{WIZARD}.confirm", form=form) == ""
    assert not plain.is_on


async def test_enrol_shows_its_secret_once(plain: Owner, server: Server) -> None:
    key = await plain.begin()
    grouped = " ".join(key[i : i + 4] for i in range(0, 32, 4))
    marker = len(plain.client.heard)

    await plain.client.connect(SECURITY)  # the page is loaded again
    await plain.client.settle()
    async with Client(server) as eavesdropper:  # somebody who knows the token in the socket's URL
        eavesdropper.token = plain.client.token
        await eavesdropper.load("/login")
        await eavesdropper.settle()
        heard = str(plain.client.heard[marker:]) + str(eavesdropper.heard)
    assert key not in heard
    assert grouped not in heard

    await plain.client.call("ShellState.open_account_page")
    assert plain.row("totp_enrolment") == [0]


async def test_pending_enrol(owner: Owner, thief: Client) -> None:
    tables = ("totp_authenticator", "totp_enrolment", "backup_code", "backup_code_set")
    before = [owner.row(table, "*") for table in tables]
    form = {"code": "000000", "name": "Mine", "saved": "on"}
    for handler, payload in (
        (f"{WIZARD}.begin", {}),
        (f"{WIZARD}.confirm", {"form": form}),
        (f"{DIALOG}.begin_remove", {"authenticator_id": 1}),
        (f"{DIALOG}.remove", {}),
        (f"{DIALOG}.rename", {"form": form}),
        (f"{DIALOG}.disable", {"form": form}),
        (f"{NEW_CODES}.make", {}),
        (f"{NEW_CODES}.begin_due", {}),
    ):
        await thief.call(handler, **payload)
    assert [owner.row(table, "*") for table in tables] == before
    assert await give_code(thief, owner.code())


async def test_enrol_ends_other_sessions_and_renews_this_one(plain: Owner, server: Server) -> None:
    async with Client(server) as other:
        await other.log_in(plain.email)
        old = plain.client.session_cookie
        await plain.enable()
        assert plain.client.session_cookie not in ("", old)
        await other.call("PasswordState.begin")
        assert any(path.startswith("/login") for path in other.redirects())
    await plain.client.call("PasswordState.begin")
    assert plain.client.vars["PasswordState.open"]


# Disabling


async def test_disable_2fa_needs_a_fresh_proof_and_a_code(owner: Owner) -> None:
    for code in ("", "000000", None, True, ["000000"]):
        assert await owner.client.ticket(f"{DIALOG}.disable", form={"code": code}) == ""
    assert owner.is_on

    owner.wait(11 * 60)
    assert await owner.disable(owner.code()) == ""
    assert owner.client.vars["StepUpState.open"]
    assert owner.client.vars["StepUpState.needs_code"]
    assert owner.is_on


async def test_disable_2fa_deletes_everything_and_ends_other_sessions(owner: Owner, server: Server) -> None:
    async with Client(server) as other:
        await give_password(other, owner.email)
        await other.redeem(await give_code(other, owner.code()))
        await other.connect(SECURITY)
        await other.call("ShellState.open_account_page")
        cookie = owner.client.session_cookie
        owner.wait()

        assert (await owner.client.redeem(await owner.disable(owner.code()))).status_code == 303

        assert owner.client.session_cookie != cookie
        for table in ("totp_authenticator", "totp_enrolment", "backup_code", "backup_code_set"):
            assert owner.row(table) == [0]
        await other.call("PasswordState.begin")
        assert any(path.startswith("/login") for path in other.redirects())
    server.wait_for_mail(owner.email, subject="off")


async def test_disable_2fa_by_a_backup_code(owner: Owner, server: Server) -> None:
    assert await owner.disable(owner.codes[0])
    assert not owner.is_on
    await asyncio.to_thread(server.wait_for_mail, owner.email, subject="authentication is off")
    assert not any("Backup code used" in str(mail["subject"]) for mail in server.mails(owner.email))


async def test_reauth_after_ten_minutes_nothing_changes_without_a_fresh_proof(owner: Owner) -> None:
    assert await owner.begin()
    await owner.client.call(f"{WIZARD}.close")
    owner.wait(11 * 60)
    device = owner.row("totp_authenticator", "id")[0]
    tables = ("totp_authenticator", "totp_enrolment", "backup_code", "backup_code_set")
    before = [owner.row(table, "*") for table in tables]
    form = {"code": owner.code(), "name": "Mine"}
    for handler, payload in (
        (f"{WIZARD}.begin", {}),
        (f"{WIZARD}.confirm", {"form": form}),
        (f"{DIALOG}.begin_remove", {"authenticator_id": device}),
        (f"{DIALOG}.remove", {}),
        (f"{DIALOG}.disable", {"form": form}),
        (f"{NEW_CODES}.make", {}),
    ):
        await owner.client.call("StepUpState.close")
        await owner.client.call(handler, **payload)
        assert owner.client.vars["StepUpState.open"], handler
    assert [owner.row(table, "*") for table in tables] == before

    proof = {"password": PASSWORD, "code": owner.code()}
    await owner.client.redeem(await owner.client.ticket("StepUpState.submit", form=proof))
    await owner.client.connect(SECURITY)
    await owner.client.call("ShellState.open_account_page")
    assert await owner.begin()


async def test_disable_2fa_by_the_operator_only_in_so_many_words(owner: Owner, server: Server) -> None:
    done = server.netim("unlock", owner.email)
    assert done.returncode == 0, done.stderr
    assert owner.is_on
    done = server.netim("unlock", "--two-factor-off", owner.email)
    assert done.returncode == 0, done.stderr
    for table in ("totp_authenticator", "totp_enrolment", "backup_code", "backup_code_set"):
        assert owner.row(table) == [0]
    mail = await asyncio.to_thread(server.wait_for_mail, owner.email, 2, subject="is unlocked")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Two-factor authentication is off" in body.get_content()
    await owner.client.call("PasswordState.begin")
    assert owner.client.redirects()[-1].startswith("/login"), "all sessions ended"
    async with Client(server) as client:
        await client.log_in(owner.email)
        assert client.vars["ProfileState.email"] == owner.email


# Devices


async def test_idor_devices_and_type_confusion(owner: Owner) -> None:
    before = owner.row("totp_authenticator", "*")
    for device in NO_DEVICES:
        for handler in ("begin_rename", "begin_remove"):
            await owner.client.call(f"{DIALOG}.{handler}", authenticator_id=device)
            assert not owner.client.vars[f"{DIALOG}.dialog"]
    for step in NO_STEPS:
        await owner.client.call(f"{WIZARD}.go_to", step=step)
    for name in NO_NAMES:
        await owner.client.call(f"{DIALOG}.begin_rename", authenticator_id=before[0][0])
        await owner.client.call(f"{DIALOG}.rename", form={"name": name})
    assert owner.row("totp_authenticator", "*") == before
    await owner.client.call(f"{DIALOG}.rename", form={"name": "Renamed"})
    assert owner.row("totp_authenticator", "name") == ["Renamed"]


async def test_devices_the_last_one_is_not_removed_without_a_code(owner: Owner) -> None:
    (device,) = owner.row("totp_authenticator", "id")
    await owner.client.call(f"{DIALOG}.begin_remove", authenticator_id=device)
    assert owner.client.vars[f"{DIALOG}.dialog"] == "disable"
    await owner.client.call(f"{DIALOG}.remove")
    assert owner.is_on


async def test_devices_add_use_and_remove_one(owner: Owner, server: Server) -> None:
    first = owner.key
    owner.key = await owner.begin()
    assert owner.key != first
    await owner.confirm(owner.code(), "Tablet")
    assert owner.row("totp_authenticator", "name") == ["Phone", "Tablet"]
    owner.wait()
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, owner.code())

    device = owner.row("totp_authenticator", "id")[0]
    await owner.client.call(f"{DIALOG}.begin_remove", authenticator_id=device)
    await owner.client.call(f"{DIALOG}.remove")
    assert owner.row("totp_authenticator", "name") == ["Tablet"]
    owner.wait()
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, pyotp.TOTP(first).generate_otp(owner.now)) == ""
        assert await give_code(client, owner.code())


async def test_mail_alerts_for_every_change(owner: Owner, server: Server) -> None:
    keys = [owner.key]
    owner.key = await owner.begin()
    keys.append(owner.key)
    await owner.confirm(owner.code(), "Tablet")
    owner.wait()
    await owner.client.call(f"{DIALOG}.begin_remove", authenticator_id=owner.row("totp_authenticator", "id")[0])
    await owner.client.call(f"{DIALOG}.remove")
    codes = owner.codes + await owner.new_codes()
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, codes[-1])
    assert await owner.disable(owner.code())
    for subject in CHANGES:
        await asyncio.to_thread(server.wait_for_mail, owner.email, subject=subject)

    mails = [mail for mail in server.mails(owner.email) if any(subject in str(mail["subject"]) for subject in CHANGES)]
    assert len(mails) == len(CHANGES), "one each; the first set of backup codes comes with the enabling"
    text = " ".join(mail.as_string() for mail in mails)
    assert not any(key in text for key in keys)
    assert not any(re.search(rf"\b{code}\b", text) for code in codes)


# Backup codes


async def test_bc_once(owner: Owner, server: Server) -> None:
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, owner.codes[0])
        await give_password(client, owner.email)
        assert await give_code(client, owner.codes[0]) == ""
        assert await give_code(client, f"{owner.codes[1][:3]} {owner.codes[1][3:]}")
    assert owner.row("backup_code", "count(used_at)") == [2]


async def test_bc_regen(owner: Owner, server: Server) -> None:
    fresh = await owner.new_codes()
    assert len(set(fresh)) == 10
    async with Client(server) as client:
        await give_password(client, owner.email)
        old = next(code for code in owner.codes if code not in fresh)
        assert await give_code(client, old) == ""
        assert await give_code(client, fresh[0])

    owner.wait(11 * 60)
    assert await owner.new_codes() == []
    assert owner.client.vars["StepUpState.open"]
    server.wait_for_mail(owner.email, subject="New backup codes")


async def test_bc_regen_is_never_caused_by_a_link(owner: Owner) -> None:
    before = owner.row("backup_code", "digest")
    for name in ("backup_codes", "totp_disable", "totp_authenticators"):
        await owner.client.send("ShellState.open_account_page", {"asPath": f"{SECURITY}?open={name}"})
        await owner.client.settle()
    await owner.client.call(f"{NEW_CODES}.begin_due")
    assert owner.row("backup_code", "digest") == before
    assert owner.is_on


@pytest.fixture
def kept(owner: Owner, server: Server) -> dict[str, str]:
    """Everything that lies anywhere on the machine after a customer has enabled the second factor."""
    files = {
        str(path): path.read_bytes().decode(errors="replace") for path in server.folder.rglob("*") if path.is_file()
    }
    assert any(name.endswith(".eml") for name in files)
    assert any(name.endswith("netim.db") for name in files)
    return files | {"dump": str(server.dump())}


async def test_totp_at_rest(owner: Owner, kept: dict[str, str], server: Server) -> None:
    groups = " ".join(owner.key[start : start + 4] for start in range(0, 32, 4))
    assert not [name for name, text in kept.items() if owner.key in text or groups in text]
    owner.wait()
    code = owner.code()
    mine, other = owner.row("totp_authenticator", "id")[0], await anothers_device(server)
    (sealed,) = server.query("SELECT sealed FROM totp_authenticator WHERE id = :id", id=mine)
    with server.units.engine.begin() as connection:
        other_seal = "(SELECT sealed FROM totp_authenticator WHERE id = :other)"
        swap = f"UPDATE totp_authenticator SET sealed = {other_seal} WHERE id = :mine"  # noqa: S608  two literals
        connection.execute(text(swap), {"mine": mine, "other": other})
    assert await owner.disable(code) == "", "the sealed secret of another row opens nothing"
    with server.units.engine.begin() as connection:
        connection.execute(text("UPDATE totp_authenticator SET sealed = :s WHERE id = :id"), {"s": sealed, "id": mine})
    assert await owner.disable(code), "the own one does"


async def anothers_device(server: Server) -> int:
    """The id of the device of another customer."""
    async with Client(server) as client:
        email = server.create_account("another.owner@example.com")
        await client.log_in(email)
        another = Owner(server, client, email)
        await another.enable()
        return int(another.row("totp_authenticator", "id")[0])


async def test_bc_store(owner: Owner, kept: dict[str, str]) -> None:
    for name, content in kept.items():
        if not name.endswith((".db", ".db-wal", ".db-shm")):  # any file of numbers contains six digits
            assert not [code for code in owner.codes if re.search(rf"(?<![\w.]){code}(?![\w])", content)], name
    assert not [code for code in owner.codes if f"'{code}'" in kept["dump"]]


async def test_qr_local(owner: Owner, kept: dict[str, str]) -> None:
    """The key was shown once, over the socket alone: in no later answer, and in no address that was asked for."""
    marker = len(owner.client.heard)
    await owner.client.settle()
    later = str(owner.client.heard[marker:])
    for shown in (owner.key, "otpauth://", "data:image/svg"):
        assert shown not in later
    assert not [name for name, content in kept.items() if "otpauth://" in content]


async def test_enrol_survives_no_restart(tmp_path: Any) -> None:
    """The server goes down in the middle of the wizard: the second factor stays off, and the key is of no use."""
    server = Server(tmp_path)
    try:
        server.start()
        email = server.create_account("anna@example.com")
        async with Client(server) as client:
            await client.log_in(email)
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(server, client, email)
            owner.key = await owner.begin()
            await client.disconnect()
            server.stop()
            server.start()
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            assert client.vars["ShellState.customer_name"] == "Anna Martin", "she is still logged in"
            assert await owner.confirm(owner.code()) == ""
            assert not owner.is_on
            await owner.enable()
            assert owner.is_on, "and can begin anew"
    finally:
        server.stop()
        server.close()
