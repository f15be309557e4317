import unicodedata
from string import punctuation

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netim_app.core import readers
from reflex_guard.tokens import TOKEN_LENGTH, new_token

CODE = "839308"
BLANKS = [chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"] + [
    "\t",
    "\n",
    "\r\n",
    "\u2028",
]
DASHES = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) == "Pd"] + ["\u2212", "\u30fc"]
MARKS = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) == "Cf"] + ["\ufe0f", "\u034f"]
ZEROS = [chr(code) for code in range(0x20000) if unicodedata.decimal(chr(code), None) == 0]
PERSIAN = ["علی\u200cرضا", "نیک\u200cپور", "فاطمه\u200cالزهرا"]
INDIC = ["ශ්\u200dරී", "क्\u200dष", "র\u200d্যাব", "മോഹന്\u200d", "ක්\u200dෂේම"]
EMOJI = [
    "👩\u200d💻",
    "👩🏽\u200d💻",
    "👨\u200d👩\u200d👧",
    "❤️\u200d🔥",
    "🏳️\u200d🌈",
    "🧑\u200d🦰",
    "🐻\u200d❄️",
    "🙂\u200d↔️",
]
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def in_script(zero: str, text: str) -> str:
    return "".join(chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in text)


# Codes


@pytest.mark.parametrize("between", ["", *BLANKS, *DASHES, *MARKS, *".,'’·•_*", " - ", "\u2069-\u2068"], ids=ascii)
def test_a_code_is_right_with_any_signs_between_its_digits(between: str) -> None:
    assert readers.six_digits(f"839{between}308") == CODE
    assert readers.six_digits(between.join(CODE)) == CODE
    assert readers.six_digits(f"{between}{CODE}{between}") == CODE


@pytest.mark.parametrize("zero", ZEROS, ids=unicodedata.name)
def test_a_code_is_right_in_the_digits_of_every_script(zero: str) -> None:
    assert readers.six_digits(in_script(zero, "839 308")) == CODE


@pytest.mark.parametrize(
    "typed",
    ["3. 839308", "10. 839 308", "3) 839-308", "3.839308", "3:839308", " 3.\t839308\n",
     "٣. ٨٣٩٣٠٨", "3．８３９３０８", "• 839308",
     "(3) 839308", "“839308”", "839308.", "#839308", "3.\u00a0839\u202f308"],
)  # fmt: skip
def test_a_code_may_bring_what_stands_around_it_in_a_list(typed: str) -> None:
    assert readers.six_digits(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    ["839. 308", "839: 308", "83. 93. 08", "83: 93: 08", "839 30. 8", "83930. 8", "8. 3. 9. 3. 0. 8", "83. 9 308",
     "839308. ", "1. 839. 308", "12: 839: 308", "12. 83. 93. 08"],
)  # fmt: skip
def test_a_code_is_no_list_because_of_what_stands_between_its_digits(typed: str) -> None:
    assert readers.six_digits(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    ["", " ", "83930", "8393081", "8 393 081", "839308 839309", "12345a", "83930O", "3. 83930",
     "10. 3456", "(3) 83930", "a. 3. 83930", "1. 839308 2. 111111",
     "①②③④⑤⑥", "²²²²²²", "½½½½½½", "+839308", "839308\0", "eight three nine three zero eight", "一二三四五六"],
)  # fmt: skip
def test_what_is_no_six_digits_is_no_code(typed: str) -> None:
    assert readers.six_digits(typed) == ""


@given(st.text())
@example("3. 839308")
def test_a_code_is_six_ascii_digits_or_nothing(typed: str) -> None:
    code = readers.six_digits(typed)

    assert code == "" or (len(code) == 6 and code.isascii() and code.isdigit())


# Lines


@pytest.mark.parametrize(
    "name", [*PERSIAN, *INDIC, *EMOJI, SCOTLAND, f"{SCOTLAND} phone", "Pixel 👩\u200d💻"], ids=ascii
)
def test_joiners_stay_where_they_belong(name: str) -> None:
    assert readers.line(f"\u200f {name} \u200e") == unicodedata.normalize("NFC", name)
    assert readers.hidden_at(readers.line(name)) == 0


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=ascii)
@pytest.mark.parametrize(
    ("around", "read"),
    [
        ("An{}na", "Anna"),
        ("{}Anna", "Anna"),
        ("Anna{}", "Anna"),
        ("{}{}", ""),
        ("аdm{}in", "аdmin"),
        ("1{}2", "12"),
        ("علي {}", "علي"),
        ("👩{}a", "👩a"),
    ],
)
def test_joiners_that_do_nothing_go(joiner: str, around: str, read: str) -> None:
    assert readers.line(around.replace("{}", joiner)) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("\ufeffAda", "Ada"),
        ("Ada\u200b Love\u00adlace", "Ada Lovelace"),
        ("Ada\u00a0Lovelace\u202f", "Ada Lovelace"),
        ("山田\u3000太郎", "山田 太郎"),
        ("\u202aAda\u202c", "Ada"),
        ("\u2068Ada \u2067עדה\u2069\u2069", "Ada עדה"),
        ("שרית\u200f (2000)", "שרית (2000)"),
        ("e\u200b\u0301", "é"),
        ("\u3164", ""),
        ("\u2800\ufe0f \u200d", ""),
        ("J.R.", "J.R."),
        ("O’Neill-Ångström", "O’Neill-Ångström"),
    ],
    ids=ascii,
)
def test_a_line_is_what_can_be_seen_of_it(typed: str, read: str) -> None:
    assert readers.line(typed) == read
    assert readers.hidden_at(read) == 0


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Ada", 0),
        ("\U0001fa77 🐦", 0),  # a pink heart, newer than Python 3.11
        ("\U0002ebf0", 0),  # a Chinese character of 2023
        ("\U0002ffff", 1),  # no character for good
        ("A\0", 2),
        ("\u202eA", 1),
        ("A\u202dB\u202c", 2),
        ("A\u2067", 2),
        ("A\ue000", 2),
        ("A\ud800", 2),
        (f"{SCOTLAND}\n", 8),
        ("a\U000e0067\U000e007f", 2),
    ],
    ids=ascii,
)
def test_the_place_of_what_may_not_stay_is_found(text: str, at: int) -> None:
    assert readers.hidden_at(readers.line(text + "x")) == at


@given(st.text(max_size=60))
@example("\u202a\u202a\u202c")
@example("👩\u200d\u200d👩")
@example("\u200b \u200b")
def test_a_line_that_was_read_reads_the_same_again(typed: str) -> None:
    read = readers.line(typed)

    assert readers.line(read) == read
    assert read == read.strip()


# Signs that are written in one way only


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("７５００１", "75001"),
        ("٧٥٠٠١", "75001"),
        ("1000–001", "1000-001"),
        ("100ー0001", "100-0001"),
        ("sw1a\u00a01aa", "sw1a 1aa"),
        ("ＳＷ１Ａ １ＡＡ", "SW1A 1AA"),
    ],
)
def test_a_plain_line_has_one_form(typed: str, read: str) -> None:
    assert readers.plain(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("２０３.0.113.7", "203.0.113.7"),
        ("203。0。113。7", "203.0.113.7"),
        ("203.0.113.0／24", "203.0.113.0/24"),
        ("203.0.113.0/٢٤", "203.0.113.0/24"),
        ("\u2066203.0.113.7\u2069", "203.0.113.7"),
        ("203.0.113.1\u00a0–\u00a0203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        ("203.0.113.7.", "203.0.113.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("[::1] - [::2]", "[::1] - [::2]"),
        ("[", "["),
        ("[]", ""),
        ("２００１：ｄｂ８：：１", "2001:db8::1"),
    ],
)
def test_a_network_has_one_form(typed: str, read: str) -> None:
    assert readers.network(typed) == read


# Mailed links


def test_a_token_has_its_length() -> None:
    assert len(new_token()) == TOKEN_LENGTH


@pytest.mark.parametrize(
    "behind",
    ["", *(sign for sign in punctuation if sign not in "-_%"), "%20", "%3E", "%2E", "%E2%80%8B", "\u200b", ">.",
     "?utm_source=x",
     "&x=1", "»", "\u00a0", "\n"],
    ids=ascii,
)  # fmt: skip
def test_what_has_got_behind_a_token_does_no_harm(behind: str) -> None:
    token = new_token()

    assert readers.token(token + behind) == token


@pytest.mark.parametrize(
    "text", ["", "A" * 42, "A" * 44, "A" * 43 + "-", "A" * 43 + "_", "A" * 21 + "." + "A" * 21, "%00" * 43, "é" * 43]
)
def test_a_token_that_is_not_whole_is_none(text: str) -> None:
    assert readers.token(text) == ""
