"""Lines of the benchmark table, as plain text and as the table of the README."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

START = "<!-- `make bench ARGS=write` writes from here -->"
END = "<!-- to here -->"
HEAD = ("figure", "ours", "base", "ratio", "goal", "verdict")


@dataclass(frozen=True)
class Line:
    """One goal. `limit` is the most that the ratio may be, or the least where `at_least`."""

    goal: str
    ours: str
    base: str
    ratio: float
    limit: float
    at_least: bool = False
    unit: str = " x"
    main: bool = False
    """Whether the README shows it."""

    @property
    def verdict(self) -> str:
        met = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
        return "met" if met else "MISSED"

    def cells(self) -> tuple[str, ...]:
        target = f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"
        shown = f"{self.ratio:.0f}{self.unit}" if self.unit == " ms" else f"{self.ratio:.2f}{self.unit}"
        return self.goal, self.ours, self.base, shown, target, self.verdict


@dataclass(frozen=True)
class Findings:
    """The results of a group of measurements."""

    lines: Sequence[Line]
    notes: Sequence[str]
    actions: Sequence[tuple[str, ...]] = ()
    """Rows of the table of actions, without its head."""


def mb(size: float) -> str:
    return f"{size / 1_000_000:.0f} MB"


def kb(size: float) -> str:
    return f"{size / 1000:.1f} kB"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def rate(per_second: float) -> str:
    return f"{per_second:.1f}/s"


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Plain text, columns aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(lines: Sequence[Line], about: Sequence[str]) -> str:
    """The table of the main lines, and what must be known about the run."""
    rows = [HEAD, ("---",) * len(HEAD), *(line.cells() for line in lines if line.main)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", *about])


def write_between_marks(file: Path, words: str) -> None:
    """Puts words between the two marks in a file, in the place of what is there. All else stays as it is.

    Raises:
        ValueError: the file does not have each mark once, in their order.
    """
    text = file.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end) or START in rest or END in before + after:
        raise ValueError(f"{file} needs each of these lines once: {START} {END}")
    file.write_text(f"{before}{START}\n\n{words}\n\n{END}{after}", encoding="utf-8")
