"""Passkeys only: nothing else opens the account, and it is no trap."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.journal.service.recent import view_newest
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.service import only, passkeys, prompts, stored, use
from netim_app.features.passkeys.tables import Passkey, PasskeysOnly
from netim_app.features.password.flows import change_password
from netim_app.identity import (
    email_change,
    flows,
    links,
    login,
    pending_logins,
    recovery,
    second_factor,
    sessions,
    sign_up_flows,
    undo,
)
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountUnlocked, EmailRestored
from netim_app.identity.operations import unlock
from netim_app.identity.state.step_up import ways_of
from netim_app.identity.tables import SecondFactorLockout
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.authenticator import CAN_SYNC, PRESENT, VERIFIED, Authenticator
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    at_once,
    last_mail,
    mailed,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, ask, count, is_sole, log_in, switch_on
from tests.kit.races import both


@pytest.fixture
def laptop(units: Units, caller: Actor, phone: Authenticator) -> Authenticator:
    authenticator = Authenticator(can_sync=False)
    add(units, caller, authenticator)
    return authenticator


@pytest.fixture
def codes(units: Units, caller: Actor, phone: Authenticator) -> tuple[str, ...]:
    with units.write() as unit:
        return backup_code_sets.make(unit, caller).codes


@pytest.fixture
def closed(units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator) -> Actor:
    """The owner of an account that only its two passkeys open."""
    switch_on(units, caller, phone)
    return caller


def refusal(units: Units, act: Callable[[UnitOfWork], object]) -> str:
    """The key of what an act is refused with, or empty."""
    try:
        with units.write() as unit:
            act(unit)
    except DomainError as error:
        return error.key
    return ""


async def by_password(password: str = PASSWORD, browser_digest: str = BROWSER) -> str:
    try:
        await flows.log_in(visitor_of(browser_digest), EMAIL, password, remember=False, return_to=SECURITY)
    except DomainError as error:
        return error.key
    return ""


# Switching on


def test_two_passkeys_are_enough(units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator) -> None:
    assert switch_on(units, caller, laptop)

    assert is_sole(units, caller.account_id)
    assert last_mail(units, "passkeys_only").subject == "Only passkeys open your Netim Direct account now"
    with units.read() as unit:
        assert "Passkeys only switched on" in str(view_newest(unit, caller.account_id))


def test_one_synced_passkey_needs_a_backup_code(
    units: Units, caller: Actor, phone: Authenticator, codes: tuple[str, ...]
) -> None:
    for wrong in ("", "000000" if "000000" not in codes else "000001"):
        with pytest.raises(RecordedRefusal):
            switch_on(units, caller, phone, wrong)
    assert not is_sole(units, caller.account_id)

    assert switch_on(units, caller, phone, codes[0])

    assert is_sole(units, caller.account_id)
    with units.read() as unit:
        assert backup_code_use.codes_left(unit, caller.account_id) == 9


def test_the_last_backup_code_is_kept_for_the_way_back(
    units: Units, caller: Actor, phone: Authenticator, codes: tuple[str, ...]
) -> None:
    """A prompt that is closed costs a code, so this is how far they go down."""
    for code in codes[2:]:
        with units.write() as unit:
            assert backup_code_use.consume(unit, caller.account_id, code, HERE)
    with units.write() as unit:
        only.ask(unit, caller, codes[1])

    assert refusal(units, lambda unit: only.ask(unit, caller, codes[0])) == "passkeys.only.codes"
    with units.write() as unit:
        assert backup_code_use.codes_left(unit, caller.account_id) == 1
        code = backup_code_sets.make(unit, caller).codes[0]
    assert switch_on(units, caller, phone, code)


def test_a_code_that_is_spent_meanwhile_elsewhere_leaves_the_account_open(
    units: Units, caller: Actor, phone: Authenticator, codes: tuple[str, ...]
) -> None:
    """The last one leads back in: without it nothing would."""
    with units.write() as unit:
        options = only.ask(unit, caller, codes[0])
        again = only.ask(unit, caller, "", proved=True)
        for code in codes[1:]:
            assert backup_code_use.consume(unit, caller.account_id, code, HERE)

    assert refusal(units, lambda unit: only.ask(unit, caller, "", proved=True)) == "passkeys.only.codes"
    for asked in (options, again):
        switch = lambda unit: only.switch_on(unit, caller, phone.use(asked), SECURITY)  # noqa: B023, E731
        assert refusal(units, switch) == "passkeys.only.codes"
    assert not is_sole(units, caller.account_id)


def test_a_passkey_that_says_it_has_no_copy_is_not_enough(
    units: Units, caller: Actor, phone: Authenticator, codes: tuple[str, ...]
) -> None:
    with pytest.raises(RecordedRefusal, match=r"passkeys\.only\.more"):
        switch_on(units, caller, phone, codes[0], flags=PRESENT | VERIFIED | CAN_SYNC)
    assert not is_sole(units, caller.account_id)

    with units.write() as unit:
        stored.passkeys_of(unit, caller.account_id)[0].backed_up = True
    assert switch_on(units, caller, phone, codes[1])


def test_one_device_is_not_left_alone_without_a_backup_code(units: Units, caller: Actor) -> None:
    first, second = Authenticator(can_sync=False), Authenticator(can_sync=False)
    for each in (first, second):
        add(units, caller, each)
    switch_on(units, caller, first)
    with units.read() as unit:
        lost = stored.passkeys_of(unit, caller.account_id)[0].id

    assert refusal(units, lambda unit: passkeys.remove(unit, caller, lost)) == "passkeys.only.needed"
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
        passkeys.remove(unit, caller, lost)
        assert stored.count(unit, caller.account_id) == 1


def test_one_passkey_on_one_device_is_not_enough(units: Units, caller: Actor) -> None:
    key = Authenticator(can_sync=False)
    add(units, caller, key)
    with units.write() as unit:
        codes = backup_code_sets.make(unit, caller).codes

    with pytest.raises(DomainError, match=r"passkeys\.only\.more"):
        switch_on(units, caller, key, codes[0])

    add(units, caller, Authenticator())
    assert switch_on(units, caller, key)


@pytest.mark.parametrize(
    ("kept", "lacks"),
    [([], "passkey"), ([(True, True)], "code"), ([(True, False)], "passkey"), ([(False, False)], "passkey"),
     ([(False, False), (False, False)], "")],
)  # fmt: skip
def test_what_an_account_lacks(kept: list[tuple[bool, bool]], lacks: str) -> None:
    @dataclass
    class Kept:
        can_sync: bool
        backed_up: bool

    assert rules.lacks([Kept(*each) for each in kept]) == lacks


def test_a_passkey_has_to_prove_that_it_works(
    units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator
) -> None:
    """A prompt for another purpose does not do, nor does a passkey of somebody else."""
    with units.write() as unit:
        step_up = prompts.for_account(unit, caller, "step_up", caller.account_id)
    for answer in (phone.use(step_up), phone.use(ask(units)), Authenticator().use(ask(units))):
        with pytest.raises(RecordedRefusal), units.write() as unit:
            only.switch_on(unit, caller, answer, SECURITY)
    assert not is_sole(units, caller.account_id)

    assert switch_on(units, caller, phone)


def test_a_backup_code_for_one_prompt_is_asked_for_again_when_a_passkey_goes(
    units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator
) -> None:
    """The prompt was made while there were two: it does not do for one."""
    with units.write() as unit:
        options = only.ask(unit, caller, "")
        laptops = stored.find(unit, caller.account_id, laptop.credential_id)
        assert laptops is not None
        passkeys.remove(unit, caller, laptops.id)

    with pytest.raises(RecordedRefusal, match=r"passkeys\.refused"), units.write() as unit:
        only.switch_on(unit, caller, phone.use(options), SECURITY)

    assert not is_sole(units, caller.account_id)


def test_other_sessions_codes_owed_and_links_end(units: Units, caller: Actor, laptop: Authenticator) -> None:
    with units.write() as unit:
        other = make_session(unit, caller.account_id, browser_digest=OTHER_BROWSER)
        pending_logins.begin(unit, caller.account_id, visitor_of(OTHER_BROWSER), remember=False, return_to=SECURITY)
        token = links.new_link(unit, purpose=recovery.PURPOSE, life=timedelta(hours=1), account_id=caller.account_id)

    switch_on(units, caller, laptop)

    with units.read() as unit:
        assert sessions.look_up(unit, other.digest, OTHER_BROWSER, HERE).actor is None
        assert not pending_logins.is_pending(unit, visitor_of(OTHER_BROWSER))
        assert links.find_link(unit, token) is None


def test_of_twenty_at_once_one_switches_it_on(
    units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator
) -> None:
    answers = []
    for _ in range(20):
        with units.write() as unit:
            answers.append(phone.use(only.ask(unit, caller, "")))

    def attempt(number: int) -> str:
        return refusal(units, lambda unit: only.switch_on(unit, caller, answers[number], SECURITY))

    assert sorted(at_once(20, attempt)) == ["", *["passkeys.only.on_already"] * 19]
    assert count(units, PasskeysOnly) == 1


@pytest.mark.parametrize("switched_first", [True, False])
def test_switching_on_and_removing_a_passkey_at_once_leaves_no_closed_account(
    units: Units, caller: Actor, phone: Authenticator, laptop: Authenticator, switched_first: bool
) -> None:
    with units.write() as unit:
        answer = phone.use(only.ask(unit, caller, ""))
        ids = [row.id for row in stored.passkeys_of(unit, caller.account_id)]

    def switch(unit: UnitOfWork) -> object:
        return only.switch_on(unit, caller, answer, SECURITY)

    def remove_all(unit: UnitOfWork) -> object:
        return [passkeys.remove(unit, caller, passkey) for passkey in ids]

    first, second = (switch, remove_all) if switched_first else (remove_all, switch)
    with pytest.raises(DomainError):
        both(units, first, second)

    assert is_sole(units, caller.account_id) is switched_first
    assert count(units, Passkey) == (2 if switched_first else 0)


# A thief with password and mailbox


async def test_sole_way_a_right_password_is_answered_like_a_wrong_one(
    units: Units, closed: Actor, phone: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = await by_password(), await by_password("wrong " + PASSWORD)

    assert right == wrong == login.WRONG
    for _ in range(3):
        assert await by_password() == login.WRONG
    with units.read() as unit:
        assert not pending_logins.has_begun(unit, BROWSER)
    assert log_in(units, phone.use(ask(units))), "the owner gets in"


async def test_only_the_mailbox_hears_of_a_right_password_and_once_an_hour(
    units: Units, closed: Actor, clock: FakeClock
) -> None:
    def mails_about_passwords() -> int:
        return sum(event == "passkeys_only" for event, _ in mailed(units)) - 1  # the first says that it is on

    await by_password("wrong " + PASSWORD)
    assert mails_about_passwords() == 0
    await by_password()
    await by_password()
    assert mails_about_passwords() == 1
    assert "Someone entered your password" in last_mail(units, "passkeys_only").text
    clock.advance(minutes=15)
    assert last_mail(units, "more_notices").subject.startswith("1 more")

    clock.advance(minutes=46)
    await by_password()
    assert mails_about_passwords() == 2


async def test_sole_way_a_code_owed_from_before_finishes_nothing(
    units: Units, closed: Actor, codes: tuple[str, ...]
) -> None:
    with units.write() as unit:
        pending_logins.begin(unit, closed.account_id, visitor_of(), remember=False, return_to=SECURITY)

    assert refusal(units, lambda unit: second_factor.finish_login(unit, visitor_of(), codes[0])) == pending_logins.GONE
    assert refusal(units, lambda unit: use.ask_after_password(unit, visitor_of())) == pending_logins.GONE


def test_sole_way_a_mailed_reset_sets_no_password(units: Units, closed: Actor) -> None:
    """Neither one that is asked for now, which is another mail, nor one of another time."""
    with units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
        token = links.new_link(unit, purpose=recovery.PURPOSE, life=timedelta(hours=1), account_id=closed.account_id)

    assert [event for event, _ in mailed(units)][-1] == "recovery_link"
    reset = lambda unit: recovery.finish_reset(unit, token, quick_hash(NEW_PASSWORD), visitor_of())  # noqa: E731
    assert refusal(units, reset) == links.DEAD


# A thief with an open session


async def test_sole_way_password_and_code_are_no_fresh_proof(
    units: Units, closed: Actor, phone: Authenticator, codes: tuple[str, ...]
) -> None:
    def failures() -> int:
        with units.read() as unit:
            return sum(entry.sort == "failures" for entry in view_newest(unit, closed.account_id).entries)

    for number, password in enumerate((PASSWORD, f"not {PASSWORD}"), start=1):
        with pytest.raises(DomainError, match=r"step_up\.wrong"):
            await flows.prove_again(closed, password, codes[0], SECURITY)
        assert failures() == 1, "one entry, which counts"
        with units.read() as unit:
            assert number == 1 or "2 times" in str(view_newest(unit, closed.account_id))
    with units.read() as unit:
        ways = ways_of(unit, closed.account_id)
        assert (ways.takes_codes, ways.ceremonies) == (False, ["passkeys"])
        assert backup_code_use.codes_left(unit, closed.account_id) == 10

    with units.write() as unit:
        options = prompts.for_account(unit, closed, "step_up", closed.account_id)
    with units.write() as unit:
        assert use.prove_again(unit, closed, phone.use(options), SECURITY)


async def test_a_new_password_needs_a_fresh_proof_and_takes_no_code(
    units: Units, closed: Actor, clock: FakeClock, codes: tuple[str, ...]
) -> None:
    clock.advance(minutes=11)
    with units.read() as unit:
        assert not closed.is_fresh(unit.now)
    with pytest.raises(DomainError, match=r"second_factor\.closed"):
        await change_password(closed, PASSWORD, NEW_PASSWORD, codes[0], SECURITY)


def test_the_last_passkey_stays(units: Units, closed: Actor, phone: Authenticator, laptop: Authenticator) -> None:
    with units.write() as unit:
        backup_code_sets.make(unit, closed)
        first, last = [row.id for row in stored.passkeys_of(unit, closed.account_id)]
        passkeys.remove(unit, closed, first)
    with pytest.raises(DomainError, match=r"passkeys\.only\.last"), units.write() as unit:
        passkeys.remove(unit, closed, last)
    assert log_in(units, laptop.use(ask(units)))

    with units.write() as unit:
        only.switch_off(unit, closed)
        passkeys.remove(unit, closed, last)
    assert count(units, Passkey) == 0


def test_the_oldest_passkey_is_replaced_by_none_that_is_new(
    units: Units, closed: Actor, phone: Authenticator, laptop: Authenticator, clock: FakeClock
) -> None:
    """Otherwise a thief with an open session could replace it with a passkey of theirs. A newer one can always go."""
    clock.advance(days=1)
    add(units, closed, Authenticator())
    with units.read() as unit:
        first, second, new = [row.id for row in stored.passkeys_of(unit, closed.account_id)]
    with units.write() as unit:
        passkeys.remove(unit, closed, second)

    clock.advance(days=6, hours=23)
    assert refusal(units, lambda unit: passkeys.remove(unit, closed, first)) == "passkeys.only.replaced"
    with units.write() as unit:
        only.switch_off(unit, closed)
        passkeys.remove(unit, closed, first)
        assert [row.id for row in stored.passkeys_of(unit, closed.account_id)] == [new]


def test_a_passkey_that_is_a_week_old_may_replace_the_oldest(
    units: Units, closed: Actor, laptop: Authenticator, clock: FakeClock
) -> None:
    clock.advance(days=1)
    add(units, closed, Authenticator())
    clock.advance(days=7)
    with units.write() as unit:
        for row in stored.passkeys_of(unit, closed.account_id)[:2]:
            passkeys.remove(unit, closed, row.id)
        assert stored.count(unit, closed.account_id) == 1


async def test_sole_way_a_link_to_a_new_address_asks_for_a_session(units: Units, closed: Actor) -> None:
    with units.write() as unit:
        email_change.ask_email_change(unit, closed, "new@example.org")
    token = last_mail(units, "email_change").token

    for password in (PASSWORD, "wrong " + PASSWORD, ""):
        with pytest.raises(DomainError, match=r"verify\.log_in_first"):
            await sign_up_flows.confirm_email(token, password, visitor_of(OTHER_BROWSER))
    assert (await sign_up_flows.confirm_email(token, "", closed)).purpose == email_change.EMAIL_CHANGE


# Leaving, and what ends it from outside


async def test_sole_way_leaving_opens_the_other_ways_again(units: Units, closed: Actor) -> None:
    with units.write() as unit:
        only.switch_off(unit, closed)
    with pytest.raises(DomainError, match=r"off_already"), units.write() as unit:
        only.switch_off(unit, closed)

    assert await by_password() == ""
    assert last_mail(units, "passkeys_only").subject == "Your password opens your Netim Direct account again"


async def test_the_operator_opens_an_account_whose_passkeys_are_lost(units: Units, closed: Actor) -> None:
    with units.write() as unit:
        unlock(
            unit,
            AccountUnlocked(account_id=closed.account_id, at=unit.now, origin=HERE, without_second_factor=True),
        )

    assert not is_sole(units, closed.account_id)
    assert await by_password(browser_digest=OTHER_BROWSER) == ""
    about = [event for event, _ in mailed(units)]
    assert about[-1] == "account_unlocked"
    assert about.count("passkeys_only") == 1, "the mail about the unlock says so"


def test_an_unlock_alone_does_not_open_it(units: Units, closed: Actor) -> None:
    with units.write() as unit:
        unlock(unit, AccountUnlocked(account_id=closed.account_id, at=unit.now, origin=HERE))

    assert is_sole(units, closed.account_id)


@pytest.mark.parametrize(("days", "stays"), [(8, True), (6, False)])
def test_an_address_that_is_restored_ends_what_a_thief_switched_on(
    units: Units, closed: Actor, clock: FakeClock, days: int, stays: bool
) -> None:
    clock.advance(days=days)
    with units.write() as unit:
        lock_account(unit, closed.account_id)
        unit.record(EmailRestored(account_id=closed.account_id, at=unit.now, origin=HERE, since=unit.now - undo.LIFE))

    assert is_sole(units, closed.account_id) is stays
    assert count(units, Passkey) == (2 if stays else 0)


def test_a_block_after_wrong_codes_does_not_shut_passkeys_out(
    units: Units, closed: Actor, phone: Authenticator
) -> None:
    """It is lifted by a reset, and there is none here. It means that the password is stolen, which opens nothing."""
    with units.write() as unit:
        unit.session.add(SecondFactorLockout(account_id=closed.account_id, times=2, locked_at=unit.now))

    assert log_in(units, phone.use(ask(units)))

    with units.write() as unit:
        only.switch_off(unit, closed)
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(ask(units)))


def test_backed_up_is_what_the_passkey_said_last(units: Units, caller: Actor, codes: tuple[str, ...]) -> None:
    """One that may be synced and is not yet can be lost with its device."""
    with units.write() as unit:
        passkeys.remove(unit, caller, stored.passkeys_of(unit, caller.account_id)[0].id)
    key = Authenticator()
    add(units, caller, key, flags=PRESENT | VERIFIED | CAN_SYNC | 0x40)

    with pytest.raises(DomainError, match=r"passkeys\.only\.more"):
        switch_on(units, caller, key, codes[0])

    log_in(units, key.use(ask(units)))
    with units.write() as unit:
        fresh = backup_code_sets.make(unit, caller).codes
    assert switch_on(units, caller, key, fresh[0])


def test_what_is_stored_of_it_is_the_customers(units: Units, closed: Actor) -> None:
    with units.read() as unit:
        assert len(stored.export(unit, closed.account_id)["only"]) == 1
