import threading
import unicodedata

import pytest

from netim_app.identity import password_queues, passwords
from tests.kit.factories import visitor_of

GOOD = "correct horse battery staple"


# Exactly as typed


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "a" * 64,
        "é" * 64,
        "x" * 128,
        "🦊" * 128,
        " leading and trailing ",
        "tab\tand\nline",
        "\u202eright to left",
        "0",
    ],
)
def test_a_password_matches_its_own_hash(password: str) -> None:
    assert passwords.password_matches(password, passwords.hash_password(password, 4))


LONG = "0123456789" * 12 + "01234567"


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        (GOOD, GOOD + " "),
        (GOOD, " " + GOOD),
        (GOOD, GOOD.title()),
        (GOOD, GOOD.replace(" ", "\N{NO-BREAK SPACE}")),
        (GOOD, GOOD.replace(" ", "  ", 1)),
        (GOOD, GOOD[:-1]),
        (GOOD, GOOD + "\0"),
        (GOOD, ""),
        ("é" * 12, "e" * 12),
        ("ﬁnd the ligature", "find the ligature"),
        (LONG, LONG[:72]),
        (LONG, LONG[:72] + "x" + LONG[73:]),  # bcrypt alone stops reading at byte 72
        (LONG, LONG[:-1] + "x"),
        ("🦊" * 128, "🦊" * 127 + "🐢"),
    ],
)
def test_nothing_but_the_same_characters_match(typed: str, other: str) -> None:
    assert not passwords.password_matches(other, passwords.hash_password(typed, 4))


COMPOSED = "café à la crème brûlée"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_composed_and_decomposed_are_one_password(chosen: str, typed: str) -> None:
    hashed = passwords.hash_password(chosen, 4)

    assert passwords.password_matches(typed, hashed)
    for other in (typed.title(), typed + " ", " " + typed, typed.replace("é", "e"), typed[:-1]):
        if passwords.composed(other) != COMPOSED:
            assert not passwords.password_matches(other, hashed)


def test_no_byte_of_the_prehash_is_zero() -> None:
    # bcrypt ends at a zero byte: a raw digest would lose what comes behind one.
    assert all(b"\0" not in passwords._prehash(f"password {number}") for number in range(2000))


def test_two_hashes_of_one_password_differ_and_name_their_cost() -> None:
    first, second = passwords.hash_password(GOOD, 4), passwords.hash_password(GOOD, 5)

    assert first != passwords.hash_password(GOOD, 4)
    assert (first[:7], second[:7]) == ("$2b$04$", "$2b$05$")


@pytest.mark.parametrize(("cost", "today", "needed"), [(4, 4, False), (4, 5, True), (5, 4, False)])
def test_a_hash_is_made_anew_when_the_cost_was_raised(cost: int, today: int, needed: bool) -> None:
    assert passwords.needs_rehash(passwords.hash_password(GOOD, cost), today) is needed


def test_the_dummy_hash_costs_as_much_as_a_real_one_and_matches_nothing() -> None:
    dummy = passwords.dummy_hash(5)

    assert dummy.startswith("$2b$05$")
    assert dummy is passwords.dummy_hash(5)
    assert not passwords.password_matches("", dummy)


@pytest.mark.usefixtures("sqlite_units")
async def test_hashing_runs_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    real = passwords.hash_password

    def spy(password: str, cost: int) -> str:
        threads.append(threading.current_thread().name)
        return real(password, cost)

    monkeypatch.setattr(passwords, "hash_password", spy)

    with password_queues.hash_place(visitor_of()):
        hashed = await passwords.hash_in_pool(GOOD, 4)

        assert await passwords.matches_in_pool(GOOD, hashed, 4)
        assert not await passwords.matches_in_pool(GOOD + "!", hashed, 4)
    assert [name.startswith("hash") for name in threads] == [True]


async def test_nothing_is_hashed_without_a_place() -> None:
    with pytest.raises(LookupError):
        await passwords.hash_in_pool(GOOD, 4)
