"""The data that identity stores about an account, for "Download my data"."""

from typing import Any

from netim_app.identity.tables import Account, AccountFreeze, AccountSession, DirectoryLink, KnownBrowser, MailedLink
from netim_app.infra.export import export_rows
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork

_ACCOUNT = (
    "email", "first_name", "last_name", "company", "phone", "street", "postal_code", "city", "country", "language",
    "time_zone", "created_at", "password_changed_at", "disabled_at",
)  # fmt: skip
_FREEZE = ("begun_at", "until", "blocks_login", "address", "browser", "system")
_SESSION = ("created_at", "last_seen_at", "expires_at", "ended_at", "remember", "address", "browser", "system")


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """The customer's details, sessions, browsers, links and mails, without any secret."""
    return {
        "account": export_rows(unit, Account, account_id, *_ACCOUNT)[0],
        "directory": export_rows(unit, DirectoryLink, account_id, "key", "changed_at"),
        "sessions": export_rows(unit, AccountSession, account_id, *_SESSION),
        "freeze": export_rows(unit, AccountFreeze, account_id, *_FREEZE),
        "known_browsers": export_rows(unit, KnownBrowser, account_id, "first_seen_at", "last_seen_at"),
        "mailed_links": export_rows(
            unit, MailedLink, account_id, "purpose", "email", "created_at", "expires_at", "used_at"
        ),
        "mails": export_rows(unit, OutboxMessage, account_id, "event", "created_at", "state", "sent_at"),
    }
