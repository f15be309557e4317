"""The file of `netim export`."""

import resource
from pathlib import Path

import pytest
import typer

from netim_app.commands import support


def test_no_part_of_a_file_stays_that_could_not_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.json"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))  # as on a disk that is full
    try:
        with pytest.raises(typer.Exit):
            support._write_new(path, "x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in capsys.readouterr().err
    assert not path.exists()

    support._write_new(path, "x" * 100)
    assert path.read_text() == "x" * 100
