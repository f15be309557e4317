"""Events of backup codes."""

from dataclasses import dataclass

from netim_app.core.facts import Change, Fact


@dataclass(frozen=True, kw_only=True)
class BackupCodesMade(Change):
    """There is a new set of backup codes; the old one is invalid."""

    @property
    def summary(self) -> str:
        return "backup_codes.summary.made"


@dataclass(frozen=True, kw_only=True)
class BackupCodesRemoved(Change):
    """A set that a thief may have made is invalid: see `TakenBack`."""

    @property
    def summary(self) -> str:
        return "backup_codes.summary.removed"


@dataclass(frozen=True, kw_only=True)
class BackupCodesSaved(Fact):
    """The customer has confirmed that the current set is saved."""


@dataclass(frozen=True, kw_only=True)
class BackupCodeUsed(Fact):
    """A backup code was consumed; `left` remain."""

    left: int
