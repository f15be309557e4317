"""Changes of the IP restriction."""

from dataclasses import dataclass

from netim_app.core.facts import Change


@dataclass(frozen=True, kw_only=True)
class IpRestrictionSwitched(Change):
    """The IP restriction was switched on or off by the customer, or off by the operator's unlock."""

    on: bool

    @property
    def summary(self) -> str:
        return "ip_restriction.summary.on" if self.on else "ip_restriction.summary.off"


@dataclass(frozen=True, kw_only=True)
class IpRuleAdded(Change):
    """Another address, network or range is on the list."""

    rule: str

    @property
    def summary(self) -> str:
        return "ip_restriction.summary.added"


@dataclass(frozen=True, kw_only=True)
class IpRulesAdded(Change):
    """Several rules were added at once."""

    rules: tuple[str, ...]

    @property
    def summary(self) -> str:
        return "ip_restriction.summary.added_many"


@dataclass(frozen=True, kw_only=True)
class IpRuleRemoved(Change):
    """An address, network or range is no longer on the list."""

    rule: str

    @property
    def summary(self) -> str:
        return "ip_restriction.summary.removed"


@dataclass(frozen=True, kw_only=True)
class IpRulesTakenBack(Change):
    """Rules that a thief may have added were removed."""

    rules: tuple[str, ...]

    @property
    def summary(self) -> str:
        return "ip_restriction.summary.taken_back"
