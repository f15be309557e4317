"""What happens to passkeys."""

from dataclasses import dataclass

from netim_app.core.facts import Change, Fact
from netim_app.identity.facts import FactorsChanged, Refusal


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(FactorsChanged):
    """Another passkey opens the account from now on."""

    name: str

    @property
    def told(self) -> str:
        return "passkeys.told.added"


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(FactorsChanged):
    """A passkey is accepted no longer.

    `last`: it was the last second factor, so a password alone opens the account.
    """

    name: str
    last: bool = False

    @property
    def told(self) -> str:
        return "passkeys.told.removed"


@dataclass(frozen=True, kw_only=True)
class PasskeyRenamed(Change):
    """A passkey has another name."""

    old_name: str
    name: str

    @property
    def told(self) -> str:
        return "passkeys.told.renamed"


@dataclass(frozen=True, kw_only=True)
class PasskeysOnlyOn(FactorsChanged):
    """Nothing but a passkey opens the account from now on."""

    @property
    def told(self) -> str:
        return "passkeys.told.only_on"


@dataclass(frozen=True, kw_only=True)
class PasskeysOnlyOff(FactorsChanged):
    """Password, codes and reset open the account again."""

    @property
    def told(self) -> str:
        return "passkeys.told.only_off"


@dataclass(frozen=True, kw_only=True)
class RecoveryBegun(Change):
    """A mailed link and a backup code were right: the wait has begun."""

    @property
    def told(self) -> str:
        return "passkeys.told.recovery_begun"


@dataclass(frozen=True, kw_only=True)
class RecoveryStopped(Change):
    """The wait was ended, and led to nothing."""

    @property
    def told(self) -> str:
        return "passkeys.told.recovery_stopped"


@dataclass(frozen=True, kw_only=True)
class RecoveryDone(FactorsChanged):
    """After the wait somebody got in without a passkey. Password, codes and reset open the account again."""

    @property
    def told(self) -> str:
        return "passkeys.told.recovery_done"


@dataclass(frozen=True, kw_only=True)
class PasskeyUsed(Fact):
    """A passkey has proved who is there."""


@dataclass(frozen=True, kw_only=True)
class PasskeyRefused(Refusal):
    """A passkey was asked for, and the answer was wrong; or the right one was shut out of the account.

    `way`: what it was asked for, as `rules.Purpose`.
    """

    way: str


@dataclass(frozen=True, kw_only=True)
class PasskeyCounterFell(Change):
    """The counter of a passkey did not go on: there may be a copy of it.

    `refused`: it never leaves its device, so it must not have a copy, and was not accepted.
    """

    name: str
    refused: bool

    @property
    def told(self) -> str:
        return "passkeys.told.counter"
