"""Facts about the customer's data as a whole."""

from dataclasses import dataclass

from netim_app.core.facts import Change, Fact


@dataclass(frozen=True, kw_only=True)
class DataDownloaded(Change):
    """The customer has downloaded all data of the account."""

    @property
    def summary(self) -> str:
        return "own_data.summary.downloaded"


@dataclass(frozen=True, kw_only=True)
class DeletionAsked(Change):
    """The account is scheduled for deletion, and all sessions have ended.

    `by_support`: the customer requested it through support.
    """

    by_support: bool = False

    @property
    def summary(self) -> str:
        return "own_data.summary.asked_support" if self.by_support else "own_data.summary.asked"


@dataclass(frozen=True, kw_only=True)
class DeletionTakenBack(Change):
    """The deletion was cancelled: the account stays."""

    @property
    def summary(self) -> str:
        return "own_data.summary.taken_back"


@dataclass(frozen=True, kw_only=True)
class StayNoticeClosed(Fact):
    """The customer has closed the notice that the account stays."""


@dataclass(frozen=True, kw_only=True)
class AccountDeleted(Fact):
    """The current unit deletes the account and all its rows. Only the log still has its number."""
