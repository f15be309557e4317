"""The part of a mail that the outbox stores: all that is needed to render it later."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from netim_app.infra.log import log_event
from netim_app.infra.mail_message import RenderedMail
from netim_app.infra.mail_templates import UntranslatedError, render
from netim_app.texts import catalog, formats

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueuedMail:
    """One mail that is not rendered yet.

    Attributes:
        to: a bare address.
        event: name of the template.
        locale, time_zone: the recipient's.
        params: what the template needs. An aware timestamp is written in that language and time zone.
        additions: what features add, in the form that `mail_templates.render` expects.
        thread: the same for all mails that a mail program should show together; empty for none.
    """

    to: str
    event: str
    locale: str
    time_zone: str
    params: Mapping[str, object]
    additions: Sequence[Mapping[str, object]] = ()
    thread: str = ""

    def as_bytes(self) -> bytes:
        """Serialises the mail for `read`."""
        moments = {name: value.isoformat() for name, value in self.params.items() if isinstance(value, datetime)}
        words = {name: value for name, value in self.params.items() if name not in moments}
        return json.dumps(vars(self) | {"params": words, "moments": moments}).encode()

    def render(self, public_url: str) -> RenderedMail:
        """Renders the mail. When its language lacks a text, all of the mail is in English.

        Raises: as `mail_templates.render`.
        """
        try:
            return self._render_in(self.locale, public_url)
        except UntranslatedError as missing:
            level, fields = logging.WARNING, {"mail": self.event, "language": self.locale, "missing": str(missing)}
            log_event(_log, "mail.not_translated", level=level, **fields)
            return self._render_in(catalog.DEFAULT_LOCALE, public_url)

    def _render_in(self, locale: str, public_url: str) -> RenderedMail:
        shown = {
            name: formats.format_datetime(value, locale, self.time_zone) if isinstance(value, datetime) else value
            for name, value in self.params.items()
        }
        return render(self.event, locale, {"public_url": public_url, **shown}, self.additions)


@dataclass(frozen=True)
class FinishedMail:
    """A mail that version 0.1.0 queued: that version rendered mails before it queued them."""

    to: str
    subject: str
    text: str
    html: str
    thread: str = ""

    def render(self, _public_url: str) -> RenderedMail:
        """The texts of the mail."""
        return RenderedMail(self.subject, self.text, self.html)


def read(content: bytes) -> QueuedMail | FinishedMail:
    """The mail that was queued.

    Raises:
        ValueError, KeyError, TypeError: `content` is no queued mail.
    """
    stored: dict[str, Any] = json.loads(content)
    if "subject" in stored:
        return FinishedMail(**stored)
    moments = {name: datetime.fromisoformat(value) for name, value in stored.pop("moments").items()}
    return QueuedMail(**stored | {"params": stored["params"] | moments})
