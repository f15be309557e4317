"""Since when an account knows a browser: that of the caller, and not that of the session."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from netim_app.core.actor import Actor
from netim_app.identity import known_browsers
from netim_app.identity.facts import EmailRestored, FreezeEnded
from netim_app.identity.known_browsers import LONG_KNOWN
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import OTHER_BROWSER, actor_of, logged_in_actor, make_account, make_session
from tests.kit.fakes import FakeClock

Caller = Callable[[Units, Actor, FakeClock], Actor]


def same(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    clock.advance(seconds=LONG_KNOWN.total_seconds())
    return owner


def a_second_too_early(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    clock.advance(seconds=LONG_KNOWN.total_seconds() - 1)
    return owner


def with_a_stolen_session(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    return replace(same(units, owner, clock), browser_digest=OTHER_BROWSER)


def without_a_browser_cookie(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    return replace(same(units, owner, clock), browser_digest="")


def with_another_account(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    """In the same browser, which knows the owner's for long."""
    same(units, owner, clock)
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
        return actor_of(unit, make_session(unit, other, device=owner.browser_digest))


def known_again(units: Units, owner: Actor, clock: FakeClock) -> Actor:
    """After it became a stranger, as by a reset."""
    same(units, owner, clock)
    with units.write() as unit:
        known_browsers.forget_browsers(unit, owner.account_id)
        return actor_of(unit, make_session(unit, owner.account_id, device=owner.browser_digest))


@pytest.mark.parametrize(
    ("who", "known"),
    [
        (same, True),
        (a_second_too_early, False),
        (with_a_stolen_session, False),
        (without_a_browser_cookie, False),
        (with_another_account, False),
        (known_again, False),
    ],
)
def test_a_browser_is_long_known_by_its_own_cookie_and_to_each_account(
    units: Units, clock: FakeClock, who: Caller, known: bool
) -> None:
    caller = who(units, logged_in_actor(units), clock)

    with units.read() as unit:
        assert known_browsers.is_long_known(unit, caller) is known


def test_the_link_to_the_old_address_doubts_a_known_browser_too(units: Units) -> None:
    """It works for a week: by then, the browser of the thief who has changed the address is long known."""
    with units.read() as unit:
        about = {"account_id": 1, "at": unit.now, "since": unit.now - timedelta(days=7)}
        added = unit.now - timedelta(days=1)
        assert EmailRestored(**about).doubts(added, in_known_browser=True)
        assert not FreezeEnded(**about, until=unit.now).doubts(added, in_known_browser=True)
        assert FreezeEnded(**about, until=unit.now).doubts(added)
