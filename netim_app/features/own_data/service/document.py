"""All data of an account in one document."""

import json
from typing import Any

from netim_app.core.actor import Actor
from netim_app.features.own_data.facts import DataDownloaded
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.identity import notices
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers

SCHEMA = "account-data"
SCHEMA_VERSION = 2
"""Increment it when a name in the document changes or is removed. New names need no new version."""


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """The stored data of an account, by feature, as JSON values. It contains no credentials."""
    parts = {name: part(unit, account_id) for name, part in offers().exports.items()}
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "exported_at": unit.now.isoformat(timespec="seconds"),
        "data": {name: part for name, part in parts.items() if part},
    }


def as_text(document: dict[str, Any]) -> str:
    """The document as the text of a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def note_download(unit: UnitOfWork, actor: Actor) -> None:
    """Records that the customer downloads the file. Make it in a read-only unit: that takes a second or more."""
    unit.record(DataDownloaded(account_id=actor.account_id, at=unit.now, origin=actor.origin))


def text_of(unit: UnitOfWork, account_id: int) -> str:
    """The text of the file."""
    return as_text(export(unit, account_id))


def mail_downloaded(unit: UnitOfWork, fact: DataDownloaded) -> None:
    """Mails the customer that the data has left the account."""
    notices.notify(unit, "data_downloaded", fact)


def own_part(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """The data that this feature itself stores."""
    rows = export_rows(unit, AccountDeletion, account_id, "asked_at", "due_at", "reminded_at", "taken_back_at")
    return {"deletion": rows[0]} if rows else {}
