"""The product's own modules, found and imported, and names in documents: what house tests look at."""

import ast
import pkgutil
import re
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import netim_app
import reflex_guard

PACKAGE = Path(netim_app.__file__).parent
PARTS = Path(reflex_guard.__file__).parent
"""The package of what can be reused."""
ROOT = PACKAGE.parent
STARTS_SOMETHING = {"netim_app.netim_app", "netim_app.__main__"}
"""Importing these opens the database of the settings; what they hold is tested by running them."""


@lru_cache
def module_names() -> tuple[str, ...]:
    """Every module of the product, and of the parts that it shares."""
    folders = (PACKAGE, PARTS)
    found = (each for folder in folders for each in pkgutil.walk_packages([str(folder)], f"{folder.name}."))
    return tuple(sorted(each.name for each in found))


@lru_cache
def modules() -> tuple[ModuleType, ...]:
    """All of these, imported, but those that start something."""
    return tuple(import_module(name) for name in module_names() if name not in STARTS_SOMETHING)


@lru_cache
def sources() -> dict[str, ast.Module]:
    """The syntax tree of each module, by its path below the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@lru_cache
def all_sources() -> dict[str, ast.Module]:
    """The same of all packages, by the path below the root."""
    paths = (path for folder in (PACKAGE, PARTS) for path in sorted(folder.rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@lru_cache
def all_tests() -> frozenset[str]:
    """The name of every test."""
    paths = (ROOT / "tests").rglob("test_*.py")
    return frozenset(name for path in paths for name in re.findall(r"def (test_\w+)", path.read_text("utf-8")))


@lru_cache
def defined(path: str) -> frozenset[str]:
    """The names at the top level of a module, and `Class.method`."""
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def is_there(named: str) -> bool:
    """Whether a test, a name in a module, or words in a document exist."""
    if named.startswith("test_"):
        return named in all_tests()
    path, _, name = named.partition(": ")
    if not name or not (ROOT / path).is_file():
        return False
    return name in (defined(path) if path.endswith(".py") else (ROOT / path).read_text("utf-8"))
