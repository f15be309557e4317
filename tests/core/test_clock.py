from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netim_app.core import clock

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "system_clock", lambda: NOW)


def test_the_system_clock_is_aware_in_utc_and_tells_the_time() -> None:
    before, now, after = datetime.now(UTC), clock.system_clock(), datetime.now(UTC)

    assert now.tzinfo is UTC
    assert before <= now <= after


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("content", "seconds"), [("", 0.0), ("0", 0.0), ("90", 90.0), ("-3600\n", -3600.0), ("0.5", 0.5)]
)
def test_a_shifted_clock_adds_what_stands_in_the_file(tmp_path: Path, content: str, seconds: float) -> None:
    file = tmp_path / "offset"
    file.write_text(content)

    assert clock.shifted_clock(file)() == NOW + timedelta(seconds=seconds)


@pytest.mark.usefixtures("frozen")
def test_the_file_is_read_at_each_use(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    now = clock.shifted_clock(file)

    before = now()
    file.write_text("60")

    assert (before, now()) == (NOW, NOW + timedelta(minutes=1))
