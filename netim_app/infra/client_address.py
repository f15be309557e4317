"""From where a request comes: one place decides, for HTTP and websocket alike.

Granian ships `granian.utils.proxies.wrap_asgi_with_proxy_headers`, which was read and found too lenient for
an address that opens or shuts an account (IP restriction), so the small thing is done here:

- it hands on whatever text stands in the header (`evil`, `1.2.3.4:80`, `fe80::1%x`), where we say unknown;
- when every entry is a trusted proxy it takes the left-most, which the client wrote; we say unknown;
- an empty entry (`1.2.3.4,`) makes it keep the proxy's own address, as if the proxy were the customer;
- it does not recognise a trusted IPv4 proxy that a dual-stack socket reports as `::ffff:10.0.0.1`;
- a scheme from X-Forwarded-Proto is of no use to us (links are built from NETIM_PUBLIC_URL), so it is not
believed.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_LENGTH = 45
"""The longest IPv6 address in text."""
MAX_ENTRIES = 50
"""A longer X-Forwarded-For is no chain of proxies."""
UNKNOWN_CLIENT = ("", 0)


def client_address(peer: str | None) -> Address | None:
    """The address that a text stands for, or None.

    An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) becomes IPv4, so that no rule is passed by in disguise.
    Zone ids (`fe80::1%eth0`), ports, brackets, blanks and leading zeros are refused.
    """
    if not peer or "%" in peer or len(peer) > MAX_LENGTH:
        return None
    try:
        parsed = ip_address(peer)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def forwarded_address(peer: str | None, forwarded_for: Sequence[str], trusted: Iterable[Network]) -> Address | None:
    """The client's address, as far as it can be known.

    Args:
        peer: who holds the other end of the socket.
        forwarded_for: the X-Forwarded-For lines, in order.
        trusted: the networks of our own proxies.

    Returns:
        The peer itself, unless it is one of our proxies. Then the right-most entry that is not: what stands
        to its left was written by the client. None when that entry is no address, or when there is none.
    """
    networks = tuple(trusted)
    address = client_address(peer)
    if address is None or not _within(address, networks):
        return address
    entries = ",".join(forwarded_for).split(",")
    if len(entries) > MAX_ENTRIES:
        return None
    for entry in reversed(entries):
        address = client_address(entry.strip(" \t"))
        if address is None or not _within(address, networks):
            return address
    return None


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


class ClientAddress:
    """ASGI middleware that puts the client's address into `scope["client"]`.

    It is normalised there, or `("", 0)` when unknown. The port becomes 0 when the address comes from a proxy.
    The outermost middleware: all others read the scope.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: Sequence[Network] = ()) -> None:
        self._app = app
        self._trusted = tuple(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            peer, port = scope.get("client") or (None, 0)
            lines = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
            address = forwarded_address(peer, lines, self._trusted)
            if address is None:
                client: tuple[str, int] = UNKNOWN_CLIENT
            else:
                client = (str(address), port if address == client_address(peer) else 0)
            scope = {**scope, "client": client}
        await self._app(scope, receive, send)
