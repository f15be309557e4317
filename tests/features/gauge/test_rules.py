import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.features.gauge.rules import THRESHOLDS, Counted, Figures, figures, level, percentage


@pytest.mark.parametrize(
    ("of_points", "percent"), [(0, 0), (1, 1), (80, 80), (99, 99), (100, 100), (101, 100), (250, 100)]
)
def test_a_point_is_a_percent_and_more_than_a_hundred_are_a_reserve(of_points: int, percent: int) -> None:
    assert percentage(of_points) == percent


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


PROTECTIONS = st.lists(
    st.builds(
        Counted, key=st.sampled_from("abcdefgh"), points=st.integers(1, 60), counts_as=st.sampled_from(["", "x"])
    ),
    unique_by=lambda each: each.key,
)


@given(PROTECTIONS, st.sets(st.sampled_from("abcdefgh")), st.integers(1, 60), st.sampled_from(["", "x"]), st.booleans())
def test_one_more_protection_lowers_nobodys_percentage_and_moves_no_level_by_being_there(
    offered: list[Counted], on: set[str], more: int, counts_as: str, new_is_on: bool
) -> None:
    before = figures(offered, dict.fromkeys(on, True))

    after = figures([*offered, Counted("new", more, counts_as)], dict.fromkeys(on, True) | {"new": new_is_on})

    assert (
        (after.percent >= before.percent)
        if new_is_on
        else (after.percent, after.level) == (before.percent, before.level)
    )
    assert {key: gain for key, gain in after.gains.items() if key != "new"}.keys() == before.gains.keys()
    assert before.percent + max(before.gains.values(), default=0) <= 100


@given(PROTECTIONS, st.sets(st.sampled_from("abcdefgh")))
def test_each_gain_is_what_the_gauge_rises_by(offered: list[Counted], on: set[str]) -> None:
    now = figures(offered, dict.fromkeys(on, True))

    assert sorted(now.order) == sorted(each.key for each in offered)
    for key, gain in now.gains.items():
        assert figures(offered, dict.fromkeys({*on, key}, True)).percent == now.percent + gain


ALL = [Counted("password", 20), Counted("alerts", 20), Counted("totp", 40, "strong"), Counted("ip", 20)]
PASSKEY = Counted("passkey", 40, "strong")


@pytest.mark.parametrize(
    ("offered", "on", "expected"),
    [
        ([], "", Figures(0, "weak", [], {})),
        (
            ALL,
            "gone",
            Figures(
                0, "weak", ["totp", "password", "alerts", "ip"], {"password": 20, "alerts": 20, "totp": 40, "ip": 20}
            ),
        ),
        (ALL, "password totp", Figures(60, "good", ["alerts", "ip", "password", "totp"], {"alerts": 20, "ip": 20})),
        (ALL, "password alerts totp ip", Figures(100, "strong", ["password", "alerts", "totp", "ip"], {})),
        # A protection that came later: a way to 100 for some, extra for others.
        (
            [*ALL, Counted("new", 10)],
            "password alerts totp",
            Figures(80, "good", ["ip", "new", "password", "alerts", "totp"], {"ip": 20, "new": 10}),
        ),
        (
            [*ALL, Counted("new", 30)],
            "password alerts totp",
            Figures(80, "good", ["new", "ip", "password", "alerts", "totp"], {"ip": 20, "new": 20}),
        ),
        (
            [Counted("new", 10), *ALL],
            "password alerts totp ip",
            Figures(100, "strong", ["password", "alerts", "totp", "ip", "new"], {"new": 0}),
        ),
        # Two ways to one thing: either brings its points, and both bring no more.
        (
            [*ALL, PASSKEY],
            "totp",
            Figures(
                40,
                "fair",
                ["password", "alerts", "ip", "totp", "passkey"],
                {"password": 20, "alerts": 20, "ip": 20, "passkey": 0},
            ),
        ),
        (
            [*ALL, PASSKEY],
            "passkey",
            Figures(
                40,
                "fair",
                ["password", "alerts", "ip", "passkey", "totp"],
                {"password": 20, "alerts": 20, "ip": 20, "totp": 0},
            ),
        ),
        (
            [*ALL, PASSKEY],
            "totp passkey",
            Figures(
                40, "fair", ["password", "alerts", "ip", "totp", "passkey"], {"password": 20, "alerts": 20, "ip": 20}
            ),
        ),
        (
            [*ALL, Counted("key", 50, "strong")],
            "totp",
            Figures(
                40,
                "fair",
                ["password", "alerts", "ip", "key", "totp"],
                {"password": 20, "alerts": 20, "ip": 20, "key": 10},
            ),
        ),
    ],
)
def test_the_gauge_is_what_is_in_force_of_what_is_offered(offered: list[Counted], on: str, expected: Figures) -> None:
    assert figures(offered, dict.fromkeys(on.split(), True)) == expected
