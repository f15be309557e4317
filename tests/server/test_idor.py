"""Ids of another customer's rows, in every handler that takes one: answered as if there were no such row."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pyotp
import pytest

from tests.kit.handlers import handlers, parameters, plausible, short
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.ip_restriction import restrict
from tests.kit.login import shape
from tests.kit.pages import SECURITY
from tests.kit.reviewed import listed
from tests.kit.two_factor import DIALOG, NEW_CODES, WIZARD, Owner, give_code, give_password

UNKNOWN = 2_000_000_000
ID_OF_A_ROW = re.compile(r"(\w+_)?(id|rule|session|entry|passkey|row)")
TAKES_AN_ID = set(listed("takes_an_id"))
"""Reviewed by eye: handlers with an argument that is the id of a row. The sweep below does not depend on this list. See
test_idor_sessions for the answer of `SessionsState.log_out`."""
FIELDS = ("id", "rule_id", "authenticator_id", "account_id", "session_id", "handle")
NOT_SENT = ("MailboxState.open_page",)


@pytest.fixture
async def two(server: Server, new_email: Callable[[], str]) -> AsyncIterator[tuple[Owner, Owner]]:
    """Two customers with a device, backup codes and a rule each."""
    async with customer(server, new_email()) as one, customer(server, new_email()) as other:
        owners = []
        offset = 0
        for client in (one, other):
            await client.connect(SECURITY)
            await client.call("ShellState.open_account_page")
            owner = Owner(server, client, client.vars["ProfileState.email"])
            owner.offset = offset
            await owner.enable()
            offset = owner.offset
            restrict(server, owner.email, "203.0.113.0/24", on=False)
            owners.append(owner)
        for owner in owners:
            owner.offset = offset
            await owner.client.call("ShellState.open_account_page")
        yield owners[0], owners[1]


def ids_of(owner: Owner) -> list[int]:
    """The id of every row of this customer that has one."""
    tables = ("totp_authenticator", "ip_rule", "account_session")
    found = [number for table in tables for number in owner.row(table, "id")]
    account_id = owner.row("account_session", "account_id")[0]
    return sorted({*found, int(account_id)})


def belongings(owner: Owner) -> list[Any]:
    tables = ("totp_authenticator", "backup_code", "backup_code_set", "ip_rule", "ip_restriction", "login_alert")
    rows = [owner.row(table, "*") for table in tables]
    rows.append(owner.row("account_session", "id, account_id, token_digest, ended_at"))
    return [*rows, owner.server.query("SELECT * FROM account WHERE email = :e", e=owner.email)]


def test_idor_every_handler_that_takes_an_id_is_known() -> None:
    found = {
        short(name)
        for name, handler in handlers().items()
        if any(ID_OF_A_ROW.fullmatch(parameter) for parameter in parameters(handler))
    }
    assert found == TAKES_AN_ID


async def test_idor_matrix(two: tuple[Owner, Owner]) -> None:
    """Every handler of the registry with every id of the victim's in every argument, and as a field of every form."""
    mallory, victim = two
    before = belongings(victim)
    for name, handler in handlers().items():
        if short(name) in NOT_SENT or short(name).startswith(("SignUpState", "ForgotState")):
            continue
        for number in ids_of(victim) if parameters(handler) else ():
            payload: dict[str, Any] = dict.fromkeys(parameters(handler), number)
            if "form" in payload:
                form = plausible(handler, mallory.email)["form"]
                payload["form"] = form | dict.fromkeys(FIELDS, number)
            await mallory.client.call(name, **payload)
    assert belongings(victim) == before
    assert victim.email not in str(mallory.client.heard)

    own = victim.row("totp_authenticator", "id")[0]
    await victim.client.call(f"{DIALOG}.begin_rename", authenticator_id=own)
    await victim.client.call(f"{DIALOG}.rename", form={"name": "Renamed by its owner"})
    assert victim.row("totp_authenticator", "name") == ["Renamed by its owner"]


async def answer(client: Client, handler: str, argument: str, number: int, *then: tuple[str, dict[str, Any]]) -> str:
    """The answer to an id, and to going on with it."""
    for dialog in ("IpDialogState.close", f"{DIALOG}.close"):
        await client.call(dialog)
    client.heard.clear()
    await client.call(handler, **{argument: number})
    for follow, payload in then:
        await client.call(follow, **payload)
    return str(shape(client.heard))


async def test_idor_a_foreign_id_is_answered_like_an_unknown_one(two: tuple[Owner, Owner]) -> None:
    mallory, victim = two
    rule, authenticator = victim.row("ip_rule", "id")[0], victim.row("totp_authenticator", "id")[0]
    remove_rule = ("IpDialogState.remove", {"form": {"confirmed": "on"}})
    rename = (f"{DIALOG}.rename", {"form": {"name": "Mine"}})
    cases: list[tuple[str, str, int, Any]] = [
        ("IpDialogState.begin_remove", "rule_id", rule, remove_rule),
        (f"{DIALOG}.begin_rename", "authenticator_id", authenticator, rename),
        (f"{DIALOG}.begin_remove", "authenticator_id", authenticator, (f"{DIALOG}.remove", {})),
    ]
    before = belongings(victim)
    for handler, argument, foreign, then in cases:
        client = mallory.client
        unknown = await answer(client, handler, argument, UNKNOWN, then)
        assert await answer(client, handler, argument, foreign, then) == unknown, handler
        own = {
            "rule_id": mallory.row("ip_rule", "id")[0],
            "authenticator_id": mallory.row("totp_authenticator", "id")[0],
        }[argument]
        assert await answer(client, handler, argument, own) != unknown, "one's own opens the dialog"
    assert belongings(victim) == before


async def test_idor_of_a_session_that_is_stepped_up(server: Server, two: tuple[Owner, Owner]) -> None:
    """A ticket renews the session that asked for it, with any account's ids in the form."""
    mallory, victim = two
    session, account = victim.row("account_session", "id, account_id")[0]
    before = belongings(victim)
    proof = {"password": PASSWORD, "code": mallory.code(), "session_id": session, "account_id": account}
    ticket = await mallory.client.ticket("StepUpState.submit", form=proof)
    await mallory.client.redeem(ticket)
    await mallory.client.connect(SECURITY)
    await mallory.client.call("ShellState.open_account_page")
    assert mallory.client.vars["ProfileState.email"] == mallory.email
    assert belongings(victim) == before
    mallory.wait()
    async with Client(server) as client:
        await client.load("/login")
        form = {"email": mallory.email, "password": PASSWORD, "account_id": account}
        assert await client.ticket("LoginState.submit", form=form) == ""
        form = {"code": mallory.code(), "account_id": account, "session_id": session}
        response = await client.redeem(await client.ticket("LoginState.submit_code", form=form))
        await client.connect(response.headers["location"])
        await client.call("ShellState.open_account_page")
        assert client.vars["ProfileState.email"] == mallory.email


async def test_idor_handles(server: Server, two: tuple[Owner, Owner]) -> None:
    """Handles that pages send along: those of another account or another session are like unknown ones."""
    mallory, victim = two
    key = await victim.begin()
    (handle,) = victim.row("totp_enrolment", "handle")
    set_handle = re.findall(r"'handle_rx_state_': '(\d{4}-[^']+)'", str(victim.client.heard))[-1]
    before = [*belongings(victim), victim.row("totp_enrolment", "*")]
    own = belongings(mallory)
    form = {"code": pyotp.TOTP(key).generate_otp(victim.now), "name": "Spare", "handle": handle}

    async def take_over(client: Client) -> None:
        await client.call(f"{WIZARD}.go_to", step=2, handle=handle)
        assert client.vars[f"{WIZARD}.errors"] == {"ended": "totp.gone"}
        await client.call(f"{WIZARD}.confirm", form=form)
        assert client.vars[f"{WIZARD}.errors"] == {"ended": "totp.gone"}
        await client.call(f"{WIZARD}.close", handle=handle)

    await take_over(mallory.client)
    await mallory.client.call(f"{NEW_CODES}.finish", form={"saved": "on", "handle": set_handle})
    assert [*belongings(victim), victim.row("totp_enrolment", "*")] == before
    assert belongings(mallory) == own

    async with Client(server) as elsewhere:
        await give_password(elsewhere, victim.email)
        response = await elsewhere.redeem(await give_code(elsewhere, victim.code()))
        await elsewhere.connect(response.headers["location"])
        await elsewhere.call("ShellState.open_account_page")
        await take_over(elsewhere)
    assert victim.row("totp_enrolment") == [1]
    assert victim.row("totp_authenticator") == [1]

    await victim.client.call_forgotten(SECURITY, f"{WIZARD}.confirm", form=form)
    assert victim.row("totp_authenticator", "name") == ["Phone", "Spare"]
    assert victim.row("backup_code_set", "saved_at") == [None]
    await victim.client.call(f"{NEW_CODES}.finish", form={"saved": "on", "handle": set_handle})
    assert victim.row("backup_code_set", "saved_at") != [None]
