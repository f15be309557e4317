"""Stores the steps that are due after a device was lost, and removes those that are done."""

from typing import Any

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.core.facts import Fact
from netim_app.features.lost_device.facts import DeviceKept
from netim_app.features.lost_device.tables import ReplacementToDo
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import LoggedIn, SecondFactorDisabled
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers

_TO_DO = table_of(ReplacementToDo)
_OF_ACCOUNT = _TO_DO.c.account_id == sa.bindparam("account")
_OPEN = sa.select(_TO_DO.c.key).where(_OF_ACCOUNT)
_ADD = sa.insert(_TO_DO)
_STRIKE = sa.delete(_TO_DO).where(_OF_ACCOUNT, _TO_DO.c.key == sa.bindparam("step"))
_CLEAR = sa.delete(_TO_DO).where(_OF_ACCOUNT)


def steps_left(unit: UnitOfWork, account_id: int) -> tuple[str, ...]:
    """The keys of the steps that are due, in their order; none when no device was lost."""
    left = {row.key for row in unit.rows(_OPEN, account=account_id)}
    return tuple(step.key for step in offers().replacement_steps if step.key in left)


def begin_on_login(unit: UnitOfWork, fact: LoggedIn) -> None:
    """A login without the device may mean that it is lost: all steps that apply to the account become due."""
    if fact.factor not in offers().fallback_factors:
        return
    clear(unit, fact)
    steps = offers().replacement_steps
    keys = [step.key for step in steps if step.applies is None or step.applies(unit, fact.account_id)]
    if keys:
        unit.run(_ADD, [{"account_id": fact.account_id, "key": key} for key in keys])


def strike_off(unit: UnitOfWork, fact: Fact) -> None:
    """Removes a step when its act has happened, whichever way the customer took."""
    for step in offers().replacement_steps:
        if isinstance(fact, step.fact):
            unit.run(_STRIKE, {"account": fact.account_id, "step": step.key})


def keep_device(unit: UnitOfWork, actor: Actor) -> None:
    """Ends the replacement: the customer still has the device. Does nothing when no step is due."""
    if steps_left(unit, actor.account_id):
        unit.record(DeviceKept(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def clear(unit: UnitOfWork, fact: Fact) -> None:
    """Removes all steps: nothing is left to replace."""
    lock_account(unit, fact.account_id)  # otherwise two concurrent logins would both store the steps
    unit.run(_CLEAR, {"account": fact.account_id})


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data"."""
    return {"to_do": export_rows(unit, ReplacementToDo, account_id, "key")}


def facts_of_steps() -> list[type[Fact]]:
    """The facts that change the steps left."""
    return [LoggedIn, DeviceKept, SecondFactorDisabled, *(step.fact for step in offers().replacement_steps)]
