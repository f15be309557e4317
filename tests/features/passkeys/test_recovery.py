"""The way back into an account that only passkeys open: for its owner, and for nobody else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pyotp
import pytest

from netim_app import periodic
from netim_app.commands import customers
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.journal.service.recent import view_newest
from netim_app.features.lost_device import service as lost_device
from netim_app.features.own_data.facts import DeletionAsked
from netim_app.features.own_data.service import deletion
from netim_app.features.passkeys.service import only, recovery, use
from netim_app.features.passkeys.service.passkeys import view_passkeys
from netim_app.features.passkeys.tables import PasskeyRecovery, PasskeysOnly
from netim_app.features.totp.service import enrolments
from netim_app.identity import flows, links, operations, sessions, stored_passwords, tickets
from netim_app.identity import recovery as identity_recovery
from netim_app.identity.facts import CodesLockedOut, PasswordChanged
from netim_app.identity.tables import SecondFactorLockout
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, ask, count, is_sole, log_in, switch_on
from tests.kit.races import both

DAY = timedelta(hours=24)
LINKS = ("recovery_link", "recovery_begun", "recovery_open")


@dataclass
class Owner:
    """A customer whose account only a passkey opens, and what was printed for the day on which it is lost."""

    units: Units
    actor: Actor
    phone: Authenticator
    codes: list[str]

    @property
    def account_id(self) -> int:
        return self.actor.account_id

    def ask(self) -> str:
        """The secret of the mailed link, as the page "Forgot your password?" has it sent."""
        with self.units.write() as unit:
            identity_recovery.ask_reset(unit, EMAIL, HERE)
        return self.newest_link()

    def begin(self, token: str = "") -> None:
        """Begins the wait, with a link of before or a new one."""
        token = token or self.ask()
        with self.units.write() as unit:
            recovery.begin(unit, token, self.codes.pop(), visitor_of())

    def finish(self, token: str) -> str:
        """The ticket that opens the session."""
        with self.units.write() as unit:
            return recovery.finish(unit, token, visitor_of())

    def open(self, token: str) -> bool:
        """Whether the link has opened a session: its ticket is used as the browser does it."""
        return self.redeem(self.finish(token))

    def redeem(self, ticket: str) -> bool:
        """Whether the ticket has opened a session."""
        with self.units.write() as unit:
            return tickets.redeem_ticket(unit, ticket, BROWSER, HERE) is not None

    def newest_stop_link(self) -> str:
        """The secret with which the newest mail about it stops the wait."""
        newest = next(event for event, _ in reversed(mailed(self.units)) if event.startswith("recovery"))
        return re.findall(r"for=stop#([\w-]+)", last_mail(self.units, newest).text)[-1]

    def newest_link(self) -> str:
        """The secret of the newest mail about it that has one."""
        steps = [event for event, _ in mailed(self.units) if event in LINKS]
        return last_mail(self.units, steps[-1]).token


@pytest.fixture
def owner(units: Units, clock: FakeClock) -> Owner:
    actor = logged_in_actor(units)
    phone = Authenticator()
    add(units, actor, phone)
    with units.write() as unit:
        codes = list(backup_code_sets.make(unit, actor).codes)
    switch_on(units, actor, phone, codes.pop())
    return Owner(units, actor, phone, codes)


def refusal(units: Units, act: Callable[[UnitOfWork], object]) -> str:
    """The key of what an act is refused with, or empty."""
    try:
        with units.write() as unit:
            act(unit)
    except DomainError as error:
        return error.key
    return ""


async def opened(owner: Owner, clock: FakeClock) -> str:
    """The secret of the link that leads in, after the wait."""
    owner.begin()
    clock.advance(hours=24)
    await periodic.run_once()
    return owner.newest_link()


# The owner


async def test_a_mailed_link_a_backup_code_and_a_day_lead_back_in(units: Units, owner: Owner, clock: FakeClock) -> None:
    with units.write() as unit:
        other = make_session(unit, owner.account_id, browser_digest=OTHER_BROWSER)
    token = await opened(owner, clock)

    assert owner.open(token)

    with units.write() as unit:
        assert sessions.look_up(unit, other.digest, OTHER_BROWSER, HERE).actor is None
    assert not is_sole(units, owner.account_id)
    assert count(units, PasskeyRecovery) == 0
    with units.read() as unit:
        activity = str(view_newest(unit, owner.account_id))
        assert "With a backup code and an emailed link" in activity
        assert "Access without a passkey given" in activity
        assert lost_device.steps_left(unit, owner.account_id) != (), "what is lost is to be replaced"
    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=SECURITY)


async def test_each_step_is_mailed(units: Units, owner: Owner, clock: FakeClock) -> None:
    token = await opened(owner, clock)
    await periodic.run_once()
    owner.open(token)

    steps = [event for event, to in mailed(units) if event.startswith("recovery") and to == EMAIL]
    assert steps == [*LINKS, "recovery_ended"]


def test_the_page_says_the_same_to_everybody(units: Units, owner: Owner) -> None:
    """A request on the page of the forgotten password is one row, whatever comes of it."""
    for email in (EMAIL, "nobody@example.org"):
        with units.write() as unit:
            identity_recovery.ask_reset(unit, email, HERE)
    assert [event for event, _ in mailed(units)].count("recovery_link") == 1


def test_support_mails_the_same_link(units: Units, owner: Owner) -> None:
    with units.write() as unit:
        fact = operations.facts.SupportActed(
            account_id=owner.account_id, at=unit.now, origin=Origin(), act="reset_sent"
        )
        assert operations.send_reset(unit, fact)

    owner.begin(owner.newest_link())
    assert count(units, PasskeyRecovery) == 1


def test_asking_again_neither_shortens_nor_lengthens_the_wait(units: Units, owner: Owner, clock: FakeClock) -> None:
    owner.begin()
    clock.advance(hours=23)

    with units.write() as unit:
        identity_recovery.ask_reset(unit, EMAIL, HERE)
    assert "the wait has begun already" in last_mail(units, "recovery_begun").text
    with units.read() as unit:
        row = unit.session.get_one(PasskeyRecovery, owner.account_id)
        assert row.opens_at == unit.now + timedelta(hours=1)


async def test_every_mail_about_a_wait_can_stop_it(units: Units, owner: Owner, clock: FakeClock) -> None:
    """A later link does not invalidate the earlier ones."""
    for stopped_by in range(4):
        owner.begin()
        links_to_stop = [owner.newest_stop_link()]
        owner.ask()
        links_to_stop.append(owner.newest_stop_link())
        clock.advance(hours=24, seconds=1)
        await periodic.run_once()
        links_to_stop.append(owner.newest_stop_link())
        owner.ask()
        links_to_stop.append(owner.newest_stop_link())
        assert len(set(links_to_stop)) == 4

        with units.write() as unit:
            recovery.stop_by_mail(unit, links_to_stop[stopped_by], visitor_of())

        assert count(units, PasskeyRecovery) == 0
        for token in links_to_stop:
            assert refusal(units, partial(recovery.stop_by_mail, token=token, visitor=visitor_of())) == links.DEAD


async def test_a_lost_mail_is_sent_again_on_demand(units: Units, owner: Owner, clock: FakeClock) -> None:
    lost = await opened(owner, clock)

    again = owner.ask()

    assert again != lost
    assert refusal(units, lambda unit: recovery.finish(unit, lost, visitor_of())) == links.DEAD
    assert owner.finish(again)


async def test_the_way_is_open_for_a_week(units: Units, owner: Owner, clock: FakeClock) -> None:
    await opened(owner, clock)
    clock.advance(days=7)
    await periodic.run_once()

    assert count(units, PasskeyRecovery) == 0
    assert is_sole(units, owner.account_id)
    owner.begin()
    assert count(units, PasskeyRecovery) == 1


async def test_a_mail_that_is_sent_again_says_how_long_its_link_works(
    units: Units, owner: Owner, clock: FakeClock
) -> None:
    await opened(owner, clock)
    assert "for 7 days" in last_mail(units, "recovery_open").text
    clock.advance(days=5)
    owner.ask()
    assert "for 2 days" in last_mail(units, "recovery_open").text
    clock.advance(days=1, hours=19)
    token = owner.ask()
    assert "for 5 hours" in last_mail(units, "recovery_open").text

    clock.advance(hours=5, seconds=-1)
    assert owner.finish(token)
    clock.advance(seconds=1)
    assert refusal(units, lambda unit: recovery.finish(unit, token, visitor_of())) == links.DEAD


async def test_no_link_of_a_wait_that_ran_out_opens_the_next(units: Units, owner: Owner, clock: FakeClock) -> None:
    await opened(owner, clock)
    with units.write() as unit:
        stale = links.new_link(unit, purpose=recovery.FINISH, life=9 * DAY, account_id=owner.account_id)
    clock.advance(days=7)
    await periodic.run_once()
    owner.begin()
    clock.advance(hours=24)

    assert refusal(units, lambda unit: recovery.stop_by_mail(unit, stale, visitor_of())) == links.DEAD
    assert refusal(units, lambda unit: recovery.finish(unit, stale, visitor_of())) == links.DEAD
    await periodic.run_once()
    assert owner.finish(owner.newest_link())


# Early, twice, elsewhere, stopped


def test_a_link_used_early_leads_nowhere(units: Units, owner: Owner, clock: FakeClock) -> None:
    """There is none yet; and the first one is no other."""
    token = owner.ask()
    assert refusal(units, lambda unit: recovery.finish(unit, token, visitor_of())) == links.DEAD
    owner.begin(token)
    with units.write() as unit:
        early = links.new_link(unit, purpose=recovery.FINISH, life=DAY, account_id=owner.account_id)

    clock.advance(hours=24, seconds=-1)
    assert refusal(units, lambda unit: recovery.finish(unit, early, visitor_of())) == links.DEAD
    clock.advance(seconds=1)
    with units.write() as unit:
        right = links.new_link(unit, purpose=recovery.FINISH, life=DAY, account_id=owner.account_id)
    assert owner.finish(right)


async def test_each_link_works_once(units: Units, owner: Owner, clock: FakeClock) -> None:
    token = owner.ask()
    owner.begin(token)
    with units.write() as unit:
        recovery.stop(unit, owner.actor)
    code = owner.codes[-1]
    assert refusal(units, lambda unit: recovery.begin(unit, token, code, visitor_of())) == links.DEAD

    last = await opened(owner, clock)
    owner.open(last)
    assert refusal(units, lambda unit: recovery.finish(unit, last, visitor_of())) == links.DEAD


async def test_a_lost_answer_locks_nobody_out(units: Units, owner: Owner, clock: FakeClock) -> None:
    """The ticket never came: nothing is over, and the same link gives another one."""
    token = await opened(owner, clock)
    owner.finish(token)
    clock.advance(seconds=31)

    assert is_sole(units, owner.account_id)
    assert owner.open(token)
    assert not is_sole(units, owner.account_id)


@pytest.mark.parametrize("by", ["an open session", "the mail", "a switch"])
async def test_a_stop_ends_the_ticket_on_its_way(units: Units, owner: Owner, clock: FakeClock, by: str) -> None:
    token = await opened(owner, clock)
    ticket = owner.finish(token)
    with units.write() as unit:
        other = tickets.issue_ticket(
            unit, purpose="login", account_id=owner.account_id, browser_digest=BROWSER, factor=use.ALONE
        )
        if by == "an open session":
            recovery.stop(unit, owner.actor)
        elif by == "the mail":
            recovery.stop_by_mail(unit, token, visitor_of())
        else:
            only.switch_off(unit, owner.actor)

    assert not owner.redeem(ticket)
    assert owner.redeem(other), "a login by passkey goes on"


async def test_the_wait_ends_in_the_browser_of_the_code_alone(units: Units, owner: Owner, clock: FakeClock) -> None:
    """A thief who reads the mailbox waits for the owner to do the work."""
    token = await opened(owner, clock)
    thief = visitor_of(OTHER_BROWSER)

    assert refusal(units, lambda unit: recovery.finish(unit, token, thief)) == recovery.OTHER_BROWSER
    assert refusal(units, lambda unit: recovery.finish(unit, token, visitor_of(""))) == "login.no_cookies"
    assert owner.finish(token), "the link is unused"


@pytest.mark.parametrize("by", ["an open session", "the first mail", "the last mail"])
async def test_every_session_and_every_mail_can_stop_it(units: Units, owner: Owner, clock: FakeClock, by: str) -> None:
    owner.begin()
    first = owner.newest_link()
    clock.advance(hours=24)
    await periodic.run_once()
    last = owner.newest_link()
    with units.write() as unit:
        assert view_passkeys(unit, owner.account_id).recovery_opens != ""
        if by == "an open session":
            recovery.stop(unit, owner.actor)
        else:
            recovery.stop_by_mail(unit, first if by == "the first mail" else last, visitor_of(OTHER_BROWSER))
        assert view_passkeys(unit, owner.account_id).recovery_opens == ""

    for token in (first, last):
        assert refusal(units, lambda unit, token=token: recovery.finish(unit, token, visitor_of())) == links.DEAD  # type: ignore[misc]
        stop = lambda unit, token=token: recovery.stop_by_mail(unit, token, visitor_of())  # noqa: E731
        assert refusal(units, stop) == links.DEAD
    assert is_sole(units, owner.account_id)
    assert "was stopped" in last_mail(units, "recovery_ended").subject
    assert log_in(units, owner.phone.use(ask(units)))


async def test_no_link_of_a_stopped_wait_leads_into_the_next(units: Units, owner: Owner, clock: FakeClock) -> None:
    stale = await opened(owner, clock)
    with units.write() as unit:
        recovery.stop(unit, owner.actor)
    owner.begin()

    assert refusal(units, lambda unit: recovery.finish(unit, stale, visitor_of())) == links.DEAD
    assert refusal(units, lambda unit: recovery.stop_by_mail(unit, stale, visitor_of())) == links.DEAD
    clock.advance(hours=24)
    await periodic.run_once()
    assert owner.finish(owner.newest_link())


def test_nobody_cancels_for_another(units: Units, owner: Owner) -> None:
    owner.begin()
    eve = logged_in_actor(units, "eve@example.org", browser_digest=OTHER_BROWSER)

    with units.write() as unit:
        recovery.stop(unit, eve)

    assert count(units, PasskeyRecovery) == 1


def test_a_block_of_before_does_not_close_the_way_back(units: Units, owner: Owner) -> None:
    """No reset could lift it any more. The second block stays: only the operator lifts that one."""
    with units.write() as unit:
        only.switch_off(unit, owner.actor)
        unit.session.add(SecondFactorLockout(account_id=owner.account_id, times=1, locked_at=unit.now))
    add(units, owner.actor, Authenticator(can_sync=False))
    switch_on(units, owner.actor, owner.phone)
    owner.begin()
    assert count(units, PasskeyRecovery) == 1

    with units.write() as unit:
        only.switch_off(unit, owner.actor)
        unit.session.merge(SecondFactorLockout(account_id=owner.account_id, times=2, locked_at=unit.now))
    switch_on(units, owner.actor, owner.phone)
    token, code = owner.ask(), owner.codes[0]
    assert refusal(units, lambda unit: recovery.begin(unit, token, code, visitor_of())) == "second_factor.locked_out"


def test_the_mail_about_wrong_codes_says_what_still_opens_the_account(units: Units, owner: Owner) -> None:
    with units.write() as unit:
        unit.record(CodesLockedOut(account_id=owner.account_id, at=unit.now, origin=HERE))
    assert "Your passkeys still do" in last_mail(units, "codes_locked_out").text

    with units.write() as unit:
        only.switch_off(unit, owner.actor)
        unit.record(CodesLockedOut(account_id=owner.account_id, at=unit.now, origin=HERE))
    assert "until you choose a new password" in last_mail(units, "codes_locked_out").text


# Thieves


def test_a_thief_with_password_and_mailbox_gets_as_far_as_the_code(units: Units, owner: Owner) -> None:
    token = owner.ask()
    wrong = next(f"{n:06}" for n in range(20) if f"{n:06}" not in owner.codes)

    for _ in range(5):
        act = lambda unit: recovery.begin(unit, token, wrong, visitor_of(OTHER_BROWSER))  # noqa: E731
        assert refusal(units, act) == "second_factor.wrong"
    right = lambda unit: recovery.begin(unit, token, owner.codes[0], visitor_of(OTHER_BROWSER))  # noqa: E731
    assert refusal(units, right) == "second_factor.throttled", "five guesses, as at every other door"
    assert count(units, PasskeyRecovery) == 0

    owner.begin(token)
    assert count(units, PasskeyRecovery) == 1, "the owner's browser has its own budget, and the link is unused"


def test_guesses_after_the_link_are_shown(units: Units, owner: Owner) -> None:
    token = owner.ask()
    wrong = next(f"{n:06}" for n in range(20) if f"{n:06}" not in owner.codes)
    for _ in range(2):
        refusal(units, lambda unit: recovery.begin(unit, token, wrong, visitor_of(OTHER_BROWSER)))

    def shown_guesses() -> list[tuple[str, str, str]]:
        with units.read() as unit:
            entries = view_newest(unit, owner.account_id).entries
        return [(entry.what, entry.how, entry.often[:7]) for entry in entries if "backup code" in entry.how]

    assert shown_guesses() == [("Login failed", "Wrong backup code after an emailed link", "2 times")]
    owner.begin(token)
    assert len(shown_guesses()) == 1, "a right one is no failure"


def test_a_code_of_an_application_is_no_backup_code(units: Units, owner: Owner, clock: FakeClock) -> None:
    with units.write() as unit:
        enrolment = enrolments.begin(unit, owner.actor)
        secret = pyotp.TOTP(enrolment.key.replace(" ", ""))
        enrolments.confirm(
            unit, owner.actor, enrolment.handle, code=secret.at(unit.now), name="Phone", return_to=SECURITY, first=False
        )
    clock.advance(seconds=60)
    token = owner.ask()

    code = secret.at(clock())
    assert refusal(units, lambda unit: recovery.begin(unit, token, code, visitor_of())) == "second_factor.wrong"
    owner.begin(token)


def test_a_thief_with_one_backup_code_has_no_link(units: Units, owner: Owner) -> None:
    for token in ("", "A" * 43):
        act = lambda unit, token=token: recovery.begin(unit, token, owner.codes[0], visitor_of())  # noqa: E731
        assert refusal(units, act) == links.DEAD
    with units.read() as unit:
        assert backup_code_use.codes_left(unit, owner.account_id) == 9, "and the code is unused"


def test_a_second_thief_does_not_take_a_wait_over(units: Units, owner: Owner) -> None:
    owner.begin()
    with units.write() as unit:
        token = links.new_link(unit, purpose=recovery.BEGIN, life=DAY, account_id=owner.account_id)

    act = lambda unit: recovery.begin(unit, token, owner.codes[0], visitor_of(OTHER_BROWSER))  # noqa: E731
    assert refusal(units, act) == recovery.WAITS
    with units.read() as unit:
        assert unit.session.get_one(PasskeyRecovery, owner.account_id).browser_digest == BROWSER
        assert backup_code_use.codes_left(unit, owner.account_id) == 8


async def test_ip_rules_hold_here_too(units: Units, owner: Owner, clock: FakeClock) -> None:
    token = owner.ask()
    with units.write() as unit:
        rule_list.add_rule(unit, owner.actor, parse("192.0.2.0/24"), "")
        restriction.switch(unit, owner.actor, True, confirmed=True)
    elsewhere = visitor_of(origin=Origin(address="203.0.113.9"))

    act = lambda unit: recovery.begin(unit, token, owner.codes[0], elsewhere)  # noqa: E731
    assert "ip_restriction" in refusal(units, act)
    owner.begin(token)
    clock.advance(hours=24)
    await periodic.run_once()
    last = owner.newest_link()
    assert "ip_restriction" in refusal(units, lambda unit: recovery.finish(unit, last, elsewhere))
    assert owner.finish(last)


def test_a_disabled_account_does_not_open(units: Units, owner: Owner) -> None:
    token = owner.ask()
    with units.write() as unit:
        operations.disable(unit, owner.account_id)

    act = lambda unit: recovery.begin(unit, token, owner.codes[0], visitor_of())  # noqa: E731
    assert refusal(units, act) == links.DEAD


def test_an_account_that_a_password_opens_has_no_such_way(units: Units, owner: Owner) -> None:
    token = owner.ask()
    with units.write() as unit:
        only.switch_off(unit, owner.actor)

    act = lambda unit: recovery.begin(unit, token, owner.codes[0], visitor_of())  # noqa: E731
    assert refusal(units, act) == links.DEAD


async def test_leaving_by_a_passkey_ends_the_wait(units: Units, owner: Owner, clock: FakeClock) -> None:
    token = await opened(owner, clock)
    with units.write() as unit:
        only.switch_off(unit, owner.actor)

    assert refusal(units, lambda unit: recovery.finish(unit, token, visitor_of())) == links.DEAD


def test_a_new_password_ends_it_because_no_mail_could_stop_it_then(units: Units, owner: Owner) -> None:
    owner.begin()
    with units.write() as unit:
        fact = PasswordChanged(account_id=owner.account_id, at=unit.now, origin=HERE, way="changed")
        stored_passwords.replace_password(unit, fact, quick_hash(NEW_PASSWORD))

    assert count(units, PasskeyRecovery) == 0
    assert is_sole(units, owner.account_id)


@pytest.mark.parametrize("by", ["disabled", "a deletion", "support", "all sessions of all"])
async def test_what_ends_sessions_and_links_from_outside_ends_the_wait(
    units: Units, owner: Owner, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Its owner could not stop it any more, and the thief would get in when the account is open again."""
    owner.begin()
    if by == "all sessions of all":
        monkeypatch.setattr(customers, "open_database", lambda: units)
        customers.revoke_sessions(everybody=True)
    with units.write() as unit:
        if by == "disabled":
            operations.disable(unit, owner.account_id, HERE)
            operations.enable(unit, owner.account_id, HERE)
        elif by == "a deletion":
            deletion.begin(unit, DeletionAsked(account_id=owner.account_id, at=unit.now, origin=HERE))
        elif by == "support":
            operations.end_sessions(unit, owner.account_id, HERE)
    assert count(units, PasskeyRecovery) == 0

    clock.advance(hours=24)
    await periodic.run_once()
    assert "recovery_open" not in [event for event, _ in mailed(units)]
    assert is_sole(units, owner.account_id)
    owner.begin()
    clock.advance(hours=24)
    await periodic.run_once()
    assert owner.finish(owner.newest_link()), "its owner begins anew"


# At once


async def test_of_twenty_at_once_one_gets_in(units: Units, owner: Owner, clock: FakeClock) -> None:
    token = await opened(owner, clock)

    issued = [owner.finish(token) for _ in range(20)]

    assert sorted(at_once(20, lambda n: owner.redeem(issued[n]))) == [False] * 19 + [True]
    assert count(units, PasskeysOnly) == 0


def test_of_twenty_at_once_one_begins(units: Units, owner: Owner) -> None:
    token, code = owner.ask(), owner.codes[0]

    refusals = at_once(20, lambda _: refusal(units, lambda unit: recovery.begin(unit, token, code, visitor_of())))

    assert refusals.count("") == 1
    assert set(refusals) <= {"", links.DEAD, recovery.WAITS}
    assert [event for event, _ in mailed(units)].count("recovery_begun") == 1


@pytest.mark.parametrize("stopped_first", [True, False])
async def test_finishing_and_stopping_at_once_have_one_outcome(
    units: Units, owner: Owner, clock: FakeClock, stopped_first: bool
) -> None:
    ticket = owner.finish(await opened(owner, clock))

    def finish(unit: UnitOfWork) -> object:
        return tickets.redeem_ticket(unit, ticket, BROWSER, HERE)

    def stop(unit: UnitOfWork) -> None:
        recovery.stop(unit, owner.actor)

    both(units, stop, finish) if stopped_first else both(units, finish, stop)
    assert is_sole(units, owner.account_id) is stopped_first
