"""A stop that is asked for while a worker starts.

Granian forks its workers. Until a worker handles signals itself it has the handlers of the server, and these only note
in the worker's copy of the server that a signal came. The worker would go on, and the server would wait for its end.
"""

import signal
from typing import Protocol


class Stoppable(Protocol):
    """A server that notes signals."""

    interrupt_signal: bool
    """Whether it was asked to stop."""


_server: Stoppable | None = None


def watch(server: Stoppable) -> None:
    """For the server, before it forks its workers."""
    global _server
    _server = server


async def stop_if_asked() -> None:
    """For a worker, as soon as it handles signals itself: it stops if one has come before."""
    if _server is not None and _server.interrupt_signal:
        signal.raise_signal(signal.SIGTERM)
