"""loading: modules are loaded without a garbage collection in between."""

import gc

import pytest

from netim_app.core.loading import without_collections


def test_the_collector_rests_in_the_block_and_leaves_out_what_was_loaded() -> None:
    with without_collections():
        assert not gc.isenabled()
        loaded = [object()]
    assert gc.isenabled()
    assert not any(found is loaded for found in gc.get_objects())


def test_the_collector_works_again_after_a_module_that_cannot_be_loaded() -> None:
    with pytest.raises(ImportError), without_collections():
        raise ImportError("no such module")
    assert gc.isenabled()
