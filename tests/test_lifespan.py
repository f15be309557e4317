"""lifespan: what a worker does before it serves."""

import gc
import sys

from netim_app import lifespan
from netim_app.settings import Settings


async def test_the_garbage_collector_leaves_out_what_is_loaded_before_the_first_customer_comes() -> None:
    loaded, before = [object()], sys.getswitchinterval()
    await lifespan.warm_up(Settings(bcrypt_cost=4))
    sys.setswitchinterval(before)
    assert not any(found is loaded for found in gc.get_objects())
