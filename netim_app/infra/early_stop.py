"""Handles a stop signal that arrives while a worker starts.

Granian forks its workers. Until a worker installs its own signal handlers, it has those of the server, which only set
a flag in the worker's copy of the server. The worker would continue, and the server would wait for it to end.
"""

import signal
from typing import Protocol


class Stoppable(Protocol):
    """A server that sets a flag when a signal arrives."""

    interrupt_signal: bool
    """Whether it was asked to stop."""


_server: Stoppable | None = None


def watch(server: Stoppable) -> None:
    """The server calls this before it forks its workers."""
    global _server
    _server = server


async def stop_if_asked() -> None:
    """A worker calls this as soon as it handles signals itself: it stops if a signal arrived earlier."""
    if _server is not None and _server.interrupt_signal:
        signal.raise_signal(signal.SIGTERM)
