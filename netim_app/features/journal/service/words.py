"""The descriptions of entries, in words of the feature that a change belongs to, or in ours."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from netim_app.offers import offers
from netim_app.texts import catalog, formats
from netim_app.texts.countries import countries
from netim_app.texts.languages import languages
from netim_app.texts.time_zones import zone_label

EVENTS = {
    "account_created": "journal.event.account_created",
    "backup_code_used": "journal.event.backup_code_used",
    "backup_codes_saved": "journal.event.backup_codes_saved",
    "code_refused": "journal.event.code_refused",
    "codes_locked_out": "journal.event.codes_locked_out",
    "device_kept": "journal.event.device_kept",
    "identity_proved": "journal.event.identity_proved",
    "journal_shortened": "journal.event.journal_shortened",
    "logged_in": "journal.event.logged_in",
    "logged_out": "journal.event.logged_out",
    "login_blocked": "journal.event.login_blocked",
    "login_failed": "journal.event.login_failed",
    "mail_queued": "journal.event.mail_queued",
    "mail_withdrawn": "journal.event.mail_withdrawn",
    "more_failures": "journal.event.more_failures",
    "other_sessions_revoked": "journal.event.other_sessions_revoked",
    "passkey_refused": "journal.event.passkey_refused",
    "passkey_used": "journal.event.passkey_used",
    "profile_changed": "journal.event.profile_changed",
    "proof_failed": "journal.event.proof_failed",
    "second_factor_not_completed": "journal.event.second_factor_not_completed",
    "session_displaced": "journal.event.session_displaced",
    "sessions_revoked": "journal.event.sessions_revoked",
    "stay_notice_closed": "journal.event.stay_notice_closed",
}
"""By event, for facts that are not changes and so have no words of their own."""
REASONS = {
    "wrong": "journal.reason.wrong",
    "throttled": "journal.reason.throttled",
    "locked_out": "journal.reason.locked_out",
    "used": "journal.reason.used",
    "blocked": "journal.reason.blocked",
}
"""The reasons of refusals, by the fact's word. A login policy provides its own text key."""


def what(event: str, details: Mapping[str, Any], language: str) -> str:
    """The event in words. An event without words, such as of a removed feature, is shown by its name."""
    key = details.get("summary", "")
    key = key if catalog.has(key) else EVENTS.get(event, "")
    return catalog.text(language, key) if key else event.replace("_", " ").capitalize()


def how(row: sa.Row[Any], details: Mapping[str, Any], language: str) -> str:
    """How the customer was identified, why it failed, or the subject; empty when there is nothing to say."""
    others = json.loads(row.others) if row.others != "{}" else {}
    if row.event == "profile_changed":
        return " · ".join(_edits(others, language))
    if others:
        return (" → " if any(name.startswith("old_") for name in others) else ", ").join(others.values())
    if "mail" in details:
        return _subject(details["mail"], language)
    if row.event == "logged_in":
        factor = details.get("factor", "")
        key = offers().ways_in.get(factor, "") if factor else "journal.by_password"
    else:
        reason = details.get("reason", "")
        key = REASONS.get(reason, reason)
    return catalog.text(language, key) if catalog.has(key) else ""


def client(row: sa.Row[Any], language: str) -> str:
    """Browser and system; empty when they were erased or never known."""
    has_place = row.address or row.browser or row.system
    return formats.format_client(row.browser, row.system, language) if has_place else ""


def _edits(values: dict[str, str], language: str) -> Iterator[str]:
    """For each changed field of personal information, its name with the old and the new value."""
    for name in (name.removeprefix("new_") for name in values if name.startswith("new_")):
        old, new = (_shown(name, values[f"{age}_{name}"], language) for age in ("old", "new"))
        field = catalog.text(language, f"field.{name}")
        yield catalog.text(language, "journal.edit", field=field, change=f"{old} → {new}")


def _shown(name: str, value: str, language: str) -> str:
    """A value of personal information as the form shows it."""
    if not value:
        return catalog.text(language, "field.country.none")
    match name:
        case "country":
            return dict(countries(language)).get(value, value)
        case "language":
            return languages()[value].name if value in languages() else value
        case "time_zone":
            return zone_label(value)
    return value


def _subject(mail: str, language: str) -> str:
    """The subject of a mail, with an ellipsis for each value; empty for a mail whose subject has variants."""
    key = f"mail.{mail}.subject"
    if not catalog.has(key):
        return ""
    return catalog.text(language, key, **dict.fromkeys(catalog.values(key), "…"))
