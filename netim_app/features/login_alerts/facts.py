"""Changes of the email alerts."""

from dataclasses import dataclass

from netim_app.core.facts import Change

_TOLD = {
    "off": "login_alerts.told.off",
    "new": "login_alerts.told.new",
    "every": "login_alerts.told.every",
}


@dataclass(frozen=True, kw_only=True)
class AlertsSwitched(Change):
    """The customer has chosen which logins are mailed."""

    setting: str
    """One of `rules.SETTINGS`."""
    lowered: bool
    """Fewer logins are mailed than before."""

    @property
    def told(self) -> str:
        return _TOLD[self.setting]
