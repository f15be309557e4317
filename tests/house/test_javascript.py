"""There is little JavaScript: one module, apart from what controls Reflex and what other applications use."""

import ast
import re
from collections.abc import Iterator

import pytest

from netim_app.ui import script
from reflex_guard import javascript
from tests.house.modules import PACKAGE, PARTS, ROOT

MOST_LINES = 208
"""By purpose; the reason for each piece is beside it.

- A press counts once and its answer moves the focus (35); presses and input before the scripts load are kept (20).
- Secrets of mails and tickets are posted once, without a new page where something was typed (36); the fragment of a
  link leaves the address bar (7).
- Unsaved backup codes are not left by accident (9).
- Dialogs (12), menus (10), the focus (11), and what must stay in view (2).
- Codes send themselves when they are complete (10); a form says which button sent it (5); Caps Lock, copy, print (6).
- Passkeys: the prompt, and what password managers are told (24).
- A browser that refuses storage still shows the pages (13); the address and the time zone of the page, its language,
  and the form around a field (8).
"""
WIDTH = 120
HOMES = [
    *(PACKAGE / path for path in ("ui/javascript.py", "ui/script.py", "reflex_port/page_scripts.py")),
    PARTS / "javascript.py",
]
FILES = [path for folder in (PACKAGE, PARTS) for path in sorted(folder.rglob("*.py"))]
SECOND_STATEMENT = re.compile(r";\s*\S")
"""A line that holds more than one statement, or a statement between braces: prettier writes none."""
MARKS = re.compile(
    r"=>|\bfunction ?\(|\buse(?:Effect|State|Ref|Memo|Callback)\(|\b(?:current)?[tT]arget\.|\.querySelector"
    r"|\b(?:document|window|location|history|navigator|localStorage|sessionStorage|globalThis|Intl)\.[a-zA-Z]"
    r"|\baddEventListener\b|\bset(?:Timeout|Interval)\(|\bawait \w+\(|\bnew [A-Z]\w+\(|\beval\("
)
"""The signs of a piece of JavaScript that does something. Expressions that Vars put together have none of it."""


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
    modules = [path for path in FILES if path not in HOMES]
    found = {str(path.relative_to(ROOT)): found_in(path.read_text("utf-8")) for path in modules}
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert [
        path for path in (ROOT / "assets").rglob("*") if path.suffix in {".js", ".mjs", ".jsx", ".ts", ".html"}
    ] == []


def test_there_is_little_javascript() -> None:
    lines = [line for home in HOMES for line in lines_in(home.read_text("utf-8"))]
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line for line in lines if SECOND_STATEMENT.search(line)] == []


def test_each_function_is_used_and_has_its_reason() -> None:
    package = "".join(path.read_text("utf-8") for path in FILES)
    source = javascript.SOURCE + script.SOURCE
    blocks = source.strip().split("\n\n")
    assert [block.splitlines()[0] for block in blocks if not block.startswith("// ")] == []
    for name in re.findall(r"^const (\w+) = ", source, re.MULTILINE):
        used = len(re.findall(rf"\b{name}\b", source)) > 1 or f'"{name}"' in package
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
