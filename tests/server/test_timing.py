"""How long an answer takes must not tell who is a customer."""

import asyncio
import math
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from netim_app.infra.rate_limit import MAIL_PER_RECIPIENT, RECOVERY_PER_ADDRESS
from tests.kit.harness import PASSWORD, Client, Server, link_in, running

COST = 9
"""A hash takes 30 ms and more: three times what may go unnoticed, so that one which is left out shows."""
ROUNDS_PER_ADDRESS = 5
"""A round asks for four mails; the limit per address is twenty in an hour."""
ROUNDS = 40
"""All are taken before anything is looked at. Known and unknown alternate, so that other work meets both alike."""
RESETS = 160
"""The same for reset links, which cost least, so that the least difference shows. With fewer, chance alone would now
and then reach `MOST_TELLING`."""
MOST_TELLING = 0.6
MOST_TRIES = 4
"""While the samples tell something, as many are taken again: chance fades in all of them together, a cause does not."""
FORMS = {
    "login": ("LoginState", "errors"),
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
    assert said == email or said[""].startswith("Wrong email address or password."), "no limit was in the way"
    return taken


def apart(known: list[float], unknown: list[float], unnoticed: float) -> float:
    """By how many seconds the medians differ; 0 where that is 10 %, or `unnoticed`, or no more than chance."""
    one, other = statistics.median(known), statistics.median(unknown)
    chance = 3 * math.hypot(error_of_median(known), error_of_median(unknown))
    return one - other if abs(one - other) > max(unnoticed, 0.1 * min(one, other), chance) else 0


def error_of_median(samples: list[float]) -> float:
    """The standard error of their median, from the half of them that lies in the middle: a few slow ones are noise."""
    lower, _, upper = statistics.quantiles(samples, n=4)
    return 1.253 * (upper - lower) / 1.349 / math.sqrt(len(samples))


def telling(known: list[float], unknown: list[float]) -> float:
    """How often the longer one of two samples tells which is the customer (AUC): 0.5 is as good as a coin."""
    longer = sum((a > b) + 0.5 * (a == b) for a, b in product(known, unknown)) / (len(known) * len(unknown))
    return max(longer, 1 - longer)


def test_a_difference_would_be_seen() -> None:
    """Both judges, on samples that are known: twice the work is seen in noise of its own size, and noise is not."""
    noise = random.Random(1)  # noqa: S311  the same samples in each run
    fast, again = ([0.009 + noise.expovariate(200) for _ in range(RESETS)] for _ in range(2))
    slow = [0.010 + taken for taken in fast]
    assert apart(fast, again, 0.001) == 0
    assert telling(fast, again) < MOST_TELLING
    assert apart(slow, again, 0.001) > 0
    assert telling(slow, again) > 0.8


@pytest.mark.alone
async def test_enum_timing(server: Server) -> None:
    """Each round has a customer and a stranger of its own: nobody's guesses or mails run out."""
    samples: Samples = defaultdict(list)
    for start in range(0, ROUNDS, ROUNDS_PER_ADDRESS):
        async with Client(server) as client:
            await client.load("/login")
            for number in range(start, start + ROUNDS_PER_ADDRESS):
                email = {"known": server.create_account(f"k{number}@example.com"), "unknown": f"u{number}@example.com"}
                branches = [(what, who) for what in FORMS for who in email]
                random.shuffle(branches)
                for what, who in branches:
                    samples[what, who].append(await seconds(client, what, email[who]))
    found = {what: apart(samples[what, "known"], samples[what, "unknown"], 0.010) for what in FORMS}
    assert not any(found.values()), found
    async with Client(server) as owner:
        assert (await owner.log_in("k1@example.com")).status_code == 303
        assert owner.session_cookie


async def ask_for_links(server: Server, taken: dict[str, list[float]]) -> list[str]:
    """Adds the seconds of `RESETS` known and as many unknown addresses. Returns the known ones."""
    each, begun = MAIL_PER_RECIPIENT.amount, len(taken["known"])
    customers = [server.create_account(f"r{begun}.{number}@example.com") for number in range(RESETS // each)]
    asked = [(email, "known") for email in customers * each]
    asked += [(f"nobody{begun}.{number}@example.com", "unknown") for number in range(len(asked))]
    random.shuffle(asked)
    for start in range(0, len(asked), RECOVERY_PER_ADDRESS.amount):
        async with Client(server) as client:
            await client.load("/forgot-password")
            for email, who in asked[start : start + RECOVERY_PER_ADDRESS.amount]:
                began = time.perf_counter()
                await client.send("ForgotState.submit", form={"email": email})
                await client.until(lambda: client.vars.get("ForgotState.sent_to") == email, email)  # noqa: B023
                taken[who].append(time.perf_counter() - began)
    return customers


@pytest.mark.alone
async def test_reset_time(server: Server) -> None:
    """Whether a link is mailed cannot be told from how long asking for it takes, not by many samples either."""
    taken: dict[str, list[float]] = defaultdict(list)
    customers: list[str] = []
    for _ in range(MOST_TRIES):
        customers = await ask_for_links(server, taken)
        if not apart(taken["known"], taken["unknown"], 0.001) and telling(**taken) < MOST_TELLING:
            break
    assert apart(taken["known"], taken["unknown"], 0.001) == 0
    assert telling(taken["known"], taken["unknown"]) < MOST_TELLING
    mail = await asyncio.to_thread(server.wait_for_mail, customers[0], MAIL_PER_RECIPIENT.amount)
    assert "/reset-password#" in link_in(mail), "and it is mailed"
    assert "nobody" not in str(server.mails())
