import math

import pytest

from netim_app.core.row_ids import MAX_ID, may_be_id


@pytest.mark.parametrize("value", [1, 7, MAX_ID])
def test_an_id_of_a_row_may_be_one(value: object) -> None:
    assert may_be_id(value)


@pytest.mark.parametrize("value", [0, -1, MAX_ID + 1, True, False, 1.0, math.nan, "1", None, [], {}])
def test_nothing_else_may_be_one(value: object) -> None:
    assert not may_be_id(value)
