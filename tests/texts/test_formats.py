"""Dates, times and browsers, as a language writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from netim_app.texts import catalog, formats

MOMENT = datetime(2026, 8, 3, 22, 5, tzinfo=UTC)


def test_a_moment_is_told_in_the_reader_s_zone_and_language() -> None:
    assert formats.format_datetime(MOMENT, "en", "Europe/Paris") == "4 Aug 2026, 00:05 (UTC+2)"
    assert formats.format_datetime(MOMENT, "fr", "Europe/Paris") == "4 août 2026 à 00:05 (UTC+2)"
    assert formats.format_datetime(MOMENT, "de", "Europe/Berlin") == "04.08.2026, 00:05 Uhr (UTC+2)"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "a\x00b"])
def test_an_unknown_zone_means_utc(zone: str) -> None:
    assert formats.format_datetime(MOMENT, "fr", zone) == "3 août 2026 à 22:05 (UTC)"


@pytest.mark.parametrize(
    ("zone", "first", "offsets"),
    [
        ("Europe/Paris", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ("UTC+2)", "UTC+1)")),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ("UTC−4)", "UTC−5)")),
        ("Europe/Dublin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ("UTC+1)", "UTC)")),
    ],
)
@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_the_hour_that_comes_twice_is_told_apart(
    zone: str, first: datetime, offsets: tuple[str, str], locale: str
) -> None:
    for write in (formats.format_datetime, formats.format_short):
        told = [write(first + timedelta(hours=hour), locale, zone) for hour in (-1, 0, 1, 2)]
        assert len(set(told)) == 4
        assert [offset in text for offset, text in zip(offsets, told[1:3], strict=True)] == [True, True]
        if write == formats.format_short:
            assert "UTC" not in told[0] + told[3], "said only where it is needed"


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("UTC", "UTC", "UTC"),
        ("Europe/Dublin", "UTC", "UTC+1"),
        ("Africa/Casablanca", "UTC+1", "UTC+1"),
        ("Australia/Lord_Howe", "UTC+11", "UTC+10:30"),
        ("America/St_Johns", "UTC\N{MINUS SIGN}3:30", "UTC\N{MINUS SIGN}2:30"),
        ("UTC-03:00", "UTC\N{MINUS SIGN}3", "UTC\N{MINUS SIGN}3"),
        ("Asia/Calcutta", "UTC+5:30", "UTC+5:30"),
        ("Asia/Kolkata", "UTC+5:30", "UTC+5:30"),
    ],
)
@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_a_moment_has_the_offset_of_its_day(zone: str, winter: str, summer: str, locale: str) -> None:
    for month, offset in ((1, winter), (7, summer)):
        moment = datetime(2026, month, 15, 12, tzinfo=UTC)
        assert formats.format_datetime(moment, locale, zone).endswith(f" ({offset})")


def test_a_naive_moment_is_taken_for_utc() -> None:
    naive = MOMENT.replace(tzinfo=None)
    assert formats.format_datetime(naive, "fr", "Asia/Tokyo") == formats.format_datetime(MOMENT, "fr", "Asia/Tokyo")


def test_a_day_is_written_out() -> None:
    assert formats.format_date(MOMENT, "en", "UTC") == "3 Aug 2026"
    assert formats.format_date(MOMENT, "fr", "Europe/Paris") == "4 août 2026"
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    days = {locale: formats.format_date(first, locale, "UTC") for locale in ("en", "fr", "de")}
    assert days == {"en": "1 Mar 2026", "fr": "1er mars 2026", "de": "01.03.2026"}
    assert formats.format_date(first + timedelta(days=20), "fr", "UTC") == "21 mars 2026"
    assert formats.format_date(MOMENT, "xx", "Mars/Olympus") == "3 Aug 2026"
