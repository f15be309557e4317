"""Changes of the email alerts, and of the address that receives copies."""

from dataclasses import dataclass
from typing import Literal

from netim_app.core.facts import Change

_SUMMARIES = {
    "off": "login_alerts.summary.off",
    "new": "login_alerts.summary.new",
    "every": "login_alerts.summary.every",
}
CopyChange = Literal["asked", "confirmed", "cancelled", "removed", "stopped"]
"""`cancelled` before the confirmation, `removed` after it; `stopped` from the mailbox itself."""
_COPY_SUMMARIES: dict[CopyChange, str] = {
    "asked": "login_alerts.summary.copy_asked",
    "confirmed": "login_alerts.summary.copy_confirmed",
    "cancelled": "login_alerts.summary.copy_cancelled",
    "removed": "login_alerts.summary.copy_removed",
    "stopped": "login_alerts.summary.copy_stopped",
}


@dataclass(frozen=True, kw_only=True)
class AlertsSwitched(Change):
    """The customer has chosen which logins are mailed."""

    setting: str
    """One of `rules.SETTINGS`."""
    lowered: bool
    """Fewer logins are mailed than before."""

    @property
    def summary(self) -> str:
        return _SUMMARIES[self.setting]


@dataclass(frozen=True, kw_only=True)
class CopyEmailChanged(Change):
    """Another mailbox was asked to receive copies of the alerts, now receives them, or no longer receives them.

    An act from that mailbox has no origin: it may be another person's, and the owner must not see their IP address.
    """

    email: str
    way: CopyChange

    @property
    def summary(self) -> str:
        return _COPY_SUMMARIES[self.way]
