"""Offers: what a feature gives to the rest of the product.

A feature's `feature.py` builds one `Feature`; `registry.py` lists them; `install` makes the list known. `identity`
and the gauge ask `offers()`, and so they work with features that they do not name. `infra` gets the handlers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from netim_app.core.facts import Fact, Origin
from netim_app.infra import handlers
from netim_app.infra.handlers import MailRequest, Subscription

if TYPE_CHECKING:
    # Services ask `offers()`, and services know no Reflex: these names are for the type checker alone.
    import reflex as rx

    from netim_app.infra.rewrap import Rewrapped
    from netim_app.infra.unit_of_work import UnitOfWork

__all__ = [
    "Feature", "Hint", "LoginPolicy", "MailRequest", "Offers", "PeriodicWork", "Protection", "Refresher",
    "SecondFactor", "Subscription", "WizardStep", "install", "offers",
]  # fmt: skip

Key = TypeVar("Key")
Row = TypeVar("Row")
Facts = Sequence[type[Fact]]
Handler = Any
"""An event handler of a state. Reflex's decorator hides its type from mypy."""


@dataclass(frozen=True, kw_only=True)
class Protection:
    """Something that makes an account safer and so fills the gauge.

    Texts: `<key>.title` names it, `<key>.advice` is one sentence why, `<key>.action` labels the link.
    """

    key: str
    weight: int
    active: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether it is in force now."""
    changed_by: Facts
    """After these `active` may return something else."""
    href: str
    """Where the customer can do something about it: a path with the card's anchor."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Something that the gauge reminds of while it applies, without points. Texts as for a Protection."""

    key: str
    applies: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the customer should do something about it now."""
    changed_by: Facts
    """After these `applies` may return something else."""
    href: str


@dataclass(frozen=True, kw_only=True)
class LoginPolicy:
    """May refuse a login or a live session."""

    name: str
    refusal: Callable[[UnitOfWork, int, Origin], str | None]
    """(unit, account id, origin) -> text key of the reason; None to let the customer in."""


@dataclass(frozen=True, kw_only=True)
class SecondFactor:
    """A kind of code that is asked for after the password. Limits on attempts are not its business."""

    name: str
    logged_in: str
    """Text key that says how a login was made which this factor has finished: "With your password and a code"."""
    enrolled: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the account has it, so that a login has to ask."""
    consume: Callable[[UnitOfWork, int, str, Origin], bool]
    """(unit, account id, six digits, from where) -> whether the code is right. A right one is consumed."""
    was_used: Callable[[UnitOfWork, int, str], bool]
    """(unit, account id, six digits that were not accepted) -> whether the code was right, and is used up."""
    valid_code_count: Callable[[UnitOfWork, int], int]
    """(unit, account id) -> how many different codes it would accept at this moment: what a guess may hit."""


@dataclass(frozen=True, kw_only=True)
class Refresher(Generic[Row]):
    """Brings a feature's state in a tab up to date: when a page opens, and after a fact that concerns it."""

    changed_by: Facts | Callable[[], Facts]
    """After these facts `load` may return other rows. A function is asked once, when all features are installed."""
    load: Callable[[UnitOfWork, int], Row]
    """(unit, account id) -> frozen rows. All features load in one transaction."""
    show: Callable[[rx.State, Row], Awaitable[None]]
    """(any state of the tab, those rows) -> puts them into the feature's own state."""


@dataclass(frozen=True, kw_only=True)
class PeriodicWork(Generic[Key]):
    """Something that happens by itself. Every minute `candidates` finds what is due, then `handle` runs for each.

    Each call of `handle` is a unit of its own: one that fails stops no other, and is tried again.
    """

    candidates: Callable[[UnitOfWork], Sequence[Key]]
    """In a reading unit -> keys of what is due, such as account ids."""
    handle: Callable[[UnitOfWork, Key], None]
    """(unit, key) -> does it. It looks again whether it is still due."""


@dataclass(frozen=True, kw_only=True)
class WizardStep:
    """A further step of the wizard that enables two-factor authentication. The wizard numbers, frames and titles it.

    The wizard's own last step renews the session. The page comes back then, and a step that is due is opened, as by
    every page that opens or comes back: an answer that was lost on the line ends nothing.
    At most one feature offers steps: a step does not learn which comes next.
    """

    title: str
    """Text key of the heading."""
    content: Callable[[], rx.Component]
    """The part below the heading, with the button that ends the step."""
    is_open: Callable[[], rx.Var[bool]]
    is_due: Callable[[rx.State], Awaitable[bool]]
    """(any state of the tab, as the page shows the account now) -> whether the step is still to be done."""
    begin: Handler
    """The event handler that opens the step; marked `FRESH`."""
    test_id: str
    """Of the dialog; unique among the dialogs that are open at one time."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One security feature: everything it gives to the product. Only the name is required."""

    name: str
    protections: Sequence[Protection] = ()
    hints: Sequence[Hint] = ()
    login_policies: Sequence[LoginPolicy] = ()
    second_factors: Sequence[SecondFactor] = ()
    subscriptions: Sequence[Subscription[Any]] = ()
    card: Callable[[], rx.Component] | None = None
    """Shown on Connection and Security, in registry order."""
    refresher: Refresher[Any] | None = None
    wizard_steps: Sequence[WizardStep] = ()
    dialogs: Sequence[type[rx.State]] = ()
    """States that a page that opens finds empty. Each notes in `_visit` for which visit it was filled
    (`reflex_port.visits`)."""
    page_opened: Callable[[rx.State], Awaitable[None]] | None = None
    """(any state of the tab) -> runs when an account page opens: ends what an earlier visit had left half-done."""
    mail_requests: Mapping[str, MailRequest] = field(default_factory=dict)
    """By name: answers what `infra.outbox.ask` was asked, in a unit of its own. Mails that follow are queued there."""
    purges: Sequence[Callable[[UnitOfWork], None]] = ()
    """Each deletes rows that are of no use any more. Called every minute, each in a unit of its own."""
    periodic: Sequence[PeriodicWork[Any]] = ()
    rewrap: Callable[[UnitOfWork], Rewrapped] | None = None
    """Seals stored secrets with the present key (`netim rotate-key`); returns an `infra.rewrap.Rewrapped`."""


@dataclass(frozen=True)
class Offers:
    """All that the installed features offer, in registry order."""

    features: tuple[Feature, ...] = ()

    @property
    def protections(self) -> tuple[Protection, ...]:
        return tuple(p for f in self.features for p in f.protections)

    @property
    def hints(self) -> tuple[Hint, ...]:
        return tuple(h for f in self.features for h in f.hints)

    @property
    def login_policies(self) -> tuple[LoginPolicy, ...]:
        return tuple(policy for f in self.features for policy in f.login_policies)

    @property
    def second_factors(self) -> tuple[SecondFactor, ...]:
        return tuple(s for f in self.features for s in f.second_factors)

    @property
    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        return tuple(s for f in self.features for s in f.subscriptions)

    @property
    def wizard_steps(self) -> tuple[WizardStep, ...]:
        return tuple(step for f in self.features for step in f.wizard_steps)

    @property
    def dialogs(self) -> tuple[type[rx.State], ...]:
        return tuple(d for f in self.features for d in f.dialogs)

    @property
    def page_opened(self) -> tuple[Callable[[rx.State], Awaitable[None]], ...]:
        return tuple(f.page_opened for f in self.features if f.page_opened)

    @property
    def mail_requests(self) -> dict[str, MailRequest]:
        return {name: answer for f in self.features for name, answer in f.mail_requests.items()}

    @property
    def purges(self) -> tuple[Callable[[UnitOfWork], None], ...]:
        return tuple(purge for f in self.features for purge in f.purges)

    @property
    def periodic(self) -> tuple[PeriodicWork[Any], ...]:
        return tuple(work for f in self.features for work in f.periodic)

    @property
    def rewraps(self) -> tuple[Callable[[UnitOfWork], Rewrapped], ...]:
        return tuple(f.rewrap for f in self.features if f.rewrap)

    @property
    def cards(self) -> tuple[Callable[[], rx.Component], ...]:
        return tuple(f.card for f in self.features if f.card)

    @cached_property
    def refreshers(self) -> dict[str, Refresher[Any]]:
        return {f.name: f.refresher for f in self.features if f.refresher}

    def changed_by(self, fact: type[Fact]) -> tuple[str, ...]:
        """The names of the features whose rows a fact of this kind may change."""
        return tuple(name for name, facts in self._facts_of_refreshers.items() if issubclass(fact, facts))

    @cached_property
    def _facts_of_refreshers(self) -> dict[str, tuple[type[Fact], ...]]:
        return {
            name: tuple(refresher.changed_by() if callable(refresher.changed_by) else refresher.changed_by)
            for name, refresher in self.refreshers.items()
        }


_installed = Offers()


def install(features: Sequence[Feature]) -> None:
    """Makes the features known. Called by the composition root, the command line and tests."""
    global _installed
    _installed = Offers(tuple(features))
    handlers.install(_installed.subscriptions, _installed.mail_requests)


def offers() -> Offers:
    """What the installed features offer."""
    return _installed
