"""Changes of the authenticators of an account."""

from dataclasses import dataclass

from netim_app.core.facts import Fact


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAdded(Fact):
    """Another device shows codes from now on."""

    name: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRenamed(Fact):
    """An application that shows codes has another name."""

    name: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Fact):
    """A device's codes are no longer accepted."""

    name: str
