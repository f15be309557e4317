import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.core.errors import InvalidForm
from netim_app.core.forms import Form
from netim_app.features.genuine_mail import rules


def read(phrase: object) -> str:
    form = Form({"phrase": phrase})
    found = rules.read_phrase(form)
    form.finish()
    return found


def refusal(phrase: object) -> str:
    with pytest.raises(InvalidForm) as caught:
        read(phrase)
    return caught.value.all[0].key


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("blue heron", "blue heron"),
        ("  blue \u00a0 heron\u200b ", "blue heron"),
        ("1234", "1234"),
        ("x" * 40, "x" * 40),
        ("Cafe\u0301 au lait", "Café au lait"),
        ("Dr. Who & J.R. <3".replace(" <3", "!"), "Dr. Who & J.R.!"),
        ("{0} {phrase} %s $x", "{0} {phrase} %s $x"),
        ("青い鳥と私", "青い鳥と私"),
        ("👩‍👩‍👧 🦊 🌊 🌲 🐻", "👩‍👩‍👧 🦊 🌊 🌲 🐻"),
    ],
)
def test_a_phrase_is_one_line_as_it_was_meant(typed: str, phrase: str) -> None:
    assert read(typed) == phrase


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "form.required"),
        ("   \u200b \u3164", "form.required"),
        ("abc", "genuine_mail.too_short"),
        ("a b c", "genuine_mail.too_short"),
        ("a" + "\u0301" * 9, "genuine_mail.too_short"),
        ("x" * 41, "form.too_long"),
        (["blue heron"], "form.invalid"),
        (None, "form.invalid"),
    ],
)
def test_what_is_no_phrase_is_refused(typed: object, key: str) -> None:
    assert refusal(typed) == key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("blue\nheron", "form.invisible"),
        ("blue\r\nBcc: x", "form.invisible"),
        ("blue\x00heron", "form.invisible"),
        ("blue\u202eheron", "form.invisible"),
        ("blue\u2066heron", "form.invisible"),
        ("blue\u2028heron", "form.invisible"),
        ("netim-help.example", "genuine_mail.like_a_link"),
        ("go to evil．com", "genuine_mail.like_a_link"),
        ("www netim", "genuine_mail.like_a_link"),
        ("https evil", "ok"),
        ("write a@b", "genuine_mail.like_a_link"),
        ("<b>bold</b>", "genuine_mail.like_a_link"),
        ("evil。com", "genuine_mail.like_a_link"),
    ],
)
def test_phrase_injection_has_no_way_in(typed: str, key: str) -> None:
    """No line of its own, no header, no markup, no link, nothing that turns its surroundings around."""
    assert (read(typed) == typed) if key == "ok" else (refusal(typed) == key)


@given(st.integers(0, 2**rules.REFERENCE_BITS - 1))
def test_a_reference_is_found_as_it_was_sent_and_as_people_type_it(number: int) -> None:
    reference = rules.reference_of(number)
    assert len(reference) == 11
    bare = reference.replace("-", "")
    for typed in (
        reference,
        reference.lower(),
        bare,
        f" {bare[:5]} {bare[5:]}\n",
        reference.replace("-", "\u2011"),
        reference.replace("1", "l").replace("0", "o"),
        f"Reference of this message: {reference}. To find out",
        f"Reference: {reference[:7]}=\r\n{reference[7:]}. To find",
    ):
        assert rules.references_in(typed) == (reference,)


def test_different_numbers_make_different_references() -> None:
    assert rules.reference_of(0) == "00000-00000"
    assert rules.reference_of(2**50 - 1) == "ZZZZZ-ZZZZZ"
    assert len({rules.reference_of(1 << bit) for bit in range(50)}) == 50


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "7KQ2M", "7KQ2M-X9PD", "7KQ2M-X9PD44", "A7KQ2M-X9PD4", "7KQ2M-X9PDU", "UUUUU-UUUUU", "management",
        "Dear customer, your management account is closed.", "123e4567-e89b-12d3-a456-426614174000",
    ],
)  # fmt: skip
def test_what_is_no_reference_is_none(text: str) -> None:
    assert rules.references_in(text) == (("MANAG-EMENT",) if text == "management" else ())


def test_forged_reference_guesses_do_not_come_by_the_thousand() -> None:
    """The last ones count: a mail has its own at the end."""
    many = [rules.reference_of(number) for number in range(1000)]
    assert rules.references_in(" ".join(many)) == tuple(reversed(many[-rules.MOST_REFERENCES :]))
    assert rules.references_in(f"{many[0]} {many[0]}") == (many[0],)


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_be_asked_about(text: str) -> None:
    for reference in rules.references_in(text):
        assert rules.references_in(reference) == (reference,)
