"""Rate limits: windows in memory, or in Redis when several workers must count together.

These limits are coarse: most count per address or over all. The attempts that protect an account against guessing are
counted in the database, so that they survive a restart.
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
"""How often expired counts are deleted."""
SWEPT_IN_A_ROW = 500
"""Keys that one sweep checks before it lets events run."""
UNKNOWN = "unknown"
HOUR = 3600
MINUTE = 60


@dataclass(frozen=True)
class Limit:
    """Allows `amount` hits in any `seconds`, and none while the store is down (ASVS 16.5.3)."""

    name: str
    amount: int
    seconds: int


LOGIN_PER_ADDRESS = Limit("login_per_address", 60, MINUTE)
"""Enough for an office behind one router in the morning. Attempts on an account are counted per account."""
CODE_PER_ADDRESS = Limit("code_per_address", 60, MINUTE)
LOGIN_OVERALL = Limit("login_overall", 600, MINUTE)
"""An upper bound: `identity.limits.login_overall` lowers it to what the machine can hash."""
KNOWN_LOGIN = Limit("known_login", 10, MINUTE)
"""Passwords that are checked before those of strangers. Each costs a hash, even when the account has no attempts
left."""
SIGN_UP_PER_ADDRESS = Limit("sign_up_per_address", 20, HOUR)
RECOVERY_PER_ADDRESS = Limit("recovery_per_address", 20, HOUR)
CEREMONY_PER_ADDRESS = Limit("ceremony_per_address", 120, MINUTE)
"""Prompts of browsers, and the answers. Each writes a row; opening the login page requests a prompt, too."""
LINK_PER_ADDRESS = Limit("link_per_address", 60, HOUR)
MAIL_PER_RECIPIENT = Limit("mail_per_recipient", 5, HOUR)
MAIL_PER_ADDRESS = Limit("mail_per_address", 20, HOUR)
RATING_PER_ADDRESS = Limit("rating_per_address", 60, MINUTE)
NEW_PASSWORD_PER_ADDRESS = Limit("new_password_per_address", 60, MINUTE)
SOCKETS_PER_ADDRESS = Limit("sockets_per_address", 240, MINUTE)
"""When Redis is configured and down, there are no page states either. A page that cannot connect says so and retries;
a page that could connect would stay empty until it is reloaded."""
PROOF_PER_SESSION = Limit("proof_per_session", 20, MINUTE)
CHANGE_PER_ACCOUNT = Limit("change_per_account", 300, HOUR)
"""Each sends a mail, and all mails share one queue. Enough to fill the longest list of an account, with a margin."""
EDIT_PER_ACCOUNT = Limit("edit_per_account", 300, HOUR)
DOWNLOAD_PER_ACCOUNT = Limit("download_per_account", 10, HOUR)
"""Each is a file with data of the account. It takes up to a second of CPU time, and sends a mail."""
WIDE_FACTOR = 10
"""The limit of an IPv6 /48, as a multiple of that of a /64: a provider may give one customer a whole /48. The factor
also applies to clients for which a proxy wrote the same unreadable text: they may be many people."""


def network_keys(address: str) -> tuple[str, ...]:
    """The keys by which a client address is counted, the narrowest network first.

    IPv4: the address. IPv6: its /64, which is one connection, and its /48. A client whose proxy did not name its
    address: the placeholder for what the proxy wrote. All other texts that are no address share one bucket.
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
    """The limit of a network of `network_keys`, as a multiple of that of one address: it may be many people."""
    return WIDE_FACTOR if is_unread(network) or network.endswith("/48") else 1


class _Memory(MemoryStorage):
    """Deletes expired counts once a minute. The base class checks all keys at each hit: 23 ms with 100,000 keys."""

    def __init__(self) -> None:
        super().__init__()
        self._sweep_due = 0.0
        self._sweeping: asyncio.Task[None] | None = None

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts a hit, and starts a sweep of expired counts when one is due."""
        loop = asyncio.get_running_loop()
        if self.timer is None:
            self.timer = loop.create_future()  # type: ignore[assignment]  # stops the sweep of the base class
        if loop.time() >= self._sweep_due:
            self._sweep_due = loop.time() + SWEEP_EVERY_SECONDS
            self._sweeping = loop.create_task(self._forget_expired())
        return await super().incr(key, expiry, amount)

    async def _forget_expired(self) -> None:
        for number, key in enumerate(list(self.expirations)):
            await self.get(key)  # deletes an expired count
            if number % SWEPT_IN_A_ROW == 0:
                await asyncio.sleep(0)  # lets events run


class Limiter:
    """Counts hits in a sliding window: the weighted sum of two fixed ones, rounded down, so it may allow one too many.

    Args:
        redis_url: `redis://...` to share the counts between workers; empty to keep them in this process.
        clock: the product's clock. When tests move it ahead of the machine's clock, windows that it has passed are
            dropped; a shift of less than half a window has no effect.
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
        """The configured limiter."""
        return cls(settings.redis_url, clock)

    async def hit(self, limit: Limit, *identity: str) -> bool:
        """Counts one hit. Returns whether it is within the limit. A refused hit does not count.

        Args:
            limit: the limit that applies.
            identity: who is counted, such as a mailbox or an id. Only its digest is stored.
        """
        item = RateLimitItemPerSecond(limit.amount, limit.seconds, namespace=limit.name)
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                allowed = await self._windows.hit(item, self._key(limit, identity))
        except Exception as error:  # noqa: BLE001  on any error of the store's client, refuse
            if not self._down:
                self._down = True
                log_event(logger, "limiter.down", level=logging.ERROR, reason=type(error).__name__)
            return False
        if self._down:
            self._down = False
            log_event(logger, "limiter.up")
        return allowed

    async def hit_from(self, limit: Limit, address: str, *who: str) -> bool:
        """`hit` for a client address. IPv6 is also counted by its /48, with ten times the amount.

        Args:
            limit: the limit that applies.
            address: the client's address.
            who: who is counted together with the address, if anybody.
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
        windows_ahead = max(0, round(ahead / limit.seconds))  # setting the clock back starts no new window
        return hashlib.sha256("\0".join((*identity, str(windows_ahead))).encode(errors="replace")).hexdigest()
