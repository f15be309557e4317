"""Queues for hashing and judging passwords.

Known customers have priority, others get at least every fourth turn, and a full queue answers "busy".
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import lru_cache
from typing import ParamSpec, TypeVar

from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.identity.security_log import log_refusal
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.unit_of_work import units
from netim_app.infra.work_queue import Lane, Place, QueueFull, WorkQueue

P = ParamSpec("P")
R = TypeVar("R")

BUSY = "form.busy"
SECONDS_AT_COST_12 = 0.25
"""The time of a bcrypt hash of this cost on a usual core. Each step of the cost doubles it."""
LONGEST_WAIT = 3
"""Seconds. A group with this much work queued takes no more. While both groups wait, the wait is longer: by a third for
the group with priority, up to four times as long for the other."""
PER_CUSTOMER = 2
"""Places that one customer may have in one network, with priority."""
PER_CUSTOMER_EVERYWHERE = 4
"""The same in all networks together, so that one account used from many takes only some of the places. If a thief of
cookies occupies them all, the owner still gets a place among the strangers."""
JUDGE_PLACES = 64
"""A judgement takes at most 50 ms: see `password_strength`."""
JUDGE_PLACES_PER_SOURCE = 4


class Group(IntEnum):
    """Groups of waiting callers, in the order of their priority."""

    KNOWN = 0
    """A known browser, a logged-in customer, or the owner of a reset link."""
    STRANGER = 1
    RATING = 2
    """A password that is still being typed."""


def seconds_per_hash(cost: int) -> float:
    """The approximate time of a hash."""
    return SECONDS_AT_COST_12 * 2.0 ** (cost - 12)


def cores() -> int:
    """How many hashes are computed at the same time."""
    return os.cpu_count() or 1


def cores_for_strangers() -> int:
    """The same for strangers: half of the cores are reserved for known customers."""
    return max(1, cores() // 2)


def network(address: str) -> str:
    """The network of a client address: an IPv4 address itself, or the /64 of an IPv6 address."""
    return network_keys(address)[0]


def _places(threads: int, seconds: float) -> int:
    return max(4, round(threads * LONGEST_WAIT / seconds))


@lru_cache
def hash_queue(cost: int) -> WorkQueue:
    """The queue for bcrypt. Its length depends on the cost and the cores."""
    seconds = seconds_per_hash(cost)
    known = Lane(cores(), _places(cores(), seconds), PER_CUSTOMER, PER_CUSTOMER_EVERYWHERE)
    places = _places(cores_for_strangers(), seconds)
    return WorkQueue("hash", cores(), (known, Lane(cores_for_strangers(), places, places // 2)))


@lru_cache
def judge_queue() -> WorkQueue:
    """The queue for zxcvbn, with one thread: a hostile text delays only others who choose a password."""
    known = Lane(1, JUDGE_PLACES, PER_CUSTOMER, PER_CUSTOMER_EVERYWHERE)
    return WorkQueue("zxcvbn", 1, (known, Lane(1, JUDGE_PLACES, JUDGE_PLACES_PER_SOURCE), Lane(1, 8, 1)))


_hash_place: ContextVar[Place] = ContextVar("hash_place")


@contextmanager
def _place(queue: WorkQueue, limit: str, visitor: Visitor, customer: int | str) -> Iterator[Place]:
    group = Group.KNOWN if customer else Group.STRANGER
    try:
        with queue.place(group, network(visitor.origin.address), str(customer)) as place:
            yield place
    except QueueFull:
        log_refusal("limit_reached", limit=limit)
        raise DomainError(BUSY) from None


@contextmanager
def hash_place(visitor: Visitor, customer: int | str = "") -> Iterator[None]:
    """Holds a place in the queue for hashes for the duration of a block.

    Take it before counting an attempt: a "busy" is not an attempt.

    Args:
        visitor: the caller.
        customer: the account id or another name of a customer, who gets priority. Empty for a stranger.

    Raises:
        DomainError: busy.
    """
    with _place(hash_queue(units().settings.bcrypt_cost), "hash_places", visitor, customer) as place:
        before = _hash_place.set(place)
        try:
            yield
        finally:
            _hash_place.reset(before)


async def hash_in_turn(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs work that hashes, in the present `hash_place`.

    Raises:
        LookupError: there is none.
    """
    return await _hash_place.get().run(work, *args, **kwargs)


async def judge_in_turn(
    visitor: Visitor, customer: int | str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Runs work that judges a new password, in a place of the judge queue that is held only for this.

    Args:
        visitor, customer: as for `hash_place`.

    Raises:
        DomainError: busy.
    """
    with _place(judge_queue(), "judge_places", visitor, customer) as place:
        return await place.run(work, *args, **kwargs)


async def rate_if_idle(source: str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Rates a password that is being typed; None while a submitted one waits to be judged or the queue is full."""
    if not judge_queue().is_idle((Group.KNOWN, Group.STRANGER)):
        return None
    try:
        with judge_queue().place(Group.RATING, network(source)) as place:
            return await place.run(work, *args, **kwargs)
    except QueueFull:
        return None
