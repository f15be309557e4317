"""A stolen password on an account without a second factor: what its owner hears, and how they come back."""

import asyncio
from collections.abc import Callable

import pytest

from tests.kit.harness import PASSWORD, Client, Server, link_in
from tests.kit.login import NEW_PASSWORD, can_log_in, link_from
from tests.kit.pages import SECURITY
from tests.kit.two_factor import Owner

THIEVES_PASSWORD = "velvet anchor pickle 58"


async def steal(thief: Client, server: Server, email: str, address: str, *, codes_first: bool) -> None:
    """Everything that a thief can do: a password, codes, IP rules and an address of their own."""
    await thief.log_in(email)
    await thief.connect(SECURITY)
    await thief.call("ShellState.open_account_page")
    if codes_first:
        await lock_out(thief, server, email)
    ticket = await thief.ticket("PasswordState.submit", form={"current": PASSWORD, "password": THIEVES_PASSWORD})
    await thief.redeem(ticket)
    await thief.connect(SECURITY)
    await thief.call("EmailState.submit", form={"email": address})
    token = await link_from(server, address, page="verify-email")
    await thief.redeem(await thief.ticket("VerifyState.submit", form={"token": token}))
    await thief.connect(SECURITY)
    await thief.call("ShellState.open_account_page")
    if not codes_first:
        await lock_out(thief, server, email)


async def lock_out(thief: Client, server: Server, email: str) -> None:
    """Codes that the owner has not, and a list that lets the thief in alone."""
    owner = Owner(server, thief, email)
    owner.key = await owner.begin()
    await thief.redeem(await owner.confirm(owner.code()))
    await thief.connect(SECURITY)
    await thief.call("ShellState.open_account_page")
    await thief.call("IpDialogState.add", form={"address": thief.local_address, "note": ""})
    await thief.call("IpDialogState.begin_switch")
    await thief.call("IpDialogState.switch", form={})
    assert thief.vars["IpRestrictionState.since"]


@pytest.mark.parametrize("codes_first", [True, False], ids=["codes first", "address first"])
async def test_takeover_is_mailed_at_once_and_undone_from_the_old_mailbox(
    server: Server, anna: Client, email: str, new_email: Callable[[], str], codes_first: bool
) -> None:
    theirs = new_email()
    async with Client(server) as thief:
        await steal(thief, server, email, theirs, codes_first=codes_first)

        told = ["New login", "password was changed", "Request to change", "email address was changed"]
        if codes_first:
            told += ["Two-factor authentication is on", "IP restriction: ", "IP restriction is on"]
        for subject in told:
            await asyncio.to_thread(server.wait_for_mail, email, subject=subject)
        link = link_in(await asyncio.to_thread(server.wait_for_mail, email, subject="email address was changed"))
        assert link.startswith(f"{server.origin}/restore-email#")
        assert "restore-email" not in str(server.mails(theirs)), "the thief gets no such link"

        await anna.load(link.partition("#")[0].removeprefix(server.origin))
        await anna.call("UndoState.open_page")
        assert server.query("SELECT email FROM account WHERE email IN (:a, :b)", a=email, b=theirs) == [theirs]
        await anna.call("UndoState.submit", form={"token": link.partition("#")[2]})
        assert anna.vars["UndoState.restored"] == email
        assert not anna.session_cookie or not await is_open(anna), "no link logs anybody in"

        assert server.query("SELECT email FROM account WHERE email IN (:a, :b)", a=email, b=theirs) == [email]
        assert not await is_open(thief)
    for address, password in ((email, PASSWORD), (email, THIEVES_PASSWORD), (theirs, THIEVES_PASSWORD)):
        assert not await can_log_in(server, address, password)
    token = await link_from(server, email)
    await anna.load("/reset-password")
    await anna.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
    assert anna.vars["ResetState.done"]
    await anna.log_in(email, NEW_PASSWORD)
    assert await is_open(anna)


async def is_open(client: Client) -> bool:
    """Whether the browser is logged in."""
    await client.connect(SECURITY)
    marker = len(client.redirects())
    await client.call("ShellState.open_account_page")
    return not client.redirects()[marker:]


async def test_takeover_twin_a_customer_changes_the_own_address_and_keeps_it(
    server: Server, anna: Client, email: str, new_email: Callable[[], str]
) -> None:
    new = new_email()
    await anna.call("EmailState.submit", form={"email": new})
    token = await link_from(server, new, page="verify-email")
    await anna.redeem(await anna.ticket("VerifyState.submit", form={"token": token}))
    assert await is_open(anna), "in the browser that is logged in, no password is asked for"
    link = link_in(await asyncio.to_thread(server.wait_for_mail, email, subject="email address was changed"))

    async with Client(server) as scanner:  # of the old mailbox: it opens every link
        await scanner.load("/restore-email")
        await scanner.call("UndoState.open_page")
        await scanner.call("UndoState.submit", form={"token": "A" * 43})
        assert "no longer works" in str(scanner.vars["UndoState.errors"])
    assert await can_log_in(server, new, PASSWORD)
    server.move_clock(7 * 24 * 3600 + 1)
    async with Client(server) as late:
        await late.load("/restore-email")
        await late.call("UndoState.submit", form={"token": link.partition("#")[2]})
        assert not late.vars["UndoState.restored"]
    assert server.query("SELECT email FROM account WHERE email IN (:a, :b)", a=email, b=new) == [new]


async def test_email_change_is_not_confirmed_by_the_owner_of_a_mailbox_for_a_stranger(
    server: Server, anna: Client, email: str, new_email: Callable[[], str]
) -> None:
    """Anna enters the address of somebody else, who takes the mail for the own one and follows its link."""
    victims = new_email()
    await anna.call("EmailState.submit", form={"email": victims})
    token = await link_from(server, victims, page="verify-email")
    assert "Anna" not in server.mails(victims)[0].as_string()
    async with Client(server) as victim:
        await victim.load("/verify-email")
        await victim.call("VerifyState.open_page")
        assert victim.vars["VerifyState.asks_proof"]
        for password in ("", "a password of the victim 7"):
            await victim.call("VerifyState.submit", form={"token": token, "password": password})
            assert list(victim.vars["VerifyState.errors"]) == ["password"]
            assert victim.vars["VerifyState.done"] == ""
    assert server.query("SELECT count(*) FROM account WHERE email = :e", e=victims) == [0]
    await anna.call("VerifyState.open_page")
    assert not anna.vars["VerifyState.asks_proof"]
    assert await anna.ticket("VerifyState.submit", form={"token": token})
