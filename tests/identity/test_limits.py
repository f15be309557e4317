from collections.abc import Awaitable, Callable

import pytest

from netim_app.core.errors import DomainError
from netim_app.identity import limits
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units

HOME = "192.0.2.7"


@pytest.fixture(autouse=True)
def _fresh(sqlite_units: Units) -> None:
    """A limiter of its own for each test."""


async def allowed(ask: Callable[[str], Awaitable[None]], times: int, address: str = HOME) -> int:
    """How many of so many requests are let through; every other one is refused with the same words."""
    passed = 0
    for _ in range(times):
        try:
            await ask(address)
        except DomainError as error:
            if (error.key, error.field) != ("form.too_often", ""):
                raise
        else:
            passed += 1
    return passed


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (limits.allow_sign_in, rate_limit.SIGN_IN_PER_ADDRESS),
        (limits.allow_sign_up, rate_limit.SIGN_UP_PER_ADDRESS),
        (limits.allow_link, rate_limit.LINK_PER_ADDRESS),
    ],
)
async def test_an_address_may_ask_so_often_and_others_are_not_touched(
    ask: Callable[[str], Awaitable[None]], rule: rate_limit.Rule
) -> None:
    assert await allowed(ask, rule.amount + 3) == rule.amount
    assert await allowed(ask, 1, "198.51.100.1") == 1


async def test_one_ipv6_line_counts_as_one_address() -> None:
    amount = rate_limit.SIGN_UP_PER_ADDRESS.amount
    for number in range(amount):
        await limits.allow_sign_up(f"2001:db8:1:2::{number:x}")

    assert await allowed(limits.allow_sign_up, 1, "2001:db8:1:2:ffff::1") == 0
    assert await allowed(limits.allow_sign_up, 1, "2001:db8:1:3::1") == 1


@pytest.mark.parametrize("address", ["", "unknown", "6.6.6.6, 7.7.7.7", "<script>"])
async def test_what_is_no_address_shares_one_bucket(address: str) -> None:
    amount = rate_limit.SIGN_UP_PER_ADDRESS.amount
    assert await allowed(limits.allow_sign_up, amount, "nonsense") == amount

    assert await allowed(limits.allow_sign_up, 1, address) == 0


async def test_all_sign_ins_together_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "SIGN_IN_OVERALL", rate_limit.Rule("sign_in_overall", 7, 60))

    assert sum([await allowed(limits.allow_sign_in, 1, f"192.0.2.{n}") for n in range(10)]) == 7


async def test_a_mailbox_gets_so_many_mails_whoever_asks_and_however_it_is_spelt() -> None:
    spellings = ("ada@example.org", "ADA@example.org", " Ada@Example.org ")
    answers = [await limits.may_mail(spellings[n % 3], f"192.0.2.{n}") for n in range(8)]

    assert answers == [True] * rate_limit.MAIL_PER_RECIPIENT.amount + [False] * 3
    assert await limits.may_mail("bob@example.org", HOME)


async def test_an_address_may_cause_so_many_mails_whatever_the_mailbox() -> None:
    answers = [await limits.may_mail(f"c{n}@example.org", HOME) for n in range(25)]

    assert answers.count(True) == rate_limit.MAIL_PER_ADDRESS.amount
    assert await limits.may_mail("c1@example.org", "198.51.100.1")
