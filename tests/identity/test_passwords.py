import asyncio
import threading
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import matching

from netim_app.core.forms import MAX_SECRET_LENGTH, Form
from netim_app.identity import password_queues, passwords
from tests.kit.factories import visitor_of

PERSONAL = ("ada.lovelace@example.org", "Ada", "Lovelace", "Analytical Engines")
GOOD = "correct horse battery staple"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (GOOD, ""),
        ("Zq7!vexing-lumps", ""),
        ("víš že žluťoučký kůň", ""),
        ("🦊 jumps over 🐢 at noon", ""),
        ("purple  monkey  dish", ""),  # blanks inside count like any character
        ("Zq7!vexing-lumps ", ""),
        ("a" * 60 + GOOD, ""),
        ((GOOD + " ") * 4, ""),
        ("", "password.too_short"),
        ("short", "password.too_short"),
        ("Zq7!vexing-", "password.too_short"),
        ("x" * (MAX_SECRET_LENGTH + 1), "password.too_long"),
        ("password1234", "password.weak"),
        ("123456789012", "password.weak"),
        ("qwertyuiop12", "password.weak"),
        ("aaaaaaaaaaaaaaaa", "password.weak"),
        ("abababababababab", "password.weak"),
        ("abcabcabcabcabcabcabc", "password.weak"),
        ("AaAaAaAaAaAaAaAa", "password.weak"),
        ("            ", "password.weak"),
        ("iloveyou2019", "password.weak"),
        ("ada.lovelace@example.org", "password.personal"),
        ("Ada.Lovelace@Example.org", "password.personal"),
        ("ada.lovelace12", "password.personal"),
        ("LOVELACE1234", "password.personal"),
        ("netimdirect2026", "password.personal"),
        ("NetimNetimNetim", "password.personal"),
        ("netim registrar", "password.personal"),
        ("Analytical Engines!", "password.personal"),
    ],
)
def test_the_policy(password: str, reason: str) -> None:
    assert passwords.weakness(password, personal=PERSONAL, min_length=12) == reason


def test_the_least_length_is_a_setting() -> None:
    assert passwords.weakness("Zq7!vexing-lumps", personal=(), min_length=16) == ""
    assert passwords.weakness("Zq7!vexing-lumps", personal=(), min_length=17) == "password.too_short"


def test_short_and_empty_personal_words_take_nothing_away() -> None:
    assert passwords.weakness("correct horse battery staple", personal=("", "or", "a", "@"), min_length=12) == ""


@pytest.mark.parametrize(
    ("password", "least", "most"),
    [("", 0, 0), ("password", 0, 0), ("lovelace1815", 0, 2), (GOOD, 4, 4), ("x" * 10_000, 0, 2)],
)
def test_the_strength_is_a_score_from_0_to_4(password: str, least: int, most: int) -> None:
    assert least <= passwords.strength(password, PERSONAL) <= most


def test_personal_words_count_as_known() -> None:
    assert passwords.strength("zyxomma tessellatum", ("zyxomma tessellatum",)) < passwords.strength(
        "zyxomma tessellatum", ()
    )


@given(st.text(max_size=140))
@settings(max_examples=60)
def test_every_text_gets_a_verdict(password: str) -> None:
    verdict = passwords.weakness(password, personal=PERSONAL, min_length=12)

    assert verdict in {"", "password.too_short", "password.too_long", "password.weak", "password.personal"}


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


async def test_a_new_password_is_judged_composed() -> None:
    async def read(typed: str, personal: tuple[str, ...] = ()) -> str:
        with password_queues.judge_place(visitor_of()):
            return await passwords.read_new(Form({"password": typed}), "password", personal=personal, min_length=12)

    assert await read(DECOMPOSED) == COMPOSED
    assert await read(unicodedata.normalize("NFD", "ÿéàüñõçî")) == "", "eight characters, however they are sent"
    assert await read(unicodedata.normalize("NFD", "Gwenaëlle123"), ("Gwenaëlle",)) == "", "the own name"


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


@pytest.mark.parametrize("typed", [None, 5, True, [], {}, "", "x" * 129, b"bytes", float("nan")])
async def test_what_is_no_password_is_not_rated(typed: object) -> None:
    assert await passwords.score_typed(typed) == -1


@pytest.mark.parametrize("typed", ["a", GOOD, "\0", "a\ud800b", "x" * 128, "\u202e"])
async def test_what_is_typed_is_rated(typed: str) -> None:
    assert 0 <= await passwords.score_typed(typed) <= 4


@pytest.mark.parametrize("judge", ["read_new", "score_typed"])
async def test_a_password_is_judged_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch, judge: str) -> None:
    loop_went_on = threading.Event()

    def patient(_password: str, _personal: object) -> int:
        assert loop_went_on.wait(timeout=10), "the event loop waits for the judgement"
        return 4

    monkeypatch.setattr(passwords, "strength", patient)
    if judge == "read_new":
        with password_queues.judge_place(visitor_of()):
            task: asyncio.Task[object] = asyncio.create_task(
                passwords.read_new(Form({"password": GOOD}), "password", personal=(), min_length=12)
            )
    else:
        task = asyncio.create_task(passwords.score_typed(GOOD))
    await asyncio.sleep(0)
    loop_went_on.set()

    assert await task == (GOOD if judge == "read_new" else 4)


async def test_nothing_slow_is_done_without_a_place() -> None:
    with pytest.raises(LookupError):
        await passwords.hash_in_pool(GOOD, 4)
    with pytest.raises(LookupError):
        await passwords.read_new(Form({"password": GOOD}), "password", personal=(), min_length=12)


# What zxcvbn may cost

SIGNS = "4@8({[<369!1|0$5+7%2"


@pytest.mark.parametrize(
    "hostile", [SIGNS, SIGNS[::-1] * 6, "password1|7" + SIGNS, "a1!b|c7d({e[<f@4" * 8, "1|7" * 40, "x" * 60 + SIGNS]
)
def test_a_hostile_password_has_few_readings(monkeypatch: pytest.MonkeyPatch, hostile: str) -> None:
    """Signs that stand for letters: zxcvbn tries every reading, of all of them together."""
    judged: list[str] = []

    def spy(text: str, user_inputs: object) -> dict[str, int]:
        judged.append(text)
        assert user_inputs
        return {"score": 4}

    monkeypatch.setattr(passwords, "zxcvbn", spy)
    passwords.strength(hostile, ())

    assert judged
    for text in judged:
        table = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
        assert len(matching.enumerate_l33t_subs(table)) <= 32
        assert hostile.startswith(text) or hostile.endswith(text)


@pytest.mark.parametrize("password", ["kT7!x{9@[2|$", "Tr0ub4dor&3!x", "7|1l!i[{(<@4", SIGNS])
def test_a_random_password_is_still_a_good_one(password: str) -> None:
    assert passwords.strength(password, ()) >= passwords.MIN_SCORE


async def test_a_rating_is_dropped_while_a_new_password_waits() -> None:
    with password_queues.judge_place(visitor_of()):
        assert await passwords.score_typed(GOOD, "192.0.2.2") == -1
    assert await passwords.score_typed(GOOD, "192.0.2.2") == 4
