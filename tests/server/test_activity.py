"""The activity: what it tells its owner, and what neither customer nor stranger can do to it."""

from collections.abc import Callable
from typing import Any

from netim_app.core.facts import Origin
from netim_app.features.journal.service import entries, retention
from tests.kit.factories import account_id_of
from tests.kit.harness import PASSWORD, Client, Server, customer
from tests.kit.pages import SECURITY

WRONG = "wrong " + PASSWORD
HALF_A_YEAR = 180 * 24 * 3600


async def attempt(client: Client, email: str, password: str = WRONG) -> None:
    await client.call("LoginState.submit", form={"email": email, "password": password})


async def listed(client: Client) -> list[tuple[str, str, str]]:
    """(what, address, how often) of the entries on the page, opened anew."""
    await client.connect(SECURITY)
    await client.call("ShellState.open_account_page")
    return [(row["what"], row["address"], row["often"]) for row in client.vars["ActivityState.entries"]]


def rows(server: Server) -> list[Any]:
    return server.query("SELECT * FROM journal_entry ORDER BY account_id, number")


async def test_history_tells_the_owner_what_happened(server: Server, email: str) -> None:
    """With time, address, client, factor and result; failures of strangers with a count."""
    async with Client(server) as stranger, Client(server) as owner, Client(server) as other:
        await stranger.load("/login")
        for _ in range(4):
            await attempt(stranger, email)
        await owner.log_in(email)
        await other.log_in(email)
        await other.call("StepUpState.submit", form={"password": WRONG})
        await other.log_out()
        shown = await listed(owner)
        assert [(what, address) for what, address, _ in shown] == [
            ("Logged out", other.local_address),
            ("Confirmation failed", other.local_address),
            ("Logged in", other.local_address),
            ("Logged in", owner.local_address),
            ("Login failed", stranger.local_address),
        ]
        assert shown[-1][2].startswith("4 times since")
        first = owner.vars["ActivityState.entries"][-2]
        assert (first["client"], first["how"], first["sort"]) == (
            "Firefox 140 on Linux",
            "With your password",
            "logins",
        )
        assert "(UTC+" in first["exact"]
        secrets = (PASSWORD, WRONG, email, owner.session_cookie)
        assert not [secret for secret in secrets if secret in str(rows(server))]


async def test_history_of_strangers_failures_is_bounded_and_asks_no_page_to_refresh(
    server: Server, anna: Client, email: str
) -> None:
    (before,) = server.query("SELECT revision FROM account WHERE email = :e", e=email)
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        for number in range(entries.MAX_FAILURES_A_DAY - 2):
            origin = Origin(address=f"2001:db8::{number:x}")
            entries.add(unit, account_id, entries.What(sort="failures", event="login_failed", origin=origin))
    for _ in range(4):
        async with Client(server) as stranger:  # an address of its own each
            await stranger.load("/login")
            await attempt(stranger, email)
    counted = server.query(
        "SELECT event, count(*) FROM journal_entry e JOIN account a ON a.id = e.account_id "
        "WHERE a.email = :e AND e.sort = 'failures' GROUP BY event ORDER BY event",
        e=email,
    )
    assert counted == [("login_failed", entries.MAX_FAILURES_A_DAY), ("more_failures", 1)]
    assert server.query("SELECT revision FROM account WHERE email = :e", e=email) == [before]
    await anna.call("ActivityState.choose", shown="logins")
    assert [row["what"] for row in anna.vars["ActivityState.entries"]] == ["Logged in"]


async def test_history_cannot_be_asked_for_anything_else(server: Server, anna: Client, email: str) -> None:
    """Abused choices and places: nothing but own entries, and nothing changes."""
    await listed(anna)
    before, shown = rows(server), anna.vars["ActivityState.entries"]
    for odd in (None, True, 7, -1, 10**30, "", "ALL", "all' OR '1'='1", "x" * 100_000, ["all"], {"shown": "all"}, "\0"):
        await anna.call("ActivityState.choose", shown=odd)
        await anna.call("ActivityState.show_more", _end=odd, account_id=1)
    assert anna.vars["ActivityState.entries"] == shown
    for kind, count in (("logins", 1), ("failures", 0), ("all", 1)):
        await anna.call("ActivityState.choose", shown=kind)
        assert len(anna.vars["ActivityState.entries"]) == count
    assert rows(server) == before


async def test_idor_history(server: Server, anna: Client, email: str, new_email: Callable[[], str]) -> None:
    async with customer(server, new_email()) as victim:
        assert {address for _, address, _ in await listed(anna)} == {anna.local_address}
        for handler in ("ActivityState.choose", "ActivityState.show_more"):
            (victim_id,) = server.query("SELECT max(account_id) FROM journal_entry")
            await anna.call(handler, shown="all", account_id=victim_id)
        assert victim.local_address not in str(anna.vars["ActivityState.entries"])
        assert {address for _, address, _ in await listed(victim)} == {victim.local_address}
    async with Client(server) as stranger:
        await stranger.load("/login")
        await stranger.call("ActivityState.choose", shown="all")
        assert stranger.vars["ActivityState.entries"] == []


async def test_history_retention(server: Server, new_email: Callable[[], str]) -> None:
    email = server.create_account(new_email())
    async with Client(server) as client:
        await client.log_in(email)
        for moved, kept in ((HALF_A_YEAR - 60, 1), (HALF_A_YEAR + 60, 0)):
            server.move_clock(moved)
            with server.units.write() as unit:
                retention.forget_places(unit)
            places = server.query("SELECT address FROM journal_entry WHERE event = 'logged_in'")
            assert places.count(client.local_address) == kept
