"""What visitors who are not signed in cost: the states of their tabs go soon after the tabs have gone.

Reflex keeps a tab's states for as long as a session may idle, whoever opened the tab, and every new token in the
address of a socket is a new tab: 26 kB, and 41 kB once its page has opened. (ASVS 15.2.2.)
"""

import asyncio
import time
from collections.abc import Callable, Container
from typing import Any

from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import StateToken

from netim_app.identity.state.entry import SignInState
from netim_app.identity.state.shell import ShellState

SWEEP_EVERY_SECONDS = 10
KEEP_SECONDS = 60
"""How long a stranger's tab may be without a socket, as on a train. It comes back as a page just loaded after that."""
MOST = 2_000
"""Strangers' tabs without a socket that are kept at all, about 80 MB; of more the longest gone are dropped."""


class Strangers:
    """Drops the states of strangers' tabs that have no socket any more.

    With Redis there is nothing to do: states are not in our memory then, and Redis ends them by itself.

    Args:
        manager: holds the states of all tabs of this process.
        connected: gives the tokens of the tabs that have a socket now.
    """

    def __init__(self, manager: StateManagerMemory, connected: Callable[[], Container[str]]) -> None:
        self._manager = manager
        self._connected = connected
        self._gone_since: dict[str, float] = {}

    async def run(self) -> None:
        """Sweeps until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_SECONDS)
            self.sweep(time.monotonic())

    def sweep(self, now: float) -> int:
        """Drops those that were gone in all sweeps of the last minute; gives back how many. `now` is in seconds."""
        tokens = {key: token for key, (_, token) in self._manager._token_expires_at.items()}
        seen_before, connected = self._gone_since, self._connected()
        gone = {
            key: seen_before.get(key, now)
            for key, token in tokens.items()
            if token.ident not in connected and self._is_strangers(key, token)
        }
        kept = dict(sorted(gone.items(), key=lambda item: item[1], reverse=True)[:MOST])
        self._gone_since = {key: since for key, since in kept.items() if now - since < KEEP_SECONDS}
        dropped = gone.keys() - self._gone_since.keys()
        for key in dropped:
            self._manager._purge_token(tokens[key])
        return len(dropped)

    def _is_strangers(self, key: str, token: StateToken[Any]) -> bool:
        lock = self._manager._states_locks.get(token.lock_key)
        root = self._manager.states.get(key)
        if root is None or (lock is not None and lock.locked()):
            return False
        shell = root.get_substate(ShellState.get_full_name().split("."))
        entry = root.get_substate(SignInState.get_full_name().split("."))
        # Whoever looks a code up on the same phone has no socket meanwhile, and has given the right password.
        return not shell._session_id and not entry.needs_code
