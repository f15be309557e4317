"""A mail server in a bad mood: slow, refusing one recipient for good or for now, cutting the line in the middle."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.kit.fakes import SmtpServer, until
from tests.kit.faults import smtp_on
from tests.kit.harness import Client, Server, customer, free_port, running

WAIT = 30
SLOW = 0.5
"""Seconds for each recipient."""


@dataclass
class Moody(SmtpServer):
    """Slow with everybody. `refused` maps mailboxes to the answer to RCPT, `cut` names one whose first DATA is cut."""

    refused: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    asked: Counter[str] = field(default_factory=Counter)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        await asyncio.sleep(SLOW)
        self.asked[recipient] += 1
        if recipient in self.refused:
            return self.refused[recipient]
        return await super().handle_RCPT(server, session, envelope, recipient, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if envelope.rcpt_tos == [self.cut]:
            self.cut = ""
            assert server.transport is not None
            server.transport.close()
            return "250 never read"
        return await super().handle_DATA(server, session, envelope)


def states(server: Server) -> dict[str, str]:
    """The states of the reset mails, by mailbox."""
    rows = server.query(
        "SELECT account.email, state FROM outbox_message JOIN account ON account.id = account_id WHERE event = 'reset'"
    )
    return dict(rows)


def pauses(server: Server) -> list[int]:
    """After how many seconds what could not be delivered was to be tried again."""
    return [int(seconds) for seconds in re.findall(r"event=mail\.deferred .*next_in_seconds=(\d+)", server.log)]


async def test_deps_down_smtp_in_a_bad_mood(tmp_path: Path, new_email: Callable[[], str]) -> None:
    """Customers notice nothing, and every mail that can be delivered is, once."""
    port = free_port()
    never, later, torn, fine = (new_email() for _ in range(4))
    seen = Moody(refused={never: "550 5.1.1 no such user", later: "451 4.7.1 come back later"}, cut=torn)
    with running(tmp_path, env={"NETIM_SMTP_URL": f"smtp://127.0.0.1:{port}"}) as server:
        async with smtp_on(port, seen), customer(server, new_email()) as other, Client(server) as client:
            await client.load("/forgot-password")
            for email in (never, later, torn, fine):
                server.create_account(email)
                await client.call("ForgotState.submit", form={"email": email})
                assert client.vars["ForgotState.sent_to"] == email, "the same for all"
            await other.call("LoginAlertsState.switch", on=True)
            assert other.vars["LoginAlertsState.on"] is True

            await until(lambda: states(server).get(fine) == "sent", WAIT)
            assert states(server) == {never: "dead", later: "queued", torn: "queued", fine: "sent"}
            assert (await client.http.get("/healthz")).json()["outbox"]["dead"] == 1, "an operator can see it"
            assert seen.asked == {never: 1, later: 1, torn: 1, fine: 1}

            server.move_clock(37)
            await until(lambda: seen.asked[later] == 2 and states(server)[torn] == "sent", WAIT)
            assert seen.asked[never] == 1, "no use to try again"
            await until(lambda: len(pauses(server)) == 3, WAIT)
            assert [pause // 30 for pause in pauses(server)] == [1, 1, 4], "the second pause is longer"
            seen.refused.clear()
            server.move_clock(37 + 145)
            await until(lambda: states(server)[later] == "sent", WAIT)
            received = Counter(str(mail["to"]) for mail in seen.received)
            assert received == {later: 1, torn: 1, fine: 1}
            for email in (never, later, torn, fine):
                assert email not in server.log
