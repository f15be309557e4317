import ast
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.house.modules import PACKAGE, ROOT, module_names, sources

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = PYPROJECT["tool"]["importlinter"]["contracts"]


def test_the_contracts_are_kept() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", done.stdout)
    assert kept, done.stdout[-3000:]
    assert int(kept[1]) == len(CONTRACTS)


def pattern(expression: str) -> re.Pattern[str]:
    """import-linter's wildcards: `*` is one name, `**` one or more."""
    parts = {"*": r"[^.]+", "**": r"[^.]+(\.[^.]+)*"}
    return re.compile(r"\.".join(parts.get(part, re.escape(part)) for part in expression.split(".")))


def named_modules() -> list[tuple[str, str]]:
    keys = ("source_modules", "forbidden_modules", "modules", "containers", "protected_modules", "allowed_importers")
    return [
        (contract["id"], expression)
        for contract in CONTRACTS
        for key in keys
        for expression in contract.get(key, ())
        if expression.startswith(("netim_app", "reflex_guard"))
    ]


@pytest.mark.parametrize(("contract", "expression"), named_modules())
def test_a_contract_names_modules_that_exist(contract: str, expression: str) -> None:
    found = [name for name in ("netim_app", "reflex_guard", *module_names()) if pattern(expression).fullmatch(name)]

    assert found, f"{contract}: nothing is called {expression}"


def test_every_module_of_a_kind_is_under_the_contract_of_its_kind() -> None:
    """A module that is split into a package, or a service under another name, must not slip out."""
    contracts = {contract["id"]: contract for contract in CONTRACTS}

    def covered(name: str, contract: str) -> bool:
        return any(
            pattern(expression).fullmatch(parent)
            for expression in contracts[contract]["source_modules"]
            for parent in (name, *_parents(name))
        )

    for name in module_names():
        if name.startswith(("netim_app.features.", "netim_app.identity.")):
            kinds = set(name.split("."))
            for kind, contract in (
                ("rules", "pure"),
                ("facts", "pure"),
                ("flows", "no-reflex-below"),
                ("service", "no-reflex-below"),
                ("tables", "no-reflex-below"),
                ("state", "no-tables-above"),
                ("view", "no-tables-above"),
            ):
                assert kind not in kinds or covered(name, contract), f"{name} is not under {contract}"


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def imported(tree: ast.Module) -> set[str]:
    """All modules that a file imports, also inside of functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_core_uses_the_standard_library_and_itself_only() -> None:
    for path, tree in sources().items():
        if path.startswith("core/") or path.endswith("/rules.py"):
            foreign = {
                name
                for name in imported(tree)
                if name.partition(".")[0] not in sys.stdlib_module_names
                and not name.startswith("netim_app.core")
                and name not in PURE_PARTS
            }
            assert not foreign, f"{path} imports {foreign}"


PURE_PARTS = {"reflex_guard.marks", "reflex_guard.tokens", "rfc8785"}
"""The contract `pure` keeps them so. The last one turns values into canonical JSON, and does nothing else."""


def test_no_test_module_is_imported() -> None:
    """Helpers of several test modules are in `tests/kit`."""
    import_of_tests = re.compile(r"^\s*(?:from|import) tests\.(?:\w+\.)*test_\w+", re.MULTILINE)

    assert [str(path) for path in (ROOT / "tests").rglob("*.py") if import_of_tests.search(path.read_text())] == []


def test_every_layer_of_a_feature_has_its_tests() -> None:
    """As docs/extending.md asks for. Facts and tables hold no behaviour; the offer is used by all tests."""
    missing = [
        f"tests/features/{folder.name}/test_{layer}.py"
        for folder in sorted((PACKAGE / "features").iterdir())
        for layer in ("rules", "service", "flows", "state", "view")
        if ((folder / f"{layer}.py").exists() or (folder / layer / "__init__.py").exists())
        and not (ROOT / "tests" / "features" / folder.name / f"test_{layer}.py").exists()
    ]

    assert missing == []


def test_every_feature_is_in_the_registry() -> None:
    from netim_app.registry import FEATURES

    folders = {path.parent.name for path in (PACKAGE / "features").glob("*/__init__.py")}

    assert {feature.name for feature in FEATURES} == folders
