"""Guessing by the thousand, mails by the hundred, and what a listener could learn from the answers."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from netim_app.identity import notices
from netim_app.identity.attempts import MAX_FAILURES
from netim_app.identity.second_factor import LOCKOUT_AFTER
from netim_app.identity.tables import FailedCodeCount
from netim_app.infra.rate_limit import (
    CHANGE_PER_ACCOUNT,
    LINK_PER_ADDRESS,
    LOGIN_OVERALL,
    MAIL_PER_ADDRESS,
    MAIL_PER_RECIPIENT,
    RECOVERY_PER_ADDRESS,
    SIGN_UP_PER_ADDRESS,
)
from tests.kit.factories import account_id_of
from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, Server, customer, running
from tests.kit.log_lines import id_of, lines_about
from tests.kit.login import NEW_PASSWORD, ask_reset, attempt, can_log_in, link_from, shape
from tests.kit.two_factor import Owner, give_code, give_password, owner, plain
from tests.kit.windows import whole_window

__all__ = ["owner", "plain"]
WRONG = "wrong " + PASSWORD
MINUTE = 60


def logged(server: Server, event: str, **fields: str) -> int:
    """How many lines of the log have this event."""
    wanted = [f"event={event} ", *(f"{name}={value}" for name, value in fields.items())]
    return sum(all(words in f"{line} " for words in wanted) for line in server.log.splitlines())


@pytest.mark.parametrize("addresses", [1, 20])
async def test_bf_single_a_thousand_wrong_passwords(tmp_path: Path, addresses: int) -> None:
    """However many come: five are looked at, whether they come from one address or from many."""
    with running(tmp_path) as server:
        email, bystander = server.create_account("anna@example.com"), server.create_account("bert@example.com")
        each = 1000 // addresses
        said = set()
        async with Client(server) as owner:
            await owner.log_in(email)
            await owner.log_out()
            for number in range(addresses):
                if number == addresses // 2:
                    server.move_clock(2 * MINUTE)  # all together may try so often in a minute
                async with Client(server) as attacker:
                    await attacker.load("/login")
                    for start in range(0, each, 50):
                        for guess in range(start, start + 50):
                            form = {"email": email, "password": f"{WRONG} {number} {guess}"}
                            await attacker.send("LoginState.submit", form=form)
                        await attacker.settle()
                    said.add(str(attacker.vars["LoginState.errors"]))
                    assert await attempt(attacker, email, PASSWORD) == ""
            account = id_of(server, email)
            assert logged(server, "login_failed", account_id=account, reason="wrong") == MAX_FAILURES
            refused = logged(server, "login_failed", account_id=account) + logged(server, "limit_reached")
            assert refused == 1000 + addresses, "every attempt left its line"
            assert len(said) == 1
            assert await can_log_in(server, bystander, PASSWORD), "nobody else is kept out"
            await owner.load("/login")
            assert await attempt(owner, email, PASSWORD), "nor is she, in her own browser"


@pytest.mark.alone
async def test_spray_over_all_addresses(tmp_path: Path) -> None:
    """Leaked pairs, some of them right, from ever new addresses: beyond the limit only known browsers get in."""
    with running(tmp_path) as server:
        customers = [server.create_account(f"c{number}@example.com") for number in range(5)]
        async with Client(server) as owner:
            await owner.log_in(customers[0])
            await owner.log_out()
            await whole_window(LOGIN_OVERALL, 30)
            sent = 1
            for _ in range(LOGIN_OVERALL.amount // 50 + 1):
                async with Client(server) as attacker:
                    await attacker.load("/login")
                    for number in range(50):
                        form = {"email": f"u{sent + number}@example.com", "password": PASSWORD}
                        await attacker.send("LoginState.submit", form=form)
                    await attacker.settle()
                    sent += 50
            looked_at = logged(server, "login_failed", reason='"no account"')
            assert looked_at <= LOGIN_OVERALL.amount
            assert logged(server, "limit_reached", limit="login_overall") == sent - 1 - looked_at > 0
            async with Client(server) as attacker:
                await attacker.load("/login")
                for customer in customers:
                    assert await attempt(attacker, customer, PASSWORD) == "", "a right pair is as good as a wrong one"
                answer = attacker.vars["LoginState.errors"]
                await attempt(attacker, "nobody@example.com", PASSWORD)
                assert attacker.vars["LoginState.errors"] == answer
            await owner.load("/login")
            assert await attempt(owner, customers[0], PASSWORD), "her browser is known"
            server.move_clock(2 * MINUTE)
            assert await can_log_in(server, customers[1], PASSWORD)


async def test_reset_token_guesses_are_throttled(server: Server, email: str) -> None:
    """Nobody tries links by the thousand; the real one is not spent by it."""
    async with Client(server) as guesser, Client(server) as elsewhere:
        await elsewhere.load("/forgot-password")
        token = await ask_reset(server, elsewhere, email)
        await guesser.load("/reset-password")
        await whole_window(LINK_PER_ADDRESS, 60)
        for number in range(LINK_PER_ADDRESS.amount):
            form = {"token": f"{number:043}", "password": NEW_PASSWORD}
            await guesser.send("ResetState.submit", form=form)
        await guesser.settle()
        assert "no longer works" in str(guesser.vars["ResetState.errors"])
        for handler, state in (("ResetState.submit", "ResetState"), ("VerifyState.submit", "VerifyState")):
            await guesser.call(handler, form={"token": token, "password": NEW_PASSWORD})
            assert "try again" in str(guesser.vars[f"{state}.errors"]).lower()
            assert not guesser.vars[f"{state}.done"]
        assert [line["limit"] for line in lines_about(guesser, "limit_reached")] == [LINK_PER_ADDRESS.name] * 2
        await elsewhere.call("ResetState.submit", form={"token": token, "password": NEW_PASSWORD})
        assert elsewhere.vars["ResetState.done"]
    assert await can_log_in(server, email, NEW_PASSWORD)


async def sent_all(server: Server) -> None:
    """Waits until no mail waits any more, but those that are told together later."""
    waiting = "SELECT count(*) FROM outbox_message WHERE state <> 'sent' AND event <> :later"
    await until(lambda: server.query(waiting, later=notices.MORE_NOTICES_REQUEST) == [0])


@pytest.mark.parametrize("handler", ["SignUpState.submit", "ForgotState.submit"])
@pytest.mark.parametrize("known", [True, False], ids=["customer", "nobody"])
async def test_flood_mail_for_one_mailbox(
    server: Server, new_email: Callable[[], str], handler: str, known: bool
) -> None:
    """From ever new addresses; each is told the same, and the mailbox gets five in an hour."""
    target, other = new_email(), server.create_account(new_email())
    if known:
        server.create_account(target)
    form = {"email": target, "first_name": "A", "last_name": "B", "password": PASSWORD}
    said = set()
    await whole_window(MAIL_PER_RECIPIENT, 60)
    for number in range(MAIL_PER_RECIPIENT.amount + 4):
        async with Client(server) as client:
            await client.load("/signup")
            spelt = target.upper() if number % 2 else target
            await client.call(handler, form=form | {"email": spelt})
            said.add(str(client.vars[f"{handler.partition('.')[0]}.sent_to"]).lower())
    assert said == {target}
    await sent_all(server)
    nothing = handler == "ForgotState.submit" and not known
    assert len(server.mails(target)) == (0 if nothing else MAIL_PER_RECIPIENT.amount)
    async with Client(server) as client:
        await client.load("/forgot-password")
        await ask_reset(server, client, other)


async def test_flood_mail_from_one_address(server: Server, new_email: Callable[[], str]) -> None:
    """One machine registers and asks for links for ever new mailboxes: twenty mails in an hour, and not one more."""
    victims = [new_email() for _ in range(SIGN_UP_PER_ADDRESS.amount + 5)]
    customers = [server.create_account(new_email()) for _ in range(RECOVERY_PER_ADDRESS.amount + 5)]
    async with Client(server) as client, Client(server) as elsewhere:
        await client.load("/signup")
        await whole_window(MAIL_PER_ADDRESS, 60)
        for email in victims:
            form = {"email": email, "first_name": "A", "last_name": "B", "password": PASSWORD}
            await client.call("SignUpState.submit", form=form)
        assert "try again" in str(client.vars["SignUpState.errors"]).lower()
        for email in customers:
            await client.call("ForgotState.submit", form={"email": email})
        assert "try again" in str(client.vars["ForgotState.errors"]).lower()
        await sent_all(server)
        assert sum(len(server.mails(email)) for email in (*victims, *customers)) == MAIL_PER_ADDRESS.amount
        await elsewhere.load("/forgot-password")
        await ask_reset(server, elsewhere, customers[-1])


async def test_flood_mail_by_a_customers_own_changes(
    server: Server, anna: Client, email: str, new_email: Callable[[], str]
) -> None:
    """A customer cannot fill the queue in which everybody's mails wait; and may still throw a thief out."""
    await whole_window(CHANGE_PER_ACCOUNT, 120)
    for number in range(CHANGE_PER_ACCOUNT.amount + 20):
        await anna.send("LoginAlertsState.switch", on=number % 2 == 0)
        if number % 50 == 0:
            await anna.settle()
    await anna.settle()
    assert "try again" in anna.vars["ShellState.notice"].lower()
    mailed_or_held_back = "SELECT count(*) FROM outbox_message WHERE event LIKE 'alerts_off.%'"
    assert server.query(mailed_or_held_back) == [CHANGE_PER_ACCOUNT.amount // 2]
    async with customer(server, new_email()) as other:
        await other.call("LoginAlertsState.switch", on=True)
        assert other.vars["LoginAlertsState.on"], "nobody else is kept from a change"
    form = {"current": PASSWORD, "password": NEW_PASSWORD}
    assert await anna.ticket("PasswordState.submit", form=form), "nor she from a new password"
    assert await can_log_in(server, email, NEW_PASSWORD)


async def test_alert_flood(server: Server, new_email: Callable[[], str]) -> None:
    """Right logins in a row: a few mails, then one for all others. A login from a new device is told at once."""
    email = server.create_account(new_email())
    async with Client(server) as owner, Client(server) as thief:
        await owner.log_in(email)
        await owner.call("LoginAlertsState.switch", on=True)
        for _ in range(notices.MAX_NOTICES + 4):
            await owner.load("/login")
            await owner.redeem(await owner.ticket("LoginState.submit", form={"email": email, "password": PASSWORD}))
        await thief.log_in(email)
        await sent_all(server)
        kinds = ["a new device" in str(mail.get_body(("plain",))) for mail in server.mails(email)]
        assert kinds == [False] * notices.MAX_NOTICES + [True]
        server.move_clock(notices.SHARED_MAIL_AFTER.total_seconds() + 1)
        last = await asyncio.to_thread(server.wait_for_mail, email, 1, "4 more alerts")
        assert "#recent-activity" in str(last.get_body(("plain",)))


async def answers(server: Server, email: str, *passwords: str) -> list[str]:
    """All that comes back for these attempts, one after the other in one browser."""
    found = []
    async with Client(server) as attacker:
        await attacker.load("/login")
        await attacker.settle()
        for password in passwords:
            attacker.heard.clear()
            assert await attempt(attacker, email, password) == ""
            found.append(str(shape(attacker.heard)).replace(email, "?"))
        found.append(str(sorted(c.name for c in attacker.http.cookies.jar)))
    return found


async def test_enum_login_with_two_factor(
    server: Server, owner: Owner, email: str, new_email: Callable[[], str]
) -> None:
    """Wrong passwords beyond the limit: the same for who has a second factor, who has none, and who is nobody."""
    guesses = [f"{WRONG} {number}" for number in range(MAX_FAILURES + 3)]
    shapes = [await answers(server, who, *guesses) for who in (owner.email, email, new_email())]
    assert shapes[0] == shapes[1] == shapes[2]
    owner.wait(16 * MINUTE)
    other = server.create_account(new_email())
    with server.units.write() as unit:
        account_id = account_id_of(unit, owner.email)
        unit.session.add(FailedCodeCount(account_id=account_id, browser_digest="", failures=LOCKOUT_AFTER - 1))
    async with Client(server) as thief:
        await give_password(thief, owner.email)
        assert await give_code(thief, "000000") == ""
    blocked = await answers(server, owner.email, PASSWORD)
    assert blocked == await answers(server, other, WRONG), "a blocked account answers as to a wrong password"
    assert await can_log_in(server, email, PASSWORD)


async def test_enum_signup_reset_an_address_that_waits_for_a_change(
    server: Server, anna: Client, new_email: Callable[[], str]
) -> None:
    """A visitor asks to register, or to reset, an address that somebody is about to change to, and is told as ever."""
    waiting, unknown = new_email(), new_email()
    await anna.call("EmailState.submit", form={"email": waiting})
    confirmation = await link_from(server, waiting, page="verify-email")
    shapes: dict[str, list[Any]] = {}
    for who in (waiting, unknown):
        for handler in ("SignUpState.submit", "ForgotState.submit"):
            async with Client(server) as client:
                await client.load("/signup")
                await client.settle()
                client.heard.clear()
                form = {"email": who, "first_name": "A", "last_name": "B", "password": PASSWORD}
                await client.call(handler, form=form)
                shapes.setdefault(handler, []).append(str(shape(client.heard)).replace(who, "?"))
    assert all(first == second for first, second in shapes.values())
    await sent_all(server)
    kinds = [[str(mail["subject"]) for mail in server.mails(who)][-1:] for who in (waiting, unknown)]
    assert kinds[0] == kinds[1] == ["Confirm your email address for Netim Direct"]
    assert "reset-password" not in str(server.mails(waiting))
    await anna.call("VerifyState.submit", form={"token": confirmation})
    assert anna.vars["VerifyState.done"] == "email_change", "and the change itself still works"


@pytest.mark.alone
async def test_pw_dos_others_do_not_wait_for_the_hashes(tmp_path: Path) -> None:
    """Fifty logins whose hashes keep every core busy for seconds. Another customer's events do not queue behind.

    No seconds are measured: what tells is how many of the fifty are done when five events of the other customer are.
    """
    with running(tmp_path, env={"NETIM_BCRYPT_COST": "11"}) as server:
        email, other = (server.create_account(f"{name}@example.com") for name in ("anna", "bert"))
        async with AsyncExitStack() as stack:
            anna = await stack.enter_async_context(Client(server))
            await anna.log_in(email)
            clients = [await stack.enter_async_context(Client(server)) for _ in range(50)]
            for client in clients:
                await client.load("/login")
                client.vars["LoginState.errors"] = {}
            for number, client in enumerate(clients):
                form = {"email": f"u{number}@example.com", "password": WRONG}
                await client.send("LoginState.submit", form=form)
            for number in range(5):
                await anna.call("LoginAlertsState.switch", on=number % 2 == 0)
                assert anna.vars["LoginAlertsState.on"] is (number % 2 == 0)
            done = sum("wrong" in str(client.vars["LoginState.errors"]) for client in clients)
            assert done < 20, "her events waited until the hashes were done"
            await until(lambda: all(client.vars["LoginState.errors"] for client in clients), 60)
        async with Client(server) as greedy:
            await greedy.load("/login")
            await greedy.call("LoginState.submit", form={"email": other, "password": "x" * 200_000})
            assert greedy.vars["LoginState.errors"]
            await greedy.send("LoginState.submit", form={"email": other, "password": "x" * 1_000_000})
            await greedy.closed()
            assert lines_about(greedy, "login_failed") == [], "refused before it was looked at"
        assert await can_log_in(server, other, PASSWORD)
