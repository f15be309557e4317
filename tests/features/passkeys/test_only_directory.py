"""A password that opens nothing, and a directory that is asked about those that are wrong."""

import pytest
from sqlmodel import delete

from netim_app.core.errors import DomainError
from netim_app.features.passkeys.service import only
from netim_app.identity import flows, login
from netim_app.identity.customer_directory import NOBODY
from netim_app.identity.tables import SecondFactorLockout
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.customer_directory import Directory, directory
from tests.kit.factories import EMAIL, PASSWORD, last_mail, logged_in_actor, visitor_of
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, switch_on

__all__ = ["directory"]


async def log_in(password: str) -> str:
    """The key of the refusal, or what a right password leads to."""
    try:
        done = await flows.log_in(visitor_of(), EMAIL, password, remember=False, return_to=SECURITY)
    except DomainError as error:
        return error.key
    return type(done).__name__


@pytest.mark.parametrize("blocked", ["passkeys only", "blocked after wrong codes"])
async def test_a_right_password_that_opens_nothing_is_answered_like_a_wrong_one(
    units: Units, clock: FakeClock, directory: Directory, blocked: str
) -> None:
    """Else the directory, asked or not, away or not, would tell that it was right."""
    actor = logged_in_actor(units)
    phone = Authenticator()
    add(units, actor, phone)
    add(units, actor, Authenticator(can_sync=False))
    with units.write() as unit:
        if blocked == "blocked after wrong codes":
            unit.session.add(SecondFactorLockout(account_id=actor.account_id, times=1, locked_at=unit.now))
    if blocked == "passkeys only":
        switch_on(units, actor, phone)

    for password in ("wrong " + PASSWORD, PASSWORD):
        directory.asked.clear()
        assert await log_in(password) == login.WRONG
        assert [question[1] for question in directory.asked] == [NOBODY]
    directory.fault = RuntimeError("down")
    for password in ("wrong " + PASSWORD, PASSWORD):
        assert await log_in(password) == login.DIRECTORY_AWAY

    directory.fault = None
    assert (
        blocked == "blocked after wrong codes" or "Your password was used" in last_mail(units, "passkeys_only").subject
    )
    with units.write() as unit:
        if blocked == "passkeys only":
            only.switch_off(unit, actor)
        unit.session.exec(delete(SecondFactorLockout))
    clock.advance(minutes=16)
    directory.asked.clear()
    assert await log_in(PASSWORD) == "CodeRequired"
    assert directory.asked == []
