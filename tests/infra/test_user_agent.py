"""infra.user_agent: real headers, and hostile ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.infra import user_agent
from netim_app.infra.user_agent import describe

IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "browser", "system"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140", "Windows"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox 141", "Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox 128",
            "macOS",
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox 140", "Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36", "Chrome 138", "Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36", "Chrome 138", "Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36", "Chrome 138", "Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/138.0.0.0 Safari/537.36", "Chrome 138", "ChromeOS"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.3351.55",
            "Edge 138",
            "Windows",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/138.0.0.0 Safari/537.36 OPR/121.0.0.0",
            "Opera 121",
            "Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",  # noqa: E501
            "Safari 18",
            "macOS",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"  # noqa: E501
                " Mobile/15E148 Safari/604.1"
            ),
            "Safari 18",
            "iOS",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
                " CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1"
            ),
            "Chrome 138",
            "iOS",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",  # noqa: E501
            "Samsung Internet 28",
            "Android",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer 11", "Windows"),
        # An iPad that asks for the pages of a Mac.
        (f"{IPAD} FxiOS/138.0 Safari/605.1.15", "Firefox 138", "iOS"),
        (f"{IPAD} CriOS/138 Version/11.1.1 Safari/605.1.15", "Chrome 138", "iOS"),
        (f"{IPAD} Version/17.0 EdgiOS/138.0 Safari/605.1.15", "Edge 138", "iOS"),
        (f"{IPAD} Version/17.4 Safari/605.1.15 OPT/5.0", "Opera Touch 5", "iOS"),
        (f"{IPAD} Version/18.5 Mobile/15E148 Safari/604.1", "Safari 18", "iOS"),
        ("Mozilla/5.0 (X11; Linux Mint; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140", "Linux"),
        ("curl/8.5.0", "curl 8", ""),
        ("python-requests/2.32.3", "Python Requests 2", ""),
        ("", "", ""),
        ("   ", "", ""),
        ("nonsense", "", ""),
    ],
)
def test_real_headers(header: str, browser: str, system: str) -> None:
    assert describe(header) == (browser, system)


@given(st.text())
def test_no_header_raises_and_none_brings_markup(header: str) -> None:
    for part in describe(header):
        assert len(part) <= 81
        assert not set(part) & set("<>\"'&\r\n\x00")


def test_a_hostile_family_name_is_cleaned() -> None:
    assert user_agent._clean("<b onclick='x'>Fire&fox\n</b>") == "b onclickxFirefox/b"
    browser, system = describe("Mozilla/5.0 (compatible; <script>alert(1)</script>bot/1.0; +http://x.test/)")
    assert "<" not in browser + system


def test_a_huge_header_is_cut_first() -> None:
    started = time.process_time()
    describe("Mozilla/5.0 (" + "a" * 10_000_000)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("pattern", ["bot", "Mozilla/", "1.", "bot/", "a", "(", "Android ", "\u00e9"])
def test_hostile_headers_cost_next_to_nothing(pattern: str) -> None:
    """They are read on the event loop. Backtracking patterns took 3 to 11 ms for each of these."""
    describe("Mozilla/5.0")
    hostile = [f"{number} {pattern * 600}" for number in range(50)]

    started = time.process_time()
    for header in hostile:
        describe(header)

    assert time.process_time() - started < 0.001 * len(hostile)
