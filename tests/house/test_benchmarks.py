from dataclasses import replace
from pathlib import Path

import pytest

from netim_app.registry import FEATURES
from tests.benchmarks import copies
from tests.benchmarks.groups import chosen
from tests.benchmarks.quiet import CORES, Quiet
from tests.benchmarks.report import END, HEAD, START, Line, markdown, write_between_marks

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MOST_LINES = 20


def line(goal: str, *, main: bool = True, ratio: float = 1.0) -> Line:
    return Line(goal, "2.0 ms", "1.0 ms", ratio, 2, main=main)


def test_the_readme_has_a_place_for_the_table_and_no_more_than_a_table_in_it() -> None:
    before, _, rest = README.read_text("utf-8").partition(START)
    table, _, after = rest.partition(END)

    assert before
    assert after
    assert START not in rest
    assert END not in before + after
    assert len([row for row in table.splitlines() if row.startswith("|")]) <= MOST_LINES


def test_the_table_is_written_and_all_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{START}\nold words\n{END}\nafter é\n", "utf-8")

    write_between_marks(file, "new words")
    write_between_marks(file, "newer words")

    assert file.read_text("utf-8") == f"before\n{START}\n\nnewer words\n\n{END}\nafter é\n"


@pytest.mark.parametrize(
    "text", ["", START, END, f"{END}\n{START}", f"{START}{END}{END}", f"{START}{START}{END}", f"{END}{START}{END}"]
)
def test_a_file_without_both_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(text, "utf-8")

    with pytest.raises(ValueError, match="needs each of these lines once"):
        write_between_marks(file, "words")

    assert file.read_text("utf-8") == text


def test_main_lines_become_a_table_with_their_verdicts() -> None:
    rows = markdown([line("a"), line("b", main=False), line("c", ratio=3)], ["The machine was quiet."]).splitlines()

    assert rows[0] == f"| {' | '.join(HEAD)} |"
    assert rows[2:4] == [
        "| a | 2.0 ms | 1.0 ms | 1.00 x | <= 2 x | met |",
        "| c | 2.0 ms | 1.0 ms | 3.00 x | <= 2 x | MISSED |",
    ]
    assert rows[4:] == ["", "The machine was quiet."]


def test_a_goal_may_be_the_least_or_the_most() -> None:
    assert Line("rate", "", "", 4.0, 4, at_least=True).verdict == "met"
    assert Line("rate", "", "", 3.9, 4, at_least=True).verdict == "MISSED"
    assert Line("cost", "", "", 4.0, 4).verdict == "met"
    assert Line("cost", "", "", 4.1, 4).verdict == "MISSED"


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ([], ["cost", "speed", "load"]),
        (["write"], ["cost", "speed", "load"]),
        (["peer"], ["cost", "speed", "load", "peer"]),
        (["scale"], ["scale"]),
        (["peer", "cost"], ["cost", "peer"]),
    ],
)
def test_the_peer_is_measured_only_when_it_is_named(words: list[str], groups: list[str]) -> None:
    assert chosen(words) == groups


def test_ten_features_more_are_installed_as_the_example_is(tmp_path: Path) -> None:
    copies.add_ten_features(tmp_path)

    added = set(copies.installed(tmp_path)) - {feature.name for feature in FEATURES}
    assert added == {f"checkup{number}" for number in range(1, 11)}


def test_the_journal_alone_is_left_out_of_its_copy(tmp_path: Path) -> None:
    copies.remove_journal(tmp_path)

    assert copies.installed(tmp_path) == [feature.name for feature in FEATURES if feature.name != "journal"]


QUIET = Quiet(load_before=0.2 * CORES, others=0.03, stolen=0.0, before=0.0100, after=0.0105)


def test_a_quiet_machine_is_called_quiet() -> None:
    assert QUIET.faults == []
    assert str(QUIET).startswith("The machine was quiet: ")


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        ({"load_before": 0.5 * CORES}, "load before the run"),
        ({"others": 0.2}, "other processes"),
        ({"stolen": 0.05}, "stolen by the host"),
        ({"after": 0.0120}, "spin loop after / before"),
        ({"before": 0.0120}, "spin loop before / after"),
    ],
)
def test_a_machine_that_did_something_else_is_said(seen: dict[str, float], fault: str) -> None:
    watched = replace(QUIET, **seen)

    assert watched.faults == [fault]
    assert str(watched).startswith(f"THE MACHINE WAS NOT QUIET ({fault}): ")
