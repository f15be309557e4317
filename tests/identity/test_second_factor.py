"""The code step of a login, with a factor made up for the tests: features bring the real ones."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select, update

from netim_app.core import readers
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.core.forms import NO_CODE
from netim_app.feature import Feature, SecondFactor
from netim_app.identity import (
    attempts,
    flows,
    known_browsers,
    login,
    operations,
    pending_logins,
    second_factor,
    sessions,
    stored_passwords,
    tickets,
)
from netim_app.identity.facts import AccountUnlocked, PasswordChanged, SecondFactorDisabled
from netim_app.identity.tables import AttemptWindow, FailedCodeCount, PendingLogin, SecondFactorLockout
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install, offers
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    at_once,
    last_mail,
    logged_in_actor,
    mails,
    make_account,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY

RIGHT = "123456"
WRONG, THROTTLED = "second_factor.wrong", "second_factor.throttled"


class Wheel:
    """A factor that accepts each of its codes once."""

    def __init__(self) -> None:
        self.codes = {RIGHT}
        self.used: set[str] = set()

    def enrolled(self, _unit: UnitOfWork, _account_id: int) -> bool:
        return True

    def consume(self, _unit: UnitOfWork, _account_id: int, code: str, _origin: Origin) -> bool:
        right = code in self.codes
        self.codes.discard(code)
        self.used |= {code} if right else set()
        return right

    def was_used(self, _unit: UnitOfWork, _account_id: int, code: str) -> bool:
        return code in self.used

    def valid_code_count(self, _unit: UnitOfWork, _account_id: int) -> int:
        return len(self.codes)


@pytest.fixture
def wheel() -> Wheel:
    made = Wheel()
    factor = SecondFactor(
        name="wheel",
        logged_in="totp.logged_in",
        enrolled=made.enrolled,
        consume=made.consume,
        was_used=made.was_used,
        valid_code_count=made.valid_code_count,
    )
    install((*offers().features, Feature(name="wheel", second_factors=(factor,))))
    return made


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


async def password_step(browser_digest: str = BROWSER, email: str = EMAIL) -> login.TicketIssued | login.CodeRequired:
    return await flows.log_in(visitor_of(browser_digest), email, PASSWORD, remember=False, return_to=SECURITY)


def code_step(units: Units, code: str, browser_digest: str = BROWSER) -> str:
    """The ticket."""
    with units.write() as unit:
        return second_factor.finish_login(unit, visitor_of(browser_digest), code)


def code_refusal(units: Units, code: str, browser_digest: str = BROWSER) -> str:
    """The key of the refusal; empty if there is none."""
    try:
        code_step(units, code, browser_digest)
    except RecordedRefusal as refusal:
        return refusal.key
    return ""


def wrong_code(units: Units, account_id: int, browser_digest: str = OTHER_BROWSER, code: str = "000000") -> None:
    with pytest.raises(RecordedRefusal, match=r"second_factor\.(wrong|throttled)"), units.write() as unit:
        second_factor.check_code(unit, account_id, code, visitor_of(browser_digest))


@pytest.mark.parametrize(
    "typed", ["123456", " 123456 ", "123 456", "1 2 3 4 5 6", "123-456", "１２３４５６", "3. 123 456"]
)
def test_a_code_is_read_without_what_stands_between_the_digits(typed: str) -> None:
    assert readers.six_digits(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "-12345", "1234.6"])
def test_a_code_is_empty_for_anything_else(typed: str) -> None:
    assert readers.six_digits(typed) == ""


async def test_password_alone_opens_nothing(units: Units, wheel: Wheel, account_id: int) -> None:
    assert await password_step() == login.CodeRequired()
    with units.read() as unit:
        assert pending_logins.is_pending(unit, visitor_of(BROWSER))
        assert not pending_logins.is_pending(unit, visitor_of(OTHER_BROWSER))


async def test_without_a_factor_the_password_is_enough(units: Units, account_id: int) -> None:
    assert isinstance(await password_step(), login.TicketIssued)


async def test_right_code_opens_the_session_once(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    ticket = code_step(units, RIGHT)
    with units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, visitor_of().origin)
    assert opened is not None
    assert opened.return_to == SECURITY
    assert code_refusal(units, RIGHT) == pending_logins.GONE


async def test_wrong_code_leaves_the_step_open(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    assert code_refusal(units, "000000") == WRONG
    assert code_step(units, RIGHT)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "nonsense"])
async def test_no_code_is_no_guess(units: Units, wheel: Wheel, account_id: int, typed: str) -> None:
    await password_step()
    for _ in range(2 * attempts.MAX_FAILURES):
        assert code_refusal(units, typed) == NO_CODE

    with units.read() as unit:
        assert not unit.session.exec(select(AttemptWindow)).all()
        assert not unit.session.exec(select(FailedCodeCount)).all()
    assert code_step(units, RIGHT)


async def test_wrong_codes_are_guesses_however_they_are_written(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    for typed in ("000000", "000-000", "０００００３", "٠٠٠٠٠٤", "3. 000 005"):
        assert code_refusal(units, typed) == WRONG

    assert code_refusal(units, RIGHT) == THROTTLED


async def test_a_used_code_is_called_used_and_counts_as_an_attempt(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    assert code_step(units, RIGHT)
    wheel.codes.add("654321")
    await password_step()
    for _ in range(attempts.MAX_FAILURES):
        assert code_refusal(units, RIGHT) == "second_factor.used"
    assert code_refusal(units, RIGHT) == THROTTLED, "no code is looked at"
    assert code_refusal(units, "654321") == THROTTLED


async def test_after_the_lockout_no_code_is_looked_at(units: Units, wheel: Wheel, account_id: int) -> None:
    with units.write() as unit:
        unit.session.add(SecondFactorLockout(account_id=account_id, times=1, locked_at=unit.now))
    for typed in ("000000", RIGHT):
        with pytest.raises(RecordedRefusal, match=r"second_factor\.locked_out"), units.write() as unit:
            second_factor.check_code(unit, account_id, typed, visitor_of())


async def test_code_without_password_step_is_nothing(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    assert code_refusal(units, RIGHT, OTHER_BROWSER) == pending_logins.GONE


@pytest.mark.parametrize("held", [(), ("",), (digest("another secret"),), ("", digest("another secret"))])
async def test_pending_is_for_those_who_hold_its_secret(
    units: Units, wheel: Wheel, account_id: int, held: tuple[str, ...]
) -> None:
    await password_step()
    with units.write() as unit:
        other = replace(visitor_of(), pending_digests=held)
        assert not pending_logins.is_pending(unit, other)
        with pytest.raises(RecordedRefusal, match=pending_logins.GONE):
            second_factor.finish_login(unit, other, RIGHT)
        both = replace(visitor_of(), pending_digests=(*held, *visitor_of().pending_digests))
        assert second_factor.finish_login(unit, both, RIGHT)


async def test_the_secret_of_the_tab_is_exchanged_for_a_cookie_once(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    await flows.log_in(
        replace(visitor_of(), pending_digests=(digest("secret"),)), EMAIL, PASSWORD, remember=False, return_to=SECURITY
    )
    with units.write() as unit:
        assert pending_logins.give_cookie(unit, OTHER_BROWSER, "secret") is None
        assert pending_logins.give_cookie(unit, BROWSER, "another") is None
        cookie = pending_logins.give_cookie(unit, BROWSER, "secret")
        assert cookie
        assert pending_logins.give_cookie(unit, BROWSER, "secret") is None
        for held in ("secret", cookie):
            assert pending_logins.is_pending(unit, replace(visitor_of(), pending_digests=(digest(held),)))
        unit.session.exec(update(PendingLogin).values(cookie_digest=""))
    clock.advance(minutes=10)
    with units.write() as unit:
        assert pending_logins.give_cookie(unit, BROWSER, "secret") is None, "too late"


async def test_a_newer_login_is_not_opened_by_the_cookie_of_the_older(
    units: Units, wheel: Wheel, account_id: int
) -> None:
    """Both were begun in this browser, at the same moment."""
    cookies = []
    for secret in ("first", "second"):
        with units.write() as unit:
            visitor = replace(visitor_of(), pending_digests=(digest(secret),))
            pending_logins.begin(unit, account_id, visitor, remember=False, return_to=SECURITY)
            cookies.append(pending_logins.give_cookie(unit, BROWSER, secret) or "")
    older, newer = (replace(visitor_of(), pending_digests=(digest(cookie),)) for cookie in cookies)
    with units.read() as unit:
        assert not pending_logins.is_pending(unit, older)
        assert pending_logins.is_pending(unit, newer)


async def test_a_login_without_a_secret_is_finished_by_nobody(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    with units.write() as unit:
        unit.session.exec(update(PendingLogin).values(secret_digest=""))
    for held in ((), ("",), (digest("any"),)):
        with units.read() as unit:
            assert not pending_logins.is_pending(unit, replace(visitor_of(), pending_digests=held))


async def test_pending_dies_after_ten_minutes_and_the_owner_hears_of_it(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    await password_step()
    clock.advance(minutes=10)
    assert code_refusal(units, RIGHT) == pending_logins.GONE
    with units.write() as unit:
        for browser_digest in (*pending_logins.expired(unit), BROWSER):  # the second time nothing is there any more
            pending_logins.expire(unit, browser_digest)
        assert [mail.event for mail in mails(unit)] == ["second_factor_not_completed"]


async def test_half_done_logins_are_mailed_once_an_hour(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    for _ in range(3):
        await password_step()
    with units.write() as unit:
        assert [mail.event for mail in mails(unit)] == ["second_factor_not_completed"]
    clock.advance(minutes=15)
    assert last_mail(units, "more_notices").subject.startswith("1 more")
    clock.advance(minutes=46)
    await password_step()
    with units.write() as unit:
        assert len(mails(unit)) == 3


async def test_newer_login_replaces_the_older(units: Units, wheel: Wheel, account_id: int) -> None:
    with units.write() as unit:
        make_account(unit, "other@example.org")
    await password_step()
    await password_step(email="other@example.org")
    ticket = code_step(units, RIGHT)
    with units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, visitor_of().origin)
        assert opened is not None
        look = sessions.look_up(unit, digest(opened.token), BROWSER, visitor_of().origin)
    assert look.actor is not None
    assert look.actor.account_id != account_id


async def test_guesses_are_shared_by_all_logins_and_not_reset_by_a_password(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    for number in range(attempts.MAX_FAILURES):
        browser_digest = BROWSER if number % 2 else OTHER_BROWSER
        await password_step(browser_digest)
        assert code_refusal(units, f"00000{number}", browser_digest) == WRONG
    await password_step()
    assert code_refusal(units, RIGHT) == THROTTLED
    clock.advance(minutes=15)
    await password_step()
    assert code_step(units, RIGHT)


async def test_lockout_blocks_login_until_a_reset(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    await password_step()
    for _ in range(second_factor.LOCKOUT_AFTER):
        clock.advance(minutes=4)
        wrong_code(units, account_id)
    with units.read() as unit:
        assert second_factor.is_locked_out(unit, account_id)
        assert [mail.event for mail in mails(unit)].count("codes_locked_out") == 1
    clock.advance(hours=1)
    with pytest.raises(DomainError, match=login.WRONG):
        await password_step()
    with units.write() as unit:
        fact = PasswordChanged(account_id=account_id, at=unit.now, way="reset")
        stored_passwords.replace_password(unit, fact, quick_hash(PASSWORD))
    assert await password_step() == login.CodeRequired()
    assert code_step(units, RIGHT)


@pytest.mark.parametrize(("live", "failures"), [(1, 100), (13, 100), (14, 93), (40, 33)])
async def test_bc_guess_the_more_codes_are_right_the_fewer_may_be_wrong(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock, live: int, failures: int
) -> None:
    wheel.codes = {f"{number:06}" for number in range(1, live + 1)}

    def wrong(times: int) -> bool:
        for _ in range(times):
            clock.advance(minutes=4)
            wrong_code(units, account_id)
        with units.read() as unit:
            return second_factor.is_locked_out(unit, account_id)

    assert not wrong(failures - 1)
    assert wrong(1)
    assert failures * live / 10**6 <= 0.00133


async def test_one_below_the_lockout_still_lets_the_owner_in(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    for _ in range(second_factor.LOCKOUT_AFTER - 1):
        clock.advance(minutes=4)
        wrong_code(units, account_id, BROWSER)
    clock.advance(minutes=15)
    await password_step()
    assert code_step(units, RIGHT)
    with units.read() as unit:
        assert not second_factor.is_locked_out(unit, account_id)


async def test_changed_password_ends_what_the_old_one_began(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    with units.write() as unit:
        fact = PasswordChanged(account_id=account_id, at=unit.now, way="changed")
        stored_passwords.replace_password(unit, fact, quick_hash(NEW_PASSWORD))
    assert code_refusal(units, RIGHT) == pending_logins.GONE


async def test_disabled_account_gets_no_further(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    with units.write() as unit:
        operations.disable(unit, account_id)
    assert code_refusal(units, RIGHT) == pending_logins.GONE


async def test_one_code_opens_one_session(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    answers = at_once(20, lambda _: code_refusal(units, RIGHT))
    assert answers.count("") == 1


async def test_of_several_right_codes_at_once_one_opens_a_session(units: Units, wheel: Wheel, account_id: int) -> None:
    wheel.codes = {f"{number:06}" for number in range(8)}
    await password_step()

    answers = at_once(8, lambda number: code_refusal(units, f"{number:06}"))

    assert answers.count("") == 1
    assert len(wheel.codes) == 7, "and the others are not spent"


async def test_a_right_code_of_the_owner_does_not_clear_what_strangers_try(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    with units.write() as unit:
        known_browsers.remember_browser(unit, account_id, BROWSER)

    for number in range(second_factor.LOCKOUT_AFTER):
        wheel.codes = {RIGHT}
        if number % 10 == 5:
            clock.advance(minutes=8)
            wrong_code(units, account_id, BROWSER, "999999")
            with units.write() as unit:
                assert second_factor.check_code(unit, account_id, RIGHT, visitor_of(BROWSER)) == "wheel"
            wheel.codes = {RIGHT}
        clock.advance(minutes=4)
        wrong_code(units, account_id)
    with units.read() as unit:
        assert second_factor.is_locked_out(unit, account_id)


async def test_nor_does_one_that_comes_from_a_browser_never_used_before(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    """An owner who uses private windows is a stranger each time, and still no help to a thief."""
    for number in range(second_factor.LOCKOUT_AFTER):
        clock.advance(minutes=4)
        wheel.codes = {RIGHT}
        if number % 10 == 5:
            private_window = digest(f"private window {number}")
            wrong_code(units, account_id, private_window, "999999")
            with units.write() as unit:
                assert second_factor.check_code(unit, account_id, RIGHT, visitor_of(private_window)) == "wheel"
            wheel.codes = {RIGHT}
        wrong_code(units, account_id)
    with units.read() as unit:
        assert second_factor.is_locked_out(unit, account_id)


async def test_a_second_lockout_is_lifted_by_the_operator_alone(
    units: Units, wheel: Wheel, account_id: int, clock: FakeClock
) -> None:
    """An attacker who lifts the first one by a reset, and goes on guessing, has the mailbox, too."""

    def guess_until_locked_out() -> int:
        for number in range(1, second_factor.LOCKOUT_AFTER + 1):
            clock.advance(minutes=4)
            wrong_code(units, account_id)
            with units.read() as unit:
                if second_factor.is_locked_out(unit, account_id):
                    return number
        return 0

    def reset() -> bool:
        with units.write() as unit:
            fact = PasswordChanged(account_id=account_id, at=unit.now, way="reset")
            stored_passwords.replace_password(unit, fact, quick_hash(PASSWORD))
        with units.read() as unit:
            return not second_factor.is_locked_out(unit, account_id)

    wheel.codes = {f"{number:06}" for number in range(1, 14)}
    assert guess_until_locked_out() == 100
    assert reset()
    with units.write() as unit:  # the owner, notified by mail, logs in: that lifts no lockout
        assert second_factor.check_code(unit, account_id, "000001", visitor_of(BROWSER))
    wheel.codes.add("000001")  # it was spent
    assert guess_until_locked_out() == 54
    assert (100 + 54) * 13 / 10**6 <= 0.0021
    assert not reset()
    with units.read() as unit:
        assert "any more" in [mail.text for mail in mails(unit) if mail.event == "codes_locked_out"][-1]
    with units.write() as unit:
        operations.unlock(unit, AccountUnlocked(account_id=account_id, at=unit.now))
    await password_step()
    assert code_step(units, "000001")


async def test_a_reset_clears_no_wrong_codes(units: Units, wheel: Wheel, account_id: int, clock: FakeClock) -> None:
    for number in range(second_factor.LOCKOUT_AFTER):
        clock.advance(minutes=4)
        wrong_code(units, account_id)
        if number % 30 == 29:
            with units.write() as unit:
                fact = PasswordChanged(account_id=account_id, at=unit.now, way="reset")
                stored_passwords.replace_password(unit, fact, quick_hash(PASSWORD))
    with units.read() as unit:
        assert second_factor.is_locked_out(unit, account_id)


async def test_disabling_ends_half_done_logins_without_a_word(units: Units, wheel: Wheel, account_id: int) -> None:
    await password_step()
    with units.write() as unit:
        unit.record(SecondFactorDisabled(account_id=account_id, at=unit.now))

    with units.read() as unit:
        assert not pending_logins.is_pending(unit, visitor_of(BROWSER))
        assert "second_factor_not_completed" not in [mail.event for mail in mails(unit)]


async def test_step_up_wants_password_and_code(units: Units, wheel: Wheel) -> None:
    actor = logged_in_actor(units)
    with pytest.raises(DomainError) as refused:
        await flows.prove_again(actor, PASSWORD, "000000", SECURITY)
    assert refused.value.field == "code"
    with pytest.raises(DomainError) as refused:
        await flows.prove_again(actor, "wrong wrong wrong 1", RIGHT, SECURITY)
    assert refused.value.field == "password"
    assert await flows.prove_again(actor, PASSWORD, RIGHT, SECURITY)


async def test_wrong_step_up_codes_stay_paid(units: Units, wheel: Wheel) -> None:
    actor = logged_in_actor(units)
    for _ in range(attempts.MAX_FAILURES):
        with pytest.raises(DomainError):
            await flows.prove_again(actor, PASSWORD, "000000", SECURITY)
    with pytest.raises(DomainError):
        await flows.prove_again(actor, PASSWORD, RIGHT, SECURITY)


def test_pending_life_is_that_of_the_decision() -> None:
    assert timedelta(minutes=10) == pending_logins.PENDING_LIFE
