"""Facts: what has happened to an account, in the past tense. Features meet here and nowhere else.

A service records a fact in its unit of work; subscribers run in the same transaction, in the order of the registry.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

UNKNOWN_ADDRESS = "unknown-"
"""How an IP address begins that could not be established; what follows tells such clients apart."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """From where something was done.

    Attributes:
        address: what limits count by and the log tells: an address, or `UNKNOWN_ADDRESS` and more, or nothing.
        browser, system: what the client calls itself.
    """

    address: str = ""
    browser: str = ""
    system: str = ""

    @property
    def known_address(self) -> str:
        """The IP address as customers see it; empty when it could not be established."""
        return "" if self.address.startswith(UNKNOWN_ADDRESS) else self.address


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened to one account."""

    account_id: int
    at: datetime
    origin: Origin = field(default_factory=Origin)


class Change(Fact, ABC):
    """A change of the account that its owner finds in the recent activity, in the words that the fact brings.

    Fields that are text say what it was about: a rule, the name of a device.
    """

    @property
    @abstractmethod
    def told(self) -> str:
        """Text key of what was changed, without placeholders. Empty for what is not worth telling."""


def event_name(fact: Fact) -> str:
    """What the log and the journal call a fact: `logged_in`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
