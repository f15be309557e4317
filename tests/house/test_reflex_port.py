"""The port to Reflex: nobody else knows Reflex's inside, and its README lists all of it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PORT = ROOT / "netim_app" / "reflex_port"
PARTS = ROOT / "reflex_guard"
"""What other applications use of it."""
PUBLIC = {"reflex", "reflex.plugins"}
"""What others may import of Reflex: `rx`, and the base of plugins."""
MODULES = sorted(path for path in (ROOT / "netim_app").rglob("*.py") if PORT not in path.parents)
ROWS = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \| `(.+?)` \|$", (PORT / "README.md").read_text("utf-8"), re.MULTILINE)


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return {name for name in found if name == "reflex" or name.startswith(("reflex.", "reflex_base"))}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_others_know_what_reflex_promises_alone(path: Path) -> None:
    assert imported(path.read_text("utf-8")) <= PUBLIC


def test_an_import_of_the_inside_is_found() -> None:
    assert imported("import reflex as rx\nfrom reflex.state import BaseState") == {"reflex", "reflex.state"}


def test_every_name_is_in_the_module_and_has_its_test() -> None:
    tests = (ROOT / "tests" / "reflex_port" / "test_contract.py").read_text("utf-8")
    assert len(ROWS) > 10
    for names, use, _, test in ROWS:
        (module,) = re.findall(r"\(`(\w+\.py)`\)", use)
        (path,) = (folder / module for folder in (PORT, PARTS) if (folder / module).is_file())
        source = path.read_text("utf-8")
        assert [name for name in re.findall(r"`(.+?)`", names) if name not in source] == [], module
        assert f"def {test}(" in tests or (ROOT / test).is_file(), test


OURS = {"_forgotten", "_tab", "_visit", "_TRANSIENT"}


def test_every_private_name_is_listed() -> None:
    listed = (PORT / "README.md").read_text("utf-8")
    for path in (*PORT.glob("*.py"), *PARTS.glob("*.py")):
        used = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr)
            if not (isinstance(node.value, ast.Name) and node.value.id == "self")
        }
        assert sorted(name for name in used - OURS if name not in listed) == [], path.name
