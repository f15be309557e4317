"""Periodic work: runs the work of features every minute while the server runs."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NoReturn

from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from netim_app.offers import offers
from netim_app.schema import missing_tables

EVERY_SECONDS = 60
logger = logging.getLogger(__name__)


async def run_once() -> None:
    """Runs all work once. Each step has a unit of its own, so a failed step does not stop the others."""
    for purge in offers().purges:
        await _try(in_unit, purge)
    for work in offers().periodic:
        for key in await _try(in_read_unit, work.candidates) or ():
            await _try(in_unit, work.handle, key)


async def _try(run: Callable[..., Any], step: Callable[..., Any], *args: object) -> Any:
    try:
        return await run(step, *args)
    except Exception:  # the next step, and the next minute, must still run
        logger.exception("periodic work failed; it is tried again in a minute: %s%r", step.__qualname__, args)
        return None


async def wait_for_tables() -> None:
    """Waits for the tables of all features, and logs once which are missing."""
    logged = False
    while missing := await _try(asyncio.to_thread, missing_tables, units()):
        if not logged:
            logger.error(
                "periodic work waits for tables that are missing: %s. Write their migration if there is none "
                "(docs/extending.md), and run `netim migrate`",
                ", ".join(missing),
            )
        logged = True
        await asyncio.sleep(EVERY_SECONDS)


async def run() -> NoReturn:
    """Runs the work every minute until it is cancelled."""
    await wait_for_tables()
    while True:
        await run_once()
        await asyncio.sleep(EVERY_SECONDS)
