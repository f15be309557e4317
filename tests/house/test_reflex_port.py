"""The port to Reflex: nobody else knows Reflex's inside, and its README lists all of it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PORT = ROOT / "netim_app" / "reflex_port"
PARTS = ROOT / "reflex_guard"
"""The parts that other applications use."""
PUBLIC = {"reflex", "reflex.plugins"}
"""The part of Reflex that others may import: `rx`, and the base of plugins."""
COMPONENTS = "reflex_components_"
"""How the names of its packages of components begin."""
ORDINARY = {"Element", "hashes", "_clean", "_owner"}
"""Names of Reflex that mean something else in other modules."""
MODULES = sorted(path for path in (ROOT / "netim_app").rglob("*.py") if PORT not in path.parents)
ROWS = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \| `(.+?)` \|$", (PORT / "README.md").read_text("utf-8"), re.MULTILINE)


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return {name for name in found if name == "reflex" or name.startswith(("reflex.", "reflex_base", COMPONENTS))}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_others_know_what_reflex_promises_alone(path: Path) -> None:
    assert imported(path.read_text("utf-8")) <= PUBLIC


def test_an_import_of_the_inside_is_found() -> None:
    assert imported("import reflex as rx\nfrom reflex.state import BaseState") == {"reflex", "reflex.state"}
    assert imported("from reflex_components_core.el import element") == {"reflex_components_core.el"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_others_name_nothing_that_is_listed(path: Path) -> None:
    """Not even as a text, such as the name of a variable or a key."""
    source = path.read_text("utf-8")
    listed = {name for names, *_ in ROWS for name in re.findall(r"`(.+?)`", names)} - ORDINARY
    assert [name for name in sorted(listed) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source)] == []


def test_every_name_is_in_the_module_and_has_its_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "reflex_port").glob("test_*contract.py"))
    assert len(ROWS) > 10
    for names, use, _, test in ROWS:
        (module,) = re.findall(r"\(`(\w+\.py)`\)", use)
        (path,) = (folder / module for folder in (PORT, PARTS) if (folder / module).is_file())
        source = path.read_text("utf-8")
        assert [name for name in re.findall(r"`(.+?)`", names) if name not in source] == [], module
        assert f"def {test}(" in tests or (ROOT / test).is_file(), test


def test_the_advice_runs_every_test_that_is_named() -> None:
    readme = (PORT / "README.md").read_text("utf-8")
    (chosen,) = re.findall('-k "(.+?)"', readme)
    files = re.findall(r"`(tests/.+?\.py)`", readme)
    assert len(files) > 4
    assert [file for file in files if not any(word in file for word in chosen.split(" or "))] == []


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


def test_every_component_of_its_inside_is_listed() -> None:
    listed = (PORT / "README.md").read_text("utf-8")
    for path in (*PORT.glob("*.py"), *PARTS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(COMPONENTS):
                assert [alias.name for alias in node.names if f"`{alias.name}`" not in listed] == [], path.name
