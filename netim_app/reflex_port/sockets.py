"""The tabs that are connected to this worker."""

from collections.abc import Container
from typing import Any

from reflex.app import App
from reflex.event import Event
from reflex.state import StateUpdate


class ConnectedTabs:
    """The open sockets of this worker, by their ids in Reflex."""

    def __init__(self, app: App) -> None:
        self._app = app

    def sockets(self) -> set[str]:
        """The sockets of the connected tabs."""
        namespace = self._app.event_namespace
        return set(namespace.sid_to_token) if namespace else set()

    def tokens(self) -> Container[str]:
        """The tokens of the connected tabs, as a copy."""
        namespace = self._app.event_namespace
        return namespace.token_to_sid if namespace else ()

    def header(self, socket: str, name: str) -> str:
        """A header of the socket's handshake, by its CGI name (`HTTP_...`); empty when the socket is already closed."""
        namespace = self._app.event_namespace
        environ = self._app.sio.get_environ(socket, namespace.namespace) if self._app.sio and namespace else None
        return str((environ or {}).get(name, ""))

    async def send(self, socket: str, handler: Any) -> None:
        """Makes the page of a socket send an event. `handler`: of a state; Reflex's decorator hides its type."""
        if namespace := self._app.event_namespace:
            update = StateUpdate(events=Event.from_event_type([handler]))
            await namespace.emit("event", update, to=socket)
