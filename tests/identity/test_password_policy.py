"""Which passwords are accepted, and what it may cost to judge one."""

import asyncio
import threading
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import matching

from netim_app.core.forms import MAX_SECRET_LENGTH, Form
from netim_app.identity import password_policy, password_queues, password_strength
from tests.kit.factories import visitor_of

PERSONAL = ("ada.lovelace@example.org", "Ada", "Lovelace", "Analytical Engines")
GOOD = "correct horse battery staple"
COMPOSED = "café à la crème brûlée"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (GOOD, None),
        ("Zq7!vexing-lumps", None),
        ("víš že žluťoučký kůň", None),
        ("🦊 jumps over 🐢 at noon", None),
        ("purple  monkey  dish", None),  # blanks inside count like any character
        ("Zq7!vexing-lumps ", None),
        ("a" * 60 + GOOD, None),
        ((GOOD + " ") * 4, None),
        ("", "password.too_short"),
        ("short", "password.too_short"),
        ("Zq7!vexing-", "password.too_short"),
        ("x" * (MAX_SECRET_LENGTH + 1), "password.too_long"),
        ("password1234", "password.leaked"),
        ("123456789012", "password.leaked"),
        ("qwertyuiop12", "password.leaked"),
        ("PassWord1234", "password.leaked"),
        ("aaaaaaaaaaaaaaaa", "password.leaked"),
        ("abababababababab", "password.weak"),
        ("abcabcabcabcabcabcabc", "password.weak"),
        ("AaAaAaAaAaAaAaAa", "password.leaked"),
        ("            ", "password.weak"),
        ("iloveyou2019", "password.one_word"),
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
def test_the_policy(password: str, reason: str | None) -> None:
    assert password_policy.weakness(password, personal=PERSONAL, min_length=12) == reason


@pytest.mark.parametrize(
    "password",
    [
        "Captain2026!", "Motdepasse2026!", "Bienvenue2026!", "Marseille2026!", "Soleil2026!!", "Printemps2026!",
        "Summer2026!!!", "Bordeaux33000!", "Chocolat2026!", "Schokolade2026!", "2026-Sommer-2026", "ecole!!!2026!!!",
        "Kennwort2026!!",
    ],
)  # fmt: skip
def test_one_word_with_a_year_or_signs_is_refused_by_name(password: str) -> None:
    assert password_policy.weakness(password, personal=(), min_length=12) == "password.one_word"


@pytest.mark.parametrize(
    "password", ["Tigrou12345!", "JeanPierre75!", "monchien1!|7", "monchien17|!", "jeanpierre1|7!"]
)
def test_what_is_guessed_nearly_as_fast_is_refused(password: str) -> None:
    assert password_policy.weakness(password, personal=(), min_length=12) == "password.weak"


@pytest.mark.parametrize(
    "password",
    [
        "quiet meadow lantern 42", "cheval pile agrafe bleu", "maison verte lampe", "kX9vQ2mLw7Rt",
        "Captain meadow 2026", "9471 Chocolat 5820 4413",
    ],
)  # fmt: skip
def test_phrases_and_random_ones_are_accepted(password: str) -> None:
    assert password_policy.weakness(password, personal=(), min_length=12) is None


def test_a_long_one_may_be_a_little_easier() -> None:
    assert password_strength.strength("Tr0ub4dour&3xyz", ()) == 3
    assert password_policy.weakness("Tr0ub4dour&3xyz", personal=(), min_length=12) is None
    assert password_policy.weakness("Tr0ub4dour&3xy", personal=(), min_length=12) == "password.weak"


@pytest.mark.parametrize(
    ("password", "shown"),
    [
        ("maison verte lampe", 4),
        ("Tr0ub4dour&3xyz", 3),
        ("Tr0ub4dour&3xy", 2),
        ("Captain2026!", 2),
        ("password1234", 1),
    ],
)
def test_what_is_shown_while_typing_agrees_with_the_policy(password: str, shown: int) -> None:
    assert password_policy.rating(password) == shown


def test_the_least_length_is_a_setting() -> None:
    assert password_policy.weakness("Zq7!vexing-lumps", personal=(), min_length=16) is None
    assert password_policy.weakness("Zq7!vexing-lumps", personal=(), min_length=17) == "password.too_short"


def test_short_and_empty_personal_words_take_nothing_away() -> None:
    assert password_policy.weakness(GOOD, personal=("", "or", "a", "@"), min_length=12) is None


@pytest.mark.parametrize(
    ("password", "least", "most"),
    [("", 0, 0), ("password", 0, 0), ("lovelace1815", 0, 2), (GOOD, 4, 4), ("x" * 10_000, 0, 2)],
)
def test_the_strength_is_a_score_from_0_to_4(password: str, least: int, most: int) -> None:
    assert least <= password_strength.strength(password, PERSONAL) <= most


def test_personal_words_count_as_known() -> None:
    assert password_strength.strength("zyxomma tessellatum", ("zyxomma tessellatum",)) < password_strength.strength(
        "zyxomma tessellatum", ()
    )


@given(st.text(max_size=140))
@settings(max_examples=60)
def test_every_text_gets_a_verdict(password: str) -> None:
    verdict = password_policy.weakness(password, personal=PERSONAL, min_length=12)

    assert verdict in {
        None,
        "password.too_short",
        "password.too_long",
        "password.weak",
        "password.personal",
        "password.leaked",
        "password.one_word",
    }


@pytest.mark.usefixtures("sqlite_units")
async def test_a_new_password_is_judged_composed() -> None:
    async def read(typed: str, personal: tuple[str, ...] = ()) -> str:
        return await password_policy.read_new(
            Form({"password": typed}), "password", visitor_of(), personal=personal, min_length=12
        )

    assert await read(DECOMPOSED) == COMPOSED
    assert await read(unicodedata.normalize("NFD", "ÿéàüñõçî")) == "", "eight characters, however they are sent"
    assert await read(unicodedata.normalize("NFD", "Gwenaëlle123"), ("Gwenaëlle",)) == "", "the own name"


@pytest.mark.parametrize("typed", [None, 5, True, [], {}, "", "x" * 129, b"bytes", float("nan")])
async def test_what_is_no_password_is_not_rated(typed: object) -> None:
    assert await password_policy.score_typed(typed) == -1


@pytest.mark.parametrize("typed", ["a", GOOD, "\0", "a\ud800b", "a\ud800b" * 8, "x" * 128, "\u202e"])
async def test_what_is_typed_is_rated(typed: str) -> None:
    assert 0 <= await password_policy.score_typed(typed) <= 4


@pytest.mark.usefixtures("sqlite_units")
@pytest.mark.parametrize("judge", ["read_new", "score_typed"])
async def test_a_password_is_judged_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch, judge: str) -> None:
    loop_went_on = threading.Event()

    def patient(_password: str, _personal: object) -> int:
        assert loop_went_on.wait(timeout=10), "the event loop waits for the judgement"
        return 4

    monkeypatch.setattr(password_policy, "strength", patient)
    if judge == "read_new":
        task: asyncio.Task[object] = asyncio.create_task(
            password_policy.read_new(Form({"password": GOOD}), "password", visitor_of(), personal=(), min_length=12)
        )
    else:
        task = asyncio.create_task(password_policy.score_typed(GOOD))
    await asyncio.sleep(0)
    loop_went_on.set()

    assert await task == (GOOD if judge == "read_new" else 4)


# The cost of zxcvbn

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

    monkeypatch.setattr(password_strength, "zxcvbn", spy)
    password_strength.strength(hostile, ())

    assert judged
    for text in judged:
        table = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
        assert len(matching.enumerate_l33t_subs(table)) <= 32
        assert hostile.startswith(text) or hostile.endswith(text)


@pytest.mark.parametrize("password", ["kT7!x{9@[2|$", "Tr0ub4dor&3!x", "7|1l!i[{(<@4", SIGNS])
def test_a_random_password_is_still_a_good_one(password: str) -> None:
    assert password_policy.weakness(password, personal=(), min_length=12) is None


async def test_a_rating_is_dropped_while_a_new_password_waits() -> None:
    with password_queues.judge_queue().place(password_queues.Group.STRANGER, "192.0.2.1"):
        assert await password_policy.score_typed(GOOD, "192.0.2.2") == -1
    assert await password_policy.score_typed(GOOD, "192.0.2.2") == 4
