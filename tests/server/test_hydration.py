"""The socket's content: never more than the page of this very caller shows, and a secret once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from netim_app import netim_app
from netim_app.identity.access import Level, access_of
from reflex_guard.tokens import digest
from tests.kit.handlers import handlers, parameters, short
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.headers import PAGES
from tests.kit.ip_restriction import restrict
from tests.kit.pages import SECURITY
from tests.kit.two_factor import NEW_CODES, WIZARD, Owner, give_code, give_password, plain

__all__ = ["plain"]
WRONG = "wrong " + PASSWORD
SHOWN_ONCE = (f"{WIZARD}.begin", f"{NEW_CODES}.begin_due", f"{NEW_CODES}.make")
"""Handlers that make a secret and show it: called on their own, and looked at."""
ONE_OF_EACH_KIND = ("/login", SECURITY, "/no/such/page")
"""A page for visitors, one for customers, and none. A handler's answer depends on the kind, and not on the page."""
NOT_IN_A_TOUR = (*SHOWN_ONCE, "LoginState.cancel_code", "IpRestrictionState.add_here", "MailboxState.open_page")


async def run_page(client: Client, path: str) -> None:
    """Loads a page as a browser does: hydrates, and sends all events that the page's loading asks for."""
    await client.connect(path)
    await client.settle()
    seen = len(client.events)
    await client.call("OnLoadInternalState.on_load_internal")
    for event in client.events[seen:]:
        if event["name"] in RegistrationContext.get().event_handlers:
            await client.call(event["name"], **event["payload"])


async def tour(client: Client) -> None:
    """Every page, and on one of each kind every handler that opens something."""
    opening = [
        name
        for name, handler in handlers().items()
        if not parameters(handler)
        and short(name) not in NOT_IN_A_TOUR
        and (access := access_of(handler)) is not None
        and access.level <= Level.FRESH
    ]
    assert len(opening) > 15
    for path in (*PAGES, "/no/such/page"):
        await run_page(client, path)
        for name in opening if path in ONE_OF_EACH_KIND else ():
            await client.call(name)


def test_hydrate_dump_knows_every_page() -> None:
    routes = {f"/{route}".replace("/index", "/") for route in netim_app.app._unevaluated_pages}
    assert {route for route in routes if not route.startswith(("/dev/", "/404"))} == set(PAGES)


class Listener:
    """Searches what was received for forbidden data, phase by phase."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.marker = 0

    def new(self) -> str:
        """Everything that has come since the last look."""
        heard = str(self.client.heard[self.marker :])
        self.marker = len(self.client.heard)
        return heard

    def assert_clean(self, forbidden: dict[str, list[str]]) -> str:
        heard = self.new()
        for what, values in forbidden.items():
            for value in values:
                assert value, what
                assert not re.search(rf"(?<![\w.:]){re.escape(value)}(?![\w])", heard), f"{what} in a delta"
        return heard


def secrets_of(server: Server, client: Client) -> dict[str, list[str]]:
    """Values that lie in cookies and in the database and have no business on a page."""
    cookies = [str(c.value) for c in client.http.cookies.jar]
    sealed = server.query("SELECT sealed FROM totp_authenticator UNION SELECT sealed FROM totp_enrolment")
    return {
        "cookie": cookies,
        "digest of a cookie": [digest(value) for value in cookies],
        "session digest": server.query("SELECT token_digest FROM account_session"),
        "password hash": server.query("SELECT password_hash FROM account"),
        "typed password": [PASSWORD, WRONG, "typed so far 123"],
        "name of a header": ["authorization", "'cookie'", "netim_session", "netim_browser"],
        "handle": server.query("SELECT handle FROM totp_enrolment"),
        "sealed secret": [str(bytes(value)) for value in sealed],
        "digest of a backup code": [str(value) for value in server.query("SELECT digest FROM backup_code")],
        "other customers": ["Quintessence", "198.51.100.77", "zebra"],
    }


@pytest.fixture
async def other(server: Server, new_email: Callable[[], str]) -> str:
    """Another customer, with data that would be noticed anywhere."""
    email = f"zebra.{new_email()}"
    server.create_account(email, first_name="Zebra", last_name="Quintessence")
    restrict(server, email, "198.51.100.77", on=False)
    return email


async def test_hydrate_dump_of_every_page_in_every_phase(server: Server, plain: Owner, other: str) -> None:
    """Stranger, code outstanding, logged in, wizard open, codes shown, proof too old, logged out."""
    owner, client = plain, plain.client
    listener = Listener(client)

    async with Client(server) as stranger:
        await tour(stranger)
        heard = Listener(stranger).assert_clean(secrets_of(server, stranger))
        assert "Martin" not in heard
        assert owner.email not in heard

    await tour(client)
    for handler, payload in {
        "PasswordState.rate": {"password": "typed so far 123"},
        "PasswordState.submit": {"form": {"current": WRONG, "password": "short"}},
        "StepUpState.submit": {"form": {"password": WRONG}},
        "EmailState.submit": {"form": {"email": "x"}},
        "ProfileState.save": {"form": {}},
    }.items():
        await client.call(handler, **payload)
    heard = listener.assert_clean(secrets_of(server, client))
    assert owner.email in heard, "her own data comes"
    assert "otpauth" not in heard

    await client.connect(SECURITY)
    await client.call("ShellState.open_account_page")
    listener.new()
    owner.key = await owner.begin()
    seed = {"seed": [owner.key, " ".join(re.findall("....", owner.key))]}
    shown = listener.new()
    assert shown.count(owner.key) == 1, "in the otpauth address, and nowhere else without its blanks"
    assert shown.count("'key_text_rx_state_': '" + seed["seed"][1]) == 1
    await tour(client)
    later = listener.assert_clean(secrets_of(server, client) | seed)
    assert "otpauth" not in later
    assert "data:image/svg" not in later

    await client.connect(SECURITY)
    await client.call("ShellState.open_account_page")
    await owner.enable()
    assert listener.new().count(f"'{owner.codes[0]}'") == 1
    known = {"seed": [owner.key, *seed["seed"]], "backup code": owner.codes}
    await tour(client)
    listener.assert_clean(secrets_of(server, client) | known)
    fresh = await owner.new_codes()
    listener.new()
    known["backup code"] = [*owner.codes, *fresh]
    await tour(client)
    listener.assert_clean(secrets_of(server, client) | known)

    async with Client(server) as thief:
        await give_password(thief, owner.email)
        await thief.call("LoginState.submit_code", form={"code": "000000"})
        await tour(thief)
        heard = Listener(thief).assert_clean(secrets_of(server, thief) | known)
        assert "Martin" not in heard, "who owes the code hears nothing of the customer"
        assert owner.row("pending_login") == [1]
        assert await give_code(thief, owner.code()), "and can go on"

    owner.wait(11 * 60)
    await tour(client)
    listener.assert_clean(secrets_of(server, client) | known)

    cookies = secrets_of(server, client)
    await client.log_out()
    await client.load("/login")
    await tour(client)
    heard = listener.assert_clean(cookies | known)
    assert "Martin" not in heard
    assert owner.email not in heard


@pytest.mark.parametrize("leaves", ["logs out", "loses the cookie", "session ends"])
async def test_tab_switch_user_with_everything_open(
    server: Server, plain: Owner, new_email: Callable[[], str], leaves: str
) -> None:
    """The next customer of the same tab sees no rule, device, wizard, key, code or message of the one before."""
    owner, client = plain, plain.client
    form: dict[str, Any] = {"address": "198.51.100.77", "note": "Zebra office"}
    await client.call("IpDialogState.add", form=form)
    await owner.enable()
    await client.call("IpDialogState.begin_remove", rule_id=client.vars["IpRestrictionState.rules"][0]["id"])
    await client.call("TotpDialogState.begin_rename", authenticator_id=client.vars["TotpState.authenticators"][0]["id"])
    await client.call("TotpDialogState.rename", form={"name": "Zebra phone"})
    await client.call("TotpDialogState.begin_rename", authenticator_id=client.vars["TotpState.authenticators"][0]["id"])
    await client.call("PasswordState.begin")
    codes = await owner.new_codes()
    second = await owner.begin()
    shown = str(client.heard)
    assert all(sign in shown for sign in ("Zebra office", "Zebra phone", codes[0], second, owner.email))

    if leaves == "logs out":
        await client.log_out()
    elif leaves == "session ends":
        owner.wait(31 * 60)
    client.http.cookies.clear()
    client.heard.clear()
    client.vars.clear()
    other = server.create_account(new_email(), first_name="Bea", last_name="Other")
    await client.log_in(other)
    await tour(client)
    heard = str(client.heard)
    for trace in ("Zebra", "198.51.100", owner.email, "Martin", owner.key, second, *codes, *owner.codes):
        assert trace not in heard
    assert client.vars["ProfileState.email"] == other
    assert client.vars["TotpState.authenticators"] == []
    assert client.vars["IpRestrictionState.rules"] == []
    assert client.vars["TotpDialogState.authenticator_name"] == ""


async def test_hydrate_dump_of_two_customers_at_once(server: Server, new_email: Callable[[], str]) -> None:
    """Two customers use the same pages at the same time: each hears of themselves alone."""
    async with customer(server, new_email()) as one, customer(server, new_email()) as two:
        emails = [one.vars["ProfileState.email"], two.vars["ProfileState.email"]]
        for path in PAGES:
            for client in (one, two):
                await run_page(client, path)
        assert emails[1] not in str(one.heard)
        assert emails[0] not in str(two.heard)
        assert emails[0] in str(one.heard)
        assert emails[1] in str(two.heard)


async def test_a_visitors_page_that_loads_anew_shows_its_form_at_once(
    server: Server, new_email: Callable[[], str]
) -> None:
    """Data of an earlier document, shown in its place, would take away the field that is typed into meanwhile."""
    email = server.create_account(new_email())
    async with Client(server) as client:
        await client.load("/forgot-password")
        await client.call("ForgotState.submit", form={"email": email})
        assert client.vars["ForgotState.sent_to"] == email
        seen = len(client.heard)
        await run_page(client, "/forgot-password")
        assert email not in str(client.heard[seen:])
        assert client.vars["ForgotState.sent_to"] == ""
        await client.call("ForgotState.submit", form={"email": email})
        assert client.vars["ForgotState.sent_to"] == email
