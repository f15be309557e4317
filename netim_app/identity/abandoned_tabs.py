"""Limits the memory of tabs without a socket: drops their page states soon, and keeps few of one session.

Reflex keeps the states of every tab for as long as a session may idle, and every new token in a socket's
URL is a new tab: 26 kB, 41 kB once its page has opened, and 121 kB with an account. (ASVS 15.2.2.)
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from typing import NoReturn

from netim_app.identity import tab_sessions
from netim_app.identity.state.login import LoginState
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.kept_states import KeptStates, StatesOfTab
from netim_app.reflex_port.tab import TabState, tab_in

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 5
KEEP_SECONDS = 60
"""How long a stranger's tab may be offline, as on a train. A tab that reconnects later starts as a page just loaded."""
MOST_OF_ONE = 10
"""Tabs without a socket that are kept per session, or per browser that still owes a code."""
MOST = 2_000
"""Tabs without a socket that are kept in all, separately for strangers, logins that owe a code, and customers: about
80 MB, 80 MB, and 240 MB. Beyond that, those that each owner used last stay, so nobody displaces the tabs of others."""


@dataclass(frozen=True)
class Owner:
    """The owner of a tab: a session, a browser that has given the right password, or a stranger."""

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


def _owner(states: StatesOfTab) -> Owner:
    record, entry = states[TabState], states[LoginState]
    if not isinstance(record, TabState):
        return Owner()
    tab = tab_in(record)
    if tab.session_id:
        return Owner(session_id=tab.session_id)
    if isinstance(entry, LoginState) and entry.needs_code:
        # While a customer looks up a code on the same phone, the tab has no socket.
        return Owner(owes_code=tab.browser or "unknown")
    return Owner()


class AbandonedTabs:
    """Drops the states of tabs that no longer have a socket.

    It drops a stranger's tabs after a minute, all tabs of a session that has ended, and an owner's least recently used
    tabs when there are too many.
    """

    def __init__(self, kept: KeptStates) -> None:
        self._kept = kept
        self._gone_since: dict[str, float] = {}

    async def run(self) -> NoReturn:
        """Sweeps until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_SECONDS)
            try:
                await self.sweep(time.monotonic())
            except Exception:
                logger.exception("could not look for tabs that have gone; it is tried again soon")

    async def sweep(self, now: float) -> int:
        """Drops the tabs that are due and returns their number. `now` is in seconds."""
        states = await self._kept.without_socket((TabState, LoginState))
        idle = {token: _owner(found) for token, found in states.items()}
        used = {token: order for order, token in enumerate(idle)}
        since = {token: self._gone_since.get(token, now) for token in idle}
        latest_first = sorted(idle, key=lambda token: (since[token], used[token]), reverse=True)
        few = _few({token: idle[token] for token in latest_first})
        named = {idle[token].session_id for token in few} - {0}
        open_ones = await in_read_unit(tab_sessions.open_ones, named) if named else set()
        kept = {token for token in few if _may_stay(idle[token], now - since[token], open_ones)}
        await self._kept.drop(idle.keys() - kept)
        self._gone_since = {token: since[token] for token in kept}
        return len(idle) - len(kept)


def _few(tabs: dict[str, Owner]) -> list[str]:
    """The tabs to keep within the limits: the first one of each owner, then their second ones, and so on."""
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
