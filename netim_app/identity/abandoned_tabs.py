"""What tabs cost that have no socket any more: their page states go soon, and of one session few are kept.

Reflex keeps the states of every tab for as long as a session may idle, and every new token in the
address of a socket is a new tab: 26 kB, 41 kB once its page has opened, and 121 kB with an account. (ASVS 15.2.2.)
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from redis.asyncio import Redis
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import BaseState, State
from reflex_base.registry import RegistrationContext
from reflex_base.utils.exceptions import StateSchemaMismatchError

from netim_app.identity import sessions
from netim_app.identity.state.entry import LoginState
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import in_read_unit

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 5
KEEP_SECONDS = 60
"""How long a stranger's tab may be without a socket, as on a train. It comes back as a page just loaded after that."""
MOST_OF_ONE = 10
"""Tabs without a socket that are kept for one session, or for one browser that owes a code."""
MOST = 2_000
"""Tabs without a socket that are kept at all, for strangers, for logins that owe a code and for customers each: about
80 MB, 80 MB, and 240 MB. When there are more, those stay that each owner used last: nobody pushes the others out."""
_AT_ONCE = 200
"""Tabs that are asked about in one command to Redis."""


@dataclass(frozen=True)
class Owner:
    """Whose tab it is: a session's, that of a browser which has given the right password, or a stranger's."""

    session_id: int = 0
    owes_code: str = ""

    @property
    def is_stranger(self) -> bool:
        return self.kind == "stranger"

    @property
    def kind(self) -> str:
        if self.session_id:
            return "customer"
        return "owes a code" if self.owes_code else "stranger"


class Tabs(Protocol):
    """Where the states of all tabs are kept."""

    async def left(self) -> dict[str, Owner]:
        """The tabs that have no socket, by their tokens; those that were used last at the end."""

    async def drop(self, tokens: Collection[str]) -> None:
        """Forgets these tabs."""


def _owner(shell: BaseState | None, entry: BaseState | None) -> Owner:
    if isinstance(shell, ShellState) and shell._session_id:
        return Owner(session_id=shell._session_id)
    if isinstance(shell, ShellState) and isinstance(entry, LoginState) and entry.needs_code:
        # A customer who looks a code up on the same phone has no socket meanwhile.
        return Owner(owes_code=shell._browser or "unknown")
    return Owner()


class TabsInMemory:
    """Those of this process.

    Args:
        manager: holds their states.
        connected: gives the tokens of the tabs that have a socket now.
    """

    def __init__(self, manager: StateManagerMemory, connected: Callable[[], Container[str]]) -> None:
        self._manager = manager
        self._connected = connected

    async def left(self) -> dict[str, Owner]:
        connected = self._connected()
        tokens = sorted(self._manager._token_expires_at.items(), key=lambda item: item[1][0])
        return {key: self._owner_of(key) for key, (_, token) in tokens if self._is_left(key, token.ident, connected)}

    def _is_left(self, key: str, ident: str, connected: Container[str]) -> bool:
        lock = self._manager._states_locks.get(ident)
        return ident not in connected and key in self._manager.states and not (lock is not None and lock.locked())

    def _owner_of(self, key: str) -> Owner:
        root = self._manager.states[key]
        return _owner(*(root.get_substate(cls.get_full_name().split(".")) for cls in (ShellState, LoginState)))

    async def drop(self, tokens: Collection[str]) -> None:
        for key in tokens:
            if found := self._manager._token_expires_at.get(key):
                self._manager._purge_token(found[1])


class TabsInRedis:
    """Those of all workers. Each worker looks after all of them: it may be the only one that is left.

    Args:
        redis: where the states are.
        connected: the prefix of the keys that Reflex has there for the tabs that have a socket.
    """

    def __init__(self, redis: Redis, connected: str = "token_manager_socket_record_") -> None:
        self._redis = redis
        self._connected = connected

    async def left(self) -> dict[str, Owner]:
        root = f"_{State.get_full_name()}"
        keys = [key.decode() async for key in self._redis.scan_iter(match=f"*{root}", count=1_000)]
        tokens = [key.removesuffix(root) for key in keys]
        found: list[tuple[int, str, Owner]] = []
        for start in range(0, len(tokens), _AT_ONCE):
            found += await self._left_of(tokens[start : start + _AT_ONCE])
        return {token: owner for _, token, owner in sorted(found, key=lambda each: each[:2])}

    async def _left_of(self, tokens: Sequence[str]) -> list[tuple[int, str, Owner]]:
        """(milliseconds that its state has to live, token, owner) of those that have no socket."""
        records = await self._redis.mget([self._connected + token for token in tokens])
        gone = [token for token, record in zip(tokens, records, strict=True) if record is None]
        if not gone:
            return []
        shells, entries = [
            await self._redis.mget([_key(token, cls) for token in gone]) for cls in (ShellState, LoginState)
        ]
        lives = self._redis.pipeline(transaction=False)
        for token in gone:
            lives.pttl(_key(token, State))
        owners = [_owner(_restored(shell), _restored(entry)) for shell, entry in zip(shells, entries, strict=True)]
        return list(zip(await lives.execute(), gone, owners, strict=True))

    async def drop(self, tokens: Collection[str]) -> None:
        states = list(RegistrationContext.get().base_states.values())
        for token in tokens:
            await self._redis.unlink(*(_key(token, cls) for cls in states))


def _key(token: str, cls: type[BaseState]) -> str:
    """As Reflex calls the state of a tab in Redis."""
    return f"{token}_{cls.get_full_name()}"


def _restored(stored: bytes | None) -> BaseState | None:
    """A state as it was stored; None if there is none, or if it is an older version's."""
    try:
        return BaseState._deserialize(data=stored) if stored else None
    except StateSchemaMismatchError:
        return None


class AbandonedTabs:
    """Drops the states of tabs that have no socket any more.

    These go: a stranger's after a minute, those of a session that has ended, and of too many those that an owner has
    used before others.
    """

    def __init__(self, tabs: Tabs) -> None:
        self._tabs = tabs
        self._gone_since: dict[str, float] = {}

    @classmethod
    def of(cls, manager: object, connected: Callable[[], Container[str]]) -> "AbandonedTabs | None":
        """For the store that is configured. `connected` gives the tokens of the tabs that have a socket here."""
        if isinstance(manager, StateManagerMemory):
            return cls(TabsInMemory(manager, connected))
        return cls(TabsInRedis(manager.redis)) if isinstance(manager, StateManagerRedis) else None

    async def run(self) -> NoReturn:
        """Sweeps until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_SECONDS)
            try:
                await self.sweep(time.monotonic())
            except Exception:
                logger.exception("could not look for tabs that have gone; it is tried again soon")

    async def sweep(self, now: float) -> int:
        """Drops what is due; returns how many tabs. `now` is in seconds."""
        left = await self._tabs.left()
        used = {token: order for order, token in enumerate(left)}
        since = {token: self._gone_since.get(token, now) for token in left}
        latest_first = sorted(left, key=lambda token: (since[token], used[token]), reverse=True)
        few = _few({token: left[token] for token in latest_first})
        named = {left[token].session_id for token in few} - {0}
        open_ones = await in_read_unit(sessions.open_ones, named) if named else set()
        kept = {token for token in few if _may_stay(left[token], now - since[token], open_ones)}
        await self._tabs.drop(left.keys() - kept)
        self._gone_since = {token: since[token] for token in kept}
        return len(left) - len(kept)


def _few(tabs: dict[str, Owner]) -> list[str]:
    """As many of these as are kept at all: the first one of each owner, then their second ones, and so on."""
    of_one: Counter[Owner] = Counter()
    ranks: dict[str, int] = {}
    for token, owner in tabs.items():
        ranks[token] = 0 if owner.is_stranger else of_one[owner]
        of_one[owner] += 1
    in_all: Counter[str] = Counter()
    kept = []
    for token in sorted(ranks, key=ranks.__getitem__):
        kind = tabs[token].kind
        if ranks[token] < MOST_OF_ONE and in_all[kind] < MOST:
            in_all[kind] += 1
            kept.append(token)
    return kept


def _may_stay(owner: Owner, gone_for: float, open_ones: Container[int]) -> bool:
    if owner.session_id:
        return owner.session_id in open_ones
    return not owner.is_stranger or gone_for < KEEP_SECONDS
