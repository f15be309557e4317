"""A Redis of the tests' own."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.harness import free_port, redis_program

WAIT = 30


class Store:
    """A redis-server on one port that can be stopped and started, with what it held or without."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        options = {"port": str(self._port), "bind": "127.0.0.1", "dir": str(self._folder), "save": "3600 1"}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([redis_program(), *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not answer in time"
            time.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(5) == b"+PONG"
        return False

    def stop(self) -> None:
        """Politely: it keeps what it holds."""
        self._process.terminate()
        self._process.wait(WAIT)

    def lose(self) -> None:
        """With everything that it held."""
        self._process.kill()
        self._process.wait(WAIT)
        (self._folder / "dump.rdb").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("redis"))
    yield made
    made.lose()
