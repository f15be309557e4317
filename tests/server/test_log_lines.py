"""The server's log tells afterwards who was refused, where and why, and who got in."""

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from netim_app.infra.rate_limit import LOGIN_PER_ADDRESS
from tests.kit.faults import assert_incident
from tests.kit.harness import PASSWORD, Client, Server, running
from tests.kit.log_lines import _FIELD, id_of, lines_about
from tests.kit.pages import SECURITY
from tests.kit.windows import whole_window

WRONG = "wrong " + PASSWORD
REFUSALS = ("login_failed", "proof_failed", "code_refused", "limit_reached", "event.refused")


async def attempt(client: Client, email: str, password: str) -> str:
    """The ticket that a login gives, or empty."""
    return await client.ticket("LoginState.submit", form={"email": email, "password": password})


def logged(client: Client, *names: str) -> list[tuple[str | None, ...]]:
    """(event, account, reason or rule) of the same lines."""
    return [
        (line["event"], line.get("account_id"), line.get("reason") or line.get("limit"))
        for line in lines_about(client, *names)
    ]


HALF = LOGIN_PER_ADDRESS.amount // 2


async def test_spray(server: Server, new_email: Callable[[], str]) -> None:
    """One password over many accounts from one address: so many are looked at, and each attempt leaves its line."""
    customers = [server.create_account(new_email()) for _ in range(HALF + 5)]
    strangers = [new_email() for _ in range(HALF + 5)]
    async with Client(server) as attacker:
        await attacker.load("/login")
        await whole_window(LOGIN_PER_ADDRESS, 40)
        for customer, stranger in zip(customers, strangers, strict=True):
            assert await attempt(attacker, customer, WRONG) == ""
            assert await attempt(attacker, stranger, WRONG) == ""
        assert "try again" in str(attacker.vars["LoginState.errors"]).lower()
        expected: list[tuple[str | None, ...]] = []
        for customer in customers[:HALF]:
            expected += [
                ("login_failed", id_of(server, customer), "wrong"),
                ("login_failed", None, "no account"),
            ]
        assert logged(attacker, *REFUSALS, "logged_in") == [
            *expected,
            *[("limit_reached", None, "login_per_address")] * 10,
        ]
    for typed in (*customers, *strangers, WRONG):
        assert typed not in server.log
    async with Client(server) as owner:
        await owner.log_in(customers[0])
        assert logged(owner, *REFUSALS, "logged_in") == [("logged_in", id_of(server, customers[0]), None)]


async def test_log_events(server: Server, email: str) -> None:
    """Each refusal once, each success once, and nothing of what was typed."""
    account = id_of(server, email)
    async with Client(server) as client:
        await client.load("/login")
        for _ in range(5):
            await attempt(client, email, WRONG)
        assert await attempt(client, email, PASSWORD) == ""
        await client.call("LoginState.submit_code", form={"code": "123456"})
        await client.call("ProfileState.save", form={})
        assert logged(client, *REFUSALS, "logged_in") == [
            *[("login_failed", account, "wrong")] * 5,
            ("login_failed", account, "throttled"),
            ("event.refused", None, "no code is asked for"),
            ("event.refused", None, "not logged in"),
        ]
    server.move_clock(16 * 60)
    async with Client(server) as owner:
        await owner.log_in(email)
        assert await owner.ticket("StepUpState.submit", form={"password": WRONG}) == ""
        form = {"current": WRONG, "password": "another 9 lanterns in fog"}
        assert await owner.ticket("PasswordState.submit", form=form) == ""
        await owner.redeem(await owner.ticket("StepUpState.submit", form={"password": PASSWORD}))
        await owner.log_out()
        assert logged(owner, *REFUSALS, "logged_in", "identity_proved", "logged_out") == [
            ("logged_in", account, None),
            ("proof_failed", account, "wrong"),
            ("proof_failed", account, "wrong"),
            ("identity_proved", account, None),
            ("logged_out", account, None),
        ]
    for typed in (email, WRONG, PASSWORD, "123456"):
        assert typed not in server.log


def traced(server: Server) -> list[tuple[str, str]]:
    """(trace, event or message) of every line of the log, oldest first."""
    found = []
    for line in server.log.splitlines():
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(line)}
        found.append((fields.get("trace", ""), fields.get("event") or fields.get("message", "")))
    return found


async def test_log_events_of_one_cause_are_found_together(server: Server, email: str) -> None:
    """All lines of one event, or request, have its id, and no other's have; a mail leads back to what caused it."""
    async with Client(server) as client, Client(server) as other:
        await client.load("/login")
        await other.load("/login")
        start = len(traced(server))
        ticket = await client.ticket("LoginState.submit", form={"email": email, "password": PASSWORD})
        await client.redeem(ticket)
        await client.connect(SECURITY)
        await client.call("LoginAlertsState.switch", on=True)
        await client.call("LoginAlertsState.switch", on=False)
        for guesser in (client, other):
            await attempt(guesser, email, WRONG)
        await other.call("ForgotState.submit", form={"email": email})
        server.wait_for_mail(email, subject="assword")
        by_cause: dict[str, list[str]] = {}
        for trace, event in traced(server)[start:]:
            by_cause.setdefault(trace, []).append(event)
    assert all(re.fullmatch("[0-9a-f]{12}", trace) for trace in by_cause if trace)
    causes = [sorted(events) for trace, events in by_cause.items() if trace]
    assert causes == [
        ["password_accepted"],
        ["logged_in"],
        ["alerts_switched"],
        ["alerts_switched", "mail.queued"],
        ["login_failed"],
        ["login_failed"],
        ["mail.queued", "reset_asked"],
    ]
    assert {*by_cause[""]} == {"mail.sent"}, "the sender works for nobody's event"
    mails = re.findall(r"event=mail\.(queued|sent) mail=(\w+) kind=(\w+)", server.log)
    for kind in ("alerts_off", "reset"):
        assert len({mail for _, mail, its_kind in mails if its_kind == kind}) == 1
        assert [step for step, _, its_kind in mails if its_kind == kind] == ["queued", "sent"]


async def test_log_events_lead_from_an_incident_to_its_event(tmp_path: Path) -> None:
    """The number that the customer is told is in the log, and leads to everything else of the same event."""
    with running(tmp_path) as server:
        email = server.create_account("anna@example.com")
        async with Client(server) as client:
            await client.log_in(email)
            with contextlib.closing(sqlite3.connect(tmp_path / "netim.db")) as other:
                other.execute("ALTER TABLE login_alert RENAME TO gone")
                other.commit()
                await client.call("ProfileState.no_such_handler")
                number = await assert_incident(client, "LoginAlertsState.switch", on=True)
                other.execute("ALTER TABLE gone RENAME TO login_alert")
                other.commit()
            ((trace, _),) = [line for line in traced(server) if line[1] == f"incident {number}"]
            assert re.fullmatch("[0-9a-f]{12}", trace)
            assert trace not in {other for other, event in traced(server) if event == "event.refused"}
            await client.call("LoginAlertsState.switch", on=True)
            assert client.vars["LoginAlertsState.on"]
