"""Readers turn what people type, paste or dictate into the form that a field expects. They do not validate it.

Text copied from pages, mails and other applications, and text from keyboards of right-to-left languages, may contain
invisible marks. People cannot delete what they cannot see, so readers drop these marks.
"""

import re
import unicodedata
from urllib.parse import unquote

from reflex_guard.tokens import TOKEN_LENGTH

ZWNJ, ZWJ = "\u200c", "\u200d"
_MARKS = frozenset("\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff")
"""Soft hyphen, zero width blanks, marks of direction, byte order mark: they have no meaning in one line of text."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that look like blanks."""
_VARIATIONS = frozenset(chr(code) for code in (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10)))
_DASHES = frozenset("\u02d7\u2212\u30fc\uff70")
"""Not dashes in Unicode, but typed as dashes: minus signs, and the long vowel mark of a Japanese keyboard."""
_PAIR = re.compile(
    "[\u202a\u202b]([^\u202a-\u202e\u2066-\u2069]*)\u202c|[\u2066-\u2068]([^\u202a-\u202e\u2066-\u2069]*)\u2069"
)
"""A part of a text whose direction is set and reset. It does not match overrides (U+202D, U+202E)."""
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The flag of a region, such as Scotland's."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that no name, e-mail address or postal address needs: control, format, surrogates, line breaks."""
_ASSIGNED_LATER = (range(0x1F000, 0x1FB00), range(0x20000, 0x2FFFE), range(0x30000, 0x3FFFE))
"""Pictographs and Chinese characters of a Unicode newer than Python's."""
_VIRAMA = 9
_LIST_NUMBER = re.compile(r"^[^0-9]{0,3}[0-9]{1,2}[.):．。）：、]")
_TOO_SHORT_ENTRY = re.compile(rf"{_LIST_NUMBER.pattern}\s+[0-9]{{1,5}}[^0-9]*$")
"""A list entry with an incomplete code: the number of the entry is no part of the code."""
_SIX_DIGITS = re.compile("[0-9]{6}")
_LINK_LIKE = re.compile(r"[/:@<>\\]|[.\u3002](?:\w\w|\d)|www", re.IGNORECASE)
"""Matches the compatibility form of a text. The ideographic full stop has none, but browsers read it as a dot.
A single letter after a dot is an initial, not a domain: "J.R."."""
_TOKEN = re.compile(rf"[\w-]{{{TOKEN_LENGTH}}}(?![\w-])", re.ASCII)


def digits(text: str) -> str:
    """Replaces the decimal digits of every script by 0 to 9."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def line(text: str) -> str:
    """One line of text, composed (NFC): one kind of blank, none at its ends, and no meaningless invisible marks.

    Joiners stay where they change how a text reads: in Persian and Indic words, in joined emoji. Control characters,
    direction overrides and unpaired direction marks stay, too: see `hidden_at`.
    """
    text = unicodedata.normalize("NFC", _without_pairs(text))
    text = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in text if sign not in _MARKS)
    text = "".join(sign for at, sign in enumerate(text) if sign not in (ZWNJ, ZWJ) or _joins(text, at))
    text = unicodedata.normalize("NFC", text.strip())
    return "" if all(_is_blank(sign) for sign in text) else text


def hidden_at(text: str) -> int:
    """The position, from 1, of the first character that is invisible or changes the text direction; 0 for none."""
    text = _FLAG.sub(lambda flag: "-" * len(flag[0]), text)
    return next((at for at, sign in enumerate(text, 1) if _is_hidden(sign)), 0)


def is_like_a_link(text: str) -> bool:
    """Whether a mail program might turn a part of it into a link."""
    return bool(_LINK_LIKE.search(unicodedata.normalize("NFKC", text)))


def plain(text: str) -> str:
    """Folds digits, dashes and width in a line that has only one correct spelling, such as a postal code."""
    folded = unicodedata.normalize("NFKC", digits(text))
    return line("".join("-" if _is_dash(sign) else sign for sign in folded))


def network(text: str) -> str:
    """An IP address, a network or a range, without surrounding brackets and without a full stop at its end."""
    text = plain(text.replace("\u3002", ".").replace("\u2215", "/").replace("\u2044", "/")).rstrip(".,;")
    bare = text.removeprefix("[").removesuffix("]")
    return bare if len(bare) == len(text) - 2 and not {"[", "]"} & set(bare) else text


def six_digits(text: str) -> str:
    """The six digits of a code, without separators, surrounding marks or a list number; empty when it is no code."""
    seen = "".join(sign for sign in digits(text) if not _is_invisible(sign))
    whole = "" if _TOO_SHORT_ENTRY.match(seen) else _without_separators(seen)
    codes = (whole, _without_separators(_LIST_NUMBER.sub("", seen)))
    return next((code for code in codes if _SIX_DIGITS.fullmatch(code)), "")


def token(text: str) -> str:
    """The secret of a mailed link, without any text after it; empty when it is incomplete."""
    seen = "".join(sign for sign in unquote(text) if not _is_invisible(sign) and not sign.isspace())
    found = _TOKEN.match(seen)
    return found[0] if found else ""


def _without_pairs(text: str) -> str:
    while (inner := _PAIR.sub(lambda found: found[1] or found[2] or "", text)) != text:
        text = inner
    return text


def _joins(text: str, at: int) -> bool:
    """Whether the joiner at this place has an effect (RFC 5892, appendix A, and the emoji of UTS 51)."""
    before = next((sign for sign in reversed(text[:at]) if not _is_vowel_sign(sign)), "")
    after = text[at + 1 : at + 2]
    if not before:
        return False
    if any(unicodedata.combining(sign) == _VIRAMA for sign in (text[at - 1], *after)):
        return True
    if unicodedata.bidirectional(before) == "AL":
        return text[at] == ZWJ or (after != "" and unicodedata.bidirectional(after) == "AL")
    return text[at] == ZWJ and after != "" and _is_picture(before) and _is_picture(after)


def _is_vowel_sign(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn" and unicodedata.combining(sign) != _VIRAMA


def _is_picture(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "S" or _is_assigned_later(sign)


def _is_assigned_later(sign: str) -> bool:
    return unicodedata.category(sign) == "Cn" and any(ord(sign) in later for later in _ASSIGNED_LATER)


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in _HIDDEN and sign not in (ZWNJ, ZWJ) and not _is_assigned_later(sign)


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or sign in _MARKS or sign in _VARIATIONS


def _is_blank(sign: str) -> bool:
    return sign.isspace() or sign in _BLANK_LETTERS or _is_invisible(sign)


def _is_dash(sign: str) -> bool:
    return unicodedata.category(sign) == "Pd" or sign in _DASHES


def _without_separators(text: str) -> str:
    return "".join(sign for sign in text if not _is_between_digits(sign))


def _is_between_digits(sign: str) -> bool:
    return _is_blank(sign) or _is_dash(sign) or unicodedata.category(sign)[0] in "PZ"
