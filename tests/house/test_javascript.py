"""JavaScript stands in one module, and there is little of it."""

import ast
import re
from collections.abc import Iterator

import pytest

from netim_app.ui import script
from tests.house.modules import PACKAGE

MOST_LINES = 132
WIDTH = 120
HOME = PACKAGE / "ui" / "script.py"
SECOND_STATEMENT = re.compile(r";\s*\S")
"""A line that holds more than one statement, or a statement between braces: prettier writes none."""
MARKS = re.compile(
    r"=>|\bfunction ?\(|\buse(?:Effect|State|Ref|Memo|Callback)\(|\b(?:current)?[tT]arget\.|\.querySelector"
    r"|\b(?:document|window|location|history|navigator|localStorage|sessionStorage|globalThis|Intl)\.[a-zA-Z]"
    r"|\baddEventListener\b|\bset(?:Timeout|Interval)\(|\bawait \w+\(|\bnew [A-Z]\w+\(|\beval\("
)
"""What a piece of JavaScript that does something has in it. Expressions that Vars put together have none of it."""


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string, or piece of one, but for docstrings and the strings that stand under a name."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def found_in(source: str) -> list[str]:
    return [f"{line}: {text.strip()[:80]}" for line, text in strings(source) if MARKS.search(text)]


def lines_in(source: str) -> list[str]:
    """The lines of a module's JavaScript, without comments."""
    lines = [line for _, text in strings(source) if MARKS.search(text) for line in text.splitlines()]
    return [line for line in lines if line.strip() and not line.strip().startswith("//")]


def test_javascript_stands_in_one_module() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path != HOME]
    found = {str(path.relative_to(PACKAGE)): found_in(path.read_text("utf-8")) for path in modules}
    assert {path: lines for path, lines in found.items() if lines} == {}
    root = PACKAGE.parent
    assert [
        path for path in (root / "assets").rglob("*") if path.suffix in {".js", ".mjs", ".jsx", ".ts", ".html"}
    ] == []


def test_there_is_little_javascript() -> None:
    lines = lines_in(HOME.read_text("utf-8"))
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line for line in lines if SECOND_STATEMENT.search(line)] == []


def test_each_function_is_used_and_has_its_reason() -> None:
    package = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    blocks = script.SOURCE.strip().split("\n\n")
    assert [block.splitlines()[0] for block in blocks if not block.startswith("// ")] == []
    for name in re.findall(r"^const (\w+) = ", script.SOURCE, re.MULTILINE):
        used = len(re.findall(rf"\b{name}\b", script.SOURCE)) > 1 or f'"{name}"' in package
        assert used, f"nothing uses {name}"


@pytest.mark.parametrize(
    "code",
    [
        'rx.Var("() => print()")',
        'rx.call_script(f"document.title = {title}")',
        'rx.Var("location.hash")',
        'hooks = ["const [a, b] = useState(0)"]',
        'rx.Var("new MutationObserver(seen)")',
        'code = f"{field}.querySelector(1)"',
    ],
)
def test_javascript_is_found(code: str) -> None:
    assert found_in(code)
    assert lines_in(code)


@pytest.mark.parametrize(
    "code", ['text = "a new way for this document."', '"""Prose: () => 1."""', "x = 1\n'''document.title'''"]
)
def test_prose_is_no_javascript(code: str) -> None:
    assert found_in(code) == []
