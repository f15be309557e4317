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
"""Where a card is shown: in a group of Connection and Security, or on Personal information."""
GROUPS: tuple[Group, ...] = ("logging_in", "access", "activity")
"""The groups of cards on Connection and Security, in order: how the customer logs in, what restricts logins, and what
has happened."""
Handler = Any
"""An event handler of a state. Reflex's decorator hides its type from mypy."""


@dataclass(frozen=True, kw_only=True)
class Protection:
    """Something that makes an account safer, and so gives points in the gauge.

    Texts: `<key>.title` names it, `<key>.advice` gives the reason in one sentence, and `<key>.action` says what to do.
    The action labels the button that sends `press`, or without `press` the link to `href`.
    """

    key: str
    points: int
    """Each point is a percent of the gauge, which is capped at 100. So a new protection lowers nobody's gauge."""
    counts_as: str = ""
    """A name that alternative protections share, such as an authenticator and a passkey, which are both a strong
    factor. Together they give only the points of the one with the most. Empty: it counts by itself."""
    active: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether it is in force now."""
    changed_by: Facts
    """The facts after which `active` may return another value."""
    href: str
    """Where the customer can do something about it: a path with the card's anchor."""
    press: Handler | None = None
    """The event that does what `<key>.action` says, on every page with the gauge. If it opens a dialog, the handler
    first goes to the page with the cards (`identity.state.cards.go_to_card`)."""


@dataclass(frozen=True, kw_only=True)
class OtherWay:
    """An alternative to a protection, with the same `counts_as` and the same points. It has no line of its own."""

    counts_as: str
    part: Callable[[], rx.Component]
    """Shown below the button of that protection in the gauge."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A reminder that the gauge shows while it applies. It gives no points. Texts as for a `Protection`."""

    key: str
    applies: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the customer should do something about it now."""
    changed_by: Facts
    """The facts after which `applies` may return another value."""
    href: str
    press: Handler | None = None
    """As for a `Protection`."""


@dataclass(frozen=True, kw_only=True)
class LoginPolicy:
    """May refuse a login or a live session."""

    name: str
    refusal: Callable[[UnitOfWork, int, Origin], str | None]
    """(unit, account id, origin) -> text key of the reason; None to allow the login."""


@dataclass(frozen=True, kw_only=True)
class SecondFactor:
    """A kind of code that a login requires after the password. It does not limit attempts."""

    name: str
    logged_in: str
    """Text key that describes a login with this factor: "With your password and a code"."""
    enrolled: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the account has it, so that a login must ask for it."""
    consume: Callable[[UnitOfWork, int, str, Origin], bool]
    """(unit, account id, six digits, origin) -> whether the code is right. A right code is consumed."""
    was_used: Callable[[UnitOfWork, int, str], bool]
    """(unit, account id, six digits that were refused) -> whether the code was right, but is already used."""
    valid_code_count: Callable[[UnitOfWork, int], int]
    """(unit, account id) -> how many different codes it accepts now, any of which a guess may hit."""
    part: Callable[[], rx.Component] | None = None
    """Its part in the card of two-factor authentication, when it has no card of its own."""
    is_fallback: bool = False
    """Whether customers use it when the device of another factor is not available: the device may be lost."""


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """A way to prove one's identity in a prompt of the browser, without typing: alone, or after the password.

    Its parts have states of their own. They call `identity.ceremonies` once they have verified who is there.
    """

    name: str
    logged_in: Mapping[str, str]
    """Text keys that describe how a login was made, by the factor that the ceremony writes into a ticket."""
    enrolled: Callable[[UnitOfWork, int], bool]
    """(unit, account id) -> whether the account has it. Then a password alone is not enough."""
    login_part: Callable[[], rx.Component]
    """Shown below the form of the login page."""
    code_part: Callable[[], rx.Component]
    """Stands above the code of the second step, for an account that has it."""
    sole_since: Callable[[UnitOfWork, int], datetime | None]
    """(unit, account id) -> since when nothing else is to open the account: no password, no code, no mailed link."""
    mail_way_back: Callable[[UnitOfWork, Fact], None]
    """(unit, fact of the request) -> mails to such an account how to open it without the ceremony."""
    fallback_factors: Sequence[str] = ()
    """The keys of `logged_in` for logins without the ceremony: the device for it may be lost."""
    step_up_part: Callable[[rx.Var[bool]], rx.Component]
    """Shown first in the dialog that asks for a fresh proof, for an account that has it. The argument is whether the
    dialog asks for nothing else."""


@dataclass(frozen=True, kw_only=True)
class Refresher(Generic[Row]):
    """Updates a feature's state in a tab: when a page opens, and after a fact that concerns the feature."""

    changed_by: Facts | Callable[[], Facts]
    """The facts after which `load` may return other rows. A function is called once all features are installed."""
    load: Callable[[UnitOfWork, int], Row]
    """(unit, account id) -> frozen rows. All features load in one transaction."""
    show: Callable[[rx.State, Row], Awaitable[None]]
    """(any state of the tab, those rows) -> writes them into the feature's own state."""


@dataclass(frozen=True, kw_only=True)
class PeriodicWork(Generic[Key]):
    """Scheduled work. Every minute, `candidates` finds what is due, then `handle` runs for each.

    Each call of `handle` has a unit of its own. A failed call is logged and retried, and does not stop the others.
    """

    candidates: Callable[[UnitOfWork], Sequence[Key]]
    """In a reading unit -> keys of what is due, such as account ids."""
    handle: Callable[[UnitOfWork, Key], None]
    """(unit, key) -> does the work, after it has checked again that it is still due."""


@dataclass(frozen=True, kw_only=True)
class WizardStep:
    """A further step of the wizard that enables two-factor authentication. The wizard numbers, frames and titles it.

    The wizard's own last step renews the session, so the page reconnects. Every page that opens or reconnects opens a
    step that is due, so a lost response does not end the wizard.
    At most one feature offers steps: a step does not know which comes next.
    """

    title: str
    """Text key of the heading."""
    content: Callable[[], rx.Component]
    """The part below the heading, with the button that ends the step."""
    is_open: Callable[[], rx.Var[bool]]
    is_due: Callable[[rx.State], Awaitable[bool]]
    """(any state of the tab, as the page shows the account now) -> whether the step still has to be done."""
    begin: Handler
    """The event handler that opens the step; marked `FRESH`."""
    test_id: str
    """The test id of the dialog, unique among dialogs that are open at the same time."""


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """A page outside of the account area, such as one behind a mailed link."""

    route: str
    title: str
    """Text key."""
    content: Callable[[], rx.Component]
    """The whole page, in its frame (`identity.view.shell.entry_page`)."""
    opened: Handler
    """The event that starts a visit."""
    link_at_login: str = ""
    """Text key of the link to it below the login form; empty for none."""


@dataclass(frozen=True, kw_only=True)
class ReplacementStep:
    """One thing to do when the device with the second factor is lost. The steps of all features are in registry order.

    Texts: `<key>.title` says what to do, `<key>.action` labels the button.
    """

    key: str
    fact: type[Fact]
    """The fact that completes the step."""
    press: Handler
    """The event that starts it, on every page of the account area."""
    applies: Callable[[UnitOfWork, int], bool] | None = None
    """(unit, account id) -> whether the account has what may be lost. None: the step applies to everybody."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One security feature: everything that it offers to the product. Only the name is required."""

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
    """Shown first on every page of the account area, while it has something to show."""
    entry_pages: Sequence[EntryPage] = ()
    undo: Handler | None = None
    """The event that undoes the change that a notice of this feature reports. A button in that notice sends it."""
    refresher: Refresher[Any] | None = None
    refreshers_of_others: Callable[[], Mapping[str, Refresher[Any]]] | None = None
    """For a feature that shows the offers of others: a refresher for each of these, by its key. It is called once all
    features are installed."""
    wizard_steps: Sequence[WizardStep] = ()
    wizard_done: Callable[[rx.State], Awaitable[Any]] | None = None
    """(any state of the tab) -> shows that the wizard is done, and returns the event that goes to the result. It
    belongs to the feature with the wizard; the last step calls it."""
    replacement_steps: Sequence[ReplacementStep] = ()
    dialogs: Sequence[type[rx.State]] = ()
    """States that are empty when a page opens. Each records in `_visit` for which visit it was filled
    (`reflex_port.visits`)."""
    page_opened: Callable[[rx.State], Awaitable[None]] | None = None
    """(any state of the tab) -> runs when an account page opens, and ends what an earlier visit left unfinished."""
    lasting_links: Sequence[str] = ()
    """Purposes of mailed links (`identity.links`) that stay valid after a change of password or address, such as one
    that the owner may need because a thief made that change."""
    mail_requests: Mapping[str, MailRequest] = field(default_factory=dict)
    """By name: handles a request of `infra.outbox.ask`, in a unit of its own, which queues the mails that result."""
    mail_additions: Sequence[MailAddition] = ()
    """Its additions to the mails of all features."""
    public_texts: Mapping[str, Callable[[UnitOfWork], str | None]] = field(default_factory=dict)
    """By URL path: plain text for everybody, read in a reading unit. None: 404."""
    purges: Sequence[Callable[[UnitOfWork], None]] = ()
    """Each deletes rows that are no longer needed. Called every minute, each in a unit of its own."""
    periodic: Sequence[PeriodicWork[Any]] = ()
    rewrap: Callable[[UnitOfWork], Rewrapped] | None = None
    """Seals stored secrets with the current key (`netim rotate-key`)."""
    export: Callable[[UnitOfWork, int], Mapping[str, Any]] | None = None
    """(unit, account id) -> what the feature stores about the account, as JSON values, for "Download my data" and
    `netim export`. It contains no secret, and nothing that grants access. See `infra.export`."""
