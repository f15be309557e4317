"""Several rules at once: the preview of a pasted list, and the one step that adds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from netim_app.core.actor import Actor
from netim_app.core.facts import Fact
from netim_app.features.ip_restriction.facts import IpRuleAdded, IpRulesAdded
from netim_app.features.ip_restriction.rules import pasted, spans
from netim_app.features.ip_restriction.rules.pasted import Entry
from netim_app.features.ip_restriction.rules.spans import Span
from netim_app.features.ip_restriction.service import rule_list
from netim_app.identity import freeze
from netim_app.identity.account_lock import lock_account
from netim_app.infra.unit_of_work import UnitOfWork

Wanted = tuple[Span, str]
"""A rule and its note."""


@dataclass(frozen=True)
class Preview:
    """The effect of a pasted list."""

    entries: tuple[Entry, ...]
    here_out: bool
    """No rule, old or new, lets in the customer's current address."""
    family_missing: int
    """4 or 6, if the resulting list would have no rule of this family; otherwise 0."""


def room(unit: UnitOfWork, account_id: int) -> int:
    """How many more rules the list takes."""
    return spans.MAX_RULES - len(rule_list.listed_spans(unit, account_id))


def preview(unit: UnitOfWork, actor: Actor, text: str) -> Preview:
    """The effect of a pasted list. Nothing is written.

    Raises:
        DomainError: at the field `list`: it is empty or too long.
    """
    listed = rule_list.listed_spans(unit, actor.account_id)
    entries = pasted.read_list(text, listed)
    new = [entry.span for entry in entries if entry.span and entry.outcome == "new"]
    pasted.check_room(len(new), len(listed))
    here, after = spans.of_client(actor.origin.address), listed + new
    return Preview(
        entries=tuple(entries),
        here_out=here is not None and spans.find(after, here) is None,
        family_missing=spans.family_missing(after),
    )


def add_rules(unit: UnitOfWork, actor: Actor, wanted: Sequence[Wanted]) -> int:
    """Adds all rules, each once, or none; returns how many were new. It records one fact, so it sends one mail.

    Raises:
        DomainError: at the field `list`: there is no room for all of them; or the account is frozen.
    """
    lock_account(unit, actor.account_id)
    freeze.refuse_while_frozen(unit, actor.account_id)
    listed = rule_list.listed_spans(unit, actor.account_id)
    known = set(listed)
    new = [(span, note) for span, note in wanted if span not in known]
    pasted.check_room(len(new), len(listed))
    if new:
        rule_list.add_rows(unit, actor, new)
        unit.record(_fact(unit, actor, tuple(span.text for span, _ in new)))
    return len(new)


def _fact(unit: UnitOfWork, actor: Actor, rules: tuple[str, ...]) -> Fact:
    if len(rules) == 1:
        return IpRuleAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, rule=rules[0])
    return IpRulesAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, rules=rules)
