"""The export: the entries in two formats, the signed notes, and the program that verifies them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.features.journal import rules
from netim_app.features.journal.facts import JournalExported
from netim_app.features.journal.service import keys, reading
from netim_app.features.journal.service.entries import PLACES
from netim_app.identity import notices
from netim_app.infra.unit_of_work import UnitOfWork

VERIFIER = Path(__file__).parents[1] / "exported" / "verify_journal.py"
COLUMNS = ("no", "at", "event", "details", *PLACES, "others", "hash")
_STARTS_A_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r])")
"""At the start of a cell, or after a semicolon, which also separates cells in French and German spreadsheets."""


def note_export(unit: UnitOfWork, actor: Actor) -> None:
    """Records that the customer downloads the files. Make them in a read-only unit afterwards: that takes a while."""
    for key in keys.missing(unit):
        keys.make(unit, key)
    unit.record(JournalExported(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def mail_exported(unit: UnitOfWork, fact: JournalExported) -> None:
    """Mails the customer that the journal has left the account."""
    notices.notify(unit, "journal_exported", fact)


def archive(unit: UnitOfWork, account_id: int) -> bytes:
    """All files of the export as one ZIP file. It is made again if the journal was shortened meanwhile."""
    while True:
        first = reading.beginning(unit, account_id)
        made = _archive(unit, account_id, first)
        if reading.beginning(unit, account_id) == first:
            return made


def _archive(unit: UnitOfWork, account_id: int, first: rules.Head) -> bytes:
    whole = io.BytesIO()
    signer = keys.signer(unit)
    with ZipFile(whole, "w", ZIP_DEFLATED, compresslevel=1) as files:
        last = _write_entries(unit, account_id, first, files)
        files.writestr("head.txt", signer.note(rules.head_text(account_id, last, unit.now)))
        if first.number:  # signed again: the stored note may have a former name of the site
            files.writestr("anchor.txt", signer.note(rules.anchor_text(account_id, first, unit.now)))
        files.writestr("key.txt", f"{signer.line}\n")
        files.writestr(VERIFIER.name, VERIFIER.read_text("utf-8"))
    return whole.getvalue()


def _write_entries(unit: UnitOfWork, account_id: int, last: rules.Head, files: ZipFile) -> rules.Head:
    """Writes all entries after a given one in both formats. Returns the last one."""
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    with files.open("entries.jsonl", "w", force_zip64=True) as lines:
        for row in reading.all_behind(unit, account_id, last.number):
            lines.write(f"{json.dumps(_line(row), ensure_ascii=False)}\n".encode())
            rows.writerow(_cells(row))
            last = rules.Head(row.number, row.hash)
    files.writestr("entries.csv", table.getvalue())
    return last


def _line(row: sa.Row[Any]) -> dict[str, Any]:
    kept = {name: {"salt": salt.hex(), "value": value} for name, (salt, value) in reading.values_of(row).items()}
    return {**reading.entry_of(row).content(), "values": kept, "hash": row.hash}


def _cells(row: sa.Row[Any]) -> Iterator[str]:
    places = [getattr(row, name) for name in PLACES]
    others = json.dumps(json.loads(row.others), ensure_ascii=False)
    for cell in (str(row.number), rules.moment(row.at), row.event, row.details, *places, others, row.hash):
        yield defused(cell)


def defused(cell: str) -> str:
    """A cell that no spreadsheet interprets as a formula."""
    return _STARTS_A_FORMULA.sub(r"\1'", cell)
