"""The list of addresses, its switch, and who is kept out by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import col, delete, select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.features.ip_restriction import rules
from netim_app.features.ip_restriction.facts import IpRestrictionSwitched, IpRuleAdded, IpRuleRemoved
from netim_app.features.ip_restriction.rules import Span
from netim_app.features.ip_restriction.tables import IpRestriction, IpRule
from netim_app.identity import accounts, facts, notices, sessions
from netim_app.infra import outbox
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog

REFUSED = "ip_restriction.refused"
REFUSED_MAIL = "login_blocked"
CHANGED_MAIL = "ip_restriction_changed"
REFUSED_MAIL_EVERY = timedelta(hours=1)
SHUTS_OUT = "ip_restriction.shuts_out"
CONFIRM_FIELD = "confirmed"
MAX_NOTE = 80
_ORDER = (col(IpRule.family), col(IpRule.first), col(IpRule.last))
"""By their addresses, IPv4 first: this is how rules are shown."""


@dataclass(frozen=True)
class Rule:
    """A rule as the card shows it. `added` is a date in the customer's language."""

    id: int
    text: str
    note: str
    added: str
    added_from: str
    inside: str
    """The text of another rule that lets in the same and more; empty when there is none."""


@dataclass(frozen=True)
class Restriction:
    """Everything about an account's restriction. `since` is a date, or empty while it is off."""

    since: str
    rules: tuple[Rule, ...]
    spans: tuple[Span, ...]
    """Of the same rules, in the same order."""

    def lets_in(self, wanted: Span | None) -> str | None:
        """The text of the first rule that covers the wanted addresses; None if no rule does."""
        place = None if wanted is None else rules.find(self.spans, wanted)
        return None if place is None else self.rules[place].text


@dataclass(frozen=True)
class Added:
    """What came of adding a rule. `inside` is a rule that covered it already; `covers` counts those inside of it."""

    text: str
    inside: str
    covers: int


_restriction = table_of(IpRestriction).c
_IS_ON = sa.select(_restriction.account_id).where(_restriction.account_id == sa.bindparam("account"))


def is_on(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the restriction is in force."""
    return unit.run(_IS_ON, {"account": account_id}).first() is not None


def refusal(unit: UnitOfWork, account_id: int, origin: Origin) -> str | None:
    """The login policy: while the restriction is on, an address that no rule covers, or none at all, is kept out."""
    if not is_on(unit, account_id):
        return None
    caller = rules.of_client(origin.address)
    return None if caller is not None and let_in_by(unit, account_id, caller) is not None else REFUSED


def let_in_by(unit: UnitOfWork, account_id: int, address: Span) -> str | None:
    """The text of the first rule that covers an address; None if no rule does."""
    found = select(IpRule.text).where(
        IpRule.account_id == account_id,
        IpRule.family == address.family,
        IpRule.first <= _packed(address.first),
        IpRule.last >= _packed(address.last),
    )
    return unit.session.exec(found.order_by(*_ORDER).limit(1)).first()


def view_restriction(unit: UnitOfWork, account_id: int) -> Restriction:
    """What the card shows."""
    language, time_zone = accounts.locale_of(unit, account_id)
    switch = unit.session.get(IpRestriction, account_id)
    stored = _rules(unit, account_id)
    spans = tuple(_span(rule) for rule in stored)
    shown = tuple(
        Rule(
            id=rule.id or 0,
            text=rule.text,
            note=rule.note,
            added=_day(rule.added_at, language, time_zone),
            added_from=rule.added_from,
            inside="" if container is None else stored[container].text,
        )
        for rule, container in zip(stored, rules.containers(spans), strict=True)
    )
    since = catalog.format_date(switch.on_since, language, time_zone) if switch else ""
    return Restriction(since=since, rules=shown, spans=spans)


def add_rule(unit: UnitOfWork, actor: Actor, span: Span, note: str) -> Added:
    """Puts an address, network or range on the list.

    Raises:
        DomainError: it is there already, or the list is full.
    """
    sessions.lock_account(unit, actor.account_id)
    spans = [_span(rule) for rule in _rules(unit, actor.account_id)]
    if span in spans:
        raise DomainError("ip_restriction.duplicate", field=rules.FIELD, rule=span.text)
    if len(spans) >= rules.MAX_RULES:
        raise DomainError("ip_restriction.full", field=rules.FIELD, limit=rules.MAX_RULES)
    unit.session.add(
        IpRule(
            account_id=actor.account_id,
            family=span.family,
            first=_packed(span.first),
            last=_packed(span.last),
            text=span.text,
            note=note,
            added_at=unit.now,
            added_from=actor.origin.known_address,
        )
    )
    unit.session.flush()
    unit.record(IpRuleAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, rule=span.text))
    container = rules.find(spans, span)
    return Added(
        text=span.text,
        inside="" if container is None else spans[container].text,
        covers=sum(span.covers(other) for other in spans),
    )


def add_present_address(unit: UnitOfWork, actor: Actor) -> Added:
    """Puts the address that the customer has now on the list.

    Raises:
        DomainError: it is unknown, or on the list, or the list is full.
    """
    here = rules.of_client(actor.origin.address)
    if here is None:
        raise DomainError("ip_restriction.here.unknown", field=rules.FIELD)
    return add_rule(unit, actor, here, "")


def remove_rule(unit: UnitOfWork, actor: Actor, rule_id: int, *, confirmed: bool) -> str:
    """Takes a rule off the list; returns its text.

    Raises:
        DomainError: there is no such rule; it is the last one while the restriction is on; or the customer's present
            address would be shut out and `confirmed` is false.
    """
    sessions.lock_account(unit, actor.account_id)
    _, shuts_out = shuts_out_on_removal(unit, actor, rule_id)
    if shuts_out and not confirmed:
        raise DomainError(SHUTS_OUT, field=CONFIRM_FIELD)
    rule = _own_rule(unit, actor, rule_id)
    unit.session.delete(rule)
    unit.session.flush()
    unit.record(IpRuleRemoved(account_id=actor.account_id, at=unit.now, origin=actor.origin, rule=rule.text))
    return rule.text


def switch_restriction(unit: UnitOfWork, actor: Actor, on: bool, *, confirmed: bool) -> None:
    """Switches the restriction on or off. Doing it twice changes nothing and sends no mail.

    Raises:
        DomainError: there is no rule to switch on; or the customer's present address would be shut out and
            `confirmed` is false.
    """
    sessions.lock_account(unit, actor.account_id)
    if on == is_on(unit, actor.account_id):
        return
    fact = IpRestrictionSwitched(account_id=actor.account_id, at=unit.now, origin=actor.origin, on=on)
    if not on:
        _switch_off(unit, fact)
        return
    if shuts_out_on_switch(unit, actor) and not confirmed:
        raise DomainError(SHUTS_OUT, field=CONFIRM_FIELD)
    unit.session.add(IpRestriction(account_id=actor.account_id, on_since=unit.now))
    unit.session.flush()
    unit.record(fact)


def shuts_out_on_switch(unit: UnitOfWork, actor: Actor) -> bool:
    """Whether switching on would shut out the customer's present address.

    Raises:
        DomainError: there is no rule to switch on.
    """
    return _shuts_out(_rules(unit, actor.account_id), actor)


def shuts_out_on_removal(unit: UnitOfWork, actor: Actor, rule_id: int) -> tuple[str, bool]:
    """The text of a rule, and whether its removal would shut out the customer's present address.

    Raises:
        DomainError: there is no such rule, or it is the last one while the restriction is on.
    """
    rule = _own_rule(unit, actor, rule_id)
    left = [other for other in _rules(unit, actor.account_id) if other.id != rule.id]
    return rule.text, is_on(unit, actor.account_id) and _shuts_out(left, actor)


def switch_off_on_unlock(unit: UnitOfWork, fact: facts.AccountUnlocked) -> None:
    """The way out of a lock-out: the operator's unlock switches the restriction off. The rules stay."""
    _switch_off(unit, IpRestrictionSwitched(account_id=fact.account_id, at=fact.at, origin=fact.origin, on=False))


def switch_off_if_changed_since(unit: UnitOfWork, fact: facts.EmailRestored) -> None:
    """Removes rules that a thief may have added, and switches the restriction off, so that it shuts nobody out.

    Each change has sent a mail, whose row is kept for longer than that.
    """
    sessions.lock_account(unit, fact.account_id)
    if not outbox.queued_since(unit, fact.account_id, CHANGED_MAIL, fact.since):
        return
    unit.session.exec(
        delete(IpRule).where(col(IpRule.account_id) == fact.account_id, col(IpRule.added_at) >= fact.since)
    )
    _switch_off(unit, IpRestrictionSwitched(account_id=fact.account_id, at=fact.at, origin=fact.origin, on=False))


def mail_change(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the customer about every change of the list and of its switch."""
    change, rule = "", ""
    if isinstance(fact, IpRestrictionSwitched):
        change = "on" if fact.on else "off"
    elif isinstance(fact, IpRuleAdded):
        change, rule = "added", fact.rule
    elif isinstance(fact, IpRuleRemoved):
        change, rule = "removed", fact.rule
    notices.notify_up_to_a_cap(unit, CHANGED_MAIL, fact, kind=change, card="ip-restriction", change=change, rule=rule)


def mail_refused(unit: UnitOfWork, fact: facts.LoginBlocked) -> None:
    """Somebody gave the right password at an address that is not on the list. Told once an hour at most."""
    if fact.reason != REFUSED or fact.way != "password":
        return
    if outbox.queued_since(unit, fact.account_id, REFUSED_MAIL, unit.now - REFUSED_MAIL_EVERY):
        return
    notices.notify(unit, REFUSED_MAIL, fact)


def _switch_off(unit: UnitOfWork, fact: IpRestrictionSwitched) -> None:
    switch = unit.session.get(IpRestriction, fact.account_id)
    if switch is None:
        return
    unit.session.delete(switch)
    unit.session.flush()
    unit.record(fact)


def _shuts_out(left: Sequence[IpRule], actor: Actor) -> bool:
    if not left:
        raise DomainError("ip_restriction.empty")
    here = rules.of_client(actor.origin.address)
    return here is None or rules.find([_span(rule) for rule in left], here) is None


def _own_rule(unit: UnitOfWork, actor: Actor, rule_id: int) -> IpRule:
    rule = unit.session.get(IpRule, rule_id)
    if rule is None or rule.account_id != actor.account_id:
        raise DomainError("ip_restriction.gone")
    return rule


def _rules(unit: UnitOfWork, account_id: int) -> Sequence[IpRule]:
    return unit.session.exec(select(IpRule).where(IpRule.account_id == account_id).order_by(*_ORDER)).all()


def _packed(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _span(rule: IpRule) -> Span:
    return Span(rule.family, int.from_bytes(rule.first, "big"), int.from_bytes(rule.last, "big"))


@lru_cache(maxsize=4096)
def _day(moment: datetime, language: str, time_zone: str) -> str:
    """Formatting is slow, and a list has up to 200 of them at every refresh."""
    return catalog.format_date(moment, language, time_zone)
