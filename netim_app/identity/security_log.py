"""Every fact about an account, every accepted proof and every refusal leave one line in the log (ASVS 16.3)."""

import logging
from dataclasses import fields
from typing import Any

from netim_app.core.actor import Actor, Visitor, visitor
from netim_app.core.facts import Fact, event_name
from netim_app.identity.facts import Refusal
from netim_app.infra.log import log_event
from netim_app.infra.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

_NOT_LOGGED = {"at", "origin", "email", "old_email", "new_email", "edits", "logged_in", "since", "spare"}


def log_fact(unit: UnitOfWork, fact: Fact) -> None:
    """Writes who, what, from where; never an address book entry, never a secret.

    A change is written once it stands; a refusal at once, also when the transaction is undone.
    """
    name = event_name(fact)
    details: dict[str, Any] = {f.name: getattr(fact, f.name) for f in fields(fact) if f.name not in _NOT_LOGGED}
    details = _session_of_caller() | details | {"ip": fact.origin.address, "client": fact.origin.browser}
    if isinstance(fact, Refusal):
        log_event(logger, name, **details)
    else:
        unit.after_commit.append(lambda: log_event(logger, name, **details))


def log_proof(unit: UnitOfWork, name: str, *, account_id: int, factor: str) -> None:
    """Writes, once it stands, that a password or a code was right. It may still be a long way to a session."""
    unit.after_commit.append(lambda: _log_about_caller(name, account_id, {"factor": factor}))


def log_asked(unit: UnitOfWork, name: str, *, account_id: int) -> None:
    """Writes, once it stands, that something was asked for in an account's name, by its owner or by anybody else."""
    unit.after_commit.append(lambda: _log_about_caller(name, account_id, {}))


def log_refusal(name: str, *, account_id: int | None = None, **details: str) -> None:
    """Writes at once that the sender of the present event was refused, also when the transaction is undone.

    Args:
        name: what was refused, in the past tense.
        account_id: the account concerned, 0 for none; by default the caller's own.
        details: why, in words of ours: never what was typed, neither an address nor a secret.
    """
    caller = _caller()
    if account_id is None and isinstance(caller, Actor):
        account_id = caller.account_id
    _log_about_caller(name, account_id, details)


def _log_about_caller(name: str, account_id: int | None, details: dict[str, str]) -> None:
    origin = _caller().origin
    fields: dict[str, Any] = {"account_id": account_id} if account_id else {}
    fields |= _session_of_caller() | details | {"ip": origin.address, "client": origin.browser}
    log_event(logger, name, **fields)


def _caller() -> Visitor:
    try:
        return visitor()
    except LookupError:  # not sent by anybody
        return Visitor()


def _session_of_caller() -> dict[str, Any]:
    """Which session did it: the number of its row, which opens nothing."""
    caller = _caller()
    return {"session_id": caller.session_id} if isinstance(caller, Actor) else {}
