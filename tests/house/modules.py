"""The product's own modules, found and imported: what house tests look at."""

import ast
import pkgutil
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import netim_app

PACKAGE = Path(netim_app.__file__).parent
ROOT = PACKAGE.parent
STARTS_SOMETHING = {"netim_app.netim_app", "netim_app.__main__"}
"""Importing these opens the database of the settings; what they hold is tested by running them."""


@lru_cache
def module_names() -> tuple[str, ...]:
    """Every module of the product."""
    return tuple(sorted(found.name for found in pkgutil.walk_packages([str(PACKAGE)], "netim_app.")))


@lru_cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the product, imported, but those that start something."""
    return tuple(import_module(name) for name in module_names() if name not in STARTS_SOMETHING)


@lru_cache
def sources() -> dict[str, ast.Module]:
    """The syntax tree of each module, by its path below the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
