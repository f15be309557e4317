"""Copies of alerts over the wire: who may ask for them, and what a link from another account is worth."""

import asyncio
from collections.abc import Callable

from tests.kit.harness import Client, Server, link_in
from tests.kit.pages import SECURITY


async def test_copy_address_takes_a_fresh_proof_and_its_own_mailbox(
    server: Server, anna: Client, email: str, new_email: Callable[[], str]
) -> None:
    second = new_email()
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    async with Client(server) as stranger:
        await stranger.load("/alert-copy")
        await stranger.call("CopyDialogState.submit", form={"email": second})
        assert server.query("SELECT email FROM alert_copy WHERE email = :a", a=second) == []

        server.move_clock(660)
        await anna.call("CopyDialogState.submit", form={"email": second})
        assert server.query("SELECT email FROM alert_copy WHERE email = :a", a=second) == [], "the proof is too old"
        server.move_clock(0)
        await anna.call("CopyDialogState.submit", form={"email": second})
        assert anna.vars["CopyState.email"] == second
        link = link_in(await asyncio.to_thread(server.wait_for_mail, second))
        token = link.partition("#")[2]

        await stranger.call("CopyLinkState.submit", form={"token": "A" * 43})
        assert stranger.vars["CopyLinkState.errors"]
        await stranger.call("CopyLinkState.submit", form={"token": token})
        assert stranger.vars["CopyLinkState.done"]
        assert not stranger.session_cookie, "no link logs anybody in"
        await stranger.call("CopyLinkState.submit", form={"token": token})
        assert stranger.vars["CopyLinkState.errors"]

    async with Client(server) as elsewhere:
        await elsewhere.log_in(email)
    copy = await asyncio.to_thread(server.wait_for_mail, second, subject="Copy: ")
    body = copy.get_body(("plain",))
    assert body is not None
    assert email not in body.get_content()
    assert "/not-me" not in body.get_content()
    for handler in ("CopyState.remove", "CopyState.ask_again"):
        async with Client(server) as other:
            await other.log_in(server.create_account(new_email()))
            await other.connect(SECURITY)
            await other.call(handler)
    assert server.query("SELECT email FROM alert_copy WHERE email = :a", a=second) == [second]
