"""Changes of the authenticators of an account."""

from dataclasses import dataclass

from netim_app.core.facts import Change


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAdded(Change):
    """From now on another device shows codes."""

    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.added"


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRenamed(Change):
    """A device has another name."""

    old_name: str
    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.renamed"


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Change):
    """A device's codes are no longer accepted."""

    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.removed"
