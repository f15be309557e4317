"""The handlers of features that run inside units of work. `offers.install` passes them in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from netim_app.core.facts import Fact, Origin

if TYPE_CHECKING:
    from netim_app.infra.unit_of_work import UnitOfWork

F = TypeVar("F", bound=Fact)

MailRequest = Callable[["UnitOfWork", Origin, Mapping[str, Any]], None]
"""Handles a request of `outbox.ask`, in a unit of its own. It queues the mails that result."""


@dataclass(frozen=True, kw_only=True)
class Subscription(Generic[F]):
    """Runs `handle` in the transaction that records a fact of this kind (or a subclass)."""

    fact: type[F]
    handle: Callable[["UnitOfWork", F], None]
    first: bool = False
    """Whether it runs before all subscriptions that are not `first`. Their work, such as a mail, comes after it."""


MailPlace = Literal["head", "end", "small_print"]
"""Where an addition appears in a mail: above the greeting, after the content, or below the mail."""


@dataclass(frozen=True)
class MailAbout:
    """The facts that are known of a mail when it is queued.

    Attributes:
        event: name of its template.
        account_id: whose account it is about; None for a visitor without one.
        is_personal: it goes to the mailbox of that account, and nobody without a session requested it. Only then may
            it contain what the owner alone knows.
        to: the recipient.
    """

    event: str
    account_id: int | None
    is_personal: bool
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class MailAddition:
    """A feature's addition to the mails of the product.

    Its template is `emails/additions/<name>.jinja` of the feature. The template reads the values from `addition`.
    """

    name: str
    place: MailPlace
    values: Callable[["UnitOfWork", MailAbout], Mapping[str, object] | None]
    """(unit that queues the mail, mail) -> what the template needs, as JSON values. None: no addition to this mail."""
    withdrawn: Callable[["UnitOfWork", int, str], None] | None = None
    """(unit, account id, kind) -> called when mails that this unit queued are withdrawn."""


_mail_additions: tuple[MailAddition, ...] = ()
_subscriptions: tuple[Subscription[Any], ...] = ()
_mail_requests: Mapping[str, MailRequest] = {}


def install(
    subscriptions: Sequence[Subscription[Any]],
    mail_requests: Mapping[str, MailRequest],
    mail_additions: Sequence[MailAddition],
) -> None:
    """Replaces the handlers of this process."""
    global _subscriptions, _mail_requests, _mail_additions
    _mail_additions = tuple(mail_additions)
    _subscriptions = tuple(sorted(subscriptions, key=lambda subscription: not subscription.first))
    _mail_requests = dict(mail_requests)


def subscriptions() -> tuple[Subscription[Any], ...]:
    """The installed subscriptions: those that are `first`, then the others, each group in its order."""
    return _subscriptions


def mail_requests() -> Mapping[str, MailRequest]:
    """The installed handlers of mail requests, by name."""
    return _mail_requests


def mail_additions() -> tuple[MailAddition, ...]:
    """The installed additions, in their order."""
    return _mail_additions
