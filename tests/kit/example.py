"""The worked examples of docs/extending.md: their files, and copies of the product that they are put into."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTENDING = (ROOT / "docs" / "extending.md").read_text()
BLOCKS = dict(
    re.findall(r"```(?:python|po|jinja)\n(?:#|\{#) ((?:netim_app|tests)/\S+)(?: #\})?\n(.*?)```", EXTENDING, re.DOTALL)
)
"""The files, by their path."""
LINES = re.findall(r"^\+(.+\n)", EXTENDING, re.MULTILINE)
"""The lines for registry.py: an import and an entry of part 1, and of part 2."""
MESSAGES = re.findall(r"revision --autogenerate -m \"(.+)\"", EXTENDING)
"""Of the migrations."""


def copy_product(copy: Path, others: Iterable[str] = ()) -> None:
    """Copies what the product is built, migrated and served from, and other folders of the repository."""
    for name in ("netim_app", "reflex_guard", "alembic", "assets", "reflex.lock", *others):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "rxconfig.py", "requirements.lock", ".npmrc", "bunfig.toml"):
        shutil.copy(ROOT / name, copy / name)


def add_files(copy: Path, blocks: dict[str, str]) -> None:
    """Writes files, by their path."""
    for path, code in blocks.items():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code)


def migrate(copy: Path, message: str = MESSAGES[0]) -> None:
    """Writes a migration for the new tables, and runs it."""
    run(copy, "-m", "netim_app", "migrate")
    run(copy, "-m", "alembic", "-c", "alembic/alembic.ini", "revision", "--autogenerate", "-m", message)
    run(copy, "-m", "netim_app", "migrate")


def insert(file: Path, line: str, *, before: str) -> None:
    """Puts a line before the first line that starts with some text."""
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, line + before, 1))


def run(checkout: Path, *command: str) -> str:
    """Runs Python in a copy; returns what it printed."""
    done = subprocess.run([sys.executable, *command], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
