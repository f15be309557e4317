"""Parses a pasted list: one rule per line, or several separated by commas or semicolons, followed by notes.

A name before the rule is also its note: "Office: 203.0.113.7". Text after `#` is the note of all rules of its line.
Nothing is dropped silently: each entry has an outcome.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from netim_app.core import readers
from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.rules.reading import MASK_WORDS, MAX_ENTRY, RANGE_WORDS, could_be, parse
from netim_app.features.ip_restriction.rules.spans import MAX_RULES, Span

FIELD = "list"
MAX_LENGTH = 20_000
"""Characters of a list: 200 rules and notes of the usual length, with comments."""
MAX_ENTRIES = 500
"""A list with more is refused unread: at most 200 could be new."""
MAX_NOTE = 80
_BULLET = re.compile(r"^(?:[-*•·–]|[0-9]{1,3}[.)])\s+")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_JOINTS = {*_DASHES, "/", *RANGE_WORDS, *MASK_WORDS}
_PART = re.compile(r"[0-9a-fA-F:.*\[\]]+(?:/[0-9.]*)?")
_NUMBERED = re.compile(r"(?=.*[.:])(?:.*[0-9]|.*::)")
_FOUR_NUMBERS = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9x*]{1,3}){3}", re.IGNORECASE)
_AROUND = "()<>|&+,.!?\"'`“”"
"""Characters that may surround an address in a note."""
_LEAD = re.compile(rf"^(?:[{_DASHES}:|>]+\s*)+")
_TRAIL = f"{_DASHES} :=|>"
_NO_NAME = re.compile("from|de|du|von|vom|allow|permit|deny|not", re.IGNORECASE)
"""These words before an address are not a name. The refusal proposes the rule without them."""
_COLON = re.compile(r"(?<=[0-9]):$")
"""Between a rule and its note."""
_QUOTES = "\"'`“”"

Outcome = Literal["new", "listed", "twice", "wrong"]


@dataclass(frozen=True)
class Entry:
    """One rule of a pasted list, and its outcome."""

    line: int
    """From 1."""
    typed: str
    note: str = ""
    span: Span | None = None
    error: DomainError | None = None
    outcome: Outcome = "new"
    same_line: int = 0
    """The line on which the list already has the same rule."""


def read_list(text: str, listed: Sequence[Span]) -> list[Entry]:
    """Parses the list, and returns the outcome of each entry when these rules already exist.

    Raises:
        DomainError: at the field `list`: it is empty, or has too many entries.
    """
    typed = [entry for number, line in enumerate(text.splitlines(), 1) for entry in _entries(number, line)]
    if not typed:
        raise DomainError("form.required", field=FIELD)
    if len(typed) > MAX_ENTRIES:
        raise DomainError("ip_restriction.list.too_many", field=FIELD, count=len(typed), limit=MAX_RULES)
    return _compared([_read(entry) for entry in typed], listed)


def check_room(new: int, listed: int) -> None:
    """Checks that there is room for this many new rules.

    Raises:
        DomainError: at the field `list`.
    """
    if new + listed > MAX_RULES:
        room = MAX_RULES - listed
        raise DomainError("ip_restriction.list.full", field=FIELD, limit=MAX_RULES, count=room, pasted=new)


def _entries(number: int, line: str) -> list[Entry]:
    """The entries of a line as typed, with their notes."""
    rules, _, remark = line.replace("\t", " ").partition("#")
    found: list[Entry] = []
    for piece in re.split("[,;]", _unquoted(_BULLET.sub("", rules.strip()))):
        words = _unquoted(piece.strip()).split()
        if not words:
            continue
        start = _start_of_rule(words)
        if start < len(words):
            found.append(_entry(number, words, start))
        elif found:
            found[-1] = replace(found[-1], note=_joined(found[-1].note, " ".join(words), ", "))
        else:
            found.append(Entry(number, " ".join(words)))
    return [
        replace(
            entry,
            typed=_COLON.sub("", entry.typed),
            note=_joined(_unquoted(entry.note), remark.strip(), " "),
            error=_address_in(entry.note),
        )
        for entry in found
    ]


def _entry(number: int, words: list[str], start: int) -> Entry:
    bare = [word.strip(_QUOTES) or word for word in words]
    end = start + _end_of_rule(bare[start:])
    name = _unquoted(" ".join(words[:start]).rstrip(_TRAIL))
    note = _unquoted(_without_lead(" ".join(words[end:])))
    return Entry(number, " ".join(bare[start:end]), _joined(name, note, " "))


def _unquoted(text: str) -> str:
    """Removes the surrounding quotes, if they are one pair."""
    inner = text[1:-1]
    is_pair = len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES
    return inner if is_pair and not {text[0], text[-1]} & set(inner) else text


def _address_in(note: str) -> DomainError | None:
    """The refusal of a note without `#` that contains an address: it may be one more rule."""
    found = next((word for word in note.split() if _is_address(word)), None)
    return DomainError("ip_restriction.list.in_note", address=found.strip(_AROUND)[:MAX_ENTRY]) if found else None


def _is_address(word: str) -> bool:
    """Whether a word is an address, or was meant as one."""
    if _FOUR_NUMBERS.search(word):
        return True
    bare = word.strip(_AROUND)
    return len(bare) <= MAX_ENTRY and bool(_NUMBERED.match(bare)) and could_be(bare) is not None


def _start_of_rule(words: list[str]) -> int:
    """How many of these words precede the rule: its name, or all of them without a rule."""
    if not _is_note(words):
        return 0
    start = next((place for place, word in enumerate(words) if _is_address(word)), len(words))
    return 0 if start < len(words) and _NO_NAME.fullmatch(words[0]) else start


def _is_note(words: list[str]) -> bool:
    """Whether this begins like a note: with a word that has a letter and is neither an address nor a host name."""
    first = words[0].strip(_QUOTES)
    return not _is_part(first) and any(sign.isalpha() for sign in first) and not re.search(r"\w[.:]+\w", first)


def _end_of_rule(words: list[str]) -> int:
    """How many of these words are the rule; the rest is the note."""
    end = 1
    while end < len(words):
        joint = words[end].lower()
        if joint in _JOINTS and end + 1 < len(words) and _is_part(words[end + 1], alone=joint == "au"):
            end += 2
        elif _is_part(words[end]) or _is_joined(words[end - 1], words[end]):
            end += 1
        else:
            break
    return end


def _is_part(word: str, *, alone: bool = True) -> bool:
    """Whether a word is part of a rule. A lone number is part only after a joint, but not in "au 12 rue de Lille"."""
    if _PART.fullmatch(word) is None:
        return False
    return bool(_NUMBERED.match(word)) or (not alone and word.isdecimal())


def _is_joined(before: str, word: str) -> bool:
    """Whether a joint at the end of the first word or the beginning of the second connects both."""
    if before[-1] in {*_DASHES, "/"}:
        return _is_part(word, alone=False)
    return word[0] in {*_DASHES, "/"} and _is_part(word[1:], alone=False)


def _without_lead(note: str) -> str:
    note = _LEAD.sub("", note)
    return note[1:-1] if note.startswith("(") and note.endswith(")") else note


def _joined(first: str, second: str, between: str) -> str:
    return f"{first}{between}{second}" if first and second else first or second


def _read(entry: Entry) -> Entry:
    note = readers.line(entry.note)
    try:
        if len(entry.typed) > MAX_ENTRY:
            raise DomainError("form.too_long", limit=MAX_ENTRY)
        words = entry.typed.split()
        if _start_of_rule(words) == len(words):
            raise DomainError("ip_restriction.list.no_rule")
        span = parse(readers.network(entry.typed))
        if entry.error:
            raise entry.error
        if len(note) > MAX_NOTE:
            raise DomainError("ip_restriction.list.long_note", limit=MAX_NOTE)
        if position := readers.hidden_at(note):
            raise DomainError("form.invisible", position=position)
    except DomainError as error:
        return replace(entry, note=note[:MAX_NOTE], error=error, outcome="wrong")
    return replace(entry, note=note, span=span)


def _compared(entries: list[Entry], listed: Sequence[Span]) -> list[Entry]:
    """Marks entries that are already on the list, or occur earlier in this one."""
    known, lines = set(listed), dict[Span | None, int]()
    found = []
    for entry in entries:
        if entry.span in known:
            found.append(replace(entry, outcome="listed"))
        elif entry.span in lines:
            found.append(replace(entry, outcome="twice", same_line=lines[entry.span]))
        else:
            found.append(entry)
            lines |= {entry.span: entry.line} if entry.span else {}
    return found
