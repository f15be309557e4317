"""Trace ids link the log lines that were written while one event or one request was being handled (ASVS 16.2.4).

The server draws the id at random, so it reveals nothing about anybody. It ignores ids that a client sends: a client
could make the lines of two customers look like those of one.
"""

import secrets
from contextvars import ContextVar

_trace: ContextVar[str] = ContextVar("trace", default="")


def begin_trace(known: str = "") -> None:
    """Sets the id of all following log lines: this one, or a new one. Threads and tasks started later inherit it."""
    _trace.set(known or secrets.token_hex(6))


def trace() -> str:
    """The id of the current request or event; empty outside of one."""
    return _trace.get()
