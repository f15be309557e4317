"""Print the size of modules and functions, and what is over the house's limits. Fail if there is any.

Lines are those of the file, blank ones and comments included. A function counts from `def` to its last line.
"""

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (ROOT / "netim_app", ROOT / "reflex_guard")
MODULE_LIMIT = 300
FUNCTION_LIMIT = 50


def files() -> Iterator[Path]:
    """All code that is served."""
    for package in PACKAGES:
        yield from package.rglob("*.py")


def modules() -> dict[str, int]:
    """Lines of each module that is not empty, by its path below the project's root."""
    sizes = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files()}
    return {path: size for path, size in sizes.items() if size}


def functions() -> Iterator[tuple[str, int]]:
    """Place and lines of each function and method."""
    for path in files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, (node.end_lineno or node.lineno) - node.lineno + 1


def summary(title: str, sizes: list[int]) -> str:
    """Count, median, 90th percentile and maximum in one line."""
    p90 = statistics.quantiles(sizes, n=10)[-1]
    return f"{title:<10} {len(sizes):>5}  median {statistics.median(sizes):g}  p90 {p90:.0f}  max {max(sizes)}"


def main() -> None:
    """Print the table, and what is over a limit."""
    by_module, by_function = modules(), dict(functions())
    print(summary("modules", list(by_module.values())))
    print(summary("functions", list(by_function.values())))
    too_long = [
        f"over {limit}: {place} ({size})"
        for sizes, limit in ((by_module, MODULE_LIMIT), (by_function, FUNCTION_LIMIT))
        for place, size in sorted(sizes.items(), key=lambda item: -item[1])
        if size > limit
    ]
    print(*too_long, sep="\n", end="")
    sys.exit(bool(too_long))


if __name__ == "__main__":
    main()
