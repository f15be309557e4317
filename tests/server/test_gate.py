"""Every event is asked who sent it: attacks on the socket, each with a twin in which the customer succeeds."""

import asyncio
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from netim_app import netim_app  # noqa: F401  registers every state
from netim_app.build import web_dir
from netim_app.identity import sessions
from netim_app.identity.access import Level, access_of
from reflex_guard.handlers import FRAMEWORK_EVENTS
from reflex_guard.tokens import digest
from tests.kit.access import marked
from tests.kit.handlers import (
    OWN_DATA,
    PROFILE,
    WRITTEN_BY_ANYBODY,
    assert_no_trace,
    assert_nothing_personal,
    assert_sees_own_data,
    handlers,
    parameters,
    plausible,
    short,
    victim,
)
from tests.kit.harness import PASSWORD, Client, Server, event_name, fresh_address, is_served
from tests.kit.login import disable
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.reviewed import listed

__all__ = ["victim"]


async def test_open_to_anyone_is_the_reviewed_list() -> None:
    marks = {short(name): access_of(handler) for name, handler in handlers().items()}
    assert {name for name, mark in marks.items() if mark and mark.level == Level.ANYONE} == marked("ANYONE")
    unmarked = {name.rpartition(".")[2] for name, mark in marks.items() if mark is None}
    assert unmarked - FRAMEWORK_EVENTS == {"setvar"}, "a handler without a mark: refused, but what is it for?"


async def test_handlers_of_the_bundle_are_registered() -> None:
    named: set[str] = set()
    for script in (web_dir() / "build" / "client" / "assets").glob("*.js"):
        named |= set(re.findall(r"reflex___state____state(?:\.\w+)*\.\w+", script.read_text(errors="replace")))
    states = RegistrationContext.get().base_states
    called = {name for name in named if name not in states and name.rpartition(".")[0] in states}
    called = {name for name in called if not name.endswith("_rx_state_")}
    assert event_name("LoginState.submit") in called
    assert called <= set(handlers())


@pytest.mark.parametrize("by", ["event", "connect packet"])
@pytest.mark.parametrize("payloads", ["empty", "plausible"])
async def test_handlers_anon(server: Server, victim: Client, payloads: str, by: str) -> None:
    allowed = WRITTEN_BY_ANYBODY if payloads == "plausible" else ()
    before = server.dump(*allowed)
    async with Client(server) as stranger:
        await stranger.load("/login")
        for name, handler in handlers().items():
            if short(name) == "MailboxState.open_page":
                continue
            payload = plausible(handler, victim.email) if payloads == "plausible" else {}
            stranger.path = PERSONAL
            if by == "event":
                await stranger.call(name, **payload)
            else:
                stranger.local_address = fresh_address()  # of one, only so many sockets a minute are taken
                await stranger.connect(PERSONAL, boot=stranger.packet(name, payload))
                await stranger.settle()
        assert_nothing_personal(stranger)
        assert "netim_session" not in str(stranger.http.cookies)
        assert not stranger.vars["ShellState.ready"]
        protected = next(name for name in handlers() if short(name) == "ProfileState.save")
        redirects = len(stranger.redirects())
        await stranger.call(protected, form=PROFILE)
        # A page that the server does not know may be one whose session has ended: the login says so.
        ended = "&ended=1" if by == "connect packet" else ""
        assert stranger.redirects()[redirects:] == [f"/login?next={PERSONAL}{ended}"]
    assert server.dump(*allowed) == before
    await victim.call("ProfileState.save", form=PROFILE | {"city": payloads})
    assert victim.vars["ProfileState.values"]["city"] == payloads


async def test_handlers_anon_of_a_page_that_the_server_has_forgotten(server: Server, victim: Client) -> None:
    """Its first event is handled again, once, and by the rights of who sent it."""
    before = server.dump(*WRITTEN_BY_ANYBODY)
    async with Client(server) as stranger:
        await stranger.load("/login")
        for name, handler in handlers().items():
            if short(name) == "MailboxState.open_page":
                continue
            await stranger.call_forgotten(PERSONAL, name, **plausible(handler, victim.email))
            assert not stranger.vars["ShellState.ready"]
        assert_nothing_personal(stranger)
        assert "netim_session" not in str(stranger.http.cookies)
    assert server.dump(*WRITTEN_BY_ANYBODY) == before

    revision = "SELECT revision FROM account WHERE email = :e"
    (counted,) = server.query(revision, e=victim.email)
    await victim.call_forgotten(PERSONAL, "ProfileState.save", form=PROFILE | {"city": "Nice"})
    assert victim.vars["ProfileState.values"]["city"] == "Nice"
    assert_sees_own_data(victim)
    assert server.query(revision, e=victim.email) == [counted + 1]


@pytest.mark.parametrize("online", [True, False], ids=["victim online", "victim offline"])
@pytest.mark.parametrize("attacker", ["stranger", "customer"])
async def test_token_resume(server: Server, victim: Client, email: str, online: bool, attacker: str) -> None:
    await victim.call("PasswordState.begin")
    async with Client(server) as thief:
        if attacker == "customer":
            await thief.log_in(email)
        before = server.dump("account_session")
        thief.token = victim.token
        if not online:
            await victim.disconnect()
        await thief.connect(PERSONAL)
        await thief.settle()
        await thief.call("ShellState.open_account_page")
        for name, handler in handlers().items():
            own = attacker == "customer" and short(name) in OWN_DATA
            if parameters(handler) == [] and "MailboxState" not in short(name) and not own:
                await thief.call(name)
        await thief.call("TotpWizardState.close")  # their own, if they have opened one
        assert_nothing_personal(thief)
        if attacker == "stranger":
            await thief.call("ProfileState.save", form=PROFILE | {"city": "Taken"})
            await thief.call("LoginAlertsState.switch", on=True)
            assert not thief.vars["ShellState.ready"]
        else:
            assert thief.vars["ProfileState.email"] == email
    assert server.dump("account_session") == before
    await victim.connect(PERSONAL)
    await victim.call("ShellState.open_account_page")
    assert_sees_own_data(victim)


CONNECTS_AGAIN = "State.hydrate_and_load"
"""The event of a document that has lost its connection: without the hashes that a newly loaded one sends."""


async def test_a_document_that_connects_again_keeps_its_dialog_and_a_new_one_does_not(victim: Client) -> None:
    await victim.call("PasswordState.begin")

    await victim.connect(PERSONAL, boot=victim.packet(CONNECTS_AGAIN, {}))
    await victim.call("ShellState.open_account_page")
    assert victim.vars["PasswordState.open"]

    await victim.connect(PERSONAL, boot=victim.packet(CONNECTS_AGAIN, {"hashes": ["of a document just loaded"]}))
    await victim.call("ShellState.open_account_page")
    assert not victim.vars["PasswordState.open"]


@pytest.mark.parametrize("known", [True, False], ids=["token of a customer", "token of nobody"])
async def test_token_resume_by_connecting_again(server: Server, victim: Client, known: bool) -> None:
    """A tab that says it lost its connection gets its data in one go: its own, and nothing without the cookie."""
    await victim.call("PasswordState.begin")
    async with Client(server) as thief:
        thief.token = victim.token if known else thief.token
        await thief.connect(PERSONAL, boot=thief.packet(CONNECTS_AGAIN, {}))
        await thief.settle()
        assert_nothing_personal(thief)
        assert not thief.vars["ShellState.ready"]
        assert not thief.vars["PasswordState.open"]
    victim.token = "a server that was started anew knows no token"
    await victim.connect(PERSONAL, boot=victim.packet(CONNECTS_AGAIN, {}))
    await victim.settle()
    assert victim.vars["ShellState.ready"]
    assert_sees_own_data(victim)


async def test_framework_events(server: Server, victim: Client) -> None:
    before = server.dump()
    sentinel = "planted-by-the-client"
    shown = {name: value for name, value in victim.vars.items() if not name.startswith("State.rx_router")}
    for cls in filter(is_served, RegistrationContext.get().base_states.values()):
        full = cls.get_full_name()
        for var in {*cls.get_fields(), *cls.vars, "router", "router_data", "dirty_vars", "_clean"}:
            for key in (f"{full}.{var}", f"{full}.{var}_rx_state_"):
                await victim.send(event_name("UpdateVarsInternalState.update_vars_internal"), vars={key: sentinel})
            await victim.send(f"{full}.setvar", var_name=var, value=sentinel)
            if var != "is_hydrated":  # a flag for the page's own eyes, which the framework lets it set
                await victim.send(f"{full}.set_{var}", value=sentinel)
        for method in (
            "__init__", "__setattr__", "_reset_client_storage", "_get_root_state", "_clean", "get_state", "reset",
            "dict", "get_delta", "get_substate", "setvar.fn", "",
        ):  # fmt: skip
            await victim.send(f"{full}.{method}", name="ready", value=sentinel)
        await victim.settle()
    assert sentinel not in str(victim.heard)
    assert {name: victim.vars[name] for name in shown if not name.startswith("State.")} == {
        name: value for name, value in shown.items() if not name.startswith("State.")
    }
    assert_no_trace(victim)
    assert server.dump() == before
    await victim.call("ProfileState.save", form=PROFILE | {"city": "Nantes"})
    assert victim.vars["ProfileState.values"]["city"] == "Nantes"
    assert_sees_own_data(victim)


async def test_extra_kwargs(server: Server, victim: Client, anna: Client, email: str) -> None:
    (victim_id,) = server.query("SELECT id FROM account WHERE email = :e", e=victim.email)
    extra = {
        "account_id": victim_id, "user_id": victim_id, "actor": {"account_id": victim_id}, "skip_2fa": True,
        "force": True, "verified": True, "fresh": True, "level": 0, "unit": None,
    }  # fmt: skip
    columns = {"id": victim_id, "is_admin": "on", "email_verified": "on", "email": "evil@example.com"} | {
        "email_key": "evil@example.com",
        "password_hash": "x",
        "disabled_at": "2000-01-01",
        "revision": 99,
        "account_id": victim_id,
    }
    before = server.query("SELECT * FROM account WHERE id = :i", i=victim_id)
    own = server.query("SELECT id, email, email_key, password_hash, disabled_at FROM account WHERE email = :e", e=email)
    for name, handler in handlers().items():
        if "SignUpState" in short(name) or "MailboxState" in short(name):
            continue
        payload = plausible(handler, email)
        if "form" in payload:
            payload["form"] = payload["form"] | columns
        await anna.call(name, **payload | extra)
        await anna.call(name, **payload)
    assert server.query("SELECT * FROM account WHERE id = :i", i=victim_id) == before
    assert own == server.query(
        "SELECT id, email, email_key, password_hash, disabled_at FROM account WHERE email = :e", e=email
    )
    assert_no_trace(anna)
    await anna.call("ProfileState.save", form=PROFILE | columns | {"last_name": "Martin", "company": "", "phone": ""})
    assert anna.vars["ShellState.notice_kind"] == "success"
    assert anna.vars["ProfileState.email"] == email
    assert own == server.query(
        "SELECT id, email, email_key, password_hash, disabled_at FROM account WHERE email = :e", e=email
    )


BAD_VALUES = [None, True, [], ["a"], {}, {"a": 1}, math.nan, math.inf, 1e30, 10**30, -1, "x" * 100_000, "\0", "\ud800"]

NO_ATTACK = listed("right_values")


@pytest.mark.parametrize("who", ["stranger", "customer"])
async def test_type_conf(server: Server, victim: Client, who: str) -> None:
    before = server.dump()
    async with Client(server) as stranger:
        await stranger.load("/login")
        client = stranger if who == "stranger" else victim
        for name, handler in handlers().items():
            for parameter in parameters(handler):
                for bad in BAD_VALUES:
                    if (short(name), bad) in NO_ATTACK:
                        continue
                    await client.send(name, **plausible(handler, "nobody@example.com") | {parameter: bad})
                await client.settle()
        assert_no_trace(client)
        if who == "stranger":
            assert_nothing_personal(client)
        await client.call("ShellState.close_notice")
    assert server.alive
    assert server.dump() == before
    await victim.call("ProfileState.save", form=PROFILE | {"city": "Lyon"})
    assert victim.vars["ProfileState.values"]["city"] == "Lyon"


MALFORMED: list[Any] = [
    None, 1, "text", "{}", '{"name": "x"}', [], {}, {"name": None}, {"name": 5, "payload": {}}, {"payload": {}},
    {"name": "x", "payload": None}, {"name": "State.hydrate", "router_data": None}, {"name": "a" * 50_000},
    {"name": "x", "payload": {}, "router_data": {"pathname": {"a": 1}, "query": 7}},
]  # fmt: skip


async def test_malformed_packets(server: Server, victim: Client) -> None:
    before = server.dump()
    async with Client(server) as stranger:
        await stranger.load("/login")
        for packet in MALFORMED:
            await stranger.emit("event", packet)
            await stranger.emit("client_error", packet)
            await stranger.emit("unheard_of", packet)
        for odd in (
            {"pathname": {"a": 1}},
            {"asPath": 5},
            {"query": "q"},
            {"pathname": "\0/../etc"},
            {"pathname": None},
        ):
            await stranger.send("ProfileState.save", odd, form=PROFILE)
        await stranger.settle()
        assert_nothing_personal(stranger)
    assert server.dump() == before
    assert server.alive
    await victim.settle()


async def test_router_forge(server: Server, victim: Client) -> None:
    before = server.dump("account_session", "attempt_window", "known_browser", "journal_entry", "ticket")
    (device,) = [c.value for c in victim.http.cookies.jar if c.name == "netim_browser"]
    authorization = f"Session {digest(victim.session_cookie)}; Browser {digest(device)}"
    forged = {
        "pathname": PERSONAL,
        "token": victim.token,
        "sid": "1",
        "session_id": "1",
        "ip": "203.0.113.9",
        "client_ip": "203.0.113.9",
        "headers": {"authorization": authorization, "cookie": f"netim_session={victim.session_cookie}"},
    }
    async with Client(server) as stranger:
        await stranger.load("/login")
        await stranger.send("ProfileState.save", forged, form=PROFILE | {"city": "Forged"})
        await stranger.send("ShellState.open_account_page", forged)
        await stranger.settle()
        await stranger.connect(PERSONAL, headers={"Authorization": authorization})
        await stranger.call("ProfileState.save", form=PROFILE | {"city": "Forged"})
        await stranger.call("ShellState.open_account_page")
        assert_nothing_personal(stranger)
        assert server.dump("account_session", "attempt_window", "known_browser", "journal_entry", "ticket") == before
        await stranger.send("LoginState.submit", forged, form={"email": victim.email, "password": PASSWORD})
        await stranger.settle()
        (ticket,) = re.findall(r"'ticket_rx_state_': '([\w-]+)'", str(stranger.heard))
        stranger_address = stranger.local_address
        await stranger.redeem(ticket)
    assert server.query("SELECT address FROM account_session ORDER BY id DESC LIMIT 1") == [stranger_address]
    assert "203.0.113.9" not in server.log
    await victim.send("ProfileState.save", forged | {"token": "other"}, form=PROFILE | {"city": "Brest"})
    await victim.settle()
    assert victim.vars["ProfileState.values"]["city"] == "Brest"


async def _log_out(server: Server, other: Client, email: str) -> None:
    assert (await other.log_out()).status_code == 303


async def _revoke(server: Server, other: Client, email: str) -> None:
    (account,) = server.query("SELECT id FROM account WHERE email = :e", e=email)
    with server.units.write() as unit:
        sessions.end_sessions(unit, account)


async def _change_password(server: Server, other: Client, email: str) -> None:
    async with Client(server) as elsewhere:
        await elsewhere.log_in(email)
        form = {"current": PASSWORD, "password": "another 9 lanterns in fog"}
        assert await elsewhere.ticket("PasswordState.submit", form=form)


async def _disable(server: Server, other: Client, email: str) -> None:
    await asyncio.to_thread(disable, server, email)


@pytest.mark.parametrize("revoke", [_log_out, _revoke, _change_password, _disable])
async def test_live_revoke(server: Server, victim: Client, revoke: Callable[..., Any]) -> None:
    async with Client(server, cookies=dict(victim.http.cookies)) as tab:
        await tab.connect(PERSONAL)
        await tab.call("ShellState.open_account_page")
        assert_sees_own_data(tab)
        await revoke(server, victim, victim.email)
        tab.heard.clear()
        await tab.call("ProfileState.save", form=PROFILE | {"city": "Too late"})
        assert await tab.sent_to("&ended=1") == f"/login?next={PERSONAL}&ended=1"
        assert_nothing_personal(tab)
        assert tab.vars["ProfileState.values"] == {}
        assert tab.vars["ShellState.customer_name"] == ""
    assert not server.query("SELECT 1 FROM account WHERE city = 'Too late'")


async def test_tab_switch_user(server: Server, victim: Client, email: str) -> None:
    await victim.call("PasswordState.begin")
    await victim.call("ProfileState.save", form=PROFILE | {"phone": "no phone"})
    assert victim.vars["ProfileState.errors"]
    await victim.log_out()
    victim.heard.clear()
    victim.vars.clear()
    await victim.log_in(email)
    for path in (PERSONAL, SECURITY):
        await victim.connect(path)
        await victim.call("ShellState.open_account_page")
    assert victim.vars["ShellState.customer_name"] == "Anna Martin"
    assert victim.vars["ProfileState.errors"] == {}
    assert victim.vars["PasswordState.open"] is False
    assert_nothing_personal(victim)


async def test_hydrate_dump(server: Server, email: str) -> None:
    async with Client(server) as client:
        await client.log_in(email)
        opened = {"/login": "LoginState.open_page", PERSONAL: "EmailState.begin", SECURITY: "PasswordState.begin"}
        for path, handler in opened.items():
            await client.connect(path)
            await client.call("ShellState.open_account_page")
            await client.call(handler)
        await client.call("PasswordState.rate", password="typed so far 123")
        await client.call("PasswordState.submit", form={"current": "wrong " + PASSWORD, "password": "short"})
        await client.call("StepUpState.submit", form={"password": "wrong " + PASSWORD})
        heard = str(client.heard)
        device = next(c.value for c in client.http.cookies.jar if c.name == "netim_browser")
        (hashed,) = server.query("SELECT password_hash FROM account WHERE email = :e", e=email)
        for secret in (
            client.session_cookie, digest(client.session_cookie), device, digest(device), hashed, PASSWORD,
            "typed so far", "authorization", "'cookie'", "netim_session",
        ):  # fmt: skip
            assert secret not in heard
        assert client.vars["ProfileState.email"] == email
