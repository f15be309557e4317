"""The server's port: it must be free when the server starts, and a callback runs once the server listens."""

import encodings.idna  # noqa: F401  if a thread imported it, a worker that is forked meanwhile would hang
import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  how to reach a server that listens on all addresses
LOOK_EVERY_SECONDS = 0.1


class PortTaken(Exception):
    """The port is not available. The text is one line that names it."""


@contextmanager
def claimed_port(host: str, port: int) -> Iterator[None]:
    """Keeps the port from other servers of ours inside the block, and checks that no program listens on it already.

    The workers share the port by SO_REUSEPORT. Any other program of the same user can join by the same option, and two
    servers would then answer in turn.

    Raises:
        PortTaken: another program has it, or this machine cannot bind it.
    """
    with ExitStack() as held:
        try:
            _lock(host, port, held)
            with socket.socket(_family(host)) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # old connections may linger
                probe.bind((host, port))
                probe.listen(1)
        except OSError as error:
            raise PortTaken(_line(host, port, error)) from None
        yield


def _lock(host: str, port: int, held: ExitStack) -> None:
    """Binds an abstract socket name, which one process can hold. Only Linux has these, and shares the port."""
    if sys.platform == "linux":
        lock = held.enter_context(socket.socket(socket.AF_UNIX))
        lock.bind(f"\0netim-direct {host} {port}")


def _line(host: str, port: int, error: OSError) -> str:
    shown = f"[{host}]" if ":" in host else host
    taken = error.errno == errno.EADDRINUSE
    reason = "another server or program has this port" if taken else os.strerror(error.errno or 0)
    return f"cannot listen on {shown}:{port} (NETIM_HOST, NETIM_PORT): {reason}"


def when_it_listens(host: str, port: int, call: Callable[[], None]) -> None:
    """Runs `call` in a separate thread as soon as the port accepts a connection."""

    def wait() -> None:
        while not answers(host, port):
            time.sleep(LOOK_EVERY_SECONDS)
        call()

    Thread(target=wait, name="waits for the port", daemon=True).start()


def answers(host: str, port: int) -> bool:
    """Whether a server accepts connections there."""
    try:
        socket.create_connection((ANYWHERE.get(host, host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
