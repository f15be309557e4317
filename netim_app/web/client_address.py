"""Determines the client's address, in one place for HTTP and websockets.

Granian has `granian.utils.proxies.wrap_asgi_with_proxy_headers`, but that is too lenient for an address that decides
about access to an account (IP restriction). So this module replaces it:

- Granian passes on any text of the header (`evil`, `1.2.3.4:80`); we parse the address, or treat it as unknown.
- When every entry is a trusted proxy, Granian takes the left-most, which the client wrote; we treat it as unknown.
- For an empty entry (`1.2.3.4,`), Granian keeps the proxy's own address, as if the proxy were the customer.
- Granian does not recognise a trusted IPv4 proxy that a dual-stack socket reports as `::ffff:10.0.0.1`.
- Granian trusts the scheme of X-Forwarded-Proto; we ignore it, because links are built from NETIM_PUBLIC_URL.
"""

import hashlib
import logging
import re
import time
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network

from starlette.types import ASGIApp, Receive, Scope, Send

from netim_app.core.facts import UNKNOWN_ADDRESS
from netim_app.infra.client_address import Address, client_address
from netim_app.infra.log import log_event

logger = logging.getLogger(__name__)

Network = IPv4Network | IPv6Network

MAX_ENTRIES = 50
"""How many of the last entries of X-Forwarded-For are read: no chain of proxies is longer."""
MAX_SHOWN = 100
"""Characters of an entry in the log."""
WARN_EVERY_SECONDS = 3600
OPERATORS_PATHS = ("/healthz", "/ping")
"""Proxies and monitors request these themselves, not for a client."""
_WITH_PORT = re.compile(r"\[(?P<bracketed>[^\[\]]*)\](:\d{1,5})?|(?P<plain>[^:\[\]]*):\d{1,5}", re.ASCII)
_LINK_LOCAL = re.compile(r"(?P<address>fe[89ab][0-9a-f]:[0-9a-f:.]+)%[\w.-]{1,32}", re.ASCII | re.IGNORECASE)


def forwarded_entry(entry: str) -> Address | None:
    """The address in one entry of X-Forwarded-For, or None.

    Proxies write it bare, with a port (`192.0.2.1:4711`, `[2001:db8::1]:4711`), in brackets, or in quotes (RFC 7239
    requires these for IPv6). For a link-local address they also name their interface (`fe80::1%eth0`), which only has
    a meaning on the proxy.
    """
    text = entry.strip(" \t")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if found := _WITH_PORT.fullmatch(text):
        text = found["bracketed"] or found["plain"] or ""
    if found := _LINK_LOCAL.fullmatch(text):
        text = found["address"]
    return client_address(text)


def forwarded_client(
    peer: str | None, forwarded_for: Sequence[str], trusted: Iterable[Network]
) -> tuple[Address | None, str | None]:
    """The client's address, if it is known, and the client's entry in X-Forwarded-For.

    Args:
        peer: the other end of the socket.
        forwarded_for: the X-Forwarded-For lines, in order.
        trusted: the networks of our own proxies.

    Returns:
        The peer itself and no entry, unless the peer is one of our proxies. Then the right-most entry that is not one
        of our proxies: the client wrote everything to its left. The address is None when that entry is no address;
        both are None when the last `MAX_ENTRIES` contain no such entry.
    """
    networks = tuple(trusted)
    address = client_address(peer)
    if address is None or not _within(address, networks):
        return address, None
    entries = ",".join(forwarded_for).rsplit(",", MAX_ENTRIES)[-MAX_ENTRIES:]
    for entry in reversed(entries if forwarded_for else []):
        address = forwarded_entry(entry)
        if address is None or not _within(address, networks):
            return address, entry.strip(" \t")
    return None, None


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


class UnreadClients:
    """Warns the operator, at a limited rate, that a proxy does not name its clients."""

    def __init__(self) -> None:
        self._warned: dict[str, float] = {}

    def note(self, peer: str, lines: Sequence[str], entry: str | None) -> None:
        """Writes at most one log line per proxy and hour.

        Args:
            peer: the proxy.
            lines: the X-Forwarded-For lines.
            entry: the client's entry in them; None without one.
        """
        now = time.monotonic()
        self._warned = {proxy: at for proxy, at in self._warned.items() if now - at < WARN_EVERY_SECONDS}
        if peer in self._warned:
            return
        self._warned[peer] = now
        nobody = "X-Forwarded-For names trusted proxies only" if lines else "no X-Forwarded-For"
        reason = nobody if entry is None else "X-Forwarded-For holds no address"
        shown = repr(entry or "")[:MAX_SHOWN]
        log_event(logger, "client_address.unread", level=logging.ERROR, proxy=peer, reason=reason, entry=shown)

    def warnings(self) -> list[str]:
        """A line for each proxy of the last hour, for /healthz."""
        now = time.monotonic()
        recent = (peer for peer, at in self._warned.items() if now - at < WARN_EVERY_SECONDS)
        return [f"{peer} (NETIM_TRUSTED_PROXIES) does not say who its clients are: see the log" for peer in recent]


unread_clients = UnreadClients()
"""The warnings of this process."""


class ClientAddress:
    """ASGI middleware that puts the client's address into `scope["client"]`.

    It normalises the address. An unreadable one becomes `unknown-` and a digest of the peer and of what the peer wrote:
    IP restriction does not take that for an address, but limits can distinguish such clients. The port becomes 0 when
    the address comes from a proxy. This is the outermost middleware: all others read the scope.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: Sequence[Network] = ()) -> None:
        self._app = app
        self._trusted = tuple(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            peer, port = scope.get("client") or (None, 0)
            lines = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
            address, entry = forwarded_client(peer, lines, self._trusted)
            if address is None:
                client = (_unknown(peer, entry), 0)
                if client_address(peer) and scope.get("path") not in OPERATORS_PATHS:
                    unread_clients.note(str(peer), lines, entry)
            else:
                client = (str(address), port if address == client_address(peer) else 0)
            scope = {**scope, "client": client}
        await self._app(scope, receive, send)


def _unknown(peer: str | None, entry: str | None) -> str:
    seen = f"{peer}\0{entry or ''}"
    return UNKNOWN_ADDRESS + hashlib.sha256(seen.encode(errors="replace")).hexdigest()[:16]
