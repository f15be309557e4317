"""Reads the folder of `FileTransport`."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StoredMail:
    """A mail in the folder of `FileTransport`. `id` is its file name without the extension."""

    id: str
    subject: str
    to: str
    date: datetime | None
    text: str
    html: str


def read_mailbox(directory: Path, limit: int = 200) -> list[StoredMail]:
    """The mails in a folder, newest first; none when the folder does not exist."""
    files = sorted(directory.glob("[!.]*.eml"), reverse=True)[:limit] if directory.is_dir() else []
    return list(_read(files))


def _read(files: Iterable[Path]) -> Iterable[StoredMail]:
    for file in files:
        with suppress(FileNotFoundError):  # deleted while we read
            message: Any = BytesParser(policy=default).parsebytes(file.read_bytes())
            body, page = message.get_body(("plain",)), message.get_body(("html",))
            date = message["Date"]
            yield StoredMail(
                id=file.stem,
                subject=str(message["Subject"] or ""),
                to=str(message["To"] or ""),
                date=date.datetime if date else None,
                text=body.get_content().replace("\r\n", "\n") if body else "",
                html=page.get_content().replace("\r\n", "\n") if page else "",
            )
