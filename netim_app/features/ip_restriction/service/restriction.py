"""Switches the restriction on and off."""

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.facts import IpRestrictionSwitched
from netim_app.features.ip_restriction.service import access, mails, rule_list
from netim_app.features.ip_restriction.tables import IpRestriction
from netim_app.identity import freeze
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountUnlocked, TakenBack
from netim_app.infra import outbox
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_SWITCHES = table_of(IpRestriction)
_ON = sa.insert(_SWITCHES)
_OFF = sa.delete(_SWITCHES).where(_SWITCHES.c.account_id == sa.bindparam("account"))


def switch(unit: UnitOfWork, actor: Actor, on: bool, *, confirmed: bool) -> None:
    """Switches the restriction on or off. A repeated call changes nothing and sends no mail.

    Raises:
        DomainError: there is no rule to switch on; the account is frozen, except to switch off what was switched on a
            few days ago; or the customer's current address would be locked out and `confirmed` is false.
    """
    lock_account(unit, actor.account_id)
    current = access.switch_of(unit, actor.account_id)
    if on == (current is not None):
        return
    fact = IpRestrictionSwitched(account_id=actor.account_id, at=unit.now, origin=actor.origin, on=on)
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=current and current.on_since)
    if not on:
        _switch_off(unit, fact)
        return
    if locks_out_on_switch(unit, actor) and not confirmed:
        raise DomainError(rule_list.LOCKS_OUT, field=rule_list.CONFIRM_FIELD)
    unit.run(_ON, {"account_id": actor.account_id, "on_since": unit.now})
    unit.record(fact)


def locks_out_on_switch(unit: UnitOfWork, actor: Actor) -> bool:
    """Whether switching on would lock out the customer's current address.

    Raises:
        DomainError: there is no rule to switch on.
    """
    return rule_list.would_lock_out(rule_list.listed_spans(unit, actor.account_id), actor)


def switch_off_on_unlock(unit: UnitOfWork, fact: AccountUnlocked) -> None:
    """The operator's unlock switches the restriction off, for a customer who is locked out. The rules stay.

    The mail about the unlock says so.
    """
    _switch_off(unit, IpRestrictionSwitched(account_id=fact.account_id, at=fact.at, origin=fact.origin, on=False))
    mails.withdraw_off(unit, fact.account_id)


def take_back(unit: UnitOfWork, fact: TakenBack) -> None:
    """Removes rules that a thief may have added, and switches the restriction off if it could lock out the owner.

    It could if a thief may have switched it on or removed a rule, or if no rule is left. Removals are known by their
    mails, whose rows are kept for longer than that.
    """
    lock_account(unit, fact.account_id)
    rule_list.remove_doubted(unit, fact)
    current = access.switch_of(unit, fact.account_id)
    if current is None:
        return
    was_removed = outbox.queued_since(unit, fact.account_id, mails.REMOVED_MAIL, fact.since, fact.until)
    if was_removed or fact.doubts(current.on_since) or not rule_list.listed_spans(unit, fact.account_id):
        _switch_off(unit, IpRestrictionSwitched(account_id=fact.account_id, at=fact.at, origin=fact.origin, on=False))


def _switch_off(unit: UnitOfWork, fact: IpRestrictionSwitched) -> None:
    if unit.run(_OFF, {"account": fact.account_id}).rowcount:
        unit.record(fact)
