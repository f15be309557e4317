"""Two units at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from netim_app.infra.unit_of_work import UnitOfWork, Units

A_MOMENT = 0.4
"""Seconds in which another unit comes in between."""


def both(units: Units, first: Callable[[UnitOfWork], Any], second: Callable[[UnitOfWork], Any]) -> tuple[Any, Any]:
    """Returns the results of two units. The second starts when the first has done its work, but not yet committed."""
    worked = threading.Event()

    def run_first() -> Any:
        with units.write() as unit:
            result = first(unit)
            unit.session.flush()
            worked.set()
            threading.Event().wait(A_MOMENT)
        return result

    def run_second() -> Any:
        assert worked.wait(10)
        with units.write() as unit:
            return second(unit)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(run_first), pool.submit(run_second)
        return one.result(30), other.result(30)
