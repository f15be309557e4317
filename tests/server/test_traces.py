"""Mails tell a customer, and the log tells an investigator, of each event once, and of no secret."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage

import httpx
import pytest
from socketio.exceptions import ConnectionError as Refused

from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.ip_restriction import REFUSED
from tests.kit.log_lines import id_of, lines_about
from tests.kit.login import NEW_PASSWORD, link_from
from tests.kit.two_factor import DIALOG, HALF, Owner, give_code, give_password, owner, plain

__all__ = ["owner", "plain"]
WRONG = "wrong " + PASSWORD
EXPECTED = {
    "Two-factor authentication is on for your Netim Direct account": 1,
    "New backup codes for your Netim Direct account": 1,
    "Device added to your Netim Direct account: Tablet": 1,
    "Device removed from your Netim Direct account: Tablet": 1,
    "Backup code used, 9 left: Netim Direct": 1,
    "New login: …": 1,
    "Password entered without a code: …": 1,
    "Two-factor authentication is off for your Netim Direct account": 1,
    "Your Netim Direct password was changed": 1,
    "IP restriction: … added": 1,
    "IP restriction is on for your Netim Direct account": 1,
    "Netim Direct login refused from …": 1,
    "IP restriction is off for your Netim Direct account": 1,
    "IP restriction: … removed": 1,
    "Email alerts are off for your Netim Direct account": 1,
    "Request to change your Netim Direct email address": 1,
    "Your Netim Direct email address was changed": 1,
}
"""The events below, and how often they happen."""


def subjects(mails: list[EmailMessage], *names: str) -> Counter[str]:
    """How many there are of each; `names`, which differ from run to run, are left out."""
    plain = re.compile("|".join(map(re.escape, names)) or "$^")
    return Counter(plain.sub("…", str(mail["subject"])) for mail in mails)


async def test_mail_alerts_one_for_each_event_and_none_with_a_secret(
    server: Server, owner: Owner, new_email: Callable[[], str]
) -> None:
    client, here = owner.client, owner.client.local_address
    keys, cookies, tickets = [owner.key], [client.session_cookie], []
    await client.call("LoginAlertsState.switch", on=True)

    async with Client(server) as elsewhere:
        await give_password(elsewhere, owner.email)
        assert await give_code(elsewhere, "000000") == ""
        await elsewhere.call("LoginState.cancel_code")
        await give_password(elsewhere, owner.email)
        tickets.append(await give_code(elsewhere, owner.codes[0]))
        await elsewhere.redeem(tickets[-1])
        cookies.append(elsewhere.session_cookie)
        attacker_address = elsewhere.local_address
    first = owner.key
    owner.key = await owner.begin()
    keys.append(owner.key)
    assert await owner.confirm(owner.code(), "Tablet") == ""
    await client.call(f"{DIALOG}.begin_remove", authenticator_id=owner.row("totp_authenticator", "id")[1])
    await client.call(f"{DIALOG}.remove")
    codes = owner.codes + await owner.new_codes()
    owner.key = first
    owner.wait()
    tickets.append(await owner.disable(owner.code()))
    await client.redeem(tickets[-1])
    await client.connect("/account/connection-and-security")
    tickets.append(await client.ticket("PasswordState.submit", form={"current": PASSWORD, "password": NEW_PASSWORD}))
    await client.redeem(tickets[-1])
    cookies.append(client.session_cookie)
    await client.connect("/account/connection-and-security")
    await client.call("ShellState.open_account_page")

    await client.call("IpDialogState.add", form={"address": here, "note": ""})
    await client.call("IpDialogState.begin_switch")
    await client.call("IpDialogState.switch", form={})
    async with Client(server) as elsewhere:
        await give_password(elsewhere, owner.email, NEW_PASSWORD)
        assert elsewhere.vars["LoginState.errors"] == {"": REFUSED}
        refused_address = elsewhere.local_address
        await give_password(elsewhere, owner.email, NEW_PASSWORD)
    await client.call("IpDialogState.begin_switch")
    await client.call("IpDialogState.switch", form={})
    await client.call("IpDialogState.begin_remove", rule_id=client.vars["IpRestrictionState.rules"][0]["id"])
    await client.call("IpDialogState.remove", form={})
    await client.call("LoginAlertsState.switch", on=False)

    new = new_email()
    await client.call("EmailState.submit", form={"email": new})
    link = await link_from(server, new, page="verify-email")
    tickets.append(await client.ticket("VerifyState.submit", form={"token": link}))
    assert all(tickets)

    await asyncio.to_thread(server.wait_for_mail, owner.email, subject="email address was changed")
    await asyncio.to_thread(server.wait_for_mail, new, subject="email address was changed")
    to_old, to_new = server.mails(owner.email), server.mails(new)
    assert subjects(to_old, here, attacker_address, refused_address, "Firefox 140 on Linux") == Counter(EXPECTED)
    assert subjects(to_new) == Counter(
        ["Confirm your new Netim Direct email address", "Your Netim Direct email address was changed"]
    )
    text = " ".join(mail.as_string() for mail in (*to_old, *to_new))
    for secret in (PASSWORD, NEW_PASSWORD, *keys, *cookies, *tickets):
        assert secret not in text
    for mail in to_old:
        body = mail.get_body(("plain",))
        assert body is not None
        assert not [code for code in codes if re.search(rf"\b{code}\b", body.get_content())]
        assert link not in mail.as_string(), "the link goes to the new address alone"
    assert attacker_address in next(m for m in to_old if HALF in str(m["subject"])).as_string()


async def test_half_login_alert_says_when_and_from_where_also_of_one_that_was_given_up(
    server: Server, owner: Owner
) -> None:
    """A mail follows when the ten minutes are over without a code. None follows when the code is given."""
    async with Client(server) as right, Client(server) as thief:
        await give_password(right, owner.email)
        assert await give_code(right, owner.code())
        await give_password(thief, owner.email)
        assert thief.vars["LoginState.needs_code"]
        where = thief.local_address
        owner.wait(11 * 60)
        when = server.units.clock()
    await owner.client.disconnect()
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)  # it searches for expired rows once a minute, and when it starts
    await asyncio.to_thread(server.wait_for_mail, owner.email, subject=HALF)
    (mail,) = [mail for mail in server.mails(owner.email) if HALF in str(mail["subject"])]
    body = mail.get_body(("plain",))
    assert body is not None
    for words in (where, "Firefox 140", "Linux", str(when.year)):
        assert words in body.get_content()
    assert right.local_address not in body.get_content()
    account = id_of(server, owner.email)
    assert [line["account_id"] for line in lines_about(thief, "second_factor_not_completed")] == [account]
    assert lines_about(right, "second_factor_not_completed") == []


EVENTS = (
    "logged_in", "logged_out", "login_failed", "password_accepted", "code_accepted", "code_refused", "proof_failed",
    "identity_proved", "event.refused", "ticket_refused", "request.refused", "socket.refused", "login_blocked",
    "ip_rule_added", "ip_rule_removed", "ip_restriction_switched", "alerts_switched", "backup_code_used",
    "limit_reached", "password_changed", "second_factor_disabled",
)  # fmt: skip


def story(client: Client, *keys: str) -> list[tuple[str, ...]]:
    """The log's lines about this address, oldest first: the event, and these fields where it has them."""
    return [
        (line["event"], *(f"{key}={line[key]}" for key in keys if key in line)) for line in lines_about(client, *EVENTS)
    ]


async def test_log_events_name_factor_result_user_and_session(server: Server, owner: Owner) -> None:
    """A login with a code, what is done in it, a step-up, and the end; and one with a backup code."""
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, "000000") == ""
        await client.redeem(await give_code(client, owner.code()))
        await client.connect("/account/connection-and-security")
        await client.call("LoginAlertsState.switch", on=True)
        owner.wait()
        wrong = {"password": WRONG, "code": owner.code()}
        assert await client.ticket("StepUpState.submit", form=wrong) == ""
        proof = {"password": PASSWORD, "code": owner.code()}
        await client.redeem(await client.ticket("StepUpState.submit", form=proof))
        await client.log_out()
        (session,) = server.query("SELECT id FROM account_session WHERE address = :a", a=client.local_address)
        here = f"session_id={session}"
        assert story(client, "factor", "reason", "session_id") == [
            ("password_accepted", "factor=password"),
            ("code_refused", "reason=wrong"),
            ("code_accepted", "factor=totp"),
            ("logged_in", "factor=totp", here),
            ("alerts_switched", here),
            ("proof_failed", "reason=wrong", here),
            ("code_accepted", "factor=totp", here),
            ("identity_proved", here),
            ("logged_out", here),
        ]
        logged = lines_about(client, *EVENTS)
        assert {line["account_id"] for line in logged} == {id_of(server, owner.email)}
    async with Client(server) as client:
        await give_password(client, owner.email)
        assert await give_code(client, owner.codes[1])
        assert story(client, "factor") == [
            ("password_accepted", "factor=password"),
            ("backup_code_used",),
            ("code_accepted", "factor=backup_codes"),
        ]
    for typed in (owner.key, *owner.codes, PASSWORD, WRONG, owner.email):
        assert not re.search(rf"(?<![\w.]){re.escape(typed)}(?!\w)", server.log)


async def test_log_events_of_addresses_that_are_kept_out(server: Server, new_email: Callable[[], str]) -> None:
    """IP restriction: what the owner changes, and each refusal: password, live session, ticket."""
    email = new_email()
    async with customer(server, email) as home, Client(server) as away:
        account, here = id_of(server, email), f"ip={home.local_address}"
        await away.load("/login")
        ticket = await away.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        await home.connect("/account/connection-and-security")
        await home.call("IpDialogState.add", form={"address": home.local_address, "note": ""})
        await home.call("IpDialogState.begin_switch")
        await home.call("IpDialogState.switch", form={})
        await away.redeem(ticket)
        await away.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        jar = {str(c.name): str(c.value) for c in home.http.cookies.jar}
        async with Client(server, cookies=jar) as thief:
            await thief.connect("/account/connection-and-security")
            await thief.call("LoginAlertsState.switch", on=True)
            assert story(thief, "reason") == [("event.refused", "reason=ip_restriction.refused")]
        assert story(home, "account_id", "ip", "rule", "on") == [
            ("password_accepted", f"account_id={account}", here),
            ("logged_in", f"account_id={account}", here),
            ("ip_rule_added", f"account_id={account}", here, f"rule={home.local_address}"),
            ("ip_restriction_switched", f"account_id={account}", here, "on=True"),
        ]
        assert story(away, "account_id", "reason") == [
            ("password_accepted", f"account_id={account}"),
            ("ticket_refused",),
            ("password_accepted", f"account_id={account}"),
            ("login_blocked", f"account_id={account}", "reason=ip_restriction.refused"),
        ]


async def test_log_events_of_attempts_to_get_past_the_guards(server: Server, anna: Client) -> None:
    """A foreign form, a foreign handshake, a made-up ticket: a line each."""
    other = Client(server)
    jar = "; ".join(f"{c.name}={c.value}" for c in anna.http.cookies.jar)
    async with other:
        agent = {"User-Agent": other.headers["User-Agent"], "Cookie": jar}
        transport = httpx.AsyncHTTPTransport(local_address=other.local_address)
        async with httpx.AsyncClient(base_url=server.address, transport=transport, headers=agent) as foreign:
            answer = await foreign.post("/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403
            answer = await foreign.post(
                "/auth/session", data={"ticket": "A" * 43}, headers={"Sec-Fetch-Site": "same-origin"}
            )
            assert answer.headers["location"] == "/login?again=1"
        with pytest.raises(Refused):
            await other.connect(headers={"Origin": "https://evil.test", "Cookie": jar})
        assert story(other, "reason", "path") == [
            ("request.refused", "reason=not from our pages", "path=/auth/logout"),
            ("ticket_refused",),
            ("socket.refused", "reason=foreign origin"),
        ]
    await anna.call("LoginAlertsState.switch", on=True)
    assert anna.vars["LoginAlertsState.on"], "she is still logged in"
