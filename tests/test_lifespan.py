"""lifespan: what a worker does before it serves."""

import gc

from netim_app import lifespan
from netim_app.settings import Settings


async def test_the_garbage_collector_leaves_out_what_is_loaded_before_the_first_customer_comes() -> None:
    assert gc.get_freeze_count() == 0
    try:
        await lifespan.warm_up(Settings(bcrypt_cost=4))
        assert gc.get_freeze_count() > len(gc.get_objects())
    finally:
        gc.unfreeze()
