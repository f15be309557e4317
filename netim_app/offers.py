"""The offers of the installed features.

`identity` and the gauge call `offers()`, so they work with features without naming them. `install` passes the handlers
to `infra`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netim_app.core.facts import Fact
from netim_app.feature import (
    Ceremony,
    EntryPage,
    Feature,
    Group,
    Handler,
    Hint,
    LoginPolicy,
    OtherWay,
    PeriodicWork,
    Protection,
    Refresher,
    ReplacementStep,
    SecondFactor,
    WizardStep,
)
from netim_app.infra import handlers
from netim_app.infra.handlers import MailAddition, MailRequest, Subscription

if TYPE_CHECKING:
    # Services call `offers()` and must not import Reflex: these names are for the type checker only.
    import reflex as rx

    from netim_app.infra.rewrap import Rewrapped
    from netim_app.infra.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Offers:
    """All that the installed features offer, in registry order."""

    features: tuple[Feature, ...] = ()

    @cached_property
    def protections(self) -> tuple[Protection, ...]:
        return tuple(p for f in self.features for p in f.protections)

    @cached_property
    def other_ways(self) -> tuple[OtherWay, ...]:
        return tuple(way for f in self.features for way in f.other_ways)

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        return tuple(h for f in self.features for h in f.hints)

    @cached_property
    def login_policies(self) -> tuple[LoginPolicy, ...]:
        return tuple(policy for f in self.features for policy in f.login_policies)

    @cached_property
    def second_factors(self) -> tuple[SecondFactor, ...]:
        return tuple(s for f in self.features for s in f.second_factors)

    @cached_property
    def ways_in(self) -> dict[str, str]:
        """Text keys that describe how a login was made, by the factor of its ticket."""
        named = {factor.name: factor.logged_in for factor in self.second_factors}
        return named | {factor: key for ceremony in self.ceremonies for factor, key in ceremony.logged_in.items()}

    @cached_property
    def fallback_factors(self) -> frozenset[str]:
        """The factors of tickets that suggest a lost device."""
        codes = {factor.name for factor in self.second_factors if factor.is_fallback}
        return frozenset(codes | {factor for ceremony in self.ceremonies for factor in ceremony.fallback_factors})

    @cached_property
    def ceremonies(self) -> tuple[Ceremony, ...]:
        return tuple(c for f in self.features for c in f.ceremonies)

    @cached_property
    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        return tuple(s for f in self.features for s in f.subscriptions)

    @cached_property
    def wizard_steps(self) -> tuple[WizardStep, ...]:
        return tuple(step for f in self.features for step in f.wizard_steps)

    @cached_property
    def wizard_done(self) -> Callable[[rx.State], Awaitable[Any]] | None:
        return next((f.wizard_done for f in self.features if f.wizard_done), None)

    @cached_property
    def replacement_steps(self) -> tuple[ReplacementStep, ...]:
        return tuple(step for f in self.features for step in f.replacement_steps)

    @cached_property
    def panels(self) -> tuple[Callable[[], rx.Component], ...]:
        return tuple(f.panel for f in self.features if f.panel)

    @cached_property
    def entry_pages(self) -> tuple[EntryPage, ...]:
        return tuple(page for f in self.features for page in f.entry_pages)

    @cached_property
    def dialogs(self) -> tuple[type[rx.State], ...]:
        return tuple(d for f in self.features for d in f.dialogs)

    @cached_property
    def page_opened(self) -> tuple[Callable[[rx.State], Awaitable[None]], ...]:
        return tuple(f.page_opened for f in self.features if f.page_opened)

    @cached_property
    def lasting_links(self) -> tuple[str, ...]:
        return tuple(purpose for f in self.features for purpose in f.lasting_links)

    @cached_property
    def mail_requests(self) -> dict[str, MailRequest]:
        return {name: answer for f in self.features for name, answer in f.mail_requests.items()}

    @cached_property
    def mail_additions(self) -> tuple[MailAddition, ...]:
        return tuple(addition for f in self.features for addition in f.mail_additions)

    @cached_property
    def public_texts(self) -> dict[str, Callable[[UnitOfWork], str | None]]:
        return {path: text for f in self.features for path, text in f.public_texts.items()}

    @cached_property
    def purges(self) -> tuple[Callable[[UnitOfWork], None], ...]:
        return tuple(purge for f in self.features for purge in f.purges)

    @cached_property
    def periodic(self) -> tuple[PeriodicWork[Any], ...]:
        return tuple(work for f in self.features for work in f.periodic)

    @cached_property
    def rewraps(self) -> tuple[Callable[[UnitOfWork], Rewrapped], ...]:
        return tuple(f.rewrap for f in self.features if f.rewrap)

    @cached_property
    def exports(self) -> dict[str, Callable[[UnitOfWork, int], Mapping[str, Any]]]:
        """The exports, by the name of the feature."""
        return {f.name: f.export for f in self.features if f.export}

    def cards(self, group: Group) -> tuple[Callable[[], rx.Component], ...]:
        """The cards of one group."""
        return tuple(f.card for f in self.features if f.card and f.group == group)

    @cached_property
    def undos(self) -> dict[str, Handler]:
        return {f.name: f.undo for f in self.features if f.undo}

    @cached_property
    def refreshers(self) -> dict[str, Refresher[Any]]:
        """The refreshers, by the name of a feature, or by feature and key: `gauge.totp`."""
        own = {f.name: f.refresher for f in self.features if f.refresher}
        asked = {f.name: f.refreshers_of_others() for f in self.features if f.refreshers_of_others}
        return own | {f"{name}.{key}": refresher for name, keyed in asked.items() for key, refresher in keyed.items()}

    def changed_by(self, fact: type[Fact]) -> tuple[str, ...]:
        """The names of the refreshers whose rows a fact of this kind may change."""
        if fact not in self._changed_by:
            self._changed_by[fact] = tuple(name for name, facts in self._facts.items() if issubclass(fact, facts))
        return self._changed_by[fact]

    @cached_property
    def _facts(self) -> dict[str, tuple[type[Fact], ...]]:
        return {
            name: tuple(refresher.changed_by() if callable(refresher.changed_by) else refresher.changed_by)
            for name, refresher in self.refreshers.items()
        }

    @cached_property
    def _changed_by(self) -> dict[type[Fact], tuple[str, ...]]:
        return {}


_installed = Offers()


def install(features: Sequence[Feature]) -> None:
    """Installs the features. The composition root, the command line and tests call it."""
    global _installed
    _installed = Offers(tuple(features))
    handlers.install(_installed.subscriptions, _installed.mail_requests, _installed.mail_additions)


def offers() -> Offers:
    """The offers of the installed features."""
    return _installed
