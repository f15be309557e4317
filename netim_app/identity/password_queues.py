"""Where hashing and judging of passwords wait for their turn. Known customers go first, and a full queue says so."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import lru_cache
from typing import ParamSpec, TypeVar

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.identity.security_log import log_refusal
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.unit_of_work import units
from netim_app.infra.work_queue import Lane, Place, QueueFull, WorkQueue

P = ParamSpec("P")
R = TypeVar("R")

BUSY = "form.busy"
SECONDS_AT_COST_12 = 0.25
"""What a bcrypt hash of that cost takes on a usual core. Each step of the cost doubles it."""
LONGEST_WAIT = 3
"""Seconds. Nobody gets a place in a queue who would have to wait for longer."""
PER_CUSTOMER = 2
"""Places that one customer may have among those who go first."""
JUDGE_PLACES = 64
"""A judgement takes 30 ms at most: see `passwords`."""
JUDGE_PLACES_PER_SOURCE = 4


class Group(IntEnum):
    """Who waits, those who go first before the others."""

    KNOWN = 0
    """A known browser, a customer who is signed in, or the owner of a reset link."""
    STRANGER = 1
    RATING = 2
    """A password that is still being typed."""


def seconds_per_hash(cost: int) -> float:
    """About how long a hash takes."""
    return SECONDS_AT_COST_12 * 2.0 ** (cost - 12)


def cores() -> int:
    """How many hashes are made at the same time."""
    return os.cpu_count() or 1


def cores_for_strangers() -> int:
    """The same for strangers: half of the cores are kept free for customers in a known browser."""
    return max(1, cores() // 2)


def network(address: str) -> str:
    """What a client address counts as: itself, or the /64 of an IPv6 line."""
    return network_keys(address)[0]


def _hash_lane(threads: int, seconds: float, per_source: int = 0) -> Lane:
    places = max(4, round(threads * LONGEST_WAIT / seconds))
    return Lane(threads, places, per_source or places // 2)


@lru_cache
def hash_queue(cost: int) -> WorkQueue:
    """The queue for bcrypt, as long as its cost and the cores allow."""
    seconds = seconds_per_hash(cost)
    known = _hash_lane(cores(), seconds, PER_CUSTOMER)
    return WorkQueue("hash", cores(), (known, _hash_lane(cores_for_strangers(), seconds)))


@lru_cache
def judge_queue() -> WorkQueue:
    """One thread for zxcvbn: a hostile text keeps others who choose a password waiting, and nobody else."""
    lanes = (Lane(1, JUDGE_PLACES, PER_CUSTOMER), Lane(1, JUDGE_PLACES, JUDGE_PLACES_PER_SOURCE), Lane(1, 8, 1))
    return WorkQueue("zxcvbn", 1, lanes)


_hash_place: ContextVar[Place | None] = ContextVar("hash_place", default=None)
_judge_place: ContextVar[Place | None] = ContextVar("judge_place", default=None)


@contextmanager
def _held(queue: WorkQueue, holder: ContextVar[Place | None], group: Group, source: str) -> Iterator[Place]:
    """The place that is held already, or a new one."""
    if (held := holder.get()) is not None:
        yield held
        return
    try:
        with queue.place(group, source) as place:
            before = holder.set(place)
            try:
                yield place
            finally:
                holder.reset(before)
    except QueueFull:
        log_refusal("limit_reached", rule=f"{holder.name}s")
        raise DomainError(BUSY) from None


def hash_place(source: str, group: Group = Group.STRANGER) -> AbstractContextManager[Place]:
    """A place in the queue for hashes, for the length of a block. A place that is held already is used.

    Take it before an attempt is counted: who hears "busy" has not tried.

    Args:
        source: what takes places together: the `network` of strangers; for others it names the customer, too.
        group: who waits.

    Raises:
        DomainError: busy.
    """
    return _held(hash_queue(units().settings.bcrypt_cost), _hash_place, group, source)


def judge_place(source: str, group: Group = Group.STRANGER) -> AbstractContextManager[Place]:
    """The same for judging a new password."""
    return _held(judge_queue(), _judge_place, group, source)


def visitors_place(visitor: Visitor) -> AbstractContextManager[Place]:
    """A place in the queue for hashes for somebody who may be a stranger."""
    return hash_place(network(visitor.origin.address))


def customers_place(customer: Actor) -> AbstractContextManager[Place]:
    """A place in the queue for hashes for a customer who is signed in."""
    return hash_place(f"{customer.account_id} {network(customer.origin.address)}", Group.KNOWN)


async def hash_in_turn(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs what hashes in the place that is held, or in a stranger's."""
    with hash_place("") as place:
        return await place.run(work, *args, **kwargs)


async def judge_in_turn(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs what judges a new password in the place that is held, or in a stranger's."""
    with judge_place("") as place:
        return await place.run(work, *args, **kwargs)


async def rate_if_idle(source: str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Rates a password that is being typed; None while somebody waits for a new password to be judged."""
    if not judge_queue().is_idle((Group.KNOWN, Group.STRANGER)):
        return None
    try:
        with judge_queue().place(Group.RATING, network(source)) as place:
            return await place.run(work, *args, **kwargs)
    except QueueFull:
        return None
