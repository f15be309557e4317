import math
from typing import Any

import pytest

from netim_app.core.errors import InvalidForm
from netim_app.core.forms import MAX_SECRET_LENGTH, Form

WRONG_TYPES = [None, 0, 1, 3.5, math.nan, 10**30, True, False, [], ["a"], {}, {"a": "b"}, ("a",), b"a"]
HIDDEN = [
    "a\x00b",
    "a\x07b",
    "a\nb",
    "a\r\nb",
    "a\x1bb",
    "a\x85b",
    "a\u202eb",  # right-to-left override
    "a\u202eb\u202c",  # and its end
    "a\u202bb",  # a direction that is set and not set back
    "a\u2067b",
    "a\u2069b",
    "a\u2028b",
    "a\u2029b",
    "a\ud800b",  # half of a surrogate pair
    "a\ue000b",  # private use
    "a\U000e0001b",
]


def fault(form: Form) -> list[tuple[str, str]]:
    """(field, key) of all that a form finds wrong."""
    try:
        form.finish()
    except InvalidForm as error:
        return [(found.field, found.key) for found in error.all]
    return []


def text_of(value: object, **options: Any) -> tuple[str, list[tuple[str, str]]]:
    form = Form({"name": value})
    return form.text("name", limit=10, **options), fault(form)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Ada", "Ada"),
        ("  Ada  ", "Ada"),
        ("Ada L.", "Ada L."),
        ("é", "é"),
        ("e\N{COMBINING ACUTE ACCENT}", "é"),  # composed
        ("0123456789", "0123456789"),
        ("e\N{COMBINING ACUTE ACCENT}" * 10, "é" * 10),  # the limit counts what is stored
        ("  0123456789  ", "0123456789"),
        ("<b>&amp;</b>", None),  # too long
        ("<b>A</b>", "<b>A</b>"),  # kept as text, and escaped where it is shown
        ("' OR 1=1", "' OR 1=1"),
        ("{{7*7}}", "{{7*7}}"),
        ("李小龍", "李小龍"),
        ("علي", "علي"),
        ("👩", "👩"),
        ("a\u200fb", "ab"),  # marks that mean nothing here: more in test_readers.py
        ("a\u200bb", "ab"),
        ("a\ufeffb", "ab"),
    ],
)
def test_a_text_is_read_as_it_will_be_stored(typed: str, read: str | None) -> None:
    expected = (read, []) if read is not None else ("", [("name", "form.too_long")])

    assert text_of(typed) == expected


@pytest.mark.parametrize("value", WRONG_TYPES)
def test_a_text_of_another_type_is_refused(value: object) -> None:
    assert text_of(value) == ("", [("name", "form.invalid")])


@pytest.mark.parametrize("value", ["", " ", "\t", "   "])
def test_an_empty_text_is_refused_where_it_is_required(value: str) -> None:
    assert text_of(value) == ("", [("name", "form.required")])
    assert text_of(value, required=False) == ("", [])


@pytest.mark.parametrize("value", HIDDEN)
def test_what_cannot_be_seen_is_refused(value: str) -> None:
    assert text_of(value) == ("", [("name", "form.invisible")])


def test_the_place_of_what_cannot_be_seen_is_told() -> None:
    form = Form({"name": "\u200bAn\u202ena"})
    form.text("name", limit=10)

    with pytest.raises(InvalidForm) as refused:
        form.finish()

    assert refused.value.all[0].params == {"position": 3}


@pytest.mark.parametrize("value", ["0123456789a", "a" * 10_000, "é" * 11, " " * 10_000 + "a", " " * 21])
def test_a_long_text_is_refused(value: str) -> None:
    assert text_of(value) == ("", [("name", "form.too_long")])


def test_the_limit_of_a_refused_text_is_told() -> None:
    form = Form({"name": "a" * 11})
    form.text("name", limit=10)

    with pytest.raises(InvalidForm) as refused:
        form.finish()

    assert refused.value.all[0].params == {"limit": 10}


@pytest.mark.parametrize(
    "typed",
    [
        " a ",
        "Pass",
        "pass",
        "e\N{COMBINING ACUTE ACCENT}",
        "é",
        "a\tb\nc",
        "\u202e",
        "👩\u200d👩\u200d👧",
        "<script>",
        "a" * MAX_SECRET_LENGTH,
        "e\N{COMBINING ACUTE ACCENT}" * MAX_SECRET_LENGTH,  # the limit counts composed characters
        "\u0958" * MAX_SECRET_LENGTH,  # whose composed form is longer
        " ",
    ],
)
def test_a_secret_is_taken_exactly_as_typed(typed: str) -> None:
    form = Form({"password": typed})

    assert form.secret("password") == typed
    assert fault(form) == []


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("", "form.required"),
        ("a" * (MAX_SECRET_LENGTH + 1), "form.too_long"),
        ("a" * 1_000_000, "form.too_long"),
        ("e\N{COMBINING ACUTE ACCENT}" * (MAX_SECRET_LENGTH + 1), "form.too_long"),
        ("\u0958" * (MAX_SECRET_LENGTH + 1), "form.too_long"),
        ("a\0b", "form.invalid"),
        ("a\ud800b", "form.invalid"),
        *((value, "form.invalid") for value in WRONG_TYPES),
    ],
)
def test_a_secret_that_cannot_be_hashed_is_refused(value: object, key: str) -> None:
    form = Form({"password": value})

    assert form.secret("password") == ""
    assert fault(form) == [("password", key)]


@pytest.mark.parametrize(
    ("value", "code", "key"),
    [
        ("839308", "839308", ""),
        ("\u2067839\u2069-\u2067308\u2069 ", "839308", ""),
        ("", "", "form.required"),
        (" \u200b", "", "form.required"),
        ("83930", "", "form.code"),
        ("8393081", "", "form.code"),
        ("abcdef", "", "form.code"),
        ("1" * 100_000, "", "form.code"),
        *((value, "", "form.invalid") for value in WRONG_TYPES),
    ],
)
def test_a_code_is_read_and_then_judged(value: object, code: str, key: str) -> None:
    form = Form({"code": value})

    assert form.code() == code
    assert fault(form) == ([("code", key)] if key else [])


def test_a_code_may_be_left_out_where_none_is_asked_for() -> None:
    form = Form({})

    assert form.code(required=False) == ""
    assert fault(form) == []


@pytest.mark.parametrize("value", ["", "c", "A", " a", "a ", "ab", "constructor", *WRONG_TYPES])
def test_a_choice_outside_of_the_list_is_refused(value: object) -> None:
    form = Form({"choice": value})

    assert form.choice("choice", ("a", "b")) == ""
    assert fault(form) == [("choice", "form.choice")]


def test_a_choice_of_the_list_is_taken() -> None:
    form = Form({"choice": "b"})

    assert form.choice("choice", ("a", "b")) == "b"
    assert fault(form) == []


@pytest.mark.parametrize(
    ("value", "ticked"),
    [
        (True, True),
        ("on", True),
        ("true", False),
        (1, False),
        (1.0, False),
        (False, False),
        ("", False),
        ("off", False),
        ("false", False),
        ("yes", False),
        (None, False),
        ([], False),
        ([True], False),
        ({}, False),
        (math.nan, False),
    ],
)
def test_a_flag_is_set_only_by_a_ticked_box(value: object, ticked: bool) -> None:
    assert Form({"flag": value}).flag("flag") is ticked


def test_a_missing_field_is_empty() -> None:
    form = Form({})

    assert not form.flag("flag")
    assert (form.text("a", limit=5), form.secret("b"), form.choice("c", ("x",))) == ("", "", "")
    assert fault(form) == [("a", "form.required"), ("b", "form.required"), ("c", "form.choice")]


@pytest.mark.parametrize("data", [None, "", "name=Ada", [], [("name", "Ada")], 7, True, math.nan])
def test_what_is_no_form_has_no_fields(data: object) -> None:
    form = Form(data)

    assert form.text("name", limit=10) == ""
    assert fault(form) == [("name", "form.required")]


def test_fields_that_nobody_reads_do_nothing() -> None:
    form = Form({"name": "Ada", "is_admin": True, "__class__": "x", 5: 6})

    assert form.text("name", limit=10) == "Ada"
    assert fault(form) == []


def test_all_faults_are_reported_at_once() -> None:
    form = Form({"a": ["x"], "c": "fine"})
    form.text("a", limit=5)
    form.text("b", limit=5)
    form.text("c", limit=5)

    assert fault(form) == [("a", "form.invalid"), ("b", "form.required")]


@pytest.mark.parametrize("value", ["a", "a\nb", " a\r\n\tb ", "x" * 50])
def test_lines_are_kept_as_they_were_typed(value: str) -> None:
    form = Form({"name": value})

    assert form.lines("name", limit=50) == value
    assert fault(form) == []


@pytest.mark.parametrize(
    ("value", "key"),
    [*((wrong, "form.invalid") for wrong in WRONG_TYPES), ("", "form.required"), (" \n ", "form.required"),
     ("x" * 51, "form.too_long")],
)  # fmt: skip
def test_lines_that_are_none_are_refused(value: object, key: str) -> None:
    form = Form({"name": value})

    assert form.lines("name", limit=50) == ""
    assert fault(form) == [("name", key)]
