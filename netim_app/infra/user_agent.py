"""Names browser and system from a User-Agent header, in words for a customer. They are a hint, never evidence.

The header is parsed on the event loop, for log lines too. So the `regex` extra of ua-parser matches the patterns in
linear time: Python's own regular expressions backtrack, and need many milliseconds for some headers.
"""

import re
from functools import lru_cache

import ua_parser

MAX_LENGTH = 512
"""Longer headers are cut first: each header is matched against hundreds of patterns."""
MAX_NAME = 40
_NAMES = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Mac OS X": "macOS",
    "Chrome OS": "ChromeOS",
    "Ubuntu": "Linux",
    "Fedora": "Linux",
    "Debian": "Linux",
    "Linux Mint": "Linux",
    "Arch Linux": "Linux",
    "Red Hat": "Linux",
    "SUSE": "Linux",
    "Other": "",
}
_ONLY_ON_IOS = re.compile(r"\b(?:\w+iOS|GSA|OPT)/|\bMobile/")
"""Parts that no browser on a Mac sends. An iPad requests desktop pages and claims to be a Mac."""
_SAFE = re.compile(r"[^\w .+/-]")


def describe(user_agent: str) -> tuple[str, str]:
    """(browser with its main version, system), such as `("Firefox 140", "Windows")`; empty where unknown.

    It never raises. It keeps only letters, digits and a few marks, because the client controls the header.
    """
    return _describe(user_agent[:MAX_LENGTH])


@lru_cache(maxsize=512)
def _describe(user_agent: str) -> tuple[str, str]:
    if not user_agent.strip():
        return "", ""
    try:
        browser, system = ua_parser.parse_user_agent(user_agent), ua_parser.parse_os(user_agent)
    except Exception:  # noqa: BLE001  a hostile header that breaks a pattern must not stop a login
        return "", ""
    name = _clean(browser.family) if browser else ""
    version = _clean(browser.major or "") if browser and name else ""
    return f"{name} {version}".strip(), _system(system.family, user_agent) if system else ""


def _system(family: str, user_agent: str) -> str:
    on_ios = family == "Mac OS X" and _ONLY_ON_IOS.search(user_agent)
    return _clean("iOS" if on_ios else family)


def _clean(name: str) -> str:
    return _SAFE.sub("", _NAMES.get(name, name))[:MAX_NAME].strip()
