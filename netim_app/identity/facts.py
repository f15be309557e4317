"""What happens to accounts, logins, sessions and second factors."""

from abc import ABC
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from netim_app.core.facts import Change, Fact


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Fact):
    """A sign-up was confirmed from its mailbox."""


@dataclass(frozen=True, kw_only=True)
class LoggedIn(Fact):
    """A session was opened."""

    session_id: int
    known_browser: bool
    factor: str = ""
    """The second factor that was given; empty where the password was enough."""


@dataclass(frozen=True, kw_only=True)
class LoggedOut(Fact):
    """A customer ended the present session."""

    session_id: int
    replaced: bool = False
    """By logging in anew in the same browser."""


@dataclass(frozen=True, kw_only=True)
class OtherSessionsRevoked(Fact):
    """A customer ended sessions in other browsers: one of the list, or everywhere else."""

    count: int
    session_id: int = 0
    """The one; 0 for all others."""


@dataclass(frozen=True, kw_only=True)
class SessionDisplaced(Fact):
    """There were too many sessions: the one that was idle for longest ended."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class Refusal(Fact):
    """Somebody did not prove who is there. It changes nothing about the account, so open pages need not know.

    `reason` is a word for the log.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class LoginFailed(Refusal):
    """A password was wrong, or guessing is throttled or blocked."""


@dataclass(frozen=True, kw_only=True)
class ProofFailed(Refusal):
    """The same for a password that a logged-in customer was asked for again."""


@dataclass(frozen=True, kw_only=True)
class CodeRefused(Refusal):
    """A code was wrong or used before, or guessing is throttled or blocked."""

    logged_in: bool
    """Whether a logged-in customer was asked for it. `SecondFactorNotCompleted` says how a login ended."""
    spare: bool = False
    """Whether no code would do but one that stands in for a device: outside of a session, on the way back in."""


@dataclass(frozen=True, kw_only=True)
class LoginBlocked(Fact):
    """A right password, a ceremony or a working reset link was given, but a login policy refused.

    The reason is a text key.
    """

    reason: str
    way: Literal["password", "reset", "ceremony"] = "password"


@dataclass(frozen=True, kw_only=True)
class SecondFactorNotCompleted(Fact):
    """A right password was given, but the second factor was wrong, cancelled or never given."""


@dataclass(frozen=True, kw_only=True)
class CodesStopped(Fact):
    """So many wrong codes in a row that the password must be taken as stolen: login is blocked until a reset.

    `last`: it happened again after a reset, so the mailbox may be in wrong hands too. Only the operator lifts this one.
    """

    last: bool = False


@dataclass(frozen=True, kw_only=True)
class IdentityProved(Fact):
    """A logged-in customer proved again who is there (step-up)."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Change):
    """The password is a new one, either changed in the settings or set by a mailed reset link."""

    way: Literal["changed", "reset"]

    @property
    def told(self) -> str:
        return "identity.told.password_reset" if self.way == "reset" else "identity.told.password_changed"


@dataclass(frozen=True, kw_only=True)
class EmailChangeAsked(Change):
    """A new address was entered and waits for its confirmation."""

    new_email: str

    @property
    def told(self) -> str:
        return "identity.told.email_asked"


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Change):
    """The address is a new one: confirmed from the new mailbox."""

    old_email: str
    new_email: str

    @property
    def told(self) -> str:
        return "identity.told.email_changed"


@dataclass(frozen=True, kw_only=True)
class TakenBack(Change, ABC):
    """The account must be taken as having been in wrong hands. Features remove what a thief may have set up."""

    since: datetime
    until: datetime | None = None
    """After that it was the owner's again. None: it may have been in wrong hands until now."""

    def doubts(self, added_at: datetime, used_at: datetime | None = None) -> bool:
        """Whether something may be a thief's.

        Args:
            used_at: when it last opened the account. Nobody but the owner could use it after `until`.
        """
        if self.until is None:
            return added_at >= self.since
        return self.since <= added_at <= self.until and (used_at is None or used_at <= self.until)


@dataclass(frozen=True, kw_only=True)
class EmailRestored(TakenBack):
    """A change of address was undone from the old mailbox."""

    @property
    def told(self) -> str:
        return "identity.told.email_restored"


@dataclass(frozen=True, kw_only=True)
class AccountFrozen(Change):
    """Somebody who reads the owner's mail has said that something was not the owner: see `freeze`."""

    @property
    def told(self) -> str:
        return "identity.told.frozen"


@dataclass(frozen=True)
class Edit:
    """A field of personal information, before and after. Empty is not given."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class FreezeEnded(TakenBack):
    """The day after `AccountFrozen` is over."""

    @property
    def told(self) -> str:
        return "identity.told.freeze_ended"


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Change):
    """Personal information was edited.

    `language_alone`: by the switch that every page has.
    """

    edits: tuple[Edit, ...] = ()
    language_alone: bool = False

    @property
    def told(self) -> str:
        return "" if self.language_alone else "identity.told.profile_changed"


@dataclass(frozen=True, kw_only=True)
class SecondFactorEnabled(Change):
    """Two-factor authentication was switched on by a proved code."""

    @property
    def told(self) -> str:
        return "identity.told.second_factor_on"


@dataclass(frozen=True, kw_only=True)
class SecondFactorDisabled(Change):
    """Two-factor authentication was switched off; its secrets and codes are deleted."""

    @property
    def told(self) -> str:
        return "identity.told.second_factor_off"


@dataclass(frozen=True, kw_only=True)
class FactorsChanged(Change):
    """Something about what proves who is there, beside the password, is not as it was. Features make it their own."""


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(Fact):
    """All sessions, or all but the present one, were ended."""


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Change):
    """The operator lifted a lock-out by `netim unlock`."""

    without_second_factor: bool = False
    """Whether two-factor authentication is to go, too: the customer has lost every device and every backup code."""

    @property
    def told(self) -> str:
        return "identity.told.unlocked"


SupportAct = Literal["viewed", "exported", "reset_sent", "sessions_ended", "disabled", "enabled", "imported"]
_TOLD_OF_SUPPORT: dict[SupportAct, str] = {
    "viewed": "identity.told.support_viewed",
    "exported": "identity.told.support_exported",
    "reset_sent": "identity.told.support_reset_sent",
    "sessions_ended": "identity.told.support_sessions_ended",
    "disabled": "identity.told.support_disabled",
    "enabled": "identity.told.support_enabled",
    "imported": "identity.told.support_imported",
}


@dataclass(frozen=True, kw_only=True)
class SupportActed(Change):
    """Support has looked at the account or helped its owner, by the `netim` command."""

    act: SupportAct

    @property
    def told(self) -> str:
        return _TOLD_OF_SUPPORT[self.act]
