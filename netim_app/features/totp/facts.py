"""Changes of the authenticators of an account."""

from dataclasses import dataclass

from netim_app.core.facts import Change


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAdded(Change):
    """From now on another authenticator shows codes."""

    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.added"


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRenamed(Change):
    """An authenticator has another name."""

    old_name: str
    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.renamed"


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Change):
    """The codes of an authenticator are no longer accepted."""

    name: str

    @property
    def summary(self) -> str:
        return "totp.summary.removed"
