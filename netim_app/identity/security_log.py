"""Every fact about an account leaves one line in the log, and so does every refusal (ASVS 16.3)."""

import logging
import re
from dataclasses import fields
from typing import Any

from netim_app.core.actor import Actor, Visitor, visitor
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


def log_refusal(name: str, *, account_id: int | None = None, **details: str) -> None:
    """Writes at once that the sender of the present event was refused, also when the transaction is undone.

    Args:
        name: what was refused, in the past tense.
        account_id: whose account it was about, 0 for nobody's; the sender's own unless told.
        details: why, in words of ours: never what was typed, neither an address nor a secret.
    """
    try:
        caller = visitor()
    except LookupError:  # not sent by anybody
        caller = Visitor()
    if account_id is None and isinstance(caller, Actor):
        account_id = caller.account_id
    fields: dict[str, Any] = {"account_id": account_id} if account_id else {}
    fields |= details | {"ip": caller.origin.address, "client": caller.origin.browser}
    log_event(logger, name, **fields)
