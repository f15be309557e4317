"""What a look at the server's log tells afterwards: who was refused, where and why, and who got in."""

import re
from collections.abc import Callable

from netim_app.infra.rate_limit import SIGN_IN_PER_ADDRESS
from tests.harness import PASSWORD, Client, Server

WRONG = "wrong " + PASSWORD
SECURITY = "/account/connection-and-security"
REFUSALS = ("sign_in_failed", "proof_failed", "code_refused", "limit_reached", "event.refused")
_FIELD = re.compile(r"(\w+)=(?:\"([^\"]*)\"|(\S*))")


async def attempt(client: Client, email: str, password: str) -> str:
    """The ticket that a sign-in gives, or empty."""
    return await client.ticket("SignInState.submit", form={"email": email, "password": password})


def lines_about(client: Client, *names: str) -> list[dict[str, str]]:
    """The events that the server has logged about this client's address, oldest first."""
    found = []
    for line in client.server.log.splitlines():
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(line)}
        if fields.get("event") in names and fields.get("ip") == client.local_address:
            assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line), "each line says when, in UTC"
            assert fields["client"] == "Firefox 140"
            found.append(fields)
    return found


def told(client: Client, *names: str) -> list[tuple[str | None, ...]]:
    """(event, account, reason or rule) of the same lines."""
    return [
        (line["event"], line.get("account_id"), line.get("reason") or line.get("rule"))
        for line in lines_about(client, *names)
    ]


def id_of(server: Server, email: str) -> str:
    return str(server.query("SELECT id FROM account WHERE email = :e", e=email)[0])


HALF = SIGN_IN_PER_ADDRESS.amount // 2


async def test_spray(server: Server, new_email: Callable[[], str]) -> None:
    """One password over many accounts from one address: so many are looked at, and each attempt leaves its line."""
    customers = [server.create_account(new_email()) for _ in range(HALF + 5)]
    strangers = [new_email() for _ in range(HALF + 5)]
    async with Client(server) as attacker:
        await attacker.load("/login")
        for customer, stranger in zip(customers, strangers, strict=True):
            assert await attempt(attacker, customer, WRONG) == ""
            assert await attempt(attacker, stranger, WRONG) == ""
        assert "try again" in str(attacker.vars["SignInState.errors"]).lower()
        expected: list[tuple[str | None, ...]] = []
        for customer in customers[:HALF]:
            expected += [
                ("sign_in_failed", id_of(server, customer), "wrong"),
                ("sign_in_failed", None, "no account"),
            ]
        assert told(attacker, *REFUSALS, "signed_in") == [
            *expected,
            *[("limit_reached", None, "sign_in_per_address")] * 10,
        ]
    for typed in (*customers, *strangers, WRONG):
        assert typed not in server.log
    async with Client(server) as owner:
        await owner.sign_in(customers[0])
        assert told(owner, *REFUSALS, "signed_in") == [("signed_in", id_of(server, customers[0]), None)]


async def test_log_events(server: Server, email: str) -> None:
    """Each refusal once, each success once, and nothing of what was typed."""
    account = id_of(server, email)
    async with Client(server) as client:
        await client.load("/login")
        for _ in range(5):
            await attempt(client, email, WRONG)
        assert await attempt(client, email, PASSWORD) == ""
        await client.call("SignInState.submit_code", form={"code": "123456"})
        await client.call("ProfileState.save", form={})
        assert told(client, *REFUSALS, "signed_in") == [
            *[("sign_in_failed", account, "wrong")] * 5,
            ("sign_in_failed", account, "throttled"),
            ("event.refused", None, "no code is asked for"),
            ("event.refused", None, "not signed in"),
        ]
    server.move_clock(16 * 60)
    async with Client(server) as owner:
        await owner.sign_in(email)
        assert await owner.ticket("StepUpState.submit", form={"password": WRONG}) == ""
        form = {"current": WRONG, "password": "another 9 lanterns in fog"}
        assert await owner.ticket("PasswordState.submit", form=form) == ""
        await owner.redeem(await owner.ticket("StepUpState.submit", form={"password": PASSWORD}))
        await owner.log_out()
        assert told(owner, *REFUSALS, "signed_in", "identity_proved", "signed_out") == [
            ("signed_in", account, None),
            ("proof_failed", account, "wrong"),
            ("proof_failed", account, "wrong"),
            ("identity_proved", account, None),
            ("signed_out", account, None),
        ]
    for typed in (email, WRONG, PASSWORD, "123456"):
        assert typed not in server.log
