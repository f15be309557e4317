"""The references of mails: stored when a mail is queued, and looked up by anybody who doubts a mail."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from netim_app.core.errors import DomainError
from netim_app.features.genuine_mail import rules
from netim_app.features.genuine_mail.tables import MailReference
from netim_app.infra.columns import table_of
from netim_app.infra.handlers import MailAbout
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog, formats
from reflex_guard.tokens import digest

PAGE = "/did-you-send-this"

_REFERENCES = table_of(MailReference)
_NOTE = sa.insert(_REFERENCES)
_FIND = sa.select(_REFERENCES.c.event, _REFERENCES.c.sent_at).where(_REFERENCES.c.digest == sa.bindparam("reference"))
_PURGE = sa.delete(_REFERENCES).where(_REFERENCES.c.sent_at < sa.bindparam("before"))


@dataclass(frozen=True)
class SentMail:
    """A mail that we sent: its subject matter and time, in a given language."""

    kind: str
    at: str


@dataclass(frozen=True)
class Answer:
    """The result for a text: whether it contains references, and which of our mails have them."""

    has_reference: bool
    sent: tuple[SentMail, ...] = ()


def note(unit: UnitOfWork, about: MailAbout) -> Mapping[str, object]:
    """Gives a mail its reference, and stores the mail's kind and time."""
    reference = rules.reference_of(secrets.randbits(rules.REFERENCE_BITS))
    unit.run(_NOTE, {"digest": digest(reference), "event": about.event, "sent_at": unit.now})
    return {"reference": reference, "url": unit.settings.public_url + PAGE}


def look_up(unit: UnitOfWork, text: str, language: str) -> Answer:
    """Whether we sent the mails whose references are in a text. The answer is the same for everybody.

    Raises:
        DomainError: the text is meant as a reference, but is not one.
    """
    references = rules.references_in(text)
    if not references and len(text.strip()) <= rules.SHORT:
        raise DomainError("genuine_mail.no_reference", field="text", example=rules.EXAMPLE)
    rows = (unit.row(_FIND, reference=digest(reference)) for reference in references)
    return Answer(bool(references), tuple(_in_words(row, language) for row in rows if row is not None))


def _in_words(row: sa.Row[tuple[str, object]], language: str) -> SentMail:
    key = f"mail.{row.event}.name"
    # A mail from an earlier version may be of a kind that no longer exists.
    kind = catalog.text(language, key if catalog.has(key) else "genuine_mail.other_kind")
    return SentMail(kind, formats.format_datetime(row.sent_at, language, "UTC"))


def purge(unit: UnitOfWork) -> None:
    """Deletes the references of old mails."""
    unit.run(_PURGE, {"before": unit.now - rules.KEEP})
