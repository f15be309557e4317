"""Files of customers: what is read of them, line by line, and what is refused."""

import io
from collections.abc import Iterator

import pytest

from netim_app.commands import customer_file
from netim_app.commands.customer_file import MAX_LENGTH, FileRefused, Line, read_csv, read_jsonl


def opened(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", errors="surrogateescape", newline="")


def rows(content: str | bytes) -> list[Line]:
    return list(read_csv(opened(content.encode() if isinstance(content, str) else content)))


@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_is_read_with_its_header(begin: str, end: str) -> None:
    records = ["email, first_name ,company", 'a@example.org,Ada,"Byron, ""King"" & Co"', "", "b@example.org,Bo,", ""]
    text = begin + end.join(records)

    assert rows(text) == [
        Line(2, {"email": "a@example.org", "first_name": "Ada", "company": 'Byron, "King" & Co'}),
        Line(4, {"email": "b@example.org", "first_name": "Bo", "company": ""}),
    ]


def test_a_record_of_several_lines_has_the_number_of_its_first() -> None:
    found = rows('email,first_name\n"a@example.org","A\nda"\nb@example.org,Bo\n')

    assert [line.number for line in found] == [2, 4]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("email;first_name;last_name", "unknown column"),
        ("email,first_name,pasword_hash", "unknown column: 'pasword_hash'"),
        ("email,first_name,id", "unknown column: 'id'"),
        ("email,first_name,\x1b[2J", "unknown column: '\\x1b[2J'"),
        ("email,first_name,email", "a column comes twice"),
        ("email", "missing column: first_name"),
        ("", "missing column: email, first_name"),
        ('"email', "the header cannot be read"),
    ],
)
def test_a_header_that_is_wrong_is_refused_at_once(header: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        rows(f"{header}\na@example.org,Ada\n")

    assert str(refused.value).startswith(said)


BAD = [
    (b"b@example.org", "has 1 fields, the header has 2"),
    (b"b@example.org,Bo,more", "has 3 fields, the header has 2"),
    (b"b@example.org,B\xf6", "is not UTF-8"),
    (b'b@example.org,"Bo"x', "',' expected after '\"'"),
    (b"b@example.org," + b"x" * (MAX_LENGTH + 1), f"field larger than field limit ({MAX_LENGTH})"),
]


@pytest.mark.parametrize(("bad", "fault"), BAD)
def test_a_bad_line_of_csv_stops_no_other(bad: bytes, fault: str) -> None:
    found = rows(b"email,first_name\na@example.org,Ada\n" + bad + b"\nc@example.org,Cy\n")

    assert [(line.number, line.fault) for line in found] == [(2, ""), (3, fault), (4, "")]
    assert found[-1].record == {"email": "c@example.org", "first_name": "Cy"}


def test_a_quotation_mark_that_is_left_open_is_a_fault() -> None:
    found = rows('email,first_name\na@example.org,Ada\nb@example.org,"Bo\nc@example.org,Cy\n')

    assert [(line.number, line.fault) for line in found] == [(2, ""), (3, "unexpected end of data")]


def test_json_lines_are_read() -> None:
    text = '\ufeff{"email": "a@example.org", "confirmed": true}\n\n{"email": null}\r\n{"email": "c"}'

    assert list(read_jsonl(opened(text.encode()))) == [
        Line(1, {"email": "a@example.org", "confirmed": True}),
        Line(3, {"email": None}),
        Line(4, {"email": "c"}),
    ]


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (b"[]", "is no JSON object"),
        (b'"text"', "is no JSON object"),
        (b"{", "is no JSON"),
        (b"email,first_name", "is no JSON"),
        (b"[" * 60_000, "is no JSON"),
        (b'{"email": "\xf6"}', "is not UTF-8"),
        (b'{"email": "' + b"x" * (3 * MAX_LENGTH) + b'"}', "is too long"),
    ],
)
def test_a_bad_line_of_json_stops_no_other(bad: bytes, fault: str) -> None:
    found = list(read_jsonl(opened(b'{"email": "a"}\n' + bad + b'\n{"email": "c"}\n')))

    assert [(line.number, line.fault) for line in found] == [(1, ""), (2, fault), (3, "")]


@pytest.mark.parametrize("name", customer_file.READERS)
def test_a_file_is_read_as_a_stream(name: str) -> None:
    class Endless(io.RawIOBase):
        """A file that never ends."""

        def __init__(self) -> None:
            self.lines = self._lines()

        def _lines(self) -> Iterator[bytes]:
            yield b"email,first_name\n" if name == "csv" else b"{}\n"
            while True:
                yield b"a@example.org,Ada\n" if name == "csv" else b"{}\n"

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what the wrapper gives
            line = next(self.lines)
            buffer[: len(line)] = line
            return len(line)

    found = customer_file.READERS[name](io.TextIOWrapper(io.BufferedReader(Endless())))

    assert [next(found).fault for _ in range(1000)] == [""] * 1000
