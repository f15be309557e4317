"""Where hashing and judging of passwords wait for their turn.

Known customers go first, others get every fourth turn at least, and a full queue says so.
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
"""What a bcrypt hash of that cost takes on a usual core. Each step of the cost doubles it."""
LONGEST_WAIT = 3
"""Seconds. Nobody gets a place behind more work of the same group. While both groups wait it takes longer: a third
more for those who go first, up to four times as long for the others."""
PER_CUSTOMER = 2
"""Places that one customer may have in one network among those who go first."""
PER_CUSTOMER_EVERYWHERE = 4
"""The same in all networks together: one account, used from many, takes a part of the places only. One who has them
all, as a thief of cookies may, leaves the owner a place with the strangers."""
JUDGE_PLACES = 64
"""A judgement takes 30 ms at most: see `passwords`."""
JUDGE_PLACES_PER_SOURCE = 4


class Group(IntEnum):
    """Groups of waiting callers, in the order of their priority."""

    KNOWN = 0
    """A known browser, a customer who is logged in, or the owner of a reset link."""
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


def _places(threads: int, seconds: float) -> int:
    return max(4, round(threads * LONGEST_WAIT / seconds))


@lru_cache
def hash_queue(cost: int) -> WorkQueue:
    """The queue for bcrypt, as long as its cost and the cores allow."""
    seconds = seconds_per_hash(cost)
    known = Lane(cores(), _places(cores(), seconds), PER_CUSTOMER, PER_CUSTOMER_EVERYWHERE)
    places = _places(cores_for_strangers(), seconds)
    return WorkQueue("hash", cores(), (known, Lane(cores_for_strangers(), places, places // 2)))


@lru_cache
def judge_queue() -> WorkQueue:
    """One thread for zxcvbn: a hostile text keeps others who choose a password waiting, and nobody else."""
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
    """A place in the queue for hashes, for the length of a block.

    Take it before an attempt is counted: who hears "busy" has not tried.

    Args:
        visitor: who waits.
        customer: the account id, or another name of a customer who goes first. Empty for a stranger.

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
    """Runs what hashes in the `hash_place` that is held.

    Raises:
        LookupError: none is held.
    """
    return await _hash_place.get().run(work, *args, **kwargs)


async def judge_in_turn(
    visitor: Visitor, customer: int | str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Runs what judges a new password, in a place of its own queue that is held no longer than that.

    Args:
        visitor, customer: as for `hash_place`.

    Raises:
        DomainError: busy.
    """
    with _place(judge_queue(), "judge_places", visitor, customer) as place:
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
