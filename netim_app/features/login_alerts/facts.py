"""Changes of the email alerts."""

from dataclasses import dataclass

from netim_app.core.facts import Fact


@dataclass(frozen=True, kw_only=True)
class AlertsSwitched(Fact):
    """E-mail alerts on login were switched."""

    on: bool
