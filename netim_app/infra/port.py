"""The port of the server: nobody else has it when the server starts, and the server says so once it listens."""

import encodings.idna  # noqa: F401  else a thread imports it, and a worker that is forked meanwhile waits for ever
import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  how oneself reaches who listens everywhere
LOOK_EVERY_SECONDS = 0.1


class PortTaken(Exception):
    """The port cannot be had. The text is one line that names it."""


@contextmanager
def claimed_port(host: str, port: int) -> Iterator[None]:
    """For the length of a block, no other server of ours gets the port; at its start nobody else listens there.

    The workers share the port by SO_REUSEPORT. The system gives a share to any program of the same user that asks for
    it in the same way, so that two servers would answer in turn.

    Raises:
        PortTaken: somebody has it, or it is not to be had on this machine.
    """
    with ExitStack() as held:
        try:
            _lock(host, port, held)
            with socket.socket(_family(host)) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last server's connections may linger
                probe.bind((host, port))
                probe.listen(1)
        except OSError as error:
            raise PortTaken(_line(host, port, error)) from None
        yield


def _lock(host: str, port: int, held: ExitStack) -> None:
    """Takes a name that one process at a time can have. Only Linux has them, and only there the port is shared."""
    if sys.platform == "linux":
        lock = held.enter_context(socket.socket(socket.AF_UNIX))
        lock.bind(f"\0netim-direct {host} {port}")


def _line(host: str, port: int, error: OSError) -> str:
    shown = f"[{host}]" if ":" in host else host
    taken = error.errno == errno.EADDRINUSE
    reason = "another server or program has this port" if taken else os.strerror(error.errno or 0)
    return f"cannot listen on {shown}:{port} (NETIM_HOST, NETIM_PORT): {reason}"


def when_it_listens(host: str, port: int, call: Callable[[], None]) -> None:
    """Calls back, from a thread of its own, as soon as a connection to the port is accepted."""

    def wait() -> None:
        while not answers(host, port):
            time.sleep(LOOK_EVERY_SECONDS)
        call()

    Thread(target=wait, name="waits for the port", daemon=True).start()


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((ANYWHERE.get(host, host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
