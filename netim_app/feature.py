"""Offers: what a feature gives to the rest of the product.

A feature's `feature.py` builds one `Feature`; `registry.py` lists them; `offers.install` makes the list known.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from netim_app.core.facts import Fact, Origin
from netim_app.infra.handlers import MailAddition, MailRequest, Subscription

if TYPE_CHECKING:
    # Services ask `offers()`, and services know no Reflex: these names are for the type checker alone.
    import reflex as rx

    from netim_app.infra.rewrap import Rewrapped
    from netim_app.infra.unit_of_work import UnitOfWork

__all__ = [
    "GROUPS", "Ceremony", "EntryPage", "Feature", "Group", "Hint", "LoginPolicy", "MailAddition", "MailRequest",
    "OtherWay", "PeriodicWork", "Protection", "Refresher", "ReplacementStep", "SecondFactor", "Subscription",
    "WizardStep",
]  # fmt: skip

Key = TypeVar("Key")
Row = TypeVar("Row")
Facts = Sequence[type[Fact]]
Group = Literal["logging_in", "access", "activity", "personal"]
"""Where a card stands: in a group of Connection and Security, or on Personal information."""
GROUPS: tuple[Group, ...] = ("logging_in", "access", "activity")
"""The groups of cards on Connection and Security, in their order: how the customer logs in, what watches over logins,
and what has happened."""
Handler = Any
"""An event handler of a state. Reflex's decorator hides its type from mypy."""


@dataclass(frozen=True, kw_only=True)
class Protection:
    """Something that makes an account safer and so fills the gauge.

    Texts: `<key>.title` names it, `<key>.advice` is one sentence why, `<key>.action` says what to do: it labels the
    button that sends `press`, or the link to `href` where there is none.
    """

    key: str
    points: int
    """Each is a percent of the gauge, up to a hundred in all. So one more protection lowers nobody's gauge."""
    counts_as: str = ""
    """The name of a thing that several protections are ways to, as an application and a passkey are to a strong factor:
    together they bring the points of one, that with most. Empty: it counts by itself."""
    active: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether it is in force now."""
    changed_by: Facts
    """After these `active` may return something else."""
    href: str
    """Where the customer can do something about it: a path with the card's anchor."""
    press: Handler | None = None
    """The event that does what `<key>.action` says, on every page with the gauge. A dialog that it opens is on the page
    with the cards: the handler goes there (`identity.state.shell.go_to_card`)."""


@dataclass(frozen=True, kw_only=True)
class OtherWay:
    """Another way to the thing that a protection counts as: it brings the same points, and has no line of its own."""

    counts_as: str
    part: Callable[[], rx.Component]
    """Stands below the button of that protection in the gauge."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Something that the gauge reminds of while it applies, without points. Texts as for a Protection."""

    key: str
    applies: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the customer should do something about it now."""
    changed_by: Facts
    """After these `applies` may return something else."""
    href: str
    press: Handler | None = None
    """As of a `Protection`."""


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
    part: Callable[[], rx.Component] | None = None
    """What it shows in the card of two-factor authentication, when it has no card of its own."""
    stands_in: bool = False
    """Customers use it when the device of another factor is not at hand: it may be lost."""


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """A way to prove who is there in a prompt of the browser, with nothing typed: alone, or after the password.

    Its parts have states of their own. They call `identity.ceremonies` once they know who is there.
    """

    name: str
    logged_in: Mapping[str, str]
    """Text keys that say how a login was made, by what the ceremony gives as the factor of a ticket."""
    enrolled: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the account has it. A password alone is not enough then."""
    login_part: Callable[[], rx.Component]
    """Stands below the form of the login page."""
    code_part: Callable[[], rx.Component]
    """Stands above the code of the second step, for an account that has it."""
    sole_since: Callable[[UnitOfWork, int], datetime | None]
    """(unit, account id) -> since when nothing else is to open the account: no password, no code, no mailed link."""
    mail_way_back: Callable[[UnitOfWork, Fact], None]
    """(unit, what was asked for) -> mails to such an account how it can be opened without the ceremony."""
    stands_in: Sequence[str] = ()
    """Those keys of `logged_in` that say that the ceremony was not at hand: what makes it may be lost."""
    step_up_part: Callable[[rx.Var[bool]], rx.Component]
    """Stands first in the dialog that asks for a fresh proof, for an account that has it. Takes whether nothing else is
    asked for there."""


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

    Each call of `handle` is a unit of its own: one that fails stops no other, is logged, and is tried again.
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
class EntryPage:
    """A page outside of the account area, such as one behind a mailed link."""

    route: str
    title: str
    """Text key."""
    content: Callable[[], rx.Component]
    """The whole page, in its frame (`identity.view.shell.entry_page`)."""
    opened: Handler
    """The event that its visit begins with."""
    link_at_login: str = ""
    """Text key of the link to it below the login form; empty for none."""


@dataclass(frozen=True, kw_only=True)
class ReplacementStep:
    """One thing to do when the device with the second factor is lost. Those of all features come in registry order.

    Texts: `<key>.title` says what to do, `<key>.action` labels the button.
    """

    key: str
    fact: type[Fact]
    """Once this has happened, the step is done."""
    press: Handler
    """The event that begins it, on every page of the account area."""
    applies: Callable[[UnitOfWork, int], bool] | None = None
    """(unit, account id) -> whether the account has what may be lost. None: the step is for everybody."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One security feature: everything it gives to the product. Only the name is required."""

    name: str
    protections: Sequence[Protection] = ()
    other_ways: Sequence[OtherWay] = ()
    hints: Sequence[Hint] = ()
    login_policies: Sequence[LoginPolicy] = ()
    second_factors: Sequence[SecondFactor] = ()
    ceremonies: Sequence[Ceremony] = ()
    subscriptions: Sequence[Subscription[Any]] = ()
    card: Callable[[], rx.Component] | None = None
    """Shown in its group, in registry order."""
    group: Group = "access"
    """The group of that card."""
    panel: Callable[[], rx.Component] | None = None
    """Stands first on every page of the account area, while it has something to say."""
    entry_pages: Sequence[EntryPage] = ()
    undo: Handler | None = None
    """The event that takes back what a notice of this feature has just told: a button in that notice sends it."""
    refresher: Refresher[Any] | None = None
    refreshers_of_others: Callable[[], Mapping[str, Refresher[Any]]] | None = None
    """For a feature that shows what others offer: a refresher for each of these, by its key. It is asked once, when all
    features are installed."""
    wizard_steps: Sequence[WizardStep] = ()
    wizard_done: Callable[[rx.State], Awaitable[Any]] | None = None
    """(any state of the tab) -> says that the wizard has done its work, and returns the event that shows where. Of the
    feature that has the wizard; the last step calls it."""
    replacement_steps: Sequence[ReplacementStep] = ()
    dialogs: Sequence[type[rx.State]] = ()
    """States that a page that opens finds empty. Each notes in `_visit` for which visit it was filled
    (`reflex_port.visits`)."""
    page_opened: Callable[[rx.State], Awaitable[None]] | None = None
    """(any state of the tab) -> runs when an account page opens: ends what an earlier visit had left half-done."""
    mail_requests: Mapping[str, MailRequest] = field(default_factory=dict)
    """By name: answers what `infra.outbox.ask` was asked, in a unit of its own. Mails that follow are queued there."""
    mail_additions: Sequence[MailAddition] = ()
    """What it adds to every mail, whichever feature the mail is of."""
    public_texts: Mapping[str, Callable[[UnitOfWork], str | None]] = field(default_factory=dict)
    """By path of the site: plain text for everybody, read in a unit that only reads. None: not found."""
    purges: Sequence[Callable[[UnitOfWork], None]] = ()
    """Each deletes rows that are of no use any more. Called every minute, each in a unit of its own."""
    periodic: Sequence[PeriodicWork[Any]] = ()
    rewrap: Callable[[UnitOfWork], Rewrapped] | None = None
    """Seals stored secrets with the present key (`netim rotate-key`); returns an `infra.rewrap.Rewrapped`."""
    export: Callable[[UnitOfWork, int], Mapping[str, Any]] | None = None
    """(unit, account id) -> what the feature stores of the account, as values of JSON, for "Download my data" and
    `netim export`. No secret, and nothing that opens anything. See `infra.export`."""
