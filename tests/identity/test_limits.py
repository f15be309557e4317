from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import replace

import pytest

from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.identity import limits, password_queues
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import BROWSER, EMAIL, OTHER_BROWSER, logged_in_actor

HOME = "192.0.2.7"


@pytest.fixture(autouse=True)
def _fresh(sqlite_units: Units) -> None:
    """A limiter of its own for each test."""


async def allowed(ask: Callable[[str], Awaitable[None]], times: int, address: str = HOME) -> int:
    """How many of so many requests are let through; every other one is refused with words that do not count it."""
    passed = 0
    for _ in range(times):
        try:
            await ask(address)
        except DomainError as error:
            if error.key not in ("form.too_often", "form.busy") or error.field:
                raise
        else:
            passed += 1
    return passed


async def allow_login(address: str) -> None:
    """A stranger tries the password of a customer."""
    visitor = Visitor(origin=Origin(address=address), browser_digest=OTHER_BROWSER)
    async with limits.login_place(visitor, EMAIL):
        """It is let through."""


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (allow_login, rate_limit.LOGIN_PER_ADDRESS),
        (limits.allow_code, rate_limit.CODE_PER_ADDRESS),
        (limits.allow_sign_up, rate_limit.SIGN_UP_PER_ADDRESS),
        (limits.allow_link, rate_limit.LINK_PER_ADDRESS),
    ],
)
async def test_an_address_may_ask_so_often_and_others_are_not_touched(
    ask: Callable[[str], Awaitable[None]], rule: rate_limit.Limit
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


async def test_clients_that_a_proxy_does_not_name_share_no_bucket() -> None:
    """They are distinguished by what the proxy wrote, and one such text may hide many people."""
    amount = rate_limit.SIGN_UP_PER_ADDRESS.amount * rate_limit.WIDE_FACTOR
    assert await allowed(limits.allow_sign_up, amount + 3, f"unknown-{1:016x}") == amount

    assert await allowed(limits.allow_sign_up, 1, f"unknown-{2:016x}") == 1


async def test_an_ipv6_network_counts_too() -> None:
    amount = rate_limit.SIGN_UP_PER_ADDRESS.amount * rate_limit.WIDE_FACTOR
    answers = [await allowed(limits.allow_sign_up, 1, f"2001:db8:1:{line:x}::1") for line in range(amount + 3)]

    assert sum(answers) == amount
    assert await allowed(limits.allow_sign_up, 1, "2001:db8:2::1") == 1


async def test_a_storm_of_logins_keeps_strangers_out_but_no_known_browser(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "LOGIN_OVERALL", rate_limit.Limit("login_overall", 7, 60))
    logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)

    assert sum([await allowed(allow_login, 1, f"192.0.2.{n}") for n in range(10)]) == 7
    known = Visitor(origin=Origin(address="192.0.2.99"), browser_digest=BROWSER)
    async with limits.login_place(known, EMAIL.upper()):
        """It is let through."""
    for browser, email in ((known, "bob@example.org"), (Visitor(origin=Origin(address="192.0.2.98")), EMAIL)):
        with pytest.raises(DomainError, match=r"form\.busy"):
            async with limits.login_place(browser, email):
                pytest.fail("it is let through")


async def test_proofs_of_one_customer_have_an_end_and_others_are_not_touched(sqlite_units: Units) -> None:
    """Nor is the same session in another browser, or at another address: only one of them is the owner's."""
    owner = logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    thieves = (replace(owner, browser_digest=OTHER_BROWSER), replace(owner, origin=Origin(address="198.51.100.7")))
    for thief in thieves:
        for _ in range(rate_limit.PROOF_PER_SESSION.amount):
            await limits.allow_proof(thief)
        with pytest.raises(DomainError, match=r"form\.too_often"):
            await limits.allow_proof(thief)

    await limits.allow_proof(owner)


async def test_another_device_cookie_gives_no_more_proofs(sqlite_units: Units) -> None:
    owner = logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    passed = 0
    for number in range(rate_limit.PROOF_PER_SESSION.amount + 3):
        with suppress(DomainError):
            await limits.allow_proof(replace(owner, browser_digest=f"{number:064x}"))
            passed += 1

    assert passed == rate_limit.PROOF_PER_SESSION.amount
    await limits.allow_proof(owner)


async def test_proofs_from_an_ipv6_network_have_an_end(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "PROOF_PER_SESSION", rate_limit.Limit("proof_per_session", 1, 60))
    owner = logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    for line in range(rate_limit.WIDE_FACTOR):
        await limits.allow_proof(replace(owner, origin=Origin(address=f"2001:db8:1:{line:x}::1")))

    with pytest.raises(DomainError, match=r"form\.too_often"):
        await limits.allow_proof(replace(owner, origin=Origin(address="2001:db8:1:ffff::1")))
    await limits.allow_proof(owner)


async def test_a_known_browser_that_tries_too_many_goes_with_the_strangers(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else guesses at accounts of one's own would fill the places of customers."""
    monkeypatch.setattr(rate_limit, "LOGIN_OVERALL", rate_limit.Limit("login_overall", 1, 60))
    logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    logged_in_actor(sqlite_units, "bob@example.org", browser_digest=OTHER_BROWSER)
    attacker = Visitor(origin=Origin(address=HOME), browser_digest=BROWSER)

    for _ in range(rate_limit.KNOWN_LOGIN.amount):
        async with limits.login_place(attacker, EMAIL):
            """It goes first."""
    with pytest.raises(DomainError, match=r"form\.busy"):
        async with limits.login_place(attacker, EMAIL):
            pytest.fail("it is let through")
    async with limits.login_place(replace(attacker, browser_digest=OTHER_BROWSER), "bob@example.org"):
        """Another customer still does."""


@pytest.mark.parametrize(
    ("cores", "cost", "amount"), [(2, 12, 240), (2, 13, 120), (1, 12, 240), (64, 12, 600), (2, 4, 600)]
)
async def test_logins_from_everywhere_are_no_more_than_can_be_hashed(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch, cores: int, cost: int, amount: int
) -> None:
    monkeypatch.setattr(password_queues, "cores", lambda: cores)
    settings = sqlite_units.settings.model_copy(update={"bcrypt_cost": cost})
    monkeypatch.setattr(sqlite_units, "settings", settings)

    assert limits.login_overall().amount == amount


async def test_changes_of_one_customer_have_an_end_and_others_are_not_touched() -> None:
    for _ in range(rate_limit.CHANGE_PER_ACCOUNT.amount):
        await limits.allow_change(1)

    with pytest.raises(DomainError, match=r"form\.too_often"):
        await limits.allow_change(1)
    await limits.allow_change(2)


async def test_nobody_uses_up_the_reset_links_of_a_mailbox_by_registering_it() -> None:
    for number in range(rate_limit.MAIL_PER_RECIPIENT.amount + 1):
        await limits.may_mail("sign_up", EMAIL, f"192.0.2.{number}")

    assert not await limits.may_mail("sign_up", EMAIL, HOME)
    assert await limits.may_mail("reset", EMAIL, HOME)


async def test_a_mailbox_gets_so_many_mails_from_all_clients_and_in_all_spellings() -> None:
    spellings = ("ada@example.org", "ADA@example.org", " Ada@Example.org ")
    answers = [await limits.may_mail("reset", spellings[n % 3], f"192.0.2.{n}") for n in range(8)]

    assert answers == [True] * rate_limit.MAIL_PER_RECIPIENT.amount + [False] * 3
    assert await limits.may_mail("reset", "bob@example.org", HOME)


async def test_an_ip_address_may_cause_so_many_mails_to_all_mailboxes() -> None:
    answers = [await limits.may_mail("reset", f"c{n}@example.org", HOME) for n in range(25)]

    assert answers.count(True) == rate_limit.MAIL_PER_ADDRESS.amount
    assert await limits.may_mail("reset", "c1@example.org", "198.51.100.1")


async def test_one_account_in_many_networks_leaves_places_to_other_customers(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_queues, "cores", lambda: 4)
    monkeypatch.setattr(password_queues, "seconds_per_hash", lambda _cost: 1.5)
    password_queues.hash_queue.cache_clear()  # eight places for known browsers, and four for strangers
    logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    logged_in_actor(sqlite_units, "bob@example.org", browser_digest=OTHER_BROWSER)

    async with AsyncExitStack() as stack:

        async def take(address: str, browser_digest: str, email: str) -> None:
            visitor = Visitor(origin=Origin(address=address), browser_digest=browser_digest)
            await stack.enter_async_context(limits.login_place(visitor, email))

        thieves = [f"192.0.2.{number // 2}" for number in range(12)]
        for address in thieves[: password_queues.PER_CUSTOMER_EVERYWHERE]:
            await take(address, BROWSER, EMAIL)
        await take(HOME, BROWSER, EMAIL)  # the owner has a place left
        refused = 0
        for address in thieves[password_queues.PER_CUSTOMER_EVERYWHERE :]:
            try:
                await take(address, BROWSER, EMAIL)
            except DomainError:
                refused += 1
        assert refused == 5
        await take(HOME, OTHER_BROWSER, "bob@example.org")
    monkeypatch.undo()
    password_queues.hash_queue.cache_clear()


async def test_who_hears_busy_has_not_tried(sqlite_units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    """All places for strangers are taken. It is the same for an address that is nobody's, and nothing is counted."""
    monkeypatch.setattr(rate_limit, "LOGIN_OVERALL", rate_limit.Limit("login_overall", 1, 60))
    monkeypatch.setattr(password_queues, "seconds_per_hash", lambda _cost: 3.0)
    password_queues.hash_queue.cache_clear()
    logged_in_actor(sqlite_units, EMAIL, browser_digest=BROWSER)
    stranger = Visitor(origin=Origin(address=HOME), browser_digest=OTHER_BROWSER)
    known = Visitor(origin=Origin(address=HOME), browser_digest=BROWSER)

    with ExitStack() as stack:
        for number in range(4):
            queue = password_queues.hash_queue(sqlite_units.settings.bcrypt_cost)
            stack.enter_context(queue.place(password_queues.Group.STRANGER, f"192.0.2.{number}"))
        for email in (EMAIL, "nobody@example.org"):
            with pytest.raises(DomainError, match=r"form\.busy"):
                async with limits.login_place(stranger, email):
                    pytest.fail("it is let through")
        async with limits.login_place(known, EMAIL):
            """A known browser has places of its own."""
    monkeypatch.undo()
    password_queues.hash_queue.cache_clear()
