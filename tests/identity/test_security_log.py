"""Each refusal leaves one line, and no line says what was typed."""

import contextvars
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from netim_app.core.actor import Visitor, set_caller
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.feature import Feature, SecondFactor
from netim_app.identity import (
    account_creation,
    attempts,
    flows,
    limits,
    login,
    operations,
    recovery,
    second_factor,
    security_log,
    sign_up,
    sign_up_flows,
    tickets,
)
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units, in_unit
from netim_app.offers import install, offers
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    PASSWORD,
    answer_requests,
    last_mail,
    logged_in_actor,
    make_account,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock, captured_log
from tests.kit.pages import PERSONAL

WRONG = "wrong secret lantern 4711"
UNKNOWN = "nobody@example.org"
FROM_HERE = {"ip": HERE.address, "client": HERE.browser}


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    with captured_log("netim_app.identity.security_log") as records:
        yield records


@pytest.fixture(autouse=True)
def called_from_here() -> None:
    set_caller(visitor_of())


@pytest.fixture
def factor() -> None:
    """A second factor that accepts 123456."""
    made = SecondFactor(
        name="wheel",
        logged_in="totp.logged_in",
        enrolled=lambda _u, _a: True,
        consume=lambda _u, _a, code, _o: code == "123456",
        was_used=lambda _u, _a, _code: False,
        valid_code_count=lambda _u, _a: 1,
    )
    install((*offers().features, Feature(name="wheel", second_factors=(made,))))


def lines(log: list[logging.LogRecord], *names: str) -> list[tuple[str, dict[str, Any]]]:
    """(event, fields) of the lines with one of these names; none of the lines says what was typed."""
    for record in log:
        for typed in (EMAIL, EMAIL.lower(), UNKNOWN, PASSWORD, WRONG, "000000"):
            assert typed not in record.getMessage()
    found = [(str(vars(r)["netim_event"]), dict(vars(r)["netim_fields"])) for r in log]
    return [line for line in found if line[0] in names]


async def attempt(email: str, password: str) -> None:
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), email, password, remember=False, return_to=PERSONAL)


async def test_each_failed_login_leaves_one_line_with_its_reason(
    units: Units, account_id: int, log: list[logging.LogRecord]
) -> None:
    for _ in range(attempts.MAX_FAILURES):
        await attempt(EMAIL, WRONG)
    await attempt(EMAIL, PASSWORD)
    await attempt(UNKNOWN, PASSWORD)

    of_the_account = {"account_id": account_id, **FROM_HERE}
    assert lines(log, "login_failed", "proof_failed", "code_refused") == [
        *[("login_failed", {**of_the_account, "reason": "wrong"})] * attempts.MAX_FAILURES,
        ("login_failed", {**of_the_account, "reason": "throttled"}),
        ("login_failed", {**FROM_HERE, "reason": "no account"}),
    ]


async def test_an_unknown_address_is_nobodys_even_when_a_customer_types_it(
    units: Units, log: list[logging.LogRecord]
) -> None:
    caller = logged_in_actor(units)
    set_caller(caller)

    await attempt(UNKNOWN, WRONG)

    expected = {"session_id": caller.session_id, "reason": "no account", **FROM_HERE}
    assert lines(log, "login_failed") == [("login_failed", expected)]


async def test_a_right_login_leaves_no_line_of_a_refusal_and_one_of_its_own(
    units: Units, account_id: int, log: list[logging.LogRecord]
) -> None:
    result = await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)
    assert isinstance(result, login.TicketIssued)
    await in_unit(tickets.redeem_ticket, result.ticket, BROWSER, HERE)

    [(name, fields)] = lines(log, "logged_in", "login_failed", "code_refused", "proof_failed", "limit_reached")
    assert (name, fields["account_id"], fields["ip"]) == ("logged_in", account_id, HERE.address)


async def test_a_refused_step_up_leaves_one_line(units: Units, log: list[logging.LogRecord]) -> None:
    caller = logged_in_actor(units)

    with pytest.raises(DomainError):
        await flows.prove_again(caller, WRONG, "", PERSONAL)

    expected = {"account_id": caller.account_id, **FROM_HERE, "reason": "wrong"}
    assert lines(log, "proof_failed", "login_failed", "code_refused") == [("proof_failed", expected)]


@pytest.mark.usefixtures("factor")
async def test_each_refused_code_leaves_one_line(
    units: Units, account_id: int, log: list[logging.LogRecord], clock: FakeClock
) -> None:
    def refused(code: str) -> None:
        with pytest.raises(RecordedRefusal), units.write() as unit:
            second_factor.finish_login(unit, visitor_of(), code)

    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)
    for _ in range(attempts.MAX_FAILURES):
        refused("000000")
    refused("123456")  # throttled
    clock.advance(minutes=20)
    refused("123456")  # too late
    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)
    with units.write() as unit:
        operations.disable(unit, account_id)
    refused("123456")  # the account is closed

    reasons = [(fields["reason"], fields.get("account_id")) for _, fields in lines(log, "code_refused")]
    assert reasons == [
        *[("wrong", account_id)] * attempts.MAX_FAILURES,
        ("throttled", account_id),
        ("too late", None),
        ("disabled", account_id),
    ]
    assert all(
        (fields["ip"], fields["client"]) == tuple(FROM_HERE.values()) for _, fields in lines(log, "code_refused")
    )


@pytest.mark.usefixtures("factor")
async def test_a_wrong_code_at_a_step_up_leaves_one_line(units: Units, log: list[logging.LogRecord]) -> None:
    caller = logged_in_actor(units)

    with pytest.raises(DomainError):
        await flows.prove_again(caller, PASSWORD, "000000", PERSONAL)

    [(name, fields)] = lines(log, "proof_failed", "login_failed", "code_refused")
    assert (name, fields["reason"], fields["account_id"]) == ("code_refused", "wrong", caller.account_id)


@pytest.mark.usefixtures("factor")
async def test_a_locked_out_account_leaves_a_line_too(
    units: Units, account_id: int, log: list[logging.LogRecord], clock: FakeClock
) -> None:
    for _ in range(second_factor.LOCKOUT_AFTER):
        clock.advance(minutes=4)
        with pytest.raises(RecordedRefusal), units.write() as unit:
            second_factor.check_code(unit, account_id, "000000", visitor_of())
    log.clear()

    await attempt(EMAIL, PASSWORD)
    with pytest.raises(RecordedRefusal), units.write() as unit:
        second_factor.check_code(unit, account_id, "123456", visitor_of())

    locked_out = {"account_id": account_id, **FROM_HERE, "reason": "locked_out"}
    assert lines(log, "login_failed", "code_refused") == [("login_failed", locked_out), ("code_refused", locked_out)]


@pytest.mark.usefixtures("factor")
def test_a_refusal_is_written_although_the_change_is_undone(
    units: Units, account_id: int, log: list[logging.LogRecord]
) -> None:
    with pytest.raises(RuntimeError), units.write() as unit:  # noqa: PT012  the refusal and what undoes it
        with pytest.raises(RecordedRefusal):
            second_factor.check_code(unit, account_id, "000000", visitor_of())
        raise RuntimeError

    assert len(lines(log, "code_refused")) == 1


async def test_a_full_limit_says_which_one(units: Units, log: list[logging.LogRecord]) -> None:
    rule = rate_limit.SIGN_UP_PER_ADDRESS
    for _ in range(rule.amount):
        await limits.allow_sign_up(HERE.address)
    assert lines(log, "limit_reached") == []
    for _ in range(2):
        with pytest.raises(DomainError):
            await limits.allow_sign_up(HERE.address)
    assert lines(log, "limit_reached") == [("limit_reached", {"limit": rule.name, **FROM_HERE})] * 2


async def test_limits_that_refuse_silently_are_logged_as_well(units: Units, log: list[logging.LogRecord]) -> None:
    caller = logged_in_actor(units)
    set_caller(caller)
    while await limits.may_rate_password(HERE.address):
        pass
    while await limits.may_mail("reset", EMAIL, HERE.address):
        pass

    assert lines(log, "limit_reached") == [
        (
            "limit_reached",
            {"account_id": caller.account_id, "session_id": caller.session_id, "limit": rule.name, **FROM_HERE},
        )
        for rule in (rate_limit.RATING_PER_ADDRESS, rate_limit.MAIL_PER_RECIPIENT)
    ]


def test_a_refusal_outside_of_an_event_is_written_without_a_sender(log: list[logging.LogRecord]) -> None:
    contextvars.Context().run(security_log.log_refusal, "login_failed", reason="wrong")

    assert lines(log, "login_failed") == [("login_failed", {"reason": "wrong", "ip": "", "client": ""})]


def test_what_the_browser_calls_itself_cannot_forge_a_line(log: list[logging.LogRecord]) -> None:
    set_caller(Visitor(origin=Origin(address="192.0.2.1\nevent=logged_in", browser="x\ny")))

    security_log.log_refusal("login_failed", reason="wrong")

    assert "\n" not in log[0].getMessage()


async def test_a_confirmation_with_a_wrong_password_leaves_a_line(units: Units, log: list[logging.LogRecord]) -> None:
    customer = account_creation.NewCustomer("new@example.org", "Nia", "Ewing", "", "en", "UTC")
    with units.write() as unit:
        sign_up.sign_up(unit, customer, quick_hash(PASSWORD))
    token = last_mail(units, "sign_up").token
    for _ in range(attempts.MAX_FAILURES + 1):
        with pytest.raises(DomainError):
            await sign_up_flows.confirm_email(token, WRONG, visitor_of())

    refused = lines(log, "confirmation_refused")
    assert [fields["reason"] for _, fields in refused] == ["wrong"] * attempts.MAX_FAILURES + ["throttled"]


def test_a_request_for_a_new_password_leaves_a_line_for_nobody_too(
    units: Units, account_id: int, log: list[logging.LogRecord]
) -> None:
    for email in (EMAIL, UNKNOWN):
        with units.write() as unit:
            recovery.ask_reset(unit, email, HERE)
        answer_requests(units)

    assert lines(log, "reset_asked", "reset_refused") == [
        ("reset_asked", {"account_id": account_id, **FROM_HERE}),
        ("reset_refused", {"reason": "no account", **FROM_HERE}),
    ]


async def test_a_link_that_does_not_work_leaves_a_line(
    units: Units, account_id: int, log: list[logging.LogRecord]
) -> None:
    with units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
    token = last_mail(units, "reset").token
    with units.write() as unit:
        recovery.finish_reset(unit, token, quick_hash(PASSWORD), visitor_of())
    assert lines(log, "link_refused") == []

    for used_or_made_up in (token, "A" * 43):
        with pytest.raises(DomainError), units.write() as unit:
            recovery.finish_reset(unit, used_or_made_up, quick_hash(PASSWORD), visitor_of())
        with pytest.raises(DomainError):
            await sign_up_flows.confirm_email(used_or_made_up, "", visitor_of())

    refused = [(fields["purpose"], fields["reason"]) for _, fields in lines(log, "link_refused")]
    assert refused == [("reset", "link.dead"), ("confirmation", "link.dead")] * 2
    assert not [record for record in log if token in record.getMessage()]
