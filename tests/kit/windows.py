"""Windows of the limiter. They begin with full minutes and hours; when one ends, the limiter lets some hits through."""

import asyncio
import time

from netim_app.infra.rate_limit import Limit

LONG_ENOUGH = 30
"""Seconds in which a test reaches a limit, also on a busy machine."""


async def stay_in_window(limit: Limit) -> None:
    """Waits, where the limit's window ends soon, until it has ended. The caller then counts in one window."""
    left = limit.seconds - time.time() % limit.seconds
    if left < LONG_ENOUGH:
        await asyncio.sleep(left)
