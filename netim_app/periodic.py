"""Periodic work: what features offer to be done every minute while the server runs."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NoReturn

from netim_app.feature import offers
from netim_app.infra.unit_of_work import in_read_unit, in_unit

EVERY_SECONDS = 60
logger = logging.getLogger(__name__)


async def run_once() -> None:
    """Runs all of it once. Each step is a unit of its own, so one that fails stops no other."""
    for purge in offers().purges:
        await _try(in_unit, purge)
    for work in offers().periodic:
        for key in await _try(in_read_unit, work.candidates) or ():
            await _try(in_unit, work.handle, key)


async def _try(run: Callable[..., Any], step: Callable[..., Any], *args: object) -> Any:
    try:
        return await run(step, *args)
    except Exception:  # the next step, and the next minute, must come
        logger.exception("periodic work failed; it is tried again in a minute")
        return None


async def run() -> NoReturn:
    """Runs it every minute until it is cancelled."""
    while True:
        await run_once()
        await asyncio.sleep(EVERY_SECONDS)
