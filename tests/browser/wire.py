"""A line between browser and server that a test can cut, stall and mend."""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from typing import Self

CHUNK = 65536


class Wire:
    """Passes TCP connections on to a port of this machine, in a thread of its own.

    Attributes:
        port: where the browser is sent to.
        delay: seconds that everything needs on its way, in each direction.
        sockets: whether websockets get through; what is already open is not touched.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.delay = 0.0
        self.sockets = True
        self._on_the_way: deque[tuple[float, socket.socket, bytes]] = deque()
        self._ends: dict[socket.socket, socket.socket] = {}
        self._refusing = threading.Event()
        self._stalled = threading.Event()
        self._done = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(5)
        for end in [*self._ends, self._listener]:
            end.close()

    def cut(self) -> None:
        """Every connection breaks, and new ones are refused: the server is away."""
        self._refusing.set()

    def stall(self) -> None:
        """Nothing gets through any more, and nobody is told: the phone is in a tunnel."""
        self._stalled.set()

    def mend(self) -> None:
        """All is well again. Messages that were held back arrive."""
        self.delay, self.sockets = 0.0, True
        self._refusing.clear()
        self._stalled.clear()

    def _run(self) -> None:
        while not self._done.is_set():
            if self._refusing.is_set():
                for end in [*self._ends]:
                    self._drop(end)
            for key, _ in self._selector.select(0.005):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._ends:
                    self._take(key.fileobj)  # type: ignore[arg-type]  # only sockets are registered
            while self._on_the_way and self._on_the_way[0][0] <= time.monotonic() and not self._stalled.is_set():
                _, end, data = self._on_the_way.popleft()
                self._deliver(end, data)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._refusing.is_set():
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", self._target))
        for end, other in ((near, far), (far, near)):
            self._ends[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _take(self, end: socket.socket) -> None:
        try:
            data = end.recv(CHUNK)
        except OSError:
            data = b""
        if data.startswith(b"GET /_event") and not self.sockets:
            self._drop(end)
            return
        if not data:
            self._selector.unregister(end)
        self._on_the_way.append((time.monotonic() + self.delay, self._ends[end], data))

    def _deliver(self, end: socket.socket, data: bytes) -> None:
        if not data or end not in self._ends:
            self._drop(end)
            return
        try:
            end.sendall(data)
        except OSError:
            self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        for one in (end, self._ends.get(end)):
            if one is not None and self._ends.pop(one, None) is not None:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(one)
                one.close()
