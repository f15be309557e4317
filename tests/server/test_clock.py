"""The server's clock is set back, or jumps forward: nothing opens that was shut, and nothing breaks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server, customer, link_in
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.two_factor import Owner, give_code, give_password, owner, plain

__all__ = ["owner", "plain"]
MINUTE, HOUR, DAY = 60, 3600, 86_400
WAIT = 30


async def open_page(client: Client) -> bool:
    """Whether the page opens, and does not lead to the login."""
    client.events.clear()
    await client.connect(PERSONAL)
    await client.call("ShellState.open_account_page")
    return client.redirects() == []


async def test_set_back_a_little_and_sessions_go_on(server: Server, anna: Client) -> None:
    """Also their idle limit: it is counted from what the clock says at the next event."""
    server.move_clock(-4 * MINUTE)
    assert await open_page(anna)
    server.move_clock((31 - 4) * MINUTE)
    assert not await open_page(anna)


@pytest.mark.parametrize("back", [10 * MINUTE, DAY])
@pytest.mark.parametrize("remember", [False, True])
async def test_set_back_and_no_session_outlives_its_limit(
    server: Server, new_email: Callable[[], str], back: int, remember: bool
) -> None:
    """A clock that was fast has signed somebody in: when it is put right nobody can tell how old the session is."""
    email = server.create_account(new_email())
    async with Client(server) as client:
        server.move_clock(back)
        await client.log_in(email, remember=remember)
        server.move_clock(0)
        assert not await open_page(client)
        await client.log_in(email)
        assert await open_page(client)


@pytest.mark.parametrize("back", [MINUTE, HOUR, DAY])
async def test_set_back_and_used_codes_stay_used(owner: Owner, server: Server, back: int) -> None:
    """A code of an earlier step is never accepted after one of a later step, at any time of the clock."""
    async with Client(server) as client:
        await give_password(client, owner.email)
        used = owner.code()
        assert await give_code(client, used)
        owner.wait(-back)
        await give_password(client, owner.email)
        assert await give_code(client, owner.code()) == ""
        assert await give_code(client, used) == ""
        assert await give_code(client, owner.codes[0]), "a backup code helps meanwhile"
        owner.wait(back + MINUTE)
        await give_password(client, owner.email)
        assert await give_code(client, owner.code())


async def test_set_back_and_limits_do_not_open(server: Server, new_email: Callable[[], str]) -> None:
    email = server.create_account(new_email())
    form = {"email": email, "password": PASSWORD}
    async with Client(server) as client:
        await client.load("/login")
        for _ in range(5):
            await client.call("LoginState.submit", form=form | {"password": "a wrong 1 for today"})
        for back in (0, 10 * MINUTE, HOUR, DAY):
            server.move_clock(-back)
            assert await client.ticket("LoginState.submit", form=form) == ""
        server.move_clock(16 * MINUTE)
        assert await client.ticket("LoginState.submit", form=form)


async def test_set_back_and_waiting_mails_are_sent(server: Server, new_email: Callable[[], str]) -> None:
    """They are due tomorrow, as far as the clock can tell; they go out at once."""
    email = server.create_account(new_email())
    async with Client(server) as client:
        server.move_clock(DAY)
        if server.mail_dir.exists():
            server.mail_dir.rename(server.folder / "aside")
        server.mail_dir.write_text("a file where the folder should be")
        await client.load("/forgot-password")
        await client.call("ForgotState.submit", form={"email": email})
        await until(lambda: server.query("SELECT last_error FROM outbox_message WHERE state = 'queued'") != [""], WAIT)
        server.mail_dir.unlink()
        server.move_clock(0)
        mail = await asyncio.to_thread(server.wait_for_mail, email)
        token = link_in(mail).partition("#")[2]
        await client.call("ResetState.submit", form={"token": token, "password": "another 9 lanterns in fog"})
        assert client.vars["ResetState.done"]


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=3650)])
async def test_a_jump_ends_what_had_its_time_and_nothing_else(
    server: Server, new_email: Callable[[], str], jump: timedelta
) -> None:
    email = new_email()
    async with customer(server, email) as client:
        await client.load("/forgot-password")
        await client.call("ForgotState.submit", form={"email": email})
        token = link_in(await asyncio.to_thread(server.wait_for_mail, email)).partition("#")[2]
        server.move_clock(jump.total_seconds())
        assert not await open_page(client)
        await client.call("ResetState.submit", form={"token": token, "password": "another 9 lanterns in fog"})
        assert not client.vars["ResetState.done"]
        await client.log_in(email)
        assert await open_page(client)
        await client.connect(SECURITY)
        await client.call("LoginAlertsState.switch", on=True)
        assert client.vars["LoginAlertsState.on"] is True
        assert (await client.http.get("/healthz")).status_code == 200
    assert "Traceback" not in server.log
