"""The handlers of features that run inside units of work. `offers.install` hands them over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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


_subscriptions: tuple[Subscription[Any], ...] = ()
_mail_requests: Mapping[str, MailRequest] = {}


def install(subscriptions: Sequence[Subscription[Any]], mail_requests: Mapping[str, MailRequest]) -> None:
    """Replaces the handlers of this process."""
    global _subscriptions, _mail_requests
    _subscriptions = tuple(subscriptions)
    _mail_requests = dict(mail_requests)


def subscriptions() -> tuple[Subscription[Any], ...]:
    """Those that were handed over last, in their order."""
    return _subscriptions


def mail_requests() -> Mapping[str, MailRequest]:
    """By name, those that were handed over last."""
    return _mail_requests
