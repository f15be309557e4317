"""Which lines of the log belong together: those written while one event, or one request, was being handled.

(ASVS 16.2.4.) The id is ours, random, and says nothing about anybody. What a client sends under a similar name is not
believed: it could make two customers' lines look like one's.
"""

import secrets
from contextvars import ContextVar

_trace: ContextVar[str] = ContextVar("trace", default="")


def begin_trace(known: str = "") -> None:
    """From here on lines carry this id, or a new one. Threads and tasks that start from here inherit it."""
    _trace.set(known or secrets.token_hex(6))


def trace() -> str:
    """The id of the present request or event; empty outside of one."""
    return _trace.get()
