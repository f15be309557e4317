"""The part of a feature's tests that a person reviews: `tests/features/<name>/reviewed.py` holds its `REVIEWED`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

FEATURES = Path(__file__).resolve().parents[1] / "features"
ACCOUNT = "https://account.netim.example"
PLACE: dict[str, Any] = {"address": "203.0.113.7", "browser": "Firefox 140", "system": "Windows"}
NOTICE: dict[str, Any] = PLACE | {
    "first_name": "Zoé",
    "client": "Firefox 140 on Windows",
    "support": "support@netim.example",
    "when": "24 Nov 2026, 09:05 (UTC+1)",
    "security_url": f"{ACCOUNT}/account/connection-and-security",
    "forgot_url": f"{ACCOUNT}/forgot-password",
}
"""The values that `identity.notices.notify` hands over with every mail."""


def never(_variant: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as a service hands it over."""

    params: Mapping[str, Any] = field(default_factory=lambda: NOTICE)
    variants: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """By parameter, all values that make another text."""
    unsaid: frozenset[str] = frozenset()
    """Parameters that the mail keeps to itself on purpose."""
    to_support: Callable[[Mapping[str, Any]], bool] = never
    """(variant) -> whether it sends people to support, where that has an address."""


@dataclass(frozen=True)
class Addition:
    """An addition to mails as its feature hands it over."""

    place: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A new line here is a decision about security or words: look at what the code does."""

    marks: Mapping[str, str] = field(default_factory=dict)
    """The mark of each event handler, by `State.handler`."""
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Every form handler with a form that is well formed."""
    forms_without_fields: Sequence[str] = ()
    """Form handlers with a box to tick at most, or whose form is not open at first."""
    free_text: Sequence[str] = ()
    """Fields that take any text."""
    pasted: Sequence[str] = ()
    """Fields that take any lines, and much of them."""
    optional: Sequence[str] = ()
    """Fields that may be empty."""
    takes_an_id: Sequence[str] = ()
    """Handlers with an argument that is the id of a row."""
    own_data: Sequence[str] = ()
    """Handlers without arguments by which a customer rightly changes their own account."""
    right_values: Sequence[tuple[str, Any]] = ()
    """(handler, argument): among the hostile values that tests send, those with which it is called rightly."""
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Text keys that are put together while the program runs: by the pattern in the code, all values of its star."""
    mails: Mapping[str, Mail] = field(default_factory=dict)
    """By the name of the template."""
    additions: Mapping[str, Addition] = field(default_factory=dict)
    """Its additions to every mail, by the name of the template."""


@cache
def of_features() -> tuple[Reviewed, ...]:
    """That of every feature that has some."""
    names = sorted(path.parent.name for path in FEATURES.glob("*/reviewed.py"))
    return tuple(import_module(f"tests.features.{name}.reviewed").REVIEWED for name in names)


def joined(part: str) -> dict[str, Any]:
    """One mapping of all features."""
    return {key: value for each in of_features() for key, value in getattr(each, part).items()}


def listed(part: str) -> tuple[Any, ...]:
    """One list of all features."""
    return tuple(value for each in of_features() for value in getattr(each, part))


def additions() -> list[dict[str, Any]]:
    """The features' additions to every mail, as `mail_templates.render` takes them."""
    return [{"name": name, "place": each.place, **each.values} for name, each in joined("additions").items()]
