"""The one list that names every feature, in the order of their cards. A new feature is one more line here."""

from netim_app.feature import Feature
from netim_app.features.backup_codes.feature import BACKUP_CODES
from netim_app.features.gauge.feature import GAUGE
from netim_app.features.genuine_mail.feature import GENUINE_MAIL
from netim_app.features.ip_restriction.feature import IP_RESTRICTION
from netim_app.features.journal.feature import JOURNAL
from netim_app.features.login_alerts.feature import LOGIN_ALERTS
from netim_app.features.lost_device.feature import LOST_DEVICE
from netim_app.features.not_me.feature import NOT_ME
from netim_app.features.own_data.feature import OWN_DATA
from netim_app.features.passkeys.feature import PASSKEYS
from netim_app.features.password.feature import PASSWORD
from netim_app.features.sessions.feature import SESSIONS
from netim_app.features.totp.feature import TOTP
from netim_app.identity.feature import IDENTITY
from netim_app.offers import install

FEATURES: tuple[Feature, ...] = (
    GAUGE,
    PASSWORD,
    PASSKEYS,
    TOTP,
    BACKUP_CODES,
    LOGIN_ALERTS,
    GENUINE_MAIL,
    IP_RESTRICTION,
    SESSIONS,
    JOURNAL,
    LOST_DEVICE,
    NOT_ME,
    OWN_DATA,
)


def install_features() -> None:
    """Installs all offers for identity, infra and the gauge."""
    install((IDENTITY, *FEATURES))
