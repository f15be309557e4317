"""docs/security.md says what the code does, as far as a program can see."""

import ast
import re
from datetime import timedelta
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

import pytest

from netim_app.brand.brand import get_brand
from netim_app.infra.rate_limit import Limit
from tests.house.modules import ROOT, all_sources

DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
FIGURES = re.findall(r"\| `(netim_app/[\w/]+\.py): (\w+)` \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
CRYPTOGRAPHY = {"bcrypt", "cryptography", "hashlib", "hmac", "pyotp", "secrets", "ssl", "webauthn"}
UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def in_words(value: Any) -> str:
    """A figure as the document writes it."""
    if isinstance(value, Limit):
        return f"{value.amount} {({60: 'a minute', 3_600: 'an hour'})[value.seconds]}"
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        unit = "hours" if seconds == 86_400 else next(name for name, size in UNITS.items() if seconds % size == 0)
        number = int(seconds / UNITS[unit])
        return f"{number} {unit if number > 1 else unit.removesuffix('s')}"
    return str(value)


@pytest.mark.parametrize(("path", "name", "said"), FIGURES, ids=[name for _, name, _ in FIGURES])
def test_a_figure_is_that_of_the_code(path: str, name: str, said: str) -> None:
    module = import_module(".".join(PurePosixPath(path).with_suffix("").parts))

    assert said == in_words(getattr(module, name))


def test_every_limit_is_named() -> None:
    limits = {
        (path, ast.unparse(node.targets[0]))
        for path, tree in all_sources().items()
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Limit(")
    }

    assert limits <= {(path, name) for path, name, _ in FIGURES}


def test_the_words_that_no_password_is_made_of_are_named() -> None:
    assert [word for word in get_brand().forbidden_words if f"`{word}`" not in DOCUMENT] == []


def test_cryptography_is_used_where_the_inventory_says() -> None:
    inventory = DOCUMENT.partition("## Keys and cryptography")[2].partition("## ")[0]
    users = {path for path, tree in all_sources().items() if imported(tree) & CRYPTOGRAPHY}

    assert set(re.findall(r"`((?:netim_app|reflex_guard)/[\w/]+\.py)`", inventory)) == users


def imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}
