"""Reads the gauge: always from stored facts, never from what a page says."""

from dataclasses import dataclass

from netim_app.core.facts import Fact
from netim_app.feature import offers
from netim_app.features.gauge import rules
from netim_app.infra.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Item:
    """One protection. Its texts are `<key>.title`, `.advice` and `.action`."""

    key: str
    points: int
    done: bool
    href: str


@dataclass(frozen=True)
class Gauge:
    """The whole gauge, as both pages show it."""

    percent: int
    level: rules.Level
    points: int
    possible: int
    items: tuple[Item, ...]
    next_step: str
    """Key of the item to see to first; empty when all are done."""
    hints: tuple[str, ...] = ()
    """Keys of what the customer should see to, apart from the points."""


def read_gauge(unit: UnitOfWork, account_id: int) -> Gauge:
    """The account's level of security now: what is in force, over all that features offer."""
    items = tuple(
        Item(key=p.key, points=p.weight, done=p.active(unit, account_id), href=p.href) for p in offers().protections
    )
    possible = sum(item.points for item in items)
    points = sum(item.points for item in items if item.done)
    hints = tuple(hint.key for hint in offers().hints if hint.applies(unit, account_id))
    percent = rules.percentage(points, possible)
    return Gauge(
        percent=percent,
        level=rules.level(percent),
        points=points,
        possible=possible,
        items=items,
        next_step=rules.next_step((item.key, item.points) for item in items if not item.done),
        hints=hints,
    )


def facts_of_protections() -> list[type[Fact]]:
    """The facts after which the gauge may show something else."""
    facts = [fact for protection in offers().protections for fact in protection.changed_by]
    return facts + [fact for hint in offers().hints for fact in hint.changed_by]
