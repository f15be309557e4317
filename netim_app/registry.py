"""The one list that names every feature, in the order of their cards. A new feature is one more line here."""

from netim_app.feature import Feature, install
from netim_app.features.backup_codes.feature import BACKUP_CODES
from netim_app.features.gauge.feature import GAUGE
from netim_app.features.ip_restriction.feature import IP_RESTRICTION
from netim_app.features.login_alerts.feature import LOGIN_ALERTS
from netim_app.features.login_history.feature import LOGIN_HISTORY
from netim_app.features.password.feature import PASSWORD
from netim_app.features.sessions.feature import SESSIONS
from netim_app.features.totp.feature import TOTP
from netim_app.identity.feature import IDENTITY

FEATURES: tuple[Feature, ...] = (
    GAUGE,
    LOGIN_ALERTS,
    IP_RESTRICTION,
    TOTP,
    BACKUP_CODES,
    PASSWORD,
    SESSIONS,
    LOGIN_HISTORY,
)


def install_features() -> None:
    """Makes all offers known to identity, infra and the gauge."""
    install((IDENTITY, *FEATURES))
