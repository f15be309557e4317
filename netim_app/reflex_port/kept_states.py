"""The states that Reflex keeps for tabs without a socket, in memory or in Redis."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Protocol

from redis.asyncio import Redis
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import BaseState, State
from reflex_base.utils.exceptions import StateSchemaMismatchError

from reflex_guard.handlers import state_classes

StatesOfTab = Mapping[type[BaseState], BaseState | None]
"""By class; None when the tab has no such state, or one that an older version stored."""
_AT_ONCE = 200
"""Tabs in one batch of commands to Redis."""


class KeptStates(Protocol):
    """The store of the states of all tabs."""

    async def without_socket(self, wanted: Sequence[type[BaseState]]) -> dict[str, StatesOfTab]:
        """The wanted states of the tabs that have no socket, by token, the most recently used last."""

    async def drop(self, tokens: Collection[str]) -> None:
        """Deletes all states of these tabs."""


def kept_states(manager: object, connected: Callable[[], Container[str]]) -> KeptStates | None:
    """The kept states of the configured state manager; None when it uses neither memory nor Redis.

    Args:
        manager: Reflex's state manager.
        connected: returns the tokens of the tabs that have a socket in this process.
    """
    if isinstance(manager, StateManagerMemory):
        return KeptInMemory(manager, connected)
    return KeptInRedis(manager.redis) if isinstance(manager, StateManagerRedis) else None


class KeptInMemory:
    """The states of this process."""

    def __init__(self, manager: StateManagerMemory, connected: Callable[[], Container[str]]) -> None:
        self._manager = manager
        self._connected = connected

    async def without_socket(self, wanted: Sequence[type[BaseState]]) -> dict[str, StatesOfTab]:
        """See `KeptStates`."""
        connected = self._connected()
        tokens = sorted(self._manager._token_expires_at.items(), key=lambda item: item[1][0])
        return {
            key: {cls: self._manager.states[key].get_substate(cls.get_full_name().split(".")) for cls in wanted}
            for key, (_, token) in tokens
            if self._is_idle(key, token.ident, connected)
        }

    def _is_idle(self, key: str, ident: str, connected: Container[str]) -> bool:
        lock = self._manager._states_locks.get(ident)
        return ident not in connected and key in self._manager.states and not (lock is not None and lock.locked())

    async def drop(self, tokens: Collection[str]) -> None:
        """See `KeptStates`."""
        for key in tokens:
            if found := self._manager._token_expires_at.get(key):
                self._manager._purge_token(found[1])


class KeptInRedis:
    """The states of all workers. Each worker handles all of them: it may be the only one left.

    Args:
        redis: where the states are.
        connected: the prefix of Reflex's keys for tabs that have a socket.
    """

    def __init__(self, redis: Redis, connected: str = "token_manager_socket_record_") -> None:
        self._redis = redis
        self._connected = connected

    async def without_socket(self, wanted: Sequence[type[BaseState]]) -> dict[str, StatesOfTab]:
        """See `KeptStates`."""
        root = f"_{State.get_full_name()}"
        keys = [key.decode() async for key in self._redis.scan_iter(match=f"*{root}", count=1_000)]
        tokens = [key.removesuffix(root) for key in keys]
        found: list[tuple[int, str, StatesOfTab]] = []
        for start in range(0, len(tokens), _AT_ONCE):
            found += await self._idle_of(tokens[start : start + _AT_ONCE], wanted)
        return {token: states for _, token, states in sorted(found, key=lambda each: each[:2])}

    async def _idle_of(
        self, tokens: Sequence[str], wanted: Sequence[type[BaseState]]
    ) -> list[tuple[int, str, StatesOfTab]]:
        """(remaining lifetime in milliseconds, token, states) of each tab without a socket."""
        records = await self._redis.mget([self._connected + token for token in tokens])
        idle = [token for token, record in zip(tokens, records, strict=True) if record is None]
        if not idle:
            return []
        columns = [await self._redis.mget([_key(token, cls) for token in idle]) for cls in wanted]
        states = [dict(zip(wanted, map(_restored, row), strict=True)) for row in zip(*columns, strict=True)]
        lives = self._redis.pipeline(transaction=False)
        for token in idle:
            lives.pttl(_key(token, State))
        return list(zip(await lives.execute(), idle, states, strict=True))

    async def drop(self, tokens: Collection[str]) -> None:
        """See `KeptStates`."""
        for token in tokens:
            await self._redis.unlink(*(_key(token, cls) for cls in state_classes()))


def _key(token: str, cls: type[BaseState]) -> str:
    """Reflex's key for the state of a tab in Redis."""
    return f"{token}_{cls.get_full_name()}"


def _restored(stored: bytes | None) -> BaseState | None:
    try:
        return BaseState._deserialize(data=stored) if stored else None
    except StateSchemaMismatchError:
        return None
