"""A stolen, open session is not enough for changes that ask for a fresh proof of identity."""

import inspect
from collections.abc import Callable
from typing import Any

from reflex_base.registry import RegistrationContext

from netim_app import netim_app  # noqa: F401  registers every state
from netim_app.identity.access import Level, access_of
from netim_app.identity.attempts import MAX_FAILURES
from netim_app.infra.rate_limit import PROOF_PER_SESSION
from tests.kit.access import marked
from tests.kit.harness import PASSWORD, Client, Server, is_served
from tests.kit.pages import SECURITY
from tests.kit.proofs import WINDOW, asks_for_a_proof, prove
from tests.kit.windows import whole_window

NEW_PASSWORD = "another 9 lanterns in fog"
FORM = {
    "email": "mallory@example.com",
    "password": NEW_PASSWORD,
    "current": "wrong " + PASSWORD,
    "address": "203.0.113.1",
    "note": "",
    "confirmed": "on",
}


def with_arguments(level: Level) -> dict[str, dict[str, Any]]:
    """All handlers of the server that are open at this level, with arguments as their pages would send them."""
    found = {}
    for name, registered in RegistrationContext.get().event_handlers.items():
        access = access_of(registered.handler.fn)
        if is_served(registered.states[0]) and access is not None and access.level == level:
            known: dict[str, Any] = {
                "form": FORM,
                "rule_id": 1,
                "session_id": 1,
                "on": True,
                "password": "typed so far",
            }
            wanted = inspect.signature(registered.handler.fn).parameters
            short = f"{registered.states[0].__name__}.{name.rpartition('.')[2]}"
            found[short] = {each: known.get(each, "1") for each in wanted if each != "self"}
    return found


def guarded(server: Server) -> list[Any]:
    """All that may be changed with a fresh proof only."""
    return [
        server.query("SELECT id, email, password_hash, disabled_at FROM account ORDER BY id"),
        server.query("SELECT * FROM account_deletion"),
        server.query("SELECT * FROM ip_restriction"),
        server.query("SELECT * FROM ip_rule"),
        server.query("SELECT * FROM totp_authenticator"),
        server.query("SELECT * FROM backup_code"),
        server.query("SELECT digest FROM mailed_link WHERE purpose = 'email_change' ORDER BY digest"),
        server.query("SELECT id, ended_at FROM account_session ORDER BY id"),
    ]


def test_reauth_is_asked_for_by_the_reviewed_list() -> None:
    assert set(with_arguments(Level.FRESH)) == marked("FRESH")


async def test_reauth(server: Server, anna: Client, email: str) -> None:
    """Every handler of a logged-in customer, in a session whose proof is too old: nothing that counts is changed."""
    await anna.connect(SECURITY)
    await anna.call("ShellState.open_account_page")
    server.move_clock(WINDOW + 1)
    before = guarded(server)
    for handler, payload in with_arguments(Level.FRESH).items():
        assert await asks_for_a_proof(anna, handler, **payload), handler
    assert guarded(server) == before
    for handler, payload in with_arguments(Level.LOGGED_IN).items():
        await anna.call(handler, **payload)
    assert guarded(server) == before, "and no other handler does it without one"
    assert "set-cookie" not in (await anna.redeem("A" * 43)).headers

    server.move_clock(WINDOW + 16 * 60)  # the guesses made above are forgiven
    await prove(anna, SECURITY)
    for handler, form in {"EmailState.submit": FORM, "IpDialogState.add": FORM}.items():
        assert not await asks_for_a_proof(anna, handler, form=form), handler
    form = {"current": PASSWORD, "password": NEW_PASSWORD}
    assert await anna.ticket("PasswordState.submit", form=form)
    after = guarded(server)
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        False,
        True,
        True,
        False,
        True,
        True,
        False,
        True,
    ]


async def test_reauth_window_ends_by_the_clock(server: Server, anna: Client) -> None:
    server.move_clock(WINDOW - 5)
    assert not await asks_for_a_proof(anna)
    server.move_clock(WINDOW + 1)
    assert await asks_for_a_proof(anna)
    await prove(anna)
    server.move_clock(2 * WINDOW - 5)
    assert not await asks_for_a_proof(anna), "ten minutes from the proof"
    server.move_clock(2 * WINDOW + 2)
    assert await asks_for_a_proof(anna), "and using it does not prolong it"


async def test_reauth_wrong_proof_opens_nothing(server: Server, anna: Client) -> None:
    server.move_clock(WINDOW + 1)
    cookie = anna.session_cookie
    for form in ({"password": "wrong " + PASSWORD}, {"password": ""}, {"password": None}, {}, {"code": "123456"}):
        assert await anna.ticket("StepUpState.submit", form=form) == ""
        assert await asks_for_a_proof(anna)
    assert anna.session_cookie == cookie
    await prove(anna)
    assert anna.session_cookie != cookie, "a new value after each step up"
    assert not await asks_for_a_proof(anna)


async def test_reauth_is_bound_to_one_session(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as thief:
        await thief.log_in(email)
        server.move_clock(WINDOW + 1)
        ticket = await anna.ticket("StepUpState.submit", form={"password": PASSWORD})
        stolen = await thief.redeem(ticket)
        assert stolen.headers["location"] == "/login?again=1", "a ticket works in the browser that asked for it"
        assert "netim_session" not in stolen.headers.get("set-cookie", "")
        await prove(anna)
        assert not await asks_for_a_proof(anna)
        assert await asks_for_a_proof(thief), "what one browser has proved says nothing about another"
        before = guarded(server)
        await thief.call("EmailState.submit", form=FORM)
        assert guarded(server) == before


async def test_budget_theft(server: Server, new_email: Callable[[], str]) -> None:
    """A thief of both cookies, elsewhere, spends all the guesses that a thief has. The owner proves, and changes.

    From ever new addresses, too: all of them together have one budget, so this is no way to guess without end.
    """
    email = server.create_account(new_email())
    async with Client(server) as owner:
        await owner.log_in(email)
        before = sum(server.query("SELECT failures FROM attempt_window"))
        for _ in range(3):
            async with Client(server, cookies={c.name: str(c.value) for c in owner.http.cookies.jar}) as thief:
                await thief.load(SECURITY)
                await whole_window(PROOF_PER_SESSION, 20)
                for number in range(PROOF_PER_SESSION.amount + 2):
                    await thief.call("StepUpState.submit", form={"password": f"wrong {number}"})
                assert thief.vars["StepUpState.errors"]
                assert not await thief.ticket("StepUpState.submit", form={"password": PASSWORD}), "used up"
        assert sum(server.query("SELECT failures FROM attempt_window")) - before == MAX_FAILURES
        await prove(owner)
        form = {"current": PASSWORD, "password": "another 9 lanterns in fog"}
        assert await owner.ticket("PasswordState.submit", form=form), "and throws the thief out"
