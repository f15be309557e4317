import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from netim_app.features.backup_codes import rules


@given(seed=st.integers())
def test_ten_different_codes_of_six_digits(seed: int) -> None:
    codes = rules.new_codes(random.Random(seed).randrange)  # noqa: S311

    assert len(set(codes)) == 10
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)


def test_a_number_drawn_twice_is_drawn_again() -> None:
    numbers = iter([7, 7, 7, *range(20)])

    assert rules.new_codes(lambda _: next(numbers)) == tuple(f"{n:06d}" for n in (7, 0, 1, 2, 3, 4, 5, 6, 8, 9))


def test_every_digit_is_as_likely_at_every_place() -> None:
    draw = random.Random(1).randrange  # noqa: S311
    codes = [code for _ in range(2000) for code in rules.new_codes(draw)]

    for place in range(6):
        counts = Counter(code[place] for code in codes)
        assert set(counts) == set("0123456789")
        assert all(1800 < count < 2200 for count in counts.values())


def test_digests_depend_on_code_and_key() -> None:
    assert len({rules.digest_of(code, key) for code in ("123456", "123457") for key in (b"a", b"b")}) == 4


def test_when_codes_run_low() -> None:
    assert [rules.is_low(left) for left in range(5)] == [True, True, True, False, False]
