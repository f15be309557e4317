"""Limits count in windows of the machine's clock: after the end of one, a full limit lets a few more through."""

import asyncio
import time

from netim_app.infra.rate_limit import Limit


async def whole_window(limit: Limit, seconds: float) -> None:
    """Waits until no window of this limit ends within so many seconds: what a test takes to fill it."""
    left = limit.seconds - time.time() % limit.seconds
    if left < seconds:
        await asyncio.sleep(left)
