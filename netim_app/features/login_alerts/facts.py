"""Changes of the email alerts."""

from dataclasses import dataclass

from netim_app.core.facts import Change


@dataclass(frozen=True, kw_only=True)
class AlertsSwitched(Change):
    """E-mail alerts on login were switched."""

    on: bool

    @property
    def told(self) -> str:
        return "login_alerts.told.on" if self.on else "login_alerts.told.off"
