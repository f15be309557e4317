"""Logging in, resets and their links, as tests do them."""

import asyncio
import contextlib
import re
import time
from email.message import EmailMessage
from typing import Any

from netim_app.identity import operations
from tests.kit.factories import account_id_of
from tests.kit.harness import ANSWER_SECONDS, PASSWORD, Client, Server, link_in

NEW_PASSWORD = "another 9 lanterns in fog"
WRONG = "wrong " + PASSWORD


def disable(server: Server, email: str) -> None:
    """Does the work of `disable`. The command takes seconds, and an idle socket of the account closes meanwhile."""
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        operations.disable(unit, account_id)


async def attempt(client: Client, email: str, password: str) -> str:
    """The ticket that a login gives, or empty."""
    return await client.ticket("LoginState.submit", form={"email": email, "password": password})


def link_or_none(mail: EmailMessage) -> str:
    """The secret link in a mail, or empty."""
    with contextlib.suppress(AssertionError):
        return link_in(mail)
    return ""


async def link_from(server: Server, email: str, count: int = 1, page: str = "reset-password") -> str:
    """The secret of a mailed link."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        links = [link for mail in server.mails(email) if (link := link_or_none(mail)) and f"/{page}" in link]
        if len(links) >= count:
            return links[count - 1].partition("#")[2]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no link for {page}: {[m['subject'] for m in server.mails(email)]}")


async def ask_reset(server: Server, client: Client, email: str, count: int = 1) -> str:
    await client.call("ForgotState.submit", form={"email": email})
    assert client.vars["ForgotState.sent_to"] == email
    return await link_from(server, email, count)


async def can_log_in(server: Server, email: str, password: str) -> bool:
    async with Client(server) as client:
        await client.load("/login")
        return bool(await attempt(client, email, password))


def shape(heard: list[Any]) -> list[Any]:
    """The updates that came, in order: names of states, vars, their values but for the address, and events."""
    ignored = re.compile(r"rx_router\w*|is_hydrated\w*|(answers|notice_number)_rx_state_")  # the last two count
    steps = []
    for update in heard:
        delta = {
            f"{state}.{var}": value
            for state, values in (update.get("delta") or {}).items()
            for var, value in values.items()
            if not ignored.match(var)
        }
        steps.append((sorted(delta.items(), key=str), update.get("events")))
    return steps
