"""Exported journals, and the program that verifies them in an environment of its own."""

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

NEEDED = ("cryptography", "cffi", "_cffi_backend", "pycparser")
"""The package `cryptography` with what it installs."""


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
