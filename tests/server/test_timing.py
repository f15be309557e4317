"""How long an answer takes must not tell who is a customer."""

import asyncio
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import PASSWORD, Client, Server, running

COST = 9
"""A hash takes 30 ms and more: three times what may go unnoticed, so that one which is left out shows."""
ROUNDS_PER_ADDRESS = 5
"""A round asks for four mails; the limit per address is twenty in an hour."""
LEAST, MOST = 30, 120
"""Rounds. The attack list says 200, on a machine that does nothing else. Here other work disturbs a sample more than
any branch does: so there are as many rounds as it takes for the medians to meet. Those that are 30 ms apart do not."""
FORMS = {
    "sign-in": ("SignInState", "errors"),
    "sign-up": ("SignUpState", "sent_to"),
    "reset": ("ForgotState", "sent_to"),
}
Samples = dict[tuple[str, str], list[float]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("timed"), env={"NETIM_BCRYPT_COST": str(COST)}) as started:
        yield started


async def seconds(client: Client, what: str, email: str) -> float:
    """From sending a form until its answer is there."""
    state, answer = FORMS[what]
    form: dict[str, Any] = {"email": email, "password": "wrong " + PASSWORD, "first_name": "A", "last_name": "B"}
    await client.call(f"{state}.open_page")
    await asyncio.sleep(0.03)  # the mail that the last one has caused is sent meanwhile
    client.vars[f"{state}.{answer}"] = ""
    started = time.perf_counter()
    await client.send(f"{state}.submit", form=form)
    await client.until(lambda: bool(client.vars[f"{state}.{answer}"]), what)
    taken = time.perf_counter() - started
    said = client.vars[f"{state}.{answer}"]
    assert said == email or said[""].startswith("Email address or password is wrong."), "no limit was in the way"
    return taken


def apart(samples: Samples) -> dict[str, float]:
    """By how many seconds the medians differ, for each form where that is more than 10 ms and more than 10 %."""
    found = {}
    for what in FORMS:
        known, unknown = (statistics.median(samples[what, who]) for who in ("known", "unknown"))
        if abs(known - unknown) > max(0.010, 0.1 * min(known, unknown)):
            found[what] = known - unknown
    return found


@pytest.mark.alone
async def test_enum_timing(server: Server) -> None:
    """Each round has a customer and a stranger of its own: nobody's guesses or mails run out."""
    samples: Samples = defaultdict(list)
    rounds = 0
    while rounds < LEAST or (apart(samples) and rounds < MOST):
        async with Client(server) as client:
            await client.load("/login")
            for _ in range(ROUNDS_PER_ADDRESS):
                rounds += 1
                email = {"known": server.create_account(f"k{rounds}@example.com"), "unknown": f"u{rounds}@example.com"}
                branches = [(what, who) for what in FORMS for who in email]
                random.shuffle(branches)
                for what, who in branches:
                    samples[what, who].append(await seconds(client, what, email[who]))
    assert apart(samples) == {}
    async with Client(server) as owner:
        assert (await owner.sign_in("k1@example.com")).status_code == 303
        assert owner.session_cookie
