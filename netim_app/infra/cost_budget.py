"""How much of a worker's time the events of one account, or of one address, may take (ASVS 15.2.2).

Limits of messages do not tell what an event costs: a hundred of the dearest in a second are more than a worker can do.
So the time that each took is measured and paid for, and those of one account are handled one after the other. A
customer never meets that; a program waits, and what it sends piles up at its own end.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from netim_app.infra.rate_limit import width

SHARE = 0.4
"""Seconds of handling in a second."""
BURST_SECONDS = 2.0
"""What may be spent at once: some pages, opened one after the other."""
ADVANCE = 0.01
"""Paid when an event comes in; the rest, or what was too much, when it has been handled."""
MOST_OF_ONE = 0.1
"""The most that one event counts for: one that waits for a hash or a lock takes nobody's time meanwhile."""
AT_ONCE = 1
"""Events of one account that are handled at the same time, in whatever tabs: the others wait for their turn."""
AT_ONCE_OF_ADDRESS = 8
"""An office behind one router is many people."""
SWEEP_EVERY_SECONDS = 10


@dataclass
class _Budget:
    at_once: int
    counted_at: float
    width: int = 1
    """How many times the share of one address it has."""
    spent: float = 0.0
    handled: int = 0
    advances: int = 0
    """Those that were paid, and not yet set against what an event took. One that begets others has paid one."""
    turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(self.at_once)

    def pay(self, seconds: float, now: float) -> float:
        """Spends this much; returns the seconds to wait until it is there."""
        self.spent = max(0.0, self.spent - (now - self.counted_at) * SHARE * self.width) + seconds
        self.counted_at = now
        return max(0.0, (self.spent - BURST_SECONDS * self.width) / (SHARE * self.width))

    def pay_in_advance(self, now: float) -> float:
        """The same for an event that has come in."""
        self.advances += 1
        return self.pay(ADVANCE, now)

    def settle(self, seconds: float, now: float) -> None:
        """Spends what an event took, or what is missing of it."""
        paid = min(1, self.advances)
        self.advances -= paid
        self.pay(min(MOST_OF_ONE, seconds) - paid * ADVANCE, now)

    def is_forgotten(self, now: float) -> bool:
        self.pay(0, now)
        return self.handled == 0 and self.spent <= 0


class CostBudgets:
    """Those of one worker, by account number or by network address.

    Args:
        clock: tells seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._budgets: dict[int | str, _Budget] = {}
        self._swept_at = clock()

    def advance(self, payer: int | str) -> float:
        """Takes the advance for an event that has come in; returns the seconds to wait before it is handled."""
        self._sweep()
        return self._of(payer).pay_in_advance(self._clock())

    async def take_turn(self, payer: int | str) -> Callable[[], None]:
        """Waits until an event may be handled; returns what to call when it has been."""
        budget = self._of(payer)
        budget.handled += 1
        try:
            await budget.turns.acquire()
        except BaseException:
            budget.handled -= 1
            raise
        begun = self._clock()

        def done() -> None:
            budget.turns.release()
            budget.handled -= 1
            budget.settle(self._clock() - begun, self._clock())

        return done

    def _of(self, payer: int | str) -> _Budget:
        if payer not in self._budgets:
            wide = 1 if isinstance(payer, int) else width(payer)
            at_once = AT_ONCE if isinstance(payer, int) else AT_ONCE_OF_ADDRESS * wide
            self._budgets[payer] = _Budget(at_once, self._clock(), wide)
        return self._budgets[payer]

    def _sweep(self) -> None:
        now = self._clock()
        if now - self._swept_at >= SWEEP_EVERY_SECONDS:
            self._swept_at = now
            self._budgets = {payer: budget for payer, budget in self._budgets.items() if not budget.is_forgotten(now)}
