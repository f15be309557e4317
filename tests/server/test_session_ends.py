"""The ends of a session, on every device: each change of a credential, and the end of the account itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from reflex_guard.tokens import new_token
from tests.kit.cookies import is_logged_in
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.login import NEW_PASSWORD, ask_reset, attempt, disable, link_from
from tests.kit.pages import PERSONAL
from tests.kit.two_factor import Owner, give_code, give_password, owner, plain

__all__ = ["owner", "plain"]


async def _new_password(owner: Owner) -> str:
    return await owner.client.ticket("PasswordState.submit", form={"current": PASSWORD, "password": NEW_PASSWORD})


async def _reset(owner: Owner) -> str:
    async with Client(owner.server) as client:
        await client.load("/forgot-password")
        token = await ask_reset(owner.server, client, owner.email)
        await client.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        assert client.vars["ResetState.done"]
    return ""


async def _new_address(owner: Owner) -> str:
    new = f"new.{owner.email}"
    await owner.client.call("EmailState.submit", form={"email": new})
    token = await link_from(owner.server, new, page="verify-email")
    return await owner.client.ticket("VerifyState.submit", form={"token": token})


async def _second_factor_on(owner: Owner) -> str:
    owner.key = await owner.begin()
    return await owner.confirm(owner.code())


async def _second_factor_off(owner: Owner) -> str:
    return await owner.disable(owner.code())


CHANGES: dict[str, Callable[[Owner], Awaitable[str]]] = {
    "password": _new_password,
    "reset": _reset,
    "address": _new_address,
    "second factor on": _second_factor_on,
    "second factor off": _second_factor_off,
}
"""Each returns the ticket that renews the session it was made in; a reset is made in none."""


async def enter(owner: Owner, client: Client, *, remember: bool = False) -> None:
    """Another browser of the same customer, with all proofs that the account asks for."""
    await client.load("/login")
    form = {"email": owner.email, "password": PASSWORD} | ({"remember": "on"} if remember else {})
    ticket = await client.ticket("LoginState.submit", form=form)
    if ticket:
        await client.redeem(ticket)
    else:
        await client.redeem(await give_code(client, owner.code()))
        owner.wait()
    assert await is_logged_in(client)


@pytest.fixture
async def prepared(plain: Owner, change: str) -> Owner:
    """A customer to whom this change can happen."""
    if change == "second factor off":
        await plain.enable()
    return plain


@pytest.mark.parametrize("change", CHANGES)
async def test_others_die_by_every_change(server: Server, prepared: Owner, change: str) -> None:
    """Short sessions and remembered ones; the one it was made in goes on under another value."""
    async with Client(server) as short, Client(server) as remembered:
        await enter(prepared, short)
        await enter(prepared, remembered, remember=True)
        before = prepared.client.session_cookie
        ticket = await CHANGES[change](prepared)
        if ticket:
            assert (await prepared.client.redeem(ticket)).status_code == 303
            assert prepared.client.session_cookie not in ("", before)
        for other in (short, remembered):
            assert not await is_logged_in(other)
        async with Client(server, cookies={"netim_session": before}) as old:
            assert not await is_logged_in(old), "nor does the value that it had before"
        assert await is_logged_in(prepared.client) is bool(ticket)
        if not ticket:
            await give_password(remembered, prepared.email, PASSWORD)
            assert remembered.vars["LoginState.errors"]
            await prepared.client.log_in(prepared.email, NEW_PASSWORD)
            assert await is_logged_in(prepared.client)


@pytest.mark.parametrize("change", CHANGES)
async def test_live_revoke_by_every_change(server: Server, prepared: Owner, change: str) -> None:
    """A socket that is open on another device hears nothing more, and its next event is refused at once."""
    async with Client(server) as other:
        await enter(prepared, other)
        await other.call("ShellState.open_account_page")
        assert other.vars["ProfileState.email"] == prepared.email
        other.heard.clear()
        ticket = await CHANGES[change](prepared)
        if ticket:
            await prepared.client.redeem(ticket)
        assert "Martin" not in str(other.heard)
        await other.call("LoginAlertsState.switch", on=True)
        assert await other.sent_to("&ended=1") == f"/login?next={PERSONAL}&ended=1"
        assert "Martin" not in str(other.heard)
        assert prepared.email not in str(other.heard)
        assert other.vars["ProfileState.email"] == ""
    if ticket:
        assert await is_logged_in(prepared.client)
        assert prepared.client.vars["LoginAlertsState.on"] is False
        await prepared.client.call("LoginAlertsState.switch", on=True)
        assert prepared.client.vars["LoginAlertsState.on"] is True


async def _disable(owner: Owner) -> None:
    await asyncio.to_thread(disable, owner.server, owner.email)


async def _delete(owner: Owner) -> None:
    """There is no command for it: the row is deleted, and all that belongs to it goes with it."""

    def run() -> None:
        with owner.server.units.writing_engine.begin() as connection:
            connection.execute(text("DELETE FROM account WHERE email = :e"), {"e": owner.email})

    await asyncio.to_thread(run)


@pytest.mark.parametrize("end", [_disable, _delete])
async def test_acct_disabled_in_the_middle_of_everything(
    server: Server, owner: Owner, new_email: Callable[[], str], end: Callable[[Owner], Awaitable[None]]
) -> None:
    """Live socket, remembered cookie, half a login, reset link and change of address: all of it ends at once."""
    new = new_email()
    async with (
        customer(server, new_email()) as bystander,
        Client(server) as remembered,
        Client(server) as half,
        Client(server) as stranger,
    ):
        await enter(owner, remembered, remember=True)
        await give_password(half, owner.email)
        assert half.vars["LoginState.needs_code"]
        await owner.client.call("EmailState.submit", form={"email": new})
        confirmation = await link_from(server, new, page="verify-email")
        await stranger.load("/forgot-password")
        reset = await ask_reset(server, stranger, owner.email)
        owner.client.heard.clear()

        await end(owner)

        await owner.client.call("LoginAlertsState.switch", on=True)
        assert await owner.client.sent_to("/login")
        assert "Martin" not in str(owner.client.heard)
        assert not await is_logged_in(remembered)
        assert await give_code(half, owner.code()) == ""
        await stranger.call("ResetState.submit", form={"token": reset, "password": NEW_PASSWORD})
        assert not stranger.vars["ResetState.done"]
        await stranger.call("VerifyState.submit", form={"token": confirmation})
        assert stranger.vars["VerifyState.done"] == ""
        assert await attempt(stranger, owner.email, PASSWORD) == ""
        assert not stranger.vars["LoginState.needs_code"]
        assert "incident" not in str([c.heard for c in (owner.client, remembered, half, stranger)])
        assert server.query("SELECT count(*) FROM account WHERE email = :e", e=new) == [0]
        await bystander.call("LoginAlertsState.switch", on=True)
        assert bystander.vars["LoginAlertsState.on"]


async def test_fixation_of_a_two_factor_login(server: Server, owner: Owner, new_email: Callable[[], str]) -> None:
    """An attacker chooses the value that a browser holds before. After the code, and after a step-up, it is another."""
    async with customer(server, new_email()) as attacker, customer(server, new_email()) as gone:
        ended = gone.session_cookie
        await gone.log_out()
        for planted in (attacker.session_cookie, ended, new_token(), owner.client.session_cookie):
            async with Client(server, cookies={"netim_session": planted}) as client:
                await give_password(client, owner.email)
                assert client.session_cookie == planted, "the password alone gives no session at all"
                await client.redeem(await give_code(client, owner.code()))
                first = client.session_cookie
                assert first not in ("", planted)
                async with Client(server, cookies={"netim_session": planted}) as old:
                    assert not await is_logged_in(old)
                owner.wait()
                assert await is_logged_in(client)
                proof = {"password": PASSWORD, "code": owner.code()}
                await client.redeem(await client.ticket("StepUpState.submit", form=proof))
                assert client.session_cookie not in ("", planted, first)
                async with Client(server, cookies={"netim_session": first}) as old:
                    assert not await is_logged_in(old)
                owner.wait()
                assert await is_logged_in(client)
                assert client.vars["ProfileState.email"] == owner.email


async def test_pending_cookie_is_no_session_and_serves_once(server: Server, owner: Owner) -> None:
    """Half a login hangs on the browser cookie: that is no session, no ticket, and good for one code."""
    async with Client(server) as thief:
        await give_password(thief, owner.email)
        device = next(str(c.value) for c in thief.http.cookies.jar if c.name == "netim_browser")
        async with Client(server, cookies={"netim_browser": device, "netim_session": device}) as puzzler:
            assert not await is_logged_in(puzzler)
            assert "Martin" not in str(puzzler.heard)
            for value in (device, "A" * 43):
                answer = await puzzler.redeem(value)
                assert answer.headers["location"] == "/login?again=1"
                assert "netim_session" not in answer.headers.get("set-cookie", "")
            for path in (PERSONAL, "/healthz"):
                assert "Martin" not in (await puzzler.http.get(path)).text
        await thief.redeem(await give_code(thief, owner.code()))
        owner.wait()
        await thief.connect("/login")
        assert await give_code(thief, owner.code()) == "", "the step was spent with its code"
        assert await give_code(thief, owner.codes[0]) == ""
        assert owner.row("backup_code", "count(used_at)") == [0]
        assert await is_logged_in(thief)


async def test_remember_2fa_no_copied_cookie_replaces_the_code(
    server: Server, owner: Owner, new_email: Callable[[], str]
) -> None:
    """Cookies of a browser that is known to the owner, or to somebody else who gave a code there."""
    async with customer(server, new_email()) as client:
        await client.connect("/account/connection-and-security")
        await client.call("ShellState.open_account_page")
        other = Owner(server, client, client.vars["ProfileState.email"])
        other.offset = owner.offset
        await other.enable()
        owner.offset = other.offset
        jars: list[dict[str, Any]] = [
            {str(c.name): str(c.value) for c in c_.http.cookies.jar} for c_ in (owner.client, client)
        ]
    for jar in jars:
        jar.pop("netim_session")
        async with Client(server, cookies=jar) as thief:
            await give_password(thief, owner.email)
            assert thief.vars["LoginState.needs_code"]
            assert await give_code(thief, "000000") == ""
            assert await give_code(thief, other.code()) == ""
            assert not thief.session_cookie
            assert await give_code(thief, owner.code())
            owner.wait()


async def test_live_revoke_by_the_operator(server: Server, anna: Client, email: str) -> None:
    """`netim sessions revoke`: every browser of this customer, and of nobody else, has to log in again."""
    async with customer(server, f"other.{email}") as other, Client(server) as remembered:
        await remembered.log_in(email, remember=True)
        done = await asyncio.to_thread(server.netim, "sessions", "revoke", email)
        assert (done.returncode, done.stdout.strip()) == (0, "ended 2 session(s)")
        for client in (anna, remembered):
            assert not await is_logged_in(client)
        assert await is_logged_in(other)
        nobody = await asyncio.to_thread(server.netim, "sessions", "revoke", "nobody@example.com")
        assert (nobody.returncode, nobody.stderr.strip()) == (1, "no account has this e-mail address")
    await anna.log_in(email)
    assert await is_logged_in(anna)
