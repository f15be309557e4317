"""The list of addresses, as the owner sees and changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.facts import IpRuleAdded, IpRuleRemoved, IpRulesTakenBack
from netim_app.features.ip_restriction.rules.reading import FIELD
from netim_app.features.ip_restriction.rules.spans import (
    MAX_RULES,
    Span,
    containers,
    find,
    line_of,
    of_client,
    remark,
    special,
)
from netim_app.features.ip_restriction.service import access
from netim_app.features.ip_restriction.tables import IpRule
from netim_app.identity import accounts, freeze
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import TakenBack
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

LOCKS_OUT = "ip_restriction.locks_out"
CONFIRM_FIELD = "confirmed"
_RULES = table_of(IpRule)
_rule = _RULES.c
_OF_ACCOUNT = (
    sa.select(_rule.id, _rule.family, _rule.first, _rule.last, _rule.text, _rule.note, _rule.added_at, _rule.added_from)
    .where(_rule.account_id == sa.bindparam("account"))
    .order_by(*access.ORDER)
)
_SPANS = (
    sa.select(_rule.family, _rule.first, _rule.last)
    .where(_rule.account_id == sa.bindparam("account"))
    .order_by(*access.ORDER)
)
_ADD = sa.insert(_RULES)
_ADDED_AT = sa.select(_rule.added_at).where(_rule.id == sa.bindparam("rule"))
_REMOVE = sa.delete(_RULES).where(_rule.id == sa.bindparam("rule"))


@dataclass(frozen=True)
class ListedRule:
    """A rule as the card shows it. `added` is a date in the customer's language."""

    id: int
    text: str
    note: str
    added: str
    added_from: str
    inside: str
    """The text of another rule that covers this one; empty for none."""
    remark: str = ""
    """`private` or `reserved`, if no internet connection comes from there."""


@dataclass(frozen=True)
class Restriction:
    """Everything about an account's restriction. `since` is a date, or empty while it is off."""

    since: str
    rules: tuple[ListedRule, ...]
    spans: tuple[Span, ...]
    """The spans of the same rules, in the same order."""

    def covering_rule(self, wanted: Span | None) -> str | None:
        """The text of the first rule that covers the wanted addresses; None if no rule does."""
        place = None if wanted is None else find(self.spans, wanted)
        return None if place is None else self.rules[place].text

    def seen_from(self, here: Span | None) -> list[ListedRule]:
        """The rules as a customer at this address sees them: a rule that lets them in needs no remark."""
        if here is None:
            return list(self.rules)
        return [
            replace(rule, remark="") if rule.remark and span.covers(here) else rule
            for rule, span in zip(self.rules, self.spans, strict=True)
        ]


@dataclass(frozen=True)
class Added:
    """The result of adding a rule. `inside` is a rule that already covered it; `covers` counts the rules inside it."""

    text: str
    inside: str
    covers: int
    remark: str = ""
    """`private`, `reserved` or `line`: see `rules.spans.remark`."""
    line: str = ""
    """The network to propose instead."""


@dataclass(frozen=True)
class Removal:
    """A rule that may be removed. `locks_out`: the customer's current address would be locked out."""

    text: str
    locks_out: bool


def view_restriction(unit: UnitOfWork, account_id: int) -> Restriction:
    """The card's content."""
    language, time_zone = accounts.locale_of(unit, account_id)
    switch = access.switch_of(unit, account_id)
    stored = _rules(unit, account_id)
    spans = tuple(_span(rule) for rule in stored)
    shown = tuple(
        ListedRule(
            id=rule.id,
            text=rule.text,
            note=rule.note,
            added=formats.format_date(rule.added_at, language, time_zone),
            added_from=rule.added_from,
            inside="" if container is None else stored[container].text,
            remark=special(span),
        )
        for rule, span, container in zip(stored, spans, containers(spans), strict=True)
    )
    since = formats.format_date(switch.on_since, language, time_zone) if switch else ""
    return Restriction(since=since, rules=shown, spans=spans)


def add_rule(unit: UnitOfWork, actor: Actor, span: Span, note: str) -> Added:
    """Adds an address, network or range to the list.

    Raises:
        DomainError: it is already on the list, the list is full, or the account is frozen.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id)
    spans = listed_spans(unit, actor.account_id)
    if span in spans:
        raise DomainError("ip_restriction.duplicate", field=FIELD, rule=span.text)
    if len(spans) >= MAX_RULES:
        raise DomainError("ip_restriction.full", field=FIELD, limit=MAX_RULES)
    add_rows(unit, actor, [(span, note)])
    unit.record(IpRuleAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, rule=span.text))
    container, line = find(spans, span), line_of(span)
    return Added(
        text=span.text,
        inside="" if container is None else spans[container].text,
        covers=sum(span.covers(other) for other in spans),
        remark=remark(span, of_client(actor.origin.address)),
        line=line.text if line else "",
    )


def add_rows(unit: UnitOfWork, actor: Actor, new: Sequence[tuple[Span, str]]) -> None:
    """Writes rules with their notes. The caller has checked that they may be added."""
    unit.run(_ADD, [_row(unit, actor, span, note) for span, note in new])


def _row(unit: UnitOfWork, actor: Actor, span: Span, note: str) -> dict[str, object]:
    return {
        "account_id": actor.account_id,
        "family": span.family,
        "first": access.packed(span.first),
        "last": access.packed(span.last),
        "text": span.text,
        "note": note,
        "added_at": unit.now,
        "added_from": actor.origin.known_address,
    }


def listed_spans(unit: UnitOfWork, account_id: int) -> list[Span]:
    """The list, in display order."""
    return [_span(rule) for rule in unit.rows(_SPANS, account=account_id)]


def add_present_address(unit: UnitOfWork, actor: Actor) -> Added:
    """Adds the customer's current address to the list; for IPv6 its /64, which stays when the address changes.

    Raises:
        DomainError: it is unknown or already on the list, or the list is full.
    """
    here = of_client(actor.origin.address)
    if here is None:
        raise DomainError("ip_restriction.here.unknown", field=FIELD)
    return add_rule(unit, actor, line_of(here) or here, "")


def remove_rule(unit: UnitOfWork, actor: Actor, rule_id: int, *, confirmed: bool) -> str:
    """Removes a rule from the list; returns its text.

    Raises:
        DomainError: there is no such rule; it is the last one while the restriction is on; the account is frozen; or
            the customer's current address would be locked out and `confirmed` is false.
    """
    lock_account(unit, actor.account_id)
    removal = view_removal(unit, actor, rule_id)
    freeze.refuse_while_frozen(unit, actor.account_id, added_at=_added_at(unit, rule_id))
    if removal.locks_out and not confirmed:
        raise DomainError(LOCKS_OUT, field=CONFIRM_FIELD)
    unit.run(_REMOVE, {"rule": rule_id})
    unit.record(IpRuleRemoved(account_id=actor.account_id, at=unit.now, origin=actor.origin, rule=removal.text))
    return removal.text


def _added_at(unit: UnitOfWork, rule_id: int) -> datetime:
    return unit.run(_ADDED_AT, {"rule": rule_id}).scalar_one()  # type: ignore[no-any-return]


def view_removal(unit: UnitOfWork, actor: Actor, rule_id: int) -> Removal:
    """What the removal of a rule would do.

    Raises:
        DomainError: there is no such rule, or it is the last one while the restriction is on.
    """
    stored = _rules(unit, actor.account_id)
    rule = next((rule for rule in stored if rule.id == rule_id), None)
    if rule is None:
        raise DomainError("ip_restriction.gone")
    left = [_span(other) for other in stored if other.id != rule_id]
    return Removal(rule.text, locks_out=access.is_on(unit, actor.account_id) and would_lock_out(left, actor))


def would_lock_out(left: Sequence[Span], actor: Actor) -> bool:
    """Whether a restriction to these addresses would lock out the customer's current one.

    Raises:
        DomainError: there are none.
    """
    if not left:
        raise DomainError("ip_restriction.empty")
    here = of_client(actor.origin.address)
    return here is None or find(left, here) is None


def remove_doubted(unit: UnitOfWork, fact: TakenBack) -> None:
    """Removes rules that a thief may have added. The account is locked."""
    doubted = [rule for rule in _rules(unit, fact.account_id) if fact.doubts(rule.added_at)]
    for rule in doubted:
        unit.run(_REMOVE, {"rule": rule.id})
    if doubted:
        texts = tuple(rule.text for rule in doubted)
        unit.record(IpRulesTakenBack(account_id=fact.account_id, at=fact.at, origin=fact.origin, rules=texts))


def _rules(unit: UnitOfWork, account_id: int) -> Sequence[sa.Row[Any]]:
    return unit.rows(_OF_ACCOUNT, account=account_id)


def _span(rule: sa.Row[Any]) -> Span:
    return Span(rule.family, int.from_bytes(rule.first, "big"), int.from_bytes(rule.last, "big"))
