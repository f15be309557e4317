"""The handlers of features that run inside units of work. `offers.install` hands them over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from netim_app.core.facts import Fact, Origin

if TYPE_CHECKING:
    from netim_app.infra.unit_of_work import UnitOfWork

F = TypeVar("F", bound=Fact)

MailRequest = Callable[["UnitOfWork", Origin, Mapping[str, Any]], None]
"""Answers what `outbox.ask` was asked, in a unit of its own. It queues the mails that follow."""


@dataclass(frozen=True, kw_only=True)
class Subscription(Generic[F]):
    """Runs `handle` in the transaction that records a fact of this kind (or a subclass)."""

    fact: type[F]
    handle: Callable[["UnitOfWork", F], None]
    first: bool = False
    """Whether it runs before all that are not: what others then do, such as a mail, comes after it."""


MailPlace = Literal["head", "end", "small_print"]
"""Where an addition stands in a mail: above the greeting, behind the content, or below the mail."""


@dataclass(frozen=True)
class MailAbout:
    """What is known of a mail when it is queued.

    Attributes:
        event: name of its template.
        account_id: whose account it is about; None for a visitor without one.
        is_personal: it goes to the mailbox of that account, and not because somebody without a session asked for it.
            Only then may it tell what the owner alone knows.
        to: the address that it goes to.
    """

    event: str
    account_id: int | None
    is_personal: bool
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class MailAddition:
    """What a feature adds to the mails of the product.

    Its template is `emails/additions/<name>.jinja` of the feature. It finds the values as attributes of `addition`.
    """

    name: str
    place: MailPlace
    values: Callable[["UnitOfWork", MailAbout], Mapping[str, object] | None]
    """(unit that queues the mail, mail) -> what the template needs, as values of JSON. None: this mail goes without."""
    withdrawn: Callable[["UnitOfWork", int, str], None] | None = None
    """(unit, account id, kind) -> learns that mails which that unit had queued are not sent."""


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
    """Those that were handed over last: the first ones, then the others, each in their order."""
    return _subscriptions


def mail_requests() -> Mapping[str, MailRequest]:
    """By name, those that were handed over last."""
    return _mail_requests


def mail_additions() -> tuple[MailAddition, ...]:
    """Those that were handed over last, in their order."""
    return _mail_additions
