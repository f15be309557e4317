"""Journals: long ones, their check, their exports, and the program that verifies these in an environment of its own."""

import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

from netim_app.features.journal import rules
from netim_app.features.journal.service import checking, entries
from netim_app.infra.unit_of_work import UnitOfWork

NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")
"""The package `cryptography` with what it installs."""


def lengthen(unit: UnitOfWork, account_id: int, count: int) -> None:
    """Adds so many entries, much faster than `entries.add`."""
    head = entries.newest(unit, account_id)
    kept = {"sort": "logins", "address": "", "browser": "", "system": "", "place_salt": b"", "forget_at": None}
    rows = []
    for number in range(head.number + 1, head.number + 1 + count):
        entry = rules.Entry(account_id, number, rules.to_milliseconds(unit.now), "identity_proved", {}, {})
        head = rules.Head(number, rules.hash_of(head.hash, entry))
        rows.append(
            {"account_id": account_id, "number": number, "at": entry.at, "event": entry.event, "hash": head.hash}
            | kept
            | {"details": "{}", "commitments": "{}", "others": "{}", "others_salt": b""}
        )
    unit.run(entries._ADD, rows)


def check(unit: UnitOfWork, account_id: int) -> tuple[int, int, int]:
    """The first and the last number that the check on the page finds right, and the one that does not fit, or 0."""
    found = checking.begin(unit, account_id)
    while not found.is_over:
        found = checking.go_on(unit, account_id, found)
    return found.first, found.head.number, found.broken


@cache
def bare_python() -> Path:
    """A Python whose environment has `cryptography`, and nothing else that is not in the standard library."""
    folder = Path(mkdtemp(prefix="netim-bare-"))
    venv.create(folder, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in NEEDED:
        spec = find_spec(name)
        if spec and spec.origin:
            origin = Path(spec.origin)
            (packages / origin.name if origin.suffix == ".so" else packages / name).symlink_to(
                origin if origin.suffix == ".so" else origin.parent
            )
    return folder / "bin" / Path(sys.executable).name.replace(Path(sys.executable).name, "python")


@dataclass(frozen=True)
class Unpacked:
    """An export in a folder."""

    folder: Path

    def lines(self) -> list[str]:
        return (self.folder / "entries.jsonl").read_text("utf-8").splitlines(keepends=True)

    def write_lines(self, lines: list[str]) -> None:
        (self.folder / "entries.jsonl").write_text("".join(lines), "utf-8")

    def verify(self, *args: str) -> tuple[int, str]:
        """Exit code and words of the program."""
        done = subprocess.run(
            [bare_python(), "-I", self.folder / "verify_journal.py", *args],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout.strip()


def unpack(archive: bytes, folder: Path) -> Unpacked:
    """The files of an export."""
    with zipfile.ZipFile(BytesIO(archive)) as files:
        files.extractall(folder)
    return Unpacked(folder)
