"""The data kept of a customer, who may change it, and what the server does when too much is asked of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from redis import Redis

from tests.kit.harness import PASSWORD, Client, Server, running
from tests.kit.login import ask_reset, link_from
from tests.kit.pages import SECURITY
from tests.server.conftest import page_states

IDLE_SECONDS = 30 * 60


async def test_email_change(server: Server, anna: Client, email: str, new_email: Callable[[], str]) -> None:
    """Told to the old address, confirmed from the new one, without effect until then."""
    new = new_email()
    await anna.call("EmailState.submit", form={"email": new})
    link = await link_from(server, new, page="verify-email")
    told = await asyncio.to_thread(server.wait_for_mail, email, 1)
    assert new in str(told.get_body(("plain",)))
    async with Client(server) as client:
        await client.load("/forgot-password")
        await client.call("ForgotState.submit", form={"email": new})
        await ask_reset(server, client, email)
        assert "reset-password" not in str(server.mails(new)), "a reset still goes to the old address alone"
    assert server.query("SELECT email FROM account WHERE email IN (:a, :b)", a=email, b=new) == [email]
    async with Client(server) as stranger:
        await stranger.load("/verify-email")
        await stranger.call("VerifyState.submit", form={"token": link})
        assert list(stranger.vars["VerifyState.errors"]) == ["password"], "the mailbox alone is no proof"
        await stranger.call("VerifyState.submit", form={"token": link, "password": PASSWORD})
        assert stranger.vars["VerifyState.done"] == "email_change"
        assert not stranger.session_cookie, "no link logs anybody in"
    assert server.query("SELECT email FROM account WHERE email IN (:a, :b)", a=email, b=new) == [new]
    await asyncio.to_thread(server.wait_for_mail, email, 3)  # asked, reset, changed
    async with Client(server) as client:
        await client.log_in(new)
        assert client.session_cookie


async def test_state_store(tmp_path: Path, redis: Redis, new_email: Callable[[], str]) -> None:
    """Redis holds no cookie, ticket, password, key or code; and all of its content goes away by itself."""
    with running(tmp_path / "var", env={"NETIM_REDIS_URL": redis.url}) as server:
        email = server.create_account(new_email())
        async with Client(server) as client:
            await client.log_in(email)
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            ticket = await client.ticket("StepUpState.submit", form={"password": PASSWORD})
            marker = len(client.heard)
            await client.call("TotpWizardState.begin")
            assert "otpauth://" in str(client.heard[marker:])
            key = next(
                state["key_text_rx_state_"]
                for update in client.heard[marker:]
                for state in (update.get("delta") or {}).values()
                if state.get("key_text_rx_state_")
            )
            states = page_states(redis)
            content = b"".join(states.values())
            assert b"Martin" in content, "the states can be read, and are those of this customer"
            for secret in (PASSWORD, client.session_cookie, ticket, key, key.replace(" ", ""), "otpauth://"):
                assert secret.encode() not in content
            for name in states:
                left = redis.ttl(name)
                assert 0 < left <= IDLE_SECONDS or not redis.exists(name), (name, left)  # a lock is gone by now
    assert not await asyncio.to_thread(lambda: list(tmp_path.rglob(".states")))


async def test_state_store_of_an_ended_session_is_emptied(
    tmp_path: Path, redis: Redis, new_email: Callable[[], str]
) -> None:
    """Ended from elsewhere: the tab is told, and what was kept for it goes. A closed one's goes when it comes back.

    Or before: by its time to live, or in a sweep. The server then no longer knows that its session was ended.
    """
    with running(tmp_path / "var", env={"NETIM_REDIS_URL": redis.url}) as server:
        email = server.create_account(new_email(), first_name="Zoe", last_name="Quintessence")
        async with Client(server) as open_tab, Client(server) as closed_tab, Client(server) as owner:
            for client in (open_tab, closed_tab, owner):
                await client.log_in(email)
                await client.connect(SECURITY)
                await client.call("ShellState.open_account_page")
            await closed_tab.disconnect()
            open_tab.events.clear()
            await owner.call("LogOutOthersState.begin")
            await owner.call("LogOutOthersState.confirm")
            await open_tab.until(lambda: "recheck_session" in str(open_tab.events), "being told")
            await open_tab.call("ShellState.recheck_session")  # as a page does when it is told so
            await open_tab.until(lambda: bool(open_tab.redirects()), "the way to the login")
            holding = {name for name, state in page_states(redis).items() if b"Quintessence" in state}
            tokens = {
                client.token: [name for name in holding if client.token.encode() in name]
                for client in (open_tab, closed_tab, owner)
            }
            assert not tokens[open_tab.token]
            assert tokens[owner.token], "the owner's page goes on"
            assert all(0 < redis.ttl(name) <= IDLE_SECONDS for name in tokens[closed_tab.token])
            await closed_tab.connect(SECURITY)
            await closed_tab.call("ShellState.open_account_page")
            assert closed_tab.redirects()[-1].removesuffix("&ended=1") == f"/login?next={SECURITY}"
            states = page_states(redis).items()
            assert not [name for name, state in states if closed_tab.token.encode() in name and b"Quintess" in state]
            await owner.call("LoginAlertsState.switch", on=True)
            assert owner.vars["LoginAlertsState.on"] is True


async def test_pw_dos(server: Server, anna: Client, email: str) -> None:
    """Endless passwords and many at once: the former are refused before they are hashed, the latter wait their turn."""
    clients = [Client(server) for _ in range(50)]
    try:
        await asyncio.gather(*(client.load("/login") for client in clients))
        for client in clients:
            form = {"email": email, "password": "x" * 200_000}
            await client.send("LoginState.submit", form=form)
            await client.send("LoginState.submit", form=form | {"password": "wrong " + PASSWORD})
        await anna.call("LoginAlertsState.switch", on=True)
        assert anna.vars["LoginAlertsState.on"], "others go on meanwhile"
        await asyncio.gather(*(client.settle() for client in clients))
    finally:
        await asyncio.gather(*(client.__aexit__() for client in clients))
    assert all(client.vars["LoginState.errors"] for client in clients)
    assert server.alive
    await anna.log_out()
    await anna.log_in(email)
    assert anna.session_cookie


async def test_gauge(server: Server, anna: Client) -> None:
    """It follows what is stored, up and down, and not what the browser says."""
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    start = anna.vars["GaugeState.percent"]
    await anna.call("LoginAlertsState.switch", on=True)
    higher = anna.vars["GaugeState.percent"]
    assert higher > start
    for handler in ("GaugeState.set_percent", "GaugeState.setvar"):
        await anna.call(handler, value=100, var_name="percent")
    await anna.call("ShellState.open_account_page")
    assert anna.vars["GaugeState.percent"] == higher
    await anna.call("LoginAlertsState.switch", on=False)
    assert anna.vars["GaugeState.percent"] == start
