"""Spans: the meaning of list entries, and which entry lets an address in.

A span is a contiguous range of addresses of one family: all that a rule lets in. It has exactly one text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range
from typing import Literal

Address = IPv4Address | IPv6Address
Special = Literal["", "private", "reserved"]
Remark = Literal["", "private", "reserved", "line"]
"""`line`: its /64 would be better."""

MAX_RULES = 200
V4, V6 = 4, 6
BITS = {V4: 32, V6: 128}
LINE_BITS = 64
"""The bits of an IPv6 address that identify a connection; its devices choose the rest (RFC 4291, 2.5.1)."""
_ADDRESS: dict[int, type[Address]] = {V4: IPv4Address, V6: IPv6Address}


@dataclass(frozen=True)
class Span:
    """All addresses of a family from `first` to `last`, inclusive, as numbers."""

    family: int
    first: int
    last: int

    @property
    def text(self) -> str:
        """Its canonical text: an address, a network if it is one, otherwise `from - to`."""
        first, last = (_ADDRESS[self.family](number) for number in (self.first, self.last))
        if first == last:
            return str(first)
        networks = list(summarize_address_range(first, last))
        return str(networks[0]) if len(networks) == 1 else f"{first} - {last}"

    @property
    def ends(self) -> tuple[str, str]:
        """Its first and its last address."""
        address = _ADDRESS[self.family]
        return str(address(self.first)), str(address(self.last))

    def covers(self, other: "Span") -> bool:
        """Whether this one contains all of `other`."""
        return self.family == other.family and self.first <= other.first and other.last <= self.last

    def is_everybody(self) -> bool:
        """Whether it contains all addresses of its family."""
        return self.first == 0 and self.last == 2 ** BITS[self.family] - 1


def one(address: Address) -> Span:
    """The span of one address. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4."""
    address = plain(address)
    return Span(address.version, int(address), int(address))


def plain(address: Address) -> Address:
    """The address without its IPv6 wrapping, if it is IPv4 inside IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def of_client(address: str) -> Span | None:
    """The span of the caller's address from `client_address`; None when it is unknown or invalid."""
    try:
        return None if "%" in address else one(ip_address(address))
    except ValueError:
        return None


def find(spans: Sequence[Span], wanted: Span) -> int | None:
    """The index of the first span that covers the wanted one, or None."""
    return next((place for place, span in enumerate(spans) if span.covers(wanted)), None)


def containers(spans: Sequence[Span]) -> list[int | None]:
    """For each span, the index of another that covers it, or None. Of equal spans the first covers the others."""
    found: list[int | None] = [None] * len(spans)
    widest: int | None = None
    for place in sorted(range(len(spans)), key=lambda n: (spans[n].family, spans[n].first, -spans[n].last, n)):
        if widest is not None and spans[widest].covers(spans[place]):
            found[place] = widest
        else:
            widest = place
    return found


def line_of(span: Span) -> Span | None:
    """The /64 of a single public IPv6 address; None for all other spans."""
    if span.family == V4 or span.first != span.last or special(span):
        return None
    rest = 2 ** (BITS[V6] - LINE_BITS) - 1
    return Span(V6, span.first & ~rest, span.first | rest)


def special(span: Span) -> Special:
    """Whether all of it is private or reserved: no internet connection comes from there (IANA's registries)."""
    if find(_PRIVATE, span) is not None:
        return "private"
    return "" if find(_RESERVED, span) is None else "reserved"


def remark(span: Span, here: Span | None) -> Remark:
    """The warning that a customer at this address needs before relying on such a rule; empty for nothing."""
    if here is not None and span.covers(here):
        return "line" if line_of(span) else ""
    return special(span) or ("line" if line_of(span) else "")


def family_missing(spans: Sequence[Span]) -> int:
    """The family that a list of only one family lacks; 0 for none. Many connections alternate between both."""
    families = {span.family for span in spans}
    if len(families) != 1:
        return 0
    return V4 if V6 in families else V6


def _network(text: str) -> Span:
    network = ip_network(text)
    return Span(network.version, int(network.network_address), int(network.broadcast_address))


_PRIVATE = tuple(
    map(
        _network,
        ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
_RESERVED = tuple(
    map(_network, ("0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
                   "203.0.113.0/24", "224.0.0.0/3", "::/3", "2001:db8::/32", "3fff::/20", "4000::/2", "8000::/1"))
)  # fmt: skip
"""Networks that are reserved, for tests and examples, or not yet allocated: of IPv6 all but 2000::/3."""
