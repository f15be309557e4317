import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.features.gauge.rules import THRESHOLDS, level, next_step, percentage


@pytest.mark.parametrize(
    ("points", "possible", "percent"),
    [(0, 0, 0), (0, 40, 0), (20, 40, 50), (40, 40, 100), (1, 3, 33), (2, 3, 66), (199, 200, 99), (1, 1000, 0)],
)
def test_the_percentage_is_rounded_down(points: int, possible: int, percent: int) -> None:
    assert percentage(points, possible) == percent


@pytest.mark.parametrize(
    ("percent", "word"),
    [
        (0, "weak"),
        (39, "weak"),
        (40, "fair"),
        (59, "fair"),
        (60, "good"),
        (84, "good"),
        (85, "strong"),
        (100, "strong"),
    ],
)
def test_each_level_starts_at_its_threshold(percent: int, word: str) -> None:
    assert level(percent) == word


def test_the_thresholds_fall_to_nothing() -> None:
    values = [least for least, _ in THRESHOLDS]

    assert values == sorted(values, reverse=True)
    assert values[-1] == 0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_points_never_lower_the_gauge(possible: int, points: int) -> None:
    points = min(points, possible)
    percent = percentage(points, possible)

    assert 0 <= percent <= 100
    assert (percent == 100) == (possible > 0 and points == possible)
    if points < possible:
        assert percentage(points + 1, possible) >= percent
    assert level(percent) in {name for _, name in THRESHOLDS}


@pytest.mark.parametrize(
    ("missing", "first"),
    [
        ([], ""),
        ([("a", 20)], "a"),
        ([("a", 20), ("b", 40), ("c", 30)], "b"),
        ([("a", 20), ("b", 20)], "a"),
    ],
)
def test_the_next_step_is_what_brings_the_most(missing: list[tuple[str, int]], first: str) -> None:
    assert next_step(missing) == first
