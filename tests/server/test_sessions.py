"""The card with the sessions, attacked over the raw socket; each attack with a twin in which the customer succeeds."""

import asyncio
from collections.abc import Callable
from typing import Any

from netim_app.identity.tickets import MAX_SESSIONS
from tests.kit.harness import Client, Server, customer
from tests.kit.log_lines import lines_about
from tests.kit.pages import SECURITY
from tests.kit.proofs import WINDOW, asks_for_a_proof, prove


async def listed(client: Client) -> dict[str, list[dict[str, Any]]]:
    """The card's content after the page was opened anew."""
    await client.connect(SECURITY)
    await client.call("ShellState.open_account_page")
    return {"here": client.vars["SessionsState.here"], "others": client.vars["SessionsState.others"]}


def ended(server: Server) -> list[Any]:
    return server.query("SELECT id FROM account_session WHERE ended_at IS NOT NULL ORDER BY id")


async def log_out_the_other(client: Client) -> None:
    """Presses "Log out" at the first of the other sessions."""
    shown = await listed(client)
    await client.call("SessionsState.log_out", session_id=shown["others"][0]["id"])


async def test_list_names_what_is_open_and_no_secret(server: Server, anna: Client, email: str) -> None:
    phone = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
    )
    async with Client(server, headers={"User-Agent": phone}) as other:
        await other.log_in(email)
        shown = await listed(anna)
        assert [(row["client"], row["address"]) for row in shown["here"]] == [
            ("Firefox 140 on Linux", anna.local_address)
        ]
        assert [(row["client"], row["address"]) for row in shown["others"]] == [
            ("Safari 18 on iOS", other.local_address)
        ]
        fields = {"id", "client", "address", "logged_in", "logged_in_at", "active", "active_at"}
        assert set(shown["here"][0]) == fields, "no digest, and nothing else either"


async def test_live_revoke_of_one_that_was_ended_from_the_card(server: Server, anna: Client, email: str) -> None:
    """Told at once, without the other browser asking; refused at the next event; and everything else lives on."""
    async with Client(server) as other, Client(server) as third:
        await other.log_in(email)
        await other.connect(SECURITY)
        await other.call("ShellState.open_account_page")
        first = (await listed(anna))["others"][0]["id"]
        await third.log_in(email)
        other.events.clear()
        third.events.clear()

        await anna.call("SessionsState.log_out", session_id=first)
        await other.call("LoginAlertsState.switch", on=True)
        assert await other.sent_to("&ended=1") == f"/login?next={SECURITY}&ended=1"
        assert other.vars["SessionsState.here"] == []
        assert other.vars["ShellState.customer_name"] == ""
        assert not server.query("SELECT 1 FROM login_alert WHERE setting <> 'off'")
        await other.until(lambda: "recheck_session" in str(other.events), "being told")
        (response,) = [await other.http.post("/auth/session", data={"ticket": "A" * 43})]
        assert "netim_session" not in response.headers.get("set-cookie", "")

        assert "recheck_session" not in str(third.events)
        await third.call("LoginAlertsState.switch", on=True)
        assert third.vars["LoginAlertsState.on"] is True
        assert len((await listed(anna))["others"]) == 1


async def test_live_revoke_tells_each_tab_once_and_no_others(server: Server, anna: Client, email: str) -> None:
    """Tabs that nobody touches are told when their session is ended, in each of the ways to end one."""
    async with Client(server, cookies=dict(anna.http.cookies)) as tab, Client(server) as elsewhere:
        await tab.connect(SECURITY)
        await tab.call("ShellState.open_account_page")
        await elsewhere.log_in(email)
        for client in (tab, elsewhere):
            client.events.clear()

        await anna.log_out()

        await tab.until(lambda: "recheck_session" in str(tab.events), "being told")
        assert [event["name"].rpartition(".")[2] for event in tab.events] == ["recheck_session"]
        await tab.call("ShellState.recheck_session")
        assert await tab.sent_to("&ended=1") == f"/login?next={SECURITY}&ended=1"

        async with Client(server) as later:  # the next session that ends shows that the server has looked again
            await later.log_in(email)
            await later.log_out()
            await later.until(lambda: "recheck_session" in str(later.events), "being told")
        assert str(tab.events).count("recheck_session") == 1
        assert elsewhere.events == []


async def test_idor_sessions(server: Server, anna: Client, email: str, new_email: Callable[[], str]) -> None:
    """An id of somebody else's session, or of none, or the own one: one answer, and nothing ends."""
    async with customer(server, new_email()) as victim, Client(server) as other:
        await other.log_in(email)
        own = (await listed(anna))["here"][0]["id"]
        foreign = (await listed(victim))["here"][0]["id"]
        await asyncio.to_thread(server.wait_for_mail, email, subject="New login")
        before = ended(server)
        answers = []
        for session_id in (foreign, own, 2**31 - 1, 999_999):
            await anna.call("SessionsState.log_out", session_id=session_id)
            answers.append((anna.vars["ShellState.notice_kind"], anna.vars["ShellState.notice"]))
            await anna.call("ShellState.close_notice")
        assert set(answers) == {("info", "That browser is no longer logged in.")}
        for odd in (None, True, "1", 1.5, -1, 10**30, [foreign], {"id": foreign}, f"{foreign}"):
            await anna.call("SessionsState.log_out", session_id=odd)
        await anna.call("LogOutOthersState.confirm")
        assert ended(server) == before
        assert len(server.mails(email)) == 1

        await log_out_the_other(anna)
        assert len(ended(server)) == len(before) + 1
        await victim.call("LoginAlertsState.switch", on=True)
        assert victim.vars["LoginAlertsState.on"] is True


async def test_reauth_for_ending_others(server: Server, anna: Client, email: str) -> None:
    async with Client(server) as other:
        await other.log_in(email)
        session_id = (await listed(anna))["others"][0]["id"]
        server.move_clock(WINDOW + 1)
        assert await asks_for_a_proof(anna, "SessionsState.log_out", session_id=session_id)
        assert await asks_for_a_proof(anna, "LogOutOthersState.begin")
        assert await asks_for_a_proof(anna, "LogOutOthersState.confirm")
        await other.call("LoginAlertsState.switch", on=True)
        assert other.vars["LoginAlertsState.on"] is True

        await prove(anna, SECURITY)
        await anna.call("LogOutOthersState.begin")
        await anna.call("LogOutOthersState.confirm")
        assert anna.vars["SessionsState.others"] == []
        await other.call("LoginAlertsState.switch", on=False)
        assert other.redirects()[-1].endswith("&ended=1")


async def test_mail_alerts_for_ended_sessions(server: Server, anna: Client, email: str) -> None:
    """One mail and one line in the log for each press, and none where nothing ended."""
    async with Client(server) as one, Client(server) as two, Client(server) as three:
        await one.log_in(email)
        await log_out_the_other(anna)
        await two.log_in(email)
        await three.log_in(email)
        for _ in range(2):
            await anna.call("LogOutOthersState.begin")
            await anna.call("LogOutOthersState.confirm")
        first = server.wait_for_mail(email, subject="Logged out of Netim Direct")
        server.wait_for_mail(email, subject="All other browsers were logged out")
        body = first.get_body(("plain",))
        assert body is not None
        assert one.local_address in body.get_content()
        assert anna.local_address in body.get_content()
        server.wait_for_mail(email, 3, subject="New login")
        await asyncio.sleep(0.5)
        assert len(server.mails(email)) == 5, "three of logins in new browsers, and two of what was ended"
        assert [line["count"] for line in lines_about(anna, "other_sessions_revoked")] == ["1", "2"]


async def test_session_cap(server: Server, anna: Client, email: str) -> None:
    """One more than there may be: the one that was idle for longest ends, and the list says so."""
    oldest = (await listed(anna))["here"][0]["id"]
    clients = [Client(server) for _ in range(MAX_SESSIONS)]
    try:
        for number, client in enumerate(clients):
            await client.load("/login")
            form = {"email": email, "password": "quiet meadow lantern 42"}
            ticket = await client.ticket("LoginState.submit", form=form)
            assert (await client.redeem(ticket)).headers["location"].startswith("/account/"), number
            await client.disconnect()
        last = clients[-1]
        shown = await listed(last)
        assert len(shown["here"] + shown["others"]) == MAX_SESSIONS
        assert oldest not in {row["id"] for row in shown["others"]}
        assert server.query("SELECT ended_at IS NOT NULL FROM account_session WHERE id = :i", i=oldest) == [1]
        await anna.call("ShellState.open_account_page")
        assert anna.redirects()[-1].endswith("&ended=1")
        assert len(lines_about(last, "session_displaced")) == 1
    finally:
        for client in clients:
            await client.http.aclose()
            await client.disconnect()
