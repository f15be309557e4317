"""How often something may be tried: windows in memory, or in Redis when several workers must count together.

These limits are the coarse ones, per address and over all. What protects an account against guessing is
counted in the database, where it survives a restart.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv6Address, ip_network

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from netim_app.core.clock import Clock, system_clock
from netim_app.infra.client_address import client_address, is_unread
from netim_app.infra.log import log_event
from netim_app.settings import Settings

logger = logging.getLogger(__name__)

STORE_TIMEOUT = 1.0
"""Seconds that the store may take for one answer."""
SWEEP_EVERY_SECONDS = 60.0
"""How often counts that are over are forgotten."""
SWEPT_IN_A_ROW = 500
"""Keys, before events come through again."""
UNKNOWN = "unknown"
HOUR = 3600
MINUTE = 60


@dataclass(frozen=True)
class Limit:
    """At most `amount` hits in any `seconds`, and none while the store is down (ASVS 16.5.3)."""

    name: str
    amount: int
    seconds: int


LOGIN_PER_ADDRESS = Limit("login_per_address", 60, MINUTE)
"""An office behind one router in the morning; what protects an account is counted per account."""
CODE_PER_ADDRESS = Limit("code_per_address", 60, MINUTE)
LOGIN_OVERALL = Limit("login_overall", 600, MINUTE)
"""At most: `identity.limits.login_overall` allows no more than the machine can hash."""
KNOWN_LOGIN = Limit("known_login", 10, MINUTE)
"""Passwords that go before those of strangers. Each costs a hash, also when its account's guesses are used up."""
SIGN_UP_PER_ADDRESS = Limit("sign_up_per_address", 20, HOUR)
RECOVERY_PER_ADDRESS = Limit("recovery_per_address", 20, HOUR)
CEREMONY_PER_ADDRESS = Limit("ceremony_per_address", 120, MINUTE)
"""Prompts of browsers, and answers to them. Each writes a row; a login page that opens asks for one, too."""
LINK_PER_ADDRESS = Limit("link_per_address", 60, HOUR)
REFERENCE_PER_ADDRESS = Limit("reference_per_address", 60, HOUR)
"""Questions whether a mail is ours. Each may hold a few references."""
MAIL_PER_RECIPIENT = Limit("mail_per_recipient", 5, HOUR)
MAIL_PER_ADDRESS = Limit("mail_per_address", 20, HOUR)
RATING_PER_ADDRESS = Limit("rating_per_address", 60, MINUTE)
NEW_PASSWORD_PER_ADDRESS = Limit("new_password_per_address", 60, MINUTE)
SOCKETS_PER_ADDRESS = Limit("sockets_per_address", 240, MINUTE)
"""Without Redis, where it is configured, there are no page states either: a page that cannot connect says so and tries
again by itself, and one that can would show nothing until it is loaded anew."""
PROOF_PER_SESSION = Limit("proof_per_session", 20, MINUTE)
CHANGE_PER_ACCOUNT = Limit("change_per_account", 300, HOUR)
"""Each sends a mail, and all mails wait in one queue. As many as a full list of IP rules takes, and some more."""
EDIT_PER_ACCOUNT = Limit("edit_per_account", 300, HOUR)
COPY_REQUEST_PER_ACCOUNT = Limit("copy_request_per_account", 10, HOUR)
"""Mails to mailboxes that have not asked for them."""
DOWNLOAD_PER_ACCOUNT = Limit("download_per_account", 10, HOUR)
"""Of all data: each takes up to a second of the machine, and sends a mail."""
JOURNAL_CHECK_PER_ACCOUNT = Limit("journal_check_per_account", 20, HOUR)
"""Each takes some seconds of the machine for a hundred thousand entries."""
WIDE_FACTOR = 10
"""How many times the amount of one /64 a whole IPv6 /48 may have: what one customer of a provider can get. And clients
of a proxy that wrote the same unreadable text for them: they may be many people."""


def network_keys(address: str) -> tuple[str, ...]:
    """What a client address counts as, the narrowest network first.

    IPv4: itself. IPv6: its /64, which is one line, and its /48. A client whose address its proxy did not tell: what
    the proxy wrote instead. All else that is no address shares one bucket.
    """
    if is_unread(address):
        return (address,)
    parsed = client_address(address)
    if parsed is None:
        return (UNKNOWN,)
    if isinstance(parsed, IPv6Address):
        return tuple(str(ip_network((parsed, length), strict=False)) for length in (64, 48))
    return (str(parsed),)


def width(network: str) -> int:
    """How many times the amount of one address a network of `network_keys` may have: it may be many people."""
    return WIDE_FACTOR if is_unread(network) or network.endswith("/48") else 1


class _Memory(MemoryStorage):
    """Forgets old counts once a minute. By itself it looks at all keys at each hit, 23 ms of them with 100,000 keys."""

    def __init__(self) -> None:
        super().__init__()
        self._sweep_due = 0.0
        self._sweeping: asyncio.Task[None] | None = None

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts, and looks now and then for what is over."""
        loop = asyncio.get_running_loop()
        if self.timer is None:
            self.timer = loop.create_future()  # type: ignore[assignment]  # stands for a sweep that is under way
        if loop.time() >= self._sweep_due:
            self._sweep_due = loop.time() + SWEEP_EVERY_SECONDS
            self._sweeping = loop.create_task(self._forget_expired())
        return await super().incr(key, expiry, amount)

    async def _forget_expired(self) -> None:
        for number, key in enumerate(list(self.expirations)):
            await self.get(key)  # deletes a count that is over
            if number % SWEPT_IN_A_ROW == 0:
                await asyncio.sleep(0)  # lets events through


class Limiter:
    """Counts hits in a sliding window (the weighted sum of two fixed ones, rounded down: now and then one too many).

    Args:
        redis_url: `redis://...` to share the counts between workers; empty to keep them in this process.
        clock: the product's clock. Where it runs ahead of the machine's (tests move it), a window that it has
            left behind is forgotten; a shift of less than half a window does nothing.
    """

    def __init__(self, redis_url: str = "", clock: Clock = system_clock) -> None:
        self._clock = clock
        self._machine_clock: Callable[[], datetime] = system_clock
        storage = (
            RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix="NETIM_LIMIT",
                socket_timeout=STORE_TIMEOUT,
                socket_connect_timeout=STORE_TIMEOUT,
            )
            if redis_url
            else _Memory()
        )
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._down = False

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock = system_clock) -> "Limiter":
        """The limiter that is configured."""
        return cls(settings.redis_url, clock)

    async def hit(self, limit: Limit, *identity: str) -> bool:
        """Counts one hit and says whether it is within the limit. A refused hit does not count.

        Args:
            limit: which one.
            identity: who hits: a mailbox, an id. Stored as a digest only.
        """
        item = RateLimitItemPerSecond(limit.amount, limit.seconds, namespace=limit.name)
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                allowed = await self._windows.hit(item, self._key(limit, identity))
        except Exception as error:  # noqa: BLE001  any error of the store's client: nothing opens
            if not self._down:
                self._down = True
                log_event(logger, "limiter.down", level=logging.ERROR, reason=type(error).__name__)
            return False
        if self._down:
            self._down = False
            log_event(logger, "limiter.up")
        return allowed

    async def hit_from(self, limit: Limit, address: str, *who: str) -> bool:
        """`hit` for a client address: for IPv6 also the network around it counts, with ten times the amount.

        Args:
            limit: which one.
            address: from where.
            who: hits, where it is not the address alone that counts.
        """
        wide = replace(limit, name=f"{limit.name}_wide", amount=limit.amount * WIDE_FACTOR)
        for key in network_keys(address):
            if not await self.hit(limit if width(key) == 1 else wide, *who, key):
                return False
        return True

    async def check(self) -> bool:
        """Whether the store answers. For /healthz."""
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                return bool(await self._windows.storage.check())
        except Exception:  # noqa: BLE001  any failure is the answer
            return False

    def _key(self, limit: Limit, identity: tuple[str, ...]) -> str:
        ahead = (self._clock() - self._machine_clock()).total_seconds()
        windows_ahead = max(0, round(ahead / limit.seconds))  # a clock that is set back begins no new window
        return hashlib.sha256("\0".join((*identity, str(windows_ahead))).encode(errors="replace")).hexdigest()
