"""Commands for support: an address that nobody has, and the file of `netim export`."""

import resource
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from netim_app.__main__ import app
from netim_app.commands import customers, support
from netim_app.infra.unit_of_work import Units

COMMANDS = ("show", "export", "enable", "disable", "delete", "send-reset", "unlock")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_address_is_said_and_ends_with_an_error(
    sqlite_units: Units, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for module in (customers, support):
        monkeypatch.setattr(module, "open_database", lambda: sqlite_units)

    done = CliRunner().invoke(app, [command, "nobody@example.com"])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "no account has this e-mail address" in done.stderr


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
