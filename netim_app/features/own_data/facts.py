"""What happens to the customer's data as a whole."""

from dataclasses import dataclass

from netim_app.core.facts import Change, Fact


@dataclass(frozen=True, kw_only=True)
class DataDownloaded(Change):
    """The customer has saved all data of the account as a file."""

    @property
    def told(self) -> str:
        return "own_data.told.downloaded"


@dataclass(frozen=True, kw_only=True)
class DeletionAsked(Change):
    """The account is to be deleted, and nobody is logged in any more.

    `by_support`: the customer has asked support for it.
    """

    by_support: bool = False

    @property
    def told(self) -> str:
        return "own_data.told.asked_support" if self.by_support else "own_data.told.asked"


@dataclass(frozen=True, kw_only=True)
class DeletionTakenBack(Change):
    """The account stays."""

    @property
    def told(self) -> str:
        return "own_data.told.taken_back"


@dataclass(frozen=True, kw_only=True)
class StayNoticeClosed(Fact):
    """The customer has read that the account stays."""


@dataclass(frozen=True, kw_only=True)
class AccountDeleted(Fact):
    """The account and all its rows go with the present unit. Its number remains, in the log alone."""
