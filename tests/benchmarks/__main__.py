"""`make bench`: measures, and prints the tables. A goal that is missed is marked and does not fail the run."""

import os
import sys
import tempfile
import time
from pathlib import Path

# The settings are read when modules are imported: nothing of the developer's own environment may leak in.
for name in [name for name in os.environ if name.startswith("NETIM_") and not name.startswith("NETIM_TEST_")]:
    del os.environ[name]

from tests.benchmarks.groups import GROUPS, chosen  # noqa: E402
from tests.benchmarks.quiet import Watch  # noqa: E402
from tests.benchmarks.report import HEAD, Findings, aligned, markdown, write_between_marks  # noqa: E402
from tests.benchmarks.servers import build_both  # noqa: E402

README = Path(__file__).resolve().parents[2] / "README.md"
WRITE = "write"


def say(words: str) -> None:
    """Progress goes to standard error, the tables to standard output."""
    print(words, file=sys.stderr, flush=True)


def measure(wanted: list[str]) -> Findings:
    """All groups, one after the other, in a temporary folder."""
    found = []
    with tempfile.TemporaryDirectory(prefix="netim-bench-") as name:
        folder = Path(name)
        say("building both apps ...")
        counter_folder = build_both(folder)
        for group in wanted:
            say(f"{group} ...")
            found.append(GROUPS[group](folder, counter_folder))
    return Findings(
        lines=[line for one in found for line in one.lines],
        notes=[note for one in found for note in one.notes],
        actions=[row for one in found for row in one.actions],
    )


def main() -> None:
    """Prints the tables of the groups named on the command line. With `write` the main table goes into the README."""
    start = time.monotonic()
    words = sys.argv[1:]
    if unknown := set(words) - {*GROUPS, WRITE}:
        sys.exit(f"no such group: {', '.join(sorted(unknown))}. There are {', '.join(GROUPS)}, and `{WRITE}`.")
    watch = Watch()
    found = measure(chosen(words))
    quiet = str(watch.result())
    if found.actions:
        print(aligned(found.actions), end="\n\n")
    print(aligned([HEAD, *(line.cells() for line in found.lines)]), end="\n\n")
    print(*found.notes, quiet, sep="\n")
    if WRITE in words:
        write_between_marks(README, markdown(found.lines, [quiet]))
    say(f"({time.monotonic() - start:.0f} s)")


if __name__ == "__main__":
    main()
