"""Facts about accounts, logins, sessions and second factors."""

from abc import ABC
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from netim_app.core.facts import Change, Fact


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Fact):
    """An account was created: by a confirmed sign-up, an import, or the first login of a directory's customer."""


@dataclass(frozen=True, kw_only=True)
class LoggedIn(Fact):
    """A session was opened."""

    session_id: int
    known_browser: bool
    factor: str = ""
    """The factor that was given; empty if the password was enough."""


@dataclass(frozen=True, kw_only=True)
class LoggedOut(Fact):
    """A customer ended the present session."""

    session_id: int
    replaced: bool = False
    """Whether it ended because of a new login in the same browser."""


@dataclass(frozen=True, kw_only=True)
class OtherSessionsRevoked(Fact):
    """A customer ended sessions in other browsers: one from the list, or all others."""

    count: int
    session_id: int = 0
    """The session that was ended; 0 for all others."""


@dataclass(frozen=True, kw_only=True)
class SessionDisplaced(Fact):
    """There were too many sessions, so the one that was idle for longest was ended."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class Refusal(Fact):
    """Somebody failed to prove their identity. This changes nothing about the account, so open pages need no refresh.

    `reason` is a word for the log.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class LoginFailed(Refusal):
    """A password was wrong, or guessing is throttled or blocked."""


@dataclass(frozen=True, kw_only=True)
class ProofFailed(Refusal):
    """The same, when the password was checked outside of a login, such as for a fresh proof."""


@dataclass(frozen=True, kw_only=True)
class CodeRefused(Refusal):
    """A code was wrong or used before, or guessing is throttled or blocked."""

    logged_in: bool
    """Whether a logged-in customer gave the code. `SecondFactorNotCompleted` records how a login ended."""
    only_fallback: bool = False
    """Whether only a code of a fallback factor was accepted, as in account recovery without a session."""


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
class CodesLockedOut(Fact):
    """After so many wrong codes the password must be assumed stolen, so logins are blocked until a reset.

    `last`: it happened again after a reset, so a thief may have the mailbox, too. Only the operator or an undone change
    of address lifts this one.
    """

    last: bool = False


@dataclass(frozen=True, kw_only=True)
class IdentityProved(Fact):
    """A logged-in customer proved their identity again (step-up)."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Change):
    """The password was changed in the settings or set by a mailed reset link."""

    way: Literal["changed", "reset"]

    @property
    def summary(self) -> str:
        return "identity.summary.password_reset" if self.way == "reset" else "identity.summary.password_changed"


@dataclass(frozen=True, kw_only=True)
class EmailChangeAsked(Change):
    """A new address was entered and waits for its confirmation."""

    new_email: str

    @property
    def summary(self) -> str:
        return "identity.summary.email_asked"


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Change):
    """The new address was confirmed from its mailbox and replaced the old one."""

    old_email: str
    new_email: str

    @property
    def summary(self) -> str:
        return "identity.summary.email_changed"


@dataclass(frozen=True, kw_only=True)
class TakenBack(Change, ABC):
    """A thief may have had access to the account. Features remove what the thief may have set up."""

    since: datetime
    until: datetime | None = None
    """When the owner had regained it. None: a thief may have had access until now."""

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
    def summary(self) -> str:
        return "identity.summary.email_restored"


@dataclass(frozen=True, kw_only=True)
class AccountFrozen(Change):
    """Somebody with access to the owner's mail reported that something was not the owner: see `freeze`."""

    @property
    def summary(self) -> str:
        return "identity.summary.frozen"


@dataclass(frozen=True)
class Edit:
    """A field of personal information, before and after. Empty means not given."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class FreezeEnded(TakenBack):
    """The day after `AccountFrozen` is over."""

    @property
    def summary(self) -> str:
        return "identity.summary.freeze_ended"


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Change):
    """Personal information was edited.

    `language_alone`: only the language was changed, by the switch on every page.
    """

    edits: tuple[Edit, ...] = ()
    language_alone: bool = False

    @property
    def summary(self) -> str | None:
        return None if self.language_alone else "identity.summary.profile_changed"


@dataclass(frozen=True, kw_only=True)
class SecondFactorEnabled(Change):
    """Two-factor authentication was switched on by a proved code."""

    @property
    def summary(self) -> str:
        return "identity.summary.second_factor_on"


@dataclass(frozen=True, kw_only=True)
class SecondFactorDisabled(Change):
    """Two-factor authentication was switched off; its secrets and codes are deleted."""

    @property
    def summary(self) -> str:
        return "identity.summary.second_factor_off"


@dataclass(frozen=True, kw_only=True)
class FactorsChanged(Change):
    """A factor other than the password has changed. Features derive their own facts from it."""


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(Fact):
    """All sessions, or all but the present one, were ended."""


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Change):
    """The operator lifted a lockout by `netim unlock`."""

    without_second_factor: bool = False
    """Whether to disable two-factor authentication, too: the customer has lost every device and every backup code."""

    @property
    def summary(self) -> str:
        return "identity.summary.unlocked"


SupportAct = Literal["viewed", "exported", "reset_sent", "sessions_ended", "disabled", "enabled", "imported"]
_SUPPORT_SUMMARIES: dict[SupportAct, str] = {
    "viewed": "identity.summary.support_viewed",
    "exported": "identity.summary.support_exported",
    "reset_sent": "identity.summary.support_reset_sent",
    "sessions_ended": "identity.summary.support_sessions_ended",
    "disabled": "identity.summary.support_disabled",
    "enabled": "identity.summary.support_enabled",
    "imported": "identity.summary.support_imported",
}


@dataclass(frozen=True, kw_only=True)
class SupportActed(Change):
    """Support has looked at the account or helped its owner, by the `netim` command."""

    act: SupportAct

    @property
    def summary(self) -> str:
        return _SUPPORT_SUMMARIES[self.act]
