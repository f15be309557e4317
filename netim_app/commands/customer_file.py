"""Reads files of customers as a stream: CSV with a header, or one JSON object per line."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from netim_app.identity.imports import COLUMNS, REQUIRED

MAX_LENGTH = 65_536
"""Characters of one line of JSON, or one field of CSV: it limits what an unclosed quotation mark swallows."""
_NOT_UTF_8 = "is not UTF-8"


class FileRefused(Exception):
    """The file as a whole is invalid, so nothing of it is read."""


@dataclass(frozen=True)
class Line:
    """One record of the file. `fault` is set when the record cannot be read."""

    number: int
    """Counted from 1, including the header. A record of several lines has the number of its first."""
    record: Mapping[str, object]
    fault: str = ""


def read_csv(file: TextIO) -> Iterator[Line]:
    """The records of a CSV file: commas, a header, quotation marks where a value needs them.

    Raises:
        FileRefused: the header cannot be read, or has an unknown, repeated or missing column.
    """
    csv.field_size_limit(MAX_LENGTH)
    rows = csv.reader(file, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise FileRefused(f"the header cannot be read: {error}") from error
    _check_header(header)
    row: list[str] | None = []
    while row is not None:
        number = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            row = []
            yield Line(number, {}, str(error))
        if row:
            yield _csv_line(number, row, header)


def _check_header(header: list[str]) -> None:
    if unknown := [name for name in header if name not in COLUMNS]:
        raise FileRefused(f"unknown column: {', '.join(map(ascii, unknown))}; known are {', '.join(COLUMNS)}")
    if len(set(header)) < len(header):
        raise FileRefused("a column comes twice")
    if missing := [name for name in REQUIRED if name not in header]:
        raise FileRefused(f"missing column: {', '.join(missing)}")


def _csv_line(number: int, row: list[str], header: list[str]) -> Line:
    record = dict(zip(header, row, strict=False))
    if len(row) != len(header):
        return Line(number, record, f"has {len(row)} fields, the header has {len(header)}")
    return Line(number, record, "" if all(map(_is_utf_8, row)) else _NOT_UTF_8)


def read_jsonl(file: TextIO) -> Iterator[Line]:
    """The records of a file with one JSON object per line."""
    for number, text in enumerate(iter(lambda: file.readline(MAX_LENGTH), ""), 1):
        if text.strip():
            yield _json_line(number, text)
        _skip_rest(file, text)


def _skip_rest(file: TextIO, part: str) -> None:
    while len(part) == MAX_LENGTH and not part.endswith("\n"):
        part = file.readline(MAX_LENGTH)


def _json_line(number: int, text: str) -> Line:
    if len(text) == MAX_LENGTH:
        return Line(number, {}, "is too long")
    if not _is_utf_8(text):
        return Line(number, {}, _NOT_UTF_8)
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return Line(number, {}, "is no JSON")
    return Line(number, record) if isinstance(record, dict) else Line(number, {}, "is no JSON object")


def _is_utf_8(text: str) -> bool:
    """Whether no byte was kept as a surrogate: files are opened with `surrogateescape`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


READERS: dict[str, Callable[[TextIO], Iterator[Line]]] = {"csv": read_csv, "jsonl": read_jsonl}
