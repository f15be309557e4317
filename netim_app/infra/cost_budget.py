"""Limits how much of a worker's time the events of one session, account or address may take (ASVS 15.2.2).

A limit on messages ignores what an event costs: a worker cannot handle a hundred of the most expensive in a second.
So the time of each event is measured and charged, and the events of one session are handled one after the other.
Customers never reach these limits. A program has to wait, and its messages pile up on its own side. The account is
charged, too, from a larger budget, so the tabs of a stolen session do not delay those of its owner.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from netim_app.infra.rate_limit import width

SHARE = 0.4
"""Seconds of handling in a second, for one session or one address."""
BURST_SECONDS = 2.0
"""The burst, in seconds: enough to open a few pages one after the other."""
ADVANCE = 0.01
"""Charged when an event arrives. The difference is settled when the event has been handled."""
MOST_OF_ONE = 0.1
"""The most that one event is charged: while it waits for a hash or a lock, it delays nobody."""
AT_ONCE = 1
"""Events of one session, in all its tabs, that are handled at the same time. Others wait for their turn."""
SHARE_OF_ACCOUNT = 0.8
AT_ONCE_OF_ACCOUNT = 2
"""Two of its browsers do not wait for each other."""
AT_ONCE_OF_ADDRESS = 8
"""An office behind one router is many people."""
MAX_WAIT_SECONDS = 5
"""The longest wait for a turn. It holds the lock of the tab's state, which with Redis expires after ten seconds."""
SWEEP_EVERY_SECONDS = 10


class Payer(NamedTuple):
    """The payer of an event: a session and an account by their numbers, or a network address."""

    kind: Literal["session", "account", "address"]
    key: int | str


class _Limits(NamedTuple):
    at_once: int
    share: float
    burst: float


_LIMITS = {
    "session": _Limits(AT_ONCE, SHARE, BURST_SECONDS),
    "account": _Limits(AT_ONCE_OF_ACCOUNT, SHARE_OF_ACCOUNT, 2 * BURST_SECONDS),
    "address": _Limits(AT_ONCE_OF_ADDRESS, SHARE, BURST_SECONDS),
}


def _limits_of(payer: Payer) -> _Limits:
    """The limits of one address, multiplied for a network that many people may share."""
    times = width(str(payer.key)) if payer.kind == "address" else 1
    at_once, share, burst = _LIMITS[payer.kind]
    return _Limits(at_once * times, share * times, burst * times)


class Turn(NamedTuple):
    """An event's turn to be handled."""

    end: Callable[[], None]
    """To be called when it has been handled."""
    restart: Callable[[], None]
    """To be called when it has waited for something else since: that time is not charged."""
    waited: bool
    """Whether other events came first: what was read before the wait may be stale."""


@dataclass
class _Budget:
    limits: _Limits
    counted_at: float
    spent: float = 0.0
    handled: int = 0
    advances: int = 0
    """Advances that were paid and are not settled yet. An event that triggers others has paid only one."""
    turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(self.limits.at_once)

    def pay(self, seconds: float, now: float) -> float:
        """Charges this much. Returns the seconds until the budget covers it."""
        self.spent = max(0.0, self.spent - (now - self.counted_at) * self.limits.share) + seconds
        self.counted_at = now
        return max(0.0, (self.spent - self.limits.burst) / self.limits.share)

    def pay_in_advance(self, now: float) -> float:
        """Charges the advance for an event that has arrived. Returns the same as `pay`."""
        self.advances += 1
        return self.pay(ADVANCE, now)

    def settle(self, seconds: float, now: float) -> None:
        """Charges what an event cost, less its advance."""
        paid = min(1, self.advances)
        self.advances -= paid
        self.pay(min(MOST_OF_ONE, seconds) - paid * ADVANCE, now)

    def leave(self) -> None:
        """Removes an event that was handled or waited."""
        self.handled -= 1

    def is_forgotten(self, now: float) -> bool:
        self.pay(0, now)
        return self.handled == 0 and self.spent <= 0


class CostBudgets:
    """The budgets of one worker.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._budgets: dict[Payer, _Budget] = {}
        self._swept_at = clock()

    def advance(self, *payers: Payer) -> float:
        """Charges the advance for an event that has arrived. Returns the seconds to wait before it is handled."""
        self._sweep()
        return max(self._of(payer).pay_in_advance(self._clock()) for payer in payers)

    async def take_turn(self, *payers: Payer) -> Turn | None:
        """Waits until an event may be handled. Returns None when its turn does not come in time.

        The turns of several payers are taken in the order given. All callers use the same order, so no two deadlock.
        """
        budgets = [self._of(payer) for payer in payers]
        waited = any(budget.turns.locked() for budget in budgets)
        with contextlib.ExitStack() as taken:
            try:
                async with asyncio.timeout(MAX_WAIT_SECONDS):
                    for budget in budgets:
                        await _enter(budget, taken)
            except TimeoutError:
                self._settle(budgets, ADVANCE)
                return None
            return self._turn(budgets, taken.pop_all(), waited=waited)

    def _turn(self, budgets: list[_Budget], taken: contextlib.ExitStack, *, waited: bool) -> Turn:
        begun = self._clock()

        def end() -> None:
            taken.close()
            self._settle(budgets, self._clock() - begun)

        def restart() -> None:
            nonlocal begun
            begun = self._clock()

        return Turn(end, restart, waited)

    def _settle(self, budgets: list[_Budget], seconds: float) -> None:
        for budget in budgets:
            budget.settle(seconds, self._clock())

    def _of(self, payer: Payer) -> _Budget:
        if payer not in self._budgets:
            self._budgets[payer] = _Budget(_limits_of(payer), self._clock())
        return self._budgets[payer]

    def _sweep(self) -> None:
        now = self._clock()
        if now - self._swept_at >= SWEEP_EVERY_SECONDS:
            self._swept_at = now
            self._budgets = {payer: budget for payer, budget in self._budgets.items() if not budget.is_forgotten(now)}


async def _enter(budget: _Budget, taken: contextlib.ExitStack) -> None:
    """Waits for one budget's turn, and registers its release in `taken`."""
    budget.handled += 1
    taken.callback(budget.leave)
    await budget.turns.acquire()
    taken.callback(budget.turns.release)
