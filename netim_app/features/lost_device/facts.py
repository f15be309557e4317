"""Facts after a login by a fallback factor."""

from dataclasses import dataclass

from netim_app.core.facts import Fact


@dataclass(frozen=True, kw_only=True)
class DeviceKept(Fact):
    """The customer still has the device, so nothing must be replaced."""
