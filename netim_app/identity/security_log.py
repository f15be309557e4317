"""Writes one log line for every fact about an account, every accepted proof and every refusal (ASVS 16.3)."""

import logging
from dataclasses import fields
from typing import Any

from netim_app.core.actor import Actor, Visitor, visitor
from netim_app.core.facts import Fact, event_name
from netim_app.identity.facts import Refusal
from netim_app.infra.log import log_event
from netim_app.infra.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

_NOT_LOGGED = {"at", "origin", "email", "old_email", "new_email", "edits", "logged_in", "since", "only_fallback"}


def log_fact(unit: UnitOfWork, fact: Fact) -> None:
    """Logs who did what and from where, but never personal details or secrets.

    Changes are logged after the commit; refusals at once, even if the transaction is rolled back.
    """
    name = event_name(fact)
    details: dict[str, Any] = {f.name: getattr(fact, f.name) for f in fields(fact) if f.name not in _NOT_LOGGED}
    details = _session_of_caller() | details | {"ip": fact.origin.address, "client": fact.origin.browser}
    if isinstance(fact, Refusal):
        log_event(logger, name, **details)
    else:
        unit.after_commit.append(lambda: log_event(logger, name, **details))


def log_proof(unit: UnitOfWork, name: str, *, account_id: int, factor: str) -> None:
    """Logs, after the commit, that a proof such as a password or code was right. This need not lead to a session."""
    unit.after_commit.append(lambda: _log_about_caller(name, account_id, {"factor": factor}))


def log_asked(unit: UnitOfWork, name: str, *, account_id: int) -> None:
    """Logs, after the commit, that somebody, perhaps not the owner, requested something for an account."""
    unit.after_commit.append(lambda: _log_about_caller(name, account_id, {}))


def log_refusal(name: str, *, account_id: int | None = None, **details: str) -> None:
    """Logs at once that the sender of the present event was refused, even if the transaction is rolled back.

    Args:
        name: what was refused, in the past tense.
        account_id: the account concerned, 0 for none; by default the caller's.
        details: the reason in our own words, never user input such as an address or a secret.
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
    except LookupError:  # outside of an event or request
        return Visitor()


def _session_of_caller() -> dict[str, Any]:
    """The caller's session, by its row id, which opens nothing."""
    caller = _caller()
    return {"session_id": caller.session_id} if isinstance(caller, Actor) else {}
