"""Facts: what has happened to an account, in the past tense. Features communicate only through facts.

A service records a fact in its unit of work; subscribers run in the same transaction, in the order of the registry.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

UNKNOWN_ADDRESS = "unknown-"
"""The prefix of the placeholder for an unknown IP address. The rest distinguishes such clients from each other."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The origin of an action.

    Attributes:
        address: the key of limits, and the address in the log: an IP address, an `UNKNOWN_ADDRESS` placeholder, or
            empty.
        browser, system: what the client claims to be.
    """

    address: str = ""
    browser: str = ""
    system: str = ""

    @property
    def known_address(self) -> str:
        """The IP address as customers see it; empty when it is unknown."""
        return "" if self.address.startswith(UNKNOWN_ADDRESS) else self.address


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened to one account."""

    account_id: int
    at: datetime
    origin: Origin = field(default_factory=Origin)


class Change(Fact, ABC):
    """A change of the account. The recent activity shows it to the owner in words that the fact provides.

    Text fields name what was changed, such as a rule or a device.
    """

    @property
    @abstractmethod
    def summary(self) -> str | None:
        """Text key of what was changed, without placeholders. None when the activity should not show it."""


def event_name(fact: Fact) -> str:
    """The name of a fact in log and journal, such as `logged_in`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
