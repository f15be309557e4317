"""How a pasted list is read, line by line."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.rules.pasted import (
    MAX_ENTRIES,
    MAX_LENGTH,
    MAX_NOTE,
    Entry,
    check_room,
    read_list,
)
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.rules.spans import MAX_RULES


def read(text: str, *listed: str) -> list[Entry]:
    return read_list(text, [parse(rule) for rule in listed])


def short(entry: Entry) -> tuple[str, str]:
    return (entry.span.text if entry.span else f"{entry.typed}: {entry.error and entry.error.key}", entry.note)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("203.0.113.7", [("203.0.113.7", "")]),
        ("203.0.113.7,203.0.113.8; 203.0.113.9 ;", [("203.0.113.7", ""), ("203.0.113.8", ""), ("203.0.113.9", "")]),
        ("203.0.113.7 # Office", [("203.0.113.7", "Office")]),
        ("203.0.113.7#Office, second floor; left", [("203.0.113.7", "Office, second floor; left")]),
        ("203.0.113.7, 203.0.113.8 # Office", [("203.0.113.7", "Office"), ("203.0.113.8", "Office")]),
        ("203.0.113.7 Office Lille", [("203.0.113.7", "Office Lille")]),
        ("203.0.113.7\tOffice", [("203.0.113.7", "Office")]),
        ("203.0.113.7 (Office)", [("203.0.113.7", "Office")]),
        ("203.0.113.7 - Office", [("203.0.113.7", "Office")]),
        ("203.0.113.7 \u2013 Café – Lyon", [("203.0.113.7", "Café – Lyon")]),
        ("203.0.113.7: Office", [("203.0.113.7", "Office")]),
        ("Office: 203.0.113.7", [("203.0.113.7", "Office")]),
        ("Office 203.0.113.7", [("203.0.113.7", "Office")]),
        ("Home = 203.0.113.7", [("203.0.113.7", "Home")]),
        ("Lab – 198.51.100.1 - 20 (left)", [("198.51.100.1 - 198.51.100.20", "Lab left")]),
        ("Office 203.0.113.7, Home 203.0.113.8", [("203.0.113.7", "Office"), ("203.0.113.8", "Home")]),
        ("203.0.113.7, Office, Lille", [("203.0.113.7", "Office, Lille")]),
        ('"203.0.113.7","Office"', [("203.0.113.7", "Office")]),
        ('203.0.113.7 "Home office"', [("203.0.113.7", "Home office")]),
        ('"203.0.113.7" "Home office"', [("203.0.113.7", "Home office")]),
        ('"Home office": "203.0.113.7"', [("203.0.113.7", "Home office")]),
        ('203.0.113.7 Office "Nord"', [("203.0.113.7", 'Office "Nord"')]),
        ('"203.0.113.7, Office"', [("203.0.113.7", "Office")]),
        ('"203.0.113.7", "Office, Lille"', [("203.0.113.7", "Office, Lille")]),
        ("“198.51.100.1 - 20” “L'atelier”", [("198.51.100.1 - 198.51.100.20", "L'atelier")]),
        ('"203.0.113.7 Office"; "203.0.113.8"', [("203.0.113.7", "Office"), ("203.0.113.8", "")]),
        ("203.0.113.7 2nd floor # left", [("203.0.113.7", "2nd floor left")]),
        ("203.0.113.7 2 rooms", [("203.0.113.7", "2 rooms")]),
        ("- 203.0.113.7", [("203.0.113.7", "")]),
        ("* 203.0.113.7", [("203.0.113.7", "")]),
        ("12. 203.0.113.7 Office", [("203.0.113.7", "Office")]),
        ("# a remark, with 203.0.113.7", []),
        ("   ", []),
        (",;,", []),
        ("198.51.100.1 - 198.51.100.20 Lab", [("198.51.100.1 - 198.51.100.20", "Lab")]),
        ("198.51.100.1 -20 Lab", [("198.51.100.1 - 198.51.100.20", "Lab")]),
        ("198.51.100.1- 20 Lab", [("198.51.100.1 - 198.51.100.20", "Lab")]),
        ("198.51.100.1 – 198.51.100.20 Lab", [("198.51.100.1 - 198.51.100.20", "Lab")]),
        ("198.51.100.1 to 198.51.100.20 Lab", [("198.51.100.1 - 198.51.100.20", "Lab")]),
        ("198.51.100.1 à 198.51.100.20 Labo", [("198.51.100.1 - 198.51.100.20", "Labo")]),
        ("198.51.100.1 bis 198.51.100.20 Labor", [("198.51.100.1 - 198.51.100.20", "Labor")]),
        *((f"198.51.100.1 {word} 198.51.100.20 Labo", [("198.51.100.1 - 198.51.100.20", "Labo")])
          for word in ("au", "jusqu'à", "jusqu’à", "through", "until")),
        ("203.0.113.7 au 12 rue de Lille", [("203.0.113.7", "au 12 rue de Lille")]),
        ("198.51.100.0 / 24 Lab", [("198.51.100.0/24", "Lab")]),
        ("198.51.100.0 /24 Lab", [("198.51.100.0/24", "Lab")]),
        ("198.51.100.0 255.255.255.0 Lab", [("198.51.100.0/24", "Lab")]),
        ("198.51.100.0 netmask 255.255.255.0 Lab", [("198.51.100.0/24", "Lab")]),
        ("203.0.113.7 Firmware 2.0.1, since 12:30", [("203.0.113.7", "Firmware 2.0.1, since 12:30")]),
        ("203.0.113.7 Office # behind 10.0.0.1", [("203.0.113.7", "Office behind 10.0.0.1")]),
        ("192.168.1.* Home", [("192.168.1.0/24", "Home")]),
        ("[2001:db8::1]:443 Server", [("2001:db8::1", "Server")]),
        ("2001:db8:: to 2001:db8::ff Lab", [("2001:db8::/120", "Lab")]),
    ],
)  # fmt: skip
def test_a_line_is_read_as_people_write_it(line: str, found: list[tuple[str, str]]) -> None:
    entries = read(f"192.0.2.1\n{line}")[1:]

    assert [short(entry) for entry in entries] == found
    assert {entry.line for entry in entries} <= {2}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("203.0.113.7/24 Office", "ip_restriction.host_bits"),
        ("203.0.113.7 203.0.113.8", "ip_restriction.several"),
        *((f"203.0.113.7 {sign} 203.0.113.8", "ip_restriction.list.in_note") for sign in ("and", "et", "&", "+", "|")),
        ("203.0.113.7 Office 203.0.113.8 Home", "ip_restriction.list.in_note"),
        ("203.0.113.7 Office (2001:db8::8)", "ip_restriction.list.in_note"),
        ("203.0.113.7 and 203.0.113.0/24", "ip_restriction.list.in_note"),
        ("203.0.113.7 and 203.0.113.888", "ip_restriction.list.in_note"),
        ("from 8.8.8.8 to 8.8.8.20", "ip_restriction.meant"),
        ("allow 8.8.8.8", "ip_restriction.meant"),
        ("De 8.8.8.8 à 8.8.8.20", "ip_restriction.meant"),
        ("Office 203.0.113.7 Home 203.0.113.8", "ip_restriction.list.in_note"),
        ("Office 192.168.1.x", "ip_restriction.meant"),
        ("192.168.1.x", "ip_restriction.meant"),
        ("Office Lille", "ip_restriction.list.no_rule"),
        ("192.0.2.9, example.com", "ip_restriction.invalid"),
        ("198.51.100.1-", "ip_restriction.invalid"),
        ("fe80::1%eth0 Home", "ip_restriction.zone"),
        ("0.0.0.0/0", "ip_restriction.everybody"),
        (f"192.0.2.9 {'x' * (MAX_NOTE + 1)}", "ip_restriction.list.long_note"),
        ("192.0.2.9 # a\u202eb", "form.invisible"),
        ("192.0.2.9 # a\ud800b", "form.invisible"),
        ("9." * 80, "form.too_long"),
    ],
)
def test_what_cannot_be_read_has_its_reason_and_the_others_are_read(line: str, key: str) -> None:
    *others, wrong, last = read(f"192.0.2.1\n{line}\n192.0.2.2")

    assert (wrong.line, wrong.error and wrong.error.key, wrong.outcome) == (2, key, "wrong")
    assert {entry.outcome for entry in (*others, last)} == {"new"}


def test_the_longest_note_is_kept_whole() -> None:
    [entry] = read(f"192.0.2.9 # {'x' * MAX_NOTE}")

    assert (entry.outcome, entry.note) == ("new", "x" * MAX_NOTE)


def test_duplicates_are_told_by_line() -> None:
    entries = read("192.0.2.0 - 192.0.2.255\n198.51.100.7\n198.51.100.7, 192.0.2.0/24\n198.51.100.7", "192.0.2.0/24")

    assert [(entry.line, entry.outcome, entry.same_line) for entry in entries] == [
        (1, "listed", 0),
        (2, "new", 0),
        (3, "twice", 2),
        (3, "listed", 0),
        (4, "twice", 2),
    ]


def test_a_full_list_is_read_and_one_that_is_far_too_long_is_not() -> None:
    full = [f"10.0.{number}.1 # Office {number}" for number in range(MAX_RULES)]
    assert {entry.outcome for entry in read("\r\n".join(full))} == {"new"}

    assert len(read(",".join(["192.0.2.1"] * MAX_ENTRIES))) == MAX_ENTRIES
    with pytest.raises(DomainError) as refused:
        read(",".join(["192.0.2.1"] * (MAX_ENTRIES + 1)))
    assert (refused.value.key, refused.value.field) == ("ip_restriction.list.too_many", "list")
    assert refused.value.params == {"count": MAX_ENTRIES + 1, "limit": MAX_RULES}


@pytest.mark.parametrize("shape", ["x{}y 8.8.8.8", "8.8.8.8 x{}y", "{} 8.8.8.8", "8.8.8.8 {}", "{}"])
@pytest.mark.parametrize("part", ["=", ":", "-", "a", "1", "1.", "x ", "1.1 ", '"', ">", "au "])
def test_a_hostile_line_costs_little_time(shape: str, part: str) -> None:
    line = shape.format(part * (MAX_LENGTH // len(part)))
    started = time.process_time()
    with contextlib.suppress(DomainError):
        read(line)
    assert time.process_time() - started < 0.3


@pytest.mark.parametrize("text", ["", "  \n\n", "# nothing", ",;\n;"])
def test_a_list_without_a_rule_is_refused(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        read(text)

    assert (refused.value.key, refused.value.field) == ("form.required", "list")


def test_what_finds_no_room_is_told_with_the_room_there_is() -> None:
    check_room(10, MAX_RULES - 10)
    with pytest.raises(DomainError) as refused:
        check_room(11, MAX_RULES - 10)

    assert refused.value.params == {"limit": MAX_RULES, "count": 10, "pasted": 11}


@given(st.text(alphabet="0123456789abc*[]().:/-%#,; \n\t'\"à–xto", max_size=200))
def test_no_text_does_more_than_have_an_outcome(text: str) -> None:
    try:
        entries = read(text)
    except DomainError as refused:
        assert refused.field == "list"  # noqa: PT017
        return
    lines = text.splitlines()
    for entry in entries:
        assert 1 <= entry.line <= len(lines)
        assert (entry.span is None) == (entry.error is not None) == (entry.outcome == "wrong")
        assert entry.span is None or parse(entry.span.text) == entry.span
        assert len(entry.note) <= MAX_NOTE


def test_the_longest_list_may_hold_a_full_one_with_notes() -> None:
    line = "2001:db8:1234:5678:9abc:def0:1234:5678/128 # An office of the usual size, second floor, on the left"
    assert len(line) * MAX_RULES <= MAX_LENGTH
