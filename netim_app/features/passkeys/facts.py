"""Facts about passkeys."""

from dataclasses import dataclass

from netim_app.core.facts import Change, Fact
from netim_app.identity.facts import FactorsChanged, Refusal


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(FactorsChanged):
    """From now on another passkey opens the account."""

    name: str

    @property
    def summary(self) -> str:
        return "passkeys.summary.added"


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(FactorsChanged):
    """A passkey is no longer accepted.

    `last`: it was the last second factor, so a password alone opens the account.
    """

    name: str
    last: bool = False

    @property
    def summary(self) -> str:
        return "passkeys.summary.removed"


@dataclass(frozen=True, kw_only=True)
class PasskeyRenamed(Change):
    """A passkey has another name."""

    old_name: str
    name: str

    @property
    def summary(self) -> str:
        return "passkeys.summary.renamed"


@dataclass(frozen=True, kw_only=True)
class PasskeysOnlyOn(FactorsChanged):
    """From now on only a passkey opens the account."""

    @property
    def summary(self) -> str:
        return "passkeys.summary.only_on"


@dataclass(frozen=True, kw_only=True)
class PasskeysOnlyOff(FactorsChanged):
    """Password, codes and reset open the account again."""

    @property
    def summary(self) -> str:
        return "passkeys.summary.only_off"


@dataclass(frozen=True, kw_only=True)
class RecoveryBegun(Change):
    """A mailed link and a backup code were right: the waiting period has begun."""

    @property
    def summary(self) -> str:
        return "passkeys.summary.recovery_begun"


@dataclass(frozen=True, kw_only=True)
class RecoveryStopped(Change):
    """The recovery was stopped before anybody got in."""

    @property
    def summary(self) -> str:
        return "passkeys.summary.recovery_stopped"


@dataclass(frozen=True, kw_only=True)
class RecoveryDone(FactorsChanged):
    """After the waiting period somebody got in without a passkey. Password, codes and reset open the account again."""

    @property
    def summary(self) -> str:
        return "passkeys.summary.recovery_done"


@dataclass(frozen=True, kw_only=True)
class PasskeyUsed(Fact):
    """A passkey has proved the customer's identity."""


@dataclass(frozen=True, kw_only=True)
class PasskeyRefused(Refusal):
    """The answer to a passkey prompt was wrong, or a right one was refused.

    `way`: the purpose of the prompt, as in `rules.Purpose`.
    """

    way: str


@dataclass(frozen=True, kw_only=True)
class PasskeyCounterFell(Change):
    """The counter of a passkey did not increase: there may be a copy of it.

    `refused`: the passkey was not accepted, because it never leaves its device and so must have no copy.
    """

    name: str
    refused: bool

    @property
    def summary(self) -> str:
        return "passkeys.summary.counter"
