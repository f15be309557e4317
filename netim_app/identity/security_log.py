"""Every fact about an account leaves one line in the log (ASVS 16.3)."""

import logging
import re
from dataclasses import fields
from typing import Any

from netim_app.core.events import Fact
from netim_app.infra.redaction import log_event
from netim_app.infra.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

_NOT_LOGGED = {"at", "origin", "old_email", "new_email"}


def log_fact(unit: UnitOfWork, fact: Fact) -> None:
    """Writes, once it stands: who, what, from where; never an address book entry, never a secret."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
    details: dict[str, Any] = {f.name: getattr(fact, f.name) for f in fields(fact) if f.name not in _NOT_LOGGED}
    details |= {"ip": fact.origin.address, "client": fact.origin.browser}
    unit.after_commit.append(lambda: log_event(logger, name, **details))
