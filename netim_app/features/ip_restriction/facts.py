"""Changes of the IP restriction."""

from dataclasses import dataclass

from netim_app.core.facts import Fact


@dataclass(frozen=True, kw_only=True)
class IpRestrictionSwitched(Fact):
    """Access by IP address was switched on or off: by the customer, or off by the operator's unlock."""

    on: bool


@dataclass(frozen=True, kw_only=True)
class IpRuleAdded(Fact):
    """Another address, network or range is on the list."""

    rule: str


@dataclass(frozen=True, kw_only=True)
class IpRulesAdded(Fact):
    """Several were added at once."""

    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IpRuleRemoved(Fact):
    """An address, network or range is no longer on the list."""

    rule: str
